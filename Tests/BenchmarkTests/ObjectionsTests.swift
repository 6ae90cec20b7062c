// What speaks against figures is found, and only what makes them worthless makes them invalid.

import Benchmark
import Results
import Statistics
import Testing

@Suite struct ObjectionsTests {
    private func cell(answered: UInt64, slip: UInt64, window: UInt64? = 1) -> ResultCell {
        var histogram = LatencyHistogram()
        histogram.record(slip, count: 100)
        var phase = ResultPhase(
            name: "paced", isRecorded: true, startNanoseconds: 0, durationNanoseconds: 1_000_000_000, writesPerSecond: 1_000,
            generatorCPUNanoseconds: 0)
        phase.operations = [
            ResultOperation(
                role: "pacer", op: "set", isOpenLoop: true, offered: 1_000, sent: 1_000, acknowledged: 1_000,
                acknowledgedInside: answered, errors: [:], unknown: 0, notSent: 0, response: histogram, service: nil,
                slip: histogram, series: [])
        ]
        var server = ResultServerFigures()
        server.windowNanoseconds = window
        phase.server = server
        var cell = ResultCell(nodes: 3)
        cell.phases = [phase]
        return cell
    }

    @Test func aRunInOrderHasNone() {
        #expect(cell(answered: 950, slip: 1_000_000).objections.isEmpty)
    }

    @Test func fallingBehindMakesItInvalid() throws {
        let found = cell(answered: 949, slip: 1_000).objections
        #expect(found.count == 1 && found[0].isInvalid && found[0].mark.name == .generator)
        #expect(
            found[0].mark.sentence == "pacer set in phase 'paced' with 3 members: of the requests that were due, only 94 % were "
                + "answered in time; offer less")
    }

    @Test func aLateGeneratorIsMarked() {
        let found = cell(answered: 1_000, slip: 5_000_000).objections
        #expect(found.count == 1 && !found[0].isInvalid)
        #expect(found[0].mark.sentence.hasSuffix("the generator itself sent one request in a hundred more than 5 ms late"))
    }

    @Test func silentMembersAreMarked() {
        let found = cell(answered: 1_000, slip: 1_000, window: nil).objections
        #expect(found.map(\.mark.name) == [.metricsMissing])
    }

    @Test func phasesThatAreNotRecordedDoNotCount() {
        var cell = cell(answered: 0, slip: 5_000_000, window: nil)
        cell.phases[0].isRecorded = false
        #expect(cell.objections.isEmpty)
    }
}
