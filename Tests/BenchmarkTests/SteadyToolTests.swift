// `quorate bench` with a phase that waits for its steady state: what the document, the table and the exit code say.

import Ensemble
import Foundation
import Results
import Testing

@Suite(.serialized) struct SteadyToolTests {
    /// No load keeps to a hundredth of a percent in ten seconds.
    private static let impossible = "phases.full.steady={metric: rate, slope: 0.01%/10s, min: 3s, max: 5s}"
    private static let generous = "phases.full.steady={metric: rate, slope: 1000%/10s, min: 3s, max: 30s}"

    @Test func aDriftIsMeasuredMarkedAndFailsWhereThatIsAsked() throws {
        let tool = try Tool()
        let end = try tool.run(["\(tool.place)/tiny.yaml", "--nodes", "1", "--set", Self.impossible, "--require-steady"])
        #expect(end == .exited(code: 5), "\(tool.output)")
        let document = try #require(try tool.documents.first)
        let cell = try #require(document.cells.first)
        #expect(cell.phases.map(\.name) == ["paced", "full (settling)", "full"])
        let full = cell.phases[2]
        #expect(full.isUnsteady && full.writesPerSecond > 0 && cell.phases[1].isRecorded == false)
        #expect(full.steady?.metric == "rate" && full.steady?.boundPercent == 0.01)
        #expect(full.steady?.settledNanoseconds == 5_000_000_000 && cell.phases[0].steady == nil)
        #expect(document.isMarked(.unsteady))
        #expect(tool.output.contains("^ marks a phase that did not reach steady state"))
        #expect(tool.output.contains("Mind (unsteady): phase 'full' with 1 member: did not reach steady state in 5.0 s: rate"))
    }

    @Test func aSteadyPhaseSaysWhenItWas() throws {
        let tool = try Tool()
        let end = try tool.run(["\(tool.place)/tiny.yaml", "--nodes", "1", "--set", Self.generous, "--require-steady"])
        let document = try #require(try tool.documents.first)
        let steady = try #require(document.cells.first?.phases.last?.steady)
        #expect(steady.isReached && steady.settledNanoseconds >= 3_000_000_000 && !document.isMarked(.unsteady))
        // On a machine that stands still for a moment less may be carried than was due.
        #expect(end == .exited(code: 0) || document.isMarked(.generator), "\(tool.output)")
        #expect(tool.output.contains("Phase 'full' with 1 member was steady after "))
    }
}
