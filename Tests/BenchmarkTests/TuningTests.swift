// The search for settings without a server: what is tried, how the better half goes on, what a gain is.

import Benchmark
import Foundation
import Results
import Testing

@Suite struct TuningTests {
    // MARK: what is tried

    @Test func theDefaultComesFirstThenEachKnobByItselfThenTwoAtATime() {
        let knobs = [TuningKnob("a", ["1", "2"]), TuningKnob("b", ["x"])]
        let names = TuningGrid.candidates(knobs, limit: 16).map(\.name)
        #expect(names == ["default", "a=1", "a=2", "b=x", "a=1 b=x", "a=2 b=x"])
        #expect(TuningGrid.candidates(knobs, limit: 3).map(\.name) == ["default", "a=1", "a=2"])
        #expect(TuningGrid.candidates([], limit: 5).map(\.name) == ["default"])
    }

    @Test func whatChangesThePromiseIsTriedByItself() {
        let knobs = [
            TuningKnob("a", ["1"]), TuningKnob("quorate.commitQuorum", ["3"], changesPromise: true), TuningKnob("b", ["x"]),
        ]
        let found = TuningGrid.candidates(knobs, limit: 16)
        #expect(found.map(\.name) == ["default", "a=1", "quorate.commitQuorum=3", "b=x", "a=1 b=x"])
        #expect(found.map(\.changesPromise) == [false, false, true, false, false])
    }

    @Test(arguments: [(1, [String]()), (2, []), (3, ["3"]), (4, ["3", "4"]), (5, ["5"])])
    func theUsualQuorumsAreThoseWithMoreCopies(nodes: Int, values: [String]) {
        let quorum = TuningKnob.usualOfQuorate(nodes: nodes, tls: true).first { $0.key == "quorate.commitQuorum" }
        #expect(quorum?.values ?? [] == values && quorum?.changesPromise ?? true)
    }

    @Test func aStepFromTheBestTurnsOneKnob() {
        let knobs = [TuningKnob("a", ["1", "2"]), TuningKnob("b", ["x"]), TuningKnob("c", ["3"], changesPromise: true)]
        let tried = Set(TuningGrid.candidates(knobs, limit: 5).map(\.name))
        #expect(tried == ["default", "a=1", "a=2", "b=x", "c=3"])
        func names(_ settings: [TuningSetting], limit: Int = 9) -> [String] {
            TuningGrid.around(settings, knobs, limit: limit, tried: tried).map(\.name)
        }
        #expect(names([TuningSetting(key: "b", value: "x")]) == ["a=1 b=x", "a=2 b=x"])
        #expect(names([TuningSetting(key: "a", value: "1")]) == ["a=1 b=x"])
        #expect(names([TuningSetting(key: "b", value: "x")], limit: 1) == ["a=1 b=x"])
    }

    @Test func whatSeveralLinesSpoilIsUndoneAtOnce() {
        let knobs = [TuningKnob("maxBatchSize", ["4096", "256"]), TuningKnob("quorate.lingerUs", ["0", "200"])]
        let common = [(key: "maxBatchSize", value: "1"), (key: "flushDelay", value: "5")]
        let undone = knobs.compactMap { $0.undone(from: common) }
        #expect(undone.map(\.value) == ["4096", "0"])
        #expect(knobs[0].undone(from: []) == nil && knobs[0].undone(from: [("maxBatchSize", "4096")]) == nil)
        let names = TuningGrid.candidates(knobs.map { $0.turned(from: common) }, limit: 16, second: undone).map(\.name)
        #expect(names.prefix(3) == ["default", "maxBatchSize=4096 quorate.lingerUs=0", "maxBatchSize=4096"])
        #expect(Set(names).count == names.count)
        // One of them is a step like any other.
        #expect(TuningGrid.candidates(knobs, limit: 2, second: [undone[0]]).map(\.name) == ["default", "maxBatchSize=4096"])
    }

    @Test func whatAllHaveAnywayIsNotTried() {
        let knob = TuningKnob("maxBatchSize", ["4096", "256"])
        #expect(knob.turned(from: []).values == ["256"])
        #expect(knob.turned(from: [("maxBatchSize", "1")]).values == ["4096", "256"])
        #expect(knob.turned(from: [("maxBatchSize", "256")]).values == ["4096"])
        // A linger by its other name.
        #expect(TuningKnob("quorate.lingerUs", ["0", "200"]).turned(from: [("flushDelay", "5")]).values == ["0", "200"])
        let quorum = TuningKnob("quorate.commitQuorum", ["3"], changesPromise: true)
        #expect(quorum.turned(from: []).values == ["3"])
    }

