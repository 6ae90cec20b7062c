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
        #expect(found.count == 1 && found[0].weight == .invalid && found[0].mark.name == .generator)
        #expect(
            found[0].mark.sentence == "pacer set in phase 'paced' with 3 members: of the requests that were due, only 94 % were "
                + "answered in time; offer less")
    }

    @Test func aPhaseThatIsNotSteadyIsMarked() {
        func steady(isReached: Bool, slope: Double?) -> ResultCell {
            var cell = cell(answered: 1_000, slip: 1_000)
            cell.phases[0].steady = ResultSteadiness(
                metric: "response.p50", isReached: isReached, slopePercent: slope, boundPercent: 2,
                periodNanoseconds: 10_000_000_000, settledNanoseconds: 60_000_000_000)
            return cell
        }
        #expect(steady(isReached: true, slope: 1.5).objections.isEmpty)
        let found = steady(isReached: false, slope: 12.34).objections
        #expect(found.count == 1 && found[0].weight == .remark && found[0].mark.name == .unsteady)
        #expect(
            found[0].mark.sentence
                == "phase 'paced' with 3 members: did not reach steady state in 60.0 s: response.p50 still changed by "
                + "12.3 % in 10.0 s, and at most 2.0 % was asked for")
        #expect(steady(isReached: false, slope: nil).objections[0].mark.sentence.contains("never seconds enough in a row"))
        let joined = ResultCell.joined([
            steady(isReached: true, slope: 1), steady(isReached: false, slope: -30), steady(isReached: false, slope: 3),
        ])
        #expect(joined?.phases[0].steady?.slopePercent == -30 && joined?.phases[0].isUnsteady == true)
    }

    @Test func aLateGeneratorIsMarked() {
        let found = cell(answered: 1_000, slip: 5_000_000).objections
        #expect(found.count == 1 && found[0].weight == .void)
        #expect(
            found[0].mark.sentence.hasSuffix(
                "more than 5 ms late, which is much of the response time there; its percentiles from the 99th on are void"))
    }

    private func full(generator: UInt64, members: UInt64) -> ResultCell {
        var phase = ResultPhase(
            name: "full", isRecorded: true, startNanoseconds: 0, durationNanoseconds: 1_000_000_000, writesPerSecond: 1_000,
            generatorCPUNanoseconds: generator)
        phase.operations = [
            ResultOperation(
                role: "writer", op: "set", isOpenLoop: false, offered: 10, sent: 10, acknowledged: 10, acknowledgedInside: 10,
                errors: [:], unknown: 0, notSent: 0, response: nil, service: nil, slip: nil, series: [])
        ]
        var server = ResultServerFigures()
        server.windowNanoseconds = 1
        server.cpuNanoseconds = members
        phase.server = server
        var cell = ResultCell(nodes: 1)
        cell.phases = [phase]
        return cell
    }

    @Test func aGeneratorThatIsTheBottleneckVoidsAClosedLoop() {
        let found = full(generator: 950_000_000, members: 600_000_000).objections
        #expect(found.count == 1 && found[0].weight == .void && found[0].mark.name == .generator)
        #expect(found[0].mark.sentence.contains("used 95 % of a core, all members together 60 %"))
        #expect(full(generator: 890_000_000, members: 600_000_000).objections.isEmpty)
        #expect(full(generator: 950_000_000, members: 1_200_000_000).objections.isEmpty)
    }

    /// Two halves of a core are not a whole one: it is the busiest that has no time left.
    @Test func ofSeveralGeneratorsTheBusiestDecides() {
        func shared(busiest: UInt64) -> [Objection] {
            var cell = full(generator: 1_400_000_000, members: 600_000_000)
            cell.phases[0].busiestGeneratorCPUNanoseconds = busiest
            cell.generator = ResultGenerator(
                cpuNanoseconds: 1_400_000_000, wallNanoseconds: 1_000_000_000, requests: 1, bytesSent: 1, bytesReceived: 1)
            cell.generator?.processes = 2
            return cell.objections
        }
        #expect(shared(busiest: 700_000_000).isEmpty)
        let found = shared(busiest: 950_000_000)
        #expect(found.map(\.weight) == [.void])
        #expect(found[0].mark.sentence.contains("the busiest of 2 generators used 95 % of a core, all members together 60 %"))
    }

    @Test func failedRequestsAreSaid() {
        var cell = full(generator: 0, members: 0)
        let operation = ResultOperation(
            role: "writer", op: "set", isOpenLoop: false, offered: 10, sent: 10, acknowledged: 4, acknowledgedInside: 4,
            errors: ["no_node": 5, "connection_loss": 1], unknown: 1, notSent: 2, response: nil, service: nil, slip: nil,
            series: [])
        cell.phases[0].failed = ResultFailures([operation])
        #expect(cell.objections.map(\.mark.name) == [.errors])
        #expect(
            cell.objections[0].mark.sentence
                == "phase 'full' with 1 member: 1 connection_loss, 5 no_node, 1 writes with an unknown outcome, 2 never sent, "
                + "none of these is in a latency")
        #expect(ResultFailures([]) == nil)
    }

    @Test func aPhaseWithoutASingleAnswerIsInvalid() {
        var cell = full(generator: 0, members: 0)
        for operations in [[], [cell.phases[0].operations[0]]] {
            cell.phases[0].operations = operations
            if !operations.isEmpty { cell.phases[0].operations[0].acknowledgedInside = 0 }
            let found = cell.objections
            #expect(found.map(\.weight) == [.invalid])
            #expect(found.map(\.mark.sentence) == ["phase 'full' with 1 member: not one request was answered in it"])
        }
    }

    @Test func otherProgramsAreMarkedWhereTheMembersAreKnown() {
        var cell = full(generator: 0, members: 0)
        func found(members: Double?, others: Double) -> [Objection] {
            cell.phases[0].machine = ResultMachine(cpus: 2, members: members, generator: 0.1, others: others, stolen: 0)
            return cell.objections
        }
        #expect(found(members: 0.6, others: 0.25).isEmpty && found(members: nil, others: 0.8).isEmpty)
        let marked = found(members: 0.3, others: 0.48)
        #expect(marked.map(\.mark.name) == [.disturbed] && marked.map(\.weight) == [.remark])
        #expect(marked[0].mark.sentence.contains("other programs than members and generator had 48 % of the CPUs"))
    }

    @Test func ofSeveralRunsItIsSaidWhichOneItWas() {
        var cell = cell(answered: 949, slip: 1_000)
        cell.repetition = 2
        #expect(cell.objections.first?.mark.sentence.hasPrefix("pacer set in phase 'paced' with 3 members in run 2: ") == true)
    }

    @Test func aPhaseThatTheGeneratorSpoiltSaysSoItself() {
        var spoilt = cell(answered: 1_000, slip: 5_000_000)
        spoilt.noteVoidPhases()
        #expect(spoilt.phases[0].isVoid == true)
        var good = cell(answered: 1_000, slip: 1_000)
        good.noteVoidPhases()
        #expect(good.phases[0].isVoid == nil)
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
