// Cells of several slices or runs become one: counts add up, distributions merge, rates are the median, and no failure is lost.

import Results
import Statistics
import Testing

@Suite struct ResultJoiningTests {
    private func sample() -> [ResultCell] { SampleDocument.make().cells }

    @Test func oneCellStaysAsItIsAndNoneIsNothing() {
        let cells = sample()
        #expect(ResultCell.joined([cells[0]]) == cells[0])
        #expect(ResultCell.joined([]) == nil)
    }

    @Test func countsAddUpAndRatesAreTheMedian() throws {
        let cell = sample()[0]
        var faster = cell
        faster.phases[2].writesPerSecond *= 3
        faster.phases[2].server?.meanFlushNanoseconds = 300_000
        faster.phases[1].isVoid = true
        let whole = try #require(ResultCell.joined([cell, faster, cell]))
        let full = try #require(whole.phases.first { $0.name == "full" })
        #expect(full.writesPerSecond == cell.phases[2].writesPerSecond)
        #expect(full.durationNanoseconds == 3 * cell.phases[2].durationNanoseconds)
        #expect(full.server?.cpuNanoseconds == 36_000_000_000)
        #expect(full.server?.meanFlushNanoseconds == 300_000 && full.isVoid == nil)
        #expect(whole.queue?.taken == 3_000 && whole.sessions?.opened == 48 && whole.generator?.requests == 3 * 123_456)
        let paced = try #require(whole.phases.first { $0.name == "paced" })
        #expect(paced.commit?.count == 12 && paced.enqueueToTake?.count == 6)
        #expect(paced.isVoid == true)
        #expect(paced.operations.count == 2 && paced.operations[0].offered == 24_000)
        #expect(paced.operations[0].series.map(\.second) == [3, 4, 5], "seconds go on")
        let stage = try #require(paced.server?.stages["received_to_quorum"])
        #expect(stage.count == 48_000 && stage.counts == [24_000, 24_000] && stage.p50 == 131_072 && stage.p99 == 1_048_576)
    }

    @Test func whatACheckSaysOfAPartIsNotSaidOfTheWhole() throws {
        let cell = sample()[0]
        var other = cell
        other.checks[0].sentence = "all 7 acknowledged items were taken"
        let whole = try #require(ResultCell.joined([cell, other]))
        #expect(whole.checks[0].passed == true && whole.checks[0].sentence == "in every part of the load")
        #expect(whole.checks[1] == cell.checks[1])
    }

    @Test func aFailureIsKept() throws {
        let cell = sample()[0]
        var bad = cell
        bad.checks[0].passed = false
        bad.failure = "Member 1 ended"
        for order in [[cell, bad], [bad, cell]] {
            let whole = try #require(ResultCell.joined(order))
            #expect(whole.failedChecks.map(\.name) == ["no_loss"] && whole.failure == "Member 1 ended")
        }
    }

    @Test func severalRunsAreHeldAsOneCellAndTheFiguresOfEach() throws {
        var cells: [ResultCell] = []
        for run in 1...3 {
            for var cell in sample() {
                cell.repetition = run
                cell.phases[2].writesPerSecond *= Double(run)
                cells.append(cell)
            }
        }
        cells[2].isTooSlow = true
        cells[4].failure = "Member 1 ended"
        cells[4].phases = []
        var document = SampleDocument.make()
        document.hold(cells, repetitions: 3)
        #expect(document.cells.map(\.nodes) == [1, 3] && document.cells.allSatisfy { $0.repetition == nil && $0.slices == nil })
        #expect(document.cells.map { $0.phases[2].commit?.count } == [2, 6], "two runs of one member do not count")
        #expect(document.cells.allSatisfy { $0.writeGapSeries.isEmpty && $0.phases[1].operations[0].series.isEmpty })
        let runs = try #require(document.runs)
        #expect(runs.map(\.repetition) == [1, 1, 2, 2, 3, 3] && runs.map(\.nodes) == [1, 3, 1, 3, 1, 3])
        #expect(runs[2].isTooSlow == true && runs[4].failure == "Member 1 ended" && runs[4].phases.isEmpty)
        #expect(runs[5].phases.map(\.name) == ["paced", "full"])
        #expect(runs[5].phases[1].figures[.writes] == 3 * cells[1].phases[2].writesPerSecond)
        document.hold([cells[0]], repetitions: 1)
        #expect(document.cells == [cells[0]])
    }

    private func returning(after last: UInt64, _ response: [UInt64], lost: UInt64 = 0) -> ResultCell {
        var times = LatencyHistogram()
        for time in response { times.record(time) }
        let count = UInt64(response.count)
        var cell = sample()[0]
        cell.reconnects = ["full", "other"].map {
            ResultReconnect(
                phase: $0, cut: count + lost, back: count, lastNanoseconds: last, response: LatencyFigures(times))
        }
        return cell
    }

    @Test func storms() throws {
        let slices = [returning(after: 30, [10, 30]), returning(after: 90, [90]), returning(after: 40, [20, 40])]
        let run = try #require(ResultCell.joined(slices))
        let storms = try #require(run.reconnects)
        #expect(storms.map(\.phase) == ["full", "other"] && storms[0].cut == 5 && storms[0].back == 5)
        #expect(storms[0].lastNanoseconds == 90 && storms[0].lasts == [30, 90, 40] && storms[0].medianLast == 40)
        #expect(storms[0].response?.count == 5)
        #expect(run.comparedPhases.map { $0.figures[.lastBack] } == [nil, 40], "'paced' began without one")
        let runs = try #require(ResultCell.joined([run, run]))
        #expect(runs.reconnects?[1].lasts == [30, 90, 40, 30, 90, 40])
        #expect(slices[0].reconnects?[0].medianLast == 30 && slices[0].reconnects?[0].lasts == nil)
        let lossy = try #require(ResultCell.joined([slices[0], returning(after: 50, [50], lost: 1)]))
        #expect(lossy.reconnects?[0].medianLast == nil, "who never came back took longer than anybody knows")
    }

    @Test func slicesAreKeptInTheirOrder() throws {
        var first = sample()[0]
        var second = first
        first.slices = [ResultSlice(place: 0, round: 0, phases: first.comparedPhases)]
        second.slices = [ResultSlice(place: 3, round: 1, phases: second.comparedPhases)]
        let whole = try #require(ResultCell.joined([first, second]))
        #expect(whole.slices?.map(\.place) == [0, 3])
        let full = try #require(whole.slices?[0].phases.first { $0.name == "full" })
        #expect(full.figures[.writes] == 123_456.7 && full.figures[.cpuPerWrite] == 1.52 && full.figures[.reads] == nil)
    }
}
