// Ratios: taken round by round, so that a machine whose pace changes does not spoil them; over runs where there are several; and
// without what does not count.

import Benchmark
import Results
import Testing

@Suite struct ComparisonTests {
    /// A cell whose slices had these writes/s.
    private func cell(_ target: String, _ rates: [Double], run: Int? = nil, nodes: Int = 3) -> ResultCell {
        var cell = ResultCell(nodes: nodes, target: target)
        cell.repetition = run
        cell.phases = [
            ResultPhase(
                name: "deep", isRecorded: true, startNanoseconds: 0, durationNanoseconds: 1_000_000_000,
                writesPerSecond: rates.sorted()[rates.count / 2], generatorCPUNanoseconds: 0)
        ]
        cell.slices = rates.enumerated().map { round, rate in
            ResultSlice(
                place: round, round: round,
                phases: [ResultSlicePhase(name: "deep", figures: [.writes: rate, .commitP99: 8 / rate])])
        }
        return cell
    }

    private func compared(_ cells: [ResultCell], _ targets: [String] = ["quorate", "zookeeper"]) -> Comparison {
        Comparison(cells.map(ResultRun.init), targets: targets)
    }

    private func ratios(_ cells: [ResultCell]) -> [ResultRatio] { compared(cells).ratios }

    @Test func aRatioIsTakenFromRoundsThatLaySideBySide() throws {
        // The machine is four times slower in every other round; the ratio is 10 all the same.
        let found = ratios([cell("quorate", [400, 100, 400, 100, 400]), cell("zookeeper", [40, 10, 40, 10, 40])])
        let writes = try #require(found.first { $0.metric == .writes })
        #expect(abs(writes.ratio.median - 10) < 1e-9 && writes.ratio.samples == 5 && writes.basis == .rounds)
        #expect(abs((writes.ratio.low ?? 0) - 10) < 1e-9 && abs((writes.ratio.high ?? 0) - 10) < 1e-9)
        #expect(abs((found.first { $0.metric == .commitP99 }?.ratio.median ?? 0) - 0.1) < 1e-9)
        #expect(!writes.ratio.isUndecided(against: 1) && !writes.ratio.isUndecided(against: 11))
    }

    @Test func severalRunsCountOnceEach() throws {
        let runs = [1, 2, 3, 4, 5].flatMap { run in
            [cell("quorate", [100 * Double(run), 100 * Double(run)], run: run), cell("zookeeper", [10, 10], run: run)]
        }
        let writes = try #require(ratios(runs).first { $0.metric == .writes })
        #expect(writes.basis == .runs && writes.ratio.samples == 5 && abs(writes.ratio.median - 30) < 1e-9)
        #expect((writes.ratio.low ?? 99) <= 20 && (writes.ratio.high ?? 0) >= 40)
    }

    @Test func aRunThatDoesNotCountIsLeftOut() throws {
        var slow = cell("zookeeper", [1, 1], run: 2)
        slow.isTooSlow = true
        var failed = cell("zookeeper", [1, 1], run: 3)
        failed.failure = "it did not start"
        let cells =
            [1, 2, 3].map { cell("quorate", [100, 100], run: $0) } + [cell("zookeeper", [10, 10], run: 1), slow, failed]
        let writes = try #require(ratios(cells).first { $0.metric == .writes })
        #expect(abs(writes.ratio.median - 10) < 1e-9)
    }

    @Test(arguments: [1, 2, 4]) func fewRoundsHaveNoInterval(rounds: Int) throws {
        let found = ratios([
            cell("quorate", Array(repeating: 100, count: rounds)), cell("zookeeper", Array(repeating: 10, count: rounds)),
        ])
        let writes = try #require(found.first { $0.metric == .writes })
        #expect(writes.ratio.low == nil && writes.ratio.high == nil && writes.ratio.isUndecided(against: 1))
    }

    @Test func nothingIsComparedWithNothing() {
        #expect(ratios([cell("quorate", [100])]).isEmpty)
        #expect(ratios([cell("quorate", [100]), cell("zookeeper", [10], nodes: 5)]).isEmpty)
        #expect(compared([cell("quorate", [100])], ["quorate"]).ratios.isEmpty)
    }

    @Test func summariesAreOverRuns() throws {
        let cells = [100.0, 150, 200, 250, 300].enumerated().map { cell("quorate", [$0.element], run: $0.offset + 1) }
        let found = compared(cells, ["quorate"]).summaries
        let writes = try #require(found.first { $0.metric == .writes })
        #expect(writes.value.median == 200 && writes.value.low == 100 && writes.value.high == 300 && writes.value.samples == 5)
        #expect(compared([cell("quorate", [1])], ["quorate"]).summaries.isEmpty)
    }
}
