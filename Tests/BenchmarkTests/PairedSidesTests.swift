// Sides that took turns: pairs of one round, the base beside itself, and which figures of a phase say anything.

import Benchmark
import Results
import Testing

@Suite struct PairedSidesTests {
    private let rule = GateRule(threshold: 0.05)

    /// One run of one side, whose rounds had these figures in a closed phase.
    private func cell(_ side: String, _ rates: [Double], cpu: Double = 4, run: Int? = nil, isOpen: Bool = false) -> ResultCell {
        var cell = ResultCell(nodes: 3, target: side)
        cell.repetition = run
        var phase = ResultPhase(
            name: "load", isRecorded: true, startNanoseconds: 0, durationNanoseconds: 1_000_000_000, writesPerSecond: rates[0],
            generatorCPUNanoseconds: 0)
        phase.offeredPerSecond = isOpen ? 1_000 : nil
        cell.phases = [phase]
        cell.slices = rates.enumerated().map { round, rate in
            ResultSlice(
                place: round, round: round,
                phases: [
                    ResultSlicePhase(
                        name: "load", figures: [.writes: rate, .cpuPerWrite: cpu, .commitMedian: 1e9 / rate, .flushMean: 2e5])
                ])
        }
        return cell
    }

    private func figure(_ cells: [ResultCell], _ metric: ResultMetric) -> ComparedFigure? {
        PairedSides(cells, rule).figures.first { $0.metric == metric }
    }

    @Test func aMachineThatChangesItsPaceDoesNotSpoilPairs() throws {
        let pace = [400.0, 100, 400, 100, 400, 100]
        let found = try #require(
            figure([cell("base", pace), cell("new", pace.map { $0 * 0.9 }), cell("again", pace)], .writes))
        #expect(abs(found.ratio.median - 0.9) < 1e-9 && found.ratio.samples == 6 && found.verdict == .worse && found.isGated)
        #expect(found.resolution.map { $0 < 1e-9 } == true)
        #expect(found.base == 250 && found.new == 225)
    }

    @Test func aBaseThatDiffersFromItselfDecidesNothing() throws {
        let found = try #require(
            figure(
                [
                    cell("base", [100, 100, 100, 100, 100]), cell("new", [90, 90, 90, 90, 90]),
                    cell("again", [92, 92, 92, 92, 92]),
                ], .writes))
        #expect(found.verdict == .undecided)
        #expect(abs((found.resolution ?? 0) - (100.0 / 92 - 1)) < 1e-9)
        // Each round's base is what lies between its two.
        #expect(abs(found.ratio.median - 90 / (92.0 * 100).squareRoot()) < 1e-9)
    }

    @Test func runsAreJoined() throws {
        let cells = [1, 2, 3].flatMap { run in
            [cell("base", [100, 110], run: run), cell("new", [100, 110], run: run), cell("again", [100, 110], run: run)]
        }
        let found = try #require(figure(cells, .writes))
        #expect(found.ratio.samples == 6 && found.ratio.median == 1 && found.verdict == .same)
    }

    @Test func roundsThatOnlyOneSideHasDoNotCount() throws {
        let found = try #require(figure([cell("base", [100, 100, 100, 100, 100, 100]), cell("new", [100, 100])], .writes))
        #expect(found.ratio.samples == 2 && found.ratio.low == nil && found.verdict == .undecided && found.resolution == nil)
    }

    @Test func aPrescribedRateSaysNothingAndNeitherDoesTheWaitInAFullWindow() {
        let rates = [100.0, 100, 100, 100, 100]
        let closed = PairedSides([cell("base", rates), cell("new", rates)], rule).figures.map(\.metric)
        let open = PairedSides([cell("base", rates, isOpen: true), cell("new", rates, isOpen: true)], rule).figures.map(\.metric)
        #expect(closed == [.writes, .cpuPerWrite])
        #expect(open == [.commitMedian, .cpuPerWrite, .flushMean])
    }

    @Test func whatTheGeneratorMadeDecidesNothing() throws {
        let rates = [100.0, 100, 100, 100, 100]
        var void = cell("new", rates.map { $0 / 2 })
        void.phases[0].isVoid = true
        let found = PairedSides([cell("base", rates), void], rule).figures
        let writes = try #require(found.first { $0.metric == .writes })
        #expect(writes.verdict == .undecided && writes.reason == "the load generator made it")
        #expect(found.first { $0.metric == .cpuPerWrite }?.verdict == .same)
    }
}
