// What a search for settings found, as a terminal shows it: the golden text has a map of two knobs, a recommendation that is
// proved, one that is not, and none.

import Foundation
import Report
import Results
import Testing

@Suite struct TuningTableTests {
    private func candidate(_ settings: [String], _ rate: Double, _ tail: Double, gain: Double?, promise: Bool = false)
        -> TunedCandidate
    {
        TunedCandidate(
            name: settings.isEmpty ? "default" : settings.joined(separator: " "), settings: settings, changesPromise: promise,
            stages: gain == nil || gain! > 1 ? 2 : 1,
            figures: [.writes: rate, .commitMedian: tail / 4, .commitP99: tail, .cpuPerWrite: 4],
            gain: gain.map { ResultInterval(median: $0, low: $0 * 0.9, high: $0 * 1.1, confidence: 0.95, samples: 8) },
            isOnFront: rate > 150_000)
    }

    private func document() -> TuningDocument {
        TuningDocument(
            started: "2026-11-28T00:00:00Z", command: ["tune"], workload: "gate", target: "quorate", nodes: 3, objective: .both,
            common: ["snapCount=1000"],
            candidates: [
                candidate([], 140_000, 12e6, gain: nil),
                candidate(["maxBatchSize=256", "quorate.dispatch=gated"], 200_000, 9e6, gain: 1.4),
                candidate(["maxBatchSize=256"], 160_000, 11e6, gain: 1.1),
                candidate(["quorate.dispatch=gated"], 130_000, 14e6, gain: 0.9),
                candidate(["quorate.commitQuorum=3"], 120_000, 15e6, gain: 0.7, promise: true),
            ], recommended: nil, marks: [ResultMark(.disturbed, "Something else ran.")])
    }

    private func proof(_ verdict: ResultVerdict) -> ComparisonDocument {
        let ratio = ResultInterval(median: 1.3, low: 1.2, high: 1.4, confidence: 0.95, samples: 12)
        let side = ComparedSide(name: "quorate", version: nil, git: nil, settings: [])
        return ComparisonDocument(
            started: "2026-11-28T00:00:00Z", command: ["tune"], workload: "gate", base: side, new: side, threshold: 0.05,
            differences: [],
            figures: [
                ComparedFigure(
                    nodes: 3, phase: "deep", metric: .writes, base: 140_000, new: 182_000, ratio: ratio, resolution: 0.03,
                    isGated: true, verdict: verdict, reason: nil)
            ], verdict: verdict, marks: [])
    }

    @Test func goldenText() throws {
        var proved = document()
        proved.recommended = "maxBatchSize=256 quorate.dispatch=gated"
        var unproved = proved
        proved.proof = proof(.better)
        unproved.proof = proof(.undecided)
        var bare = unproved
        bare.proof = nil
        #expect(proved.isProved && !unproved.isProved && !bare.isProved)
        let texts = [TuningTable.text(proved)] + [unproved, bare, document()].map(TuningTable.verdict)
        let text = texts.joined(separator: "\n\n") + "\n"
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("golden/tuning.txt")
        if ProcessInfo.processInfo.environment["QUORATE_REWRITE"] != nil {
            try text.write(to: file, atomically: true, encoding: .utf8)
        }
        #expect(try text == String(contentsOf: file, encoding: .utf8))
    }
}