    @Test func knobsAreReadStrictly() {
        #expect(TuningKnob(parsing: "maxBatchSize=1,16") == TuningKnob("maxBatchSize", ["1", "16"]))
        #expect(TuningKnob(parsing: "forceSync=no")?.changesPromise == true)
        for text in ["", "a", "=1", "a=", "a=1,", "a=1,1"] { #expect(TuningKnob(parsing: text) == nil, "\(text)") }
    }

    // MARK: stages

    @Test func theBetterHalfGoesOnWithTwiceTheTurns() {
        var halving = SuccessiveHalving(candidates: 5)
        #expect(halving.left == [0, 1, 2, 3, 4] && halving.turns == 2 && !halving.isLast)
        halving.advance(gains: [0.9, 1.5, nil, 1.2, 1.1])
        #expect(halving.left == [1, 3, 4] && halving.turns == 4 && halving.stage == 2)
        halving.advance(gains: [1.1, 1.3, 1.2])
        #expect(halving.left == [3, 4] && halving.turns == 8 && halving.isLast)
    }

    @Test func twoHaveAllTheTurnsAtOnce() {
        #expect(SuccessiveHalving(candidates: 1).isLast && SuccessiveHalving(candidates: 1).turns == 8)
        var halving = SuccessiveHalving(candidates: 3)
        #expect(halving.turns == 2 && !halving.isLast)
        halving.advance(gains: [1, 2, 1])
        #expect(halving.left == [0, 1] && halving.turns == 8)
    }

    @Test func whoGivesNoFiguresIsOut() {
        var halving = SuccessiveHalving(candidates: 2)
        halving.advance(gains: [nil, nil])
        #expect(halving.left.isEmpty && halving.isLast)
    }

    // MARK: gains

    private func cell(_ name: String, rates: [Double], tails: [Double]) -> ResultCell {
        var cell = ResultCell(nodes: 3, target: name)
        func phase(_ name: String, _ offered: Double?) -> ResultPhase {
            var phase = ResultPhase(
                name: name, isRecorded: true, startNanoseconds: 0, durationNanoseconds: 1_000_000_000, writesPerSecond: 100,
                generatorCPUNanoseconds: 0)
            phase.offeredPerSecond = offered
            return phase
        }
        cell.phases = [phase("paced", 100), phase("deep", nil)]
        cell.slices = zip(rates, tails).enumerated().map { round, figures in
            ResultSlice(
                place: round, round: round,
                phases: [
                    ResultSlicePhase(name: "paced", figures: [.writes: 100, .commitP99: figures.1]),
                    ResultSlicePhase(name: "deep", figures: [.writes: figures.0, .commitP99: 1, .cpuPerWrite: 5]),
                ])
        }
        return cell
    }

    /// Twice as fast in every round, and with twice the tail or half of it.
    private func gain(_ objective: TuningObjective, tail: Double) throws -> ResultInterval {
        let base = cell("default", rates: [100, 50, 100, 50, 100], tails: [8, 4, 8, 4, 8])
        let other = cell(
            "a=1", rates: [200, 100, 200, 100, 200], tails: [8 * tail, 4 * tail, 8 * tail, 4 * tail, 8 * tail])
        return try #require(TuningGain([base, other], objective).gain(of: "a=1"))
    }

    @Test func gainsAreOfPairsOfARound() throws {
        #expect(abs(try gain(.throughput, tail: 9).median - 2) < 1e-9)
        #expect(abs(try gain(.latency, tail: 2).median - 0.5) < 1e-9)
        #expect(abs(try gain(.both, tail: 2).median - 1) < 1e-9)
        #expect(abs(try gain(.both, tail: 0.5).median - 2) < 1e-9)
        #expect(abs((try gain(.both, tail: 0.5).low ?? 0) - 2) < 1e-9)
    }

    @Test func figuresComeFromThePhasesThatAreJudged() {
        let judge = TuningGain([cell("default", rates: [100, 110, 90], tails: [8, 9, 7])], .both)
        #expect(judge.figures(of: "default") == [.writes: 100, .commitP99: 8, .cpuPerWrite: 5])
        #expect(judge.gain(of: "nix") == nil && judge.objection == nil)
    }

    @Test func aWorkloadWithoutThePhaseIsRefused() {
        var closed = cell("default", rates: [100], tails: [8])
        closed.phases.removeFirst()
        #expect(TuningGain([closed], .throughput).objection == nil)
        #expect(TuningGain([closed], .latency).objection == "latency needs a recorded phase with arrivals at a rate")
        #expect(TuningGain([closed], .both).objection?.contains("both needs") == true)
    }

    @Test func theFrontHoldsWhatNothingBeatsInBoth() {
        func candidate(_ name: String, _ rate: Double, _ tail: Double) -> TunedCandidate {
            TunedCandidate(
                name: name, settings: [], changesPromise: false, stages: 1, figures: [.writes: rate, .commitP99: tail], gain: nil,
                isOnFront: false)
        }
        var all = [candidate("a", 100, 5), candidate("b", 200, 9), candidate("c", 90, 6), candidate("d", 200, 8)]
        all.markFront()
        #expect(all.filter(\.isOnFront).map(\.name) == ["a", "d"])
    }
}
