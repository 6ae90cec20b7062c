// How targets take turns, how a workload is cut for that, and when a target is warm.

import Benchmark
import LoadGenerator
import Testing
import Workload

@Suite struct RoundsTests {
    @Test func everyOtherRoundGoesBackwards() {
        let turns = Rounds.turns(targets: 2, rounds: 4)
        #expect(turns.map(\.target) == [0, 1, 1, 0, 0, 1, 1, 0])
        #expect(turns.map(\.round) == [0, 0, 1, 1, 2, 2, 3, 3])
        #expect(Rounds.turns(targets: 3, rounds: 2).map(\.target) == [0, 1, 2, 2, 1, 0])
        #expect(Rounds.turns(targets: 1, rounds: 1).map(\.target) == [0])
    }

    private func workload(_ overrides: [String] = []) throws -> Workload {
        try Workload(
            text: """
                apiVersion: quorate/v1
                name: cut
                data: {tree: [{path: /cut/znode-, count: 2}]}
                roles:
                  pacer: {arrivals: {rate: 10/s}, do: [{set: {path: /cut/znode-}}]}
                  writer: {do: [{set: {path: /cut/znode-}}]}
                phases:
                  - {name: settle, for: 3s, record: false, roles: [pacer]}
                  - {name: paced, for: 8s, roles: [pacer]}
                  - {name: deep, for: 3s, roles: [writer]}
                  - {name: after, for: 600ms, roles: [pacer]}

                """, file: "cut.yaml", overrides: overrides)
    }

    @Test func slicesTogetherLastAsLongAsTheWholeUnlessTheyGetTooShort() throws {
        let whole = try workload()
        let cut = try workload(Rounds.cut(whole, rounds: 4))
        #expect(cut.phases.map(\.nanoseconds) == [750, 2_000, 1_000, 600].map { $0 * 1_000_000 })
    }

    @Test func aPhaseThatBeginsWithTheLossOfAllConnectionsStaysWhole() throws {
        let storm = ["phases.deep.reconnect=true"]
        let whole = try workload(storm)
        let cut = try workload(storm + Rounds.cut(whole, rounds: 6))
        #expect(cut.phases.map(\.nanoseconds) == [500, 1_333, 3_000, 600].map { $0 * 1_000_000 })
        let hurried = try workload(storm + SweepOrder.hurry(whole))
        #expect(hurried.phases.map(\.nanoseconds) == [600, 1_600, 3_000, 500].map { $0 * 1_000_000 })
        #expect(whole.phases.map(\.reconnects) == [false, false, true, false])
        #expect(WarmUp(isQuick: false).phases(of: whole).allSatisfy { !$0.reconnects })
    }

    @Test func allThatIsRecordedWarms() throws {
        let phases = WarmUp(isQuick: false).phases(of: try workload())
        #expect(phases.map(\.name) == ["paced", "deep", "after"])
        #expect(phases.allSatisfy { $0.nanoseconds == 5_000_000_000 / UInt64(phases.count) })
        let quick = WarmUp(isQuick: true).phases(of: try workload())
        #expect(quick.map(\.nanoseconds) == phases.map { $0.nanoseconds / 4 })
    }

    @Test func everyPhaseOfAStretchWeighsTheSame() throws {
        var clock: UInt64 = 0
        var creates = 100.0
        let outcome = try WarmUp(isQuick: false).run(now: { clock }) { () throws(LoadError) in
            clock += 5_000_000_000
            creates = min(creates * 1.5, 1_000)
            return [1_000_000, creates]
        }
        #expect(
            outcome.isSteady && outcome.rates.count == 9, "reads are steady from the first stretch on, creates from the sixth")
        #expect(abs(outcome.rates[0] - (1_000_000.0 * 150).squareRoot()) < 1)
    }

    private func warm(_ rates: [Double], isQuick: Bool = false) throws -> WarmUp.Outcome {
        var clock: UInt64 = 0
        var left = rates[...]
        return try WarmUp(isQuick: isQuick).run(now: { clock }) { () throws(LoadError) in
            clock += 5_000_000_000
            return [left.popFirst() ?? rates[rates.count - 1] * 2]
        }
    }

    @Test func warmingEndsWhenNothingIsGainedAndNotBeforeItsLeastTime() throws {
        let steady = try warm([100, 100, 100, 100, 100])
        #expect(steady.rates.count == 4 && steady.isSteady && steady.nanoseconds == 20_000_000_000)
        let rising = try warm([100, 110, 130, 150, 170, 175, 160, 178, 400])
        #expect(
            rising.rates.map { $0.rounded() } == [100, 110, 130, 150, 170, 175, 160, 178] && rising.isSteady,
            "three are no faster than 170")
        #expect(try warm([100, 100, 100, 100], isQuick: true).rates.count == 4)
    }

    @Test func whatKeepsRisingIsNotCalledWarm() throws {
        let rates = (0..<60).map { Double(100) * Double(1 + $0) * Double(1 + $0) }
        let outcome = try warm(rates)
        #expect(!outcome.isSteady && outcome.nanoseconds == 180_000_000_000)
    }
}
