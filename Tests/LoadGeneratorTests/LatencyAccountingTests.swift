// Tests that latency means what it says: a server that pauses shows in an open loop as one slow request for each that was
// due, in a closed loop as one per connection; service time stands beside response time.

import LoadGenerator
import Statistics
import Testing
import Workload

/// A workload of sets over a few clients.
func setWorkload(
    arrivals: String, clients: Int = 4, pipeline: Int = 1, seconds: String = "2s", pool: Int = 50
) throws -> Workload {
    try Workload(
        text: """
            apiVersion: quorate/v1
            name: sets
            target: {session_timeout: 4s}
            data: {tree: [{path: /sets/znode-, count: \(pool), size: 100B}]}
            roles:
              writer: {clients: \(clients), pipeline: \(pipeline), arrivals: \(arrivals), do: [{set: {path: /sets/znode-}}]}
            phases: [{name: steady, for: \(seconds)}]
            check: [no_loss]
            """, file: "sets.yaml")
}

func load(_ workload: Workload, _ server: ScriptedServer, _ options: LoadOptions = LoadOptions()) throws -> LoadReport {
    try LoadRun(workload: workload, hosts: [server.address], options: options).run()
}

@Suite(.serialized) struct LatencyAccountingTests {
    private static let pause = Misbehaviour(pauseAfter: 700_000_000, pauseFor: 500_000_000)

    @Test func anOpenLoopFeelsAPauseWithEveryRequestThatWasDue() throws {
        let server = try ScriptedServer(Self.pause)
        defer { server.stop() }
        let report = try load(setWorkload(arrivals: "{rate: 1000/s}", pipeline: 64), server)
        let sets = try #require(report.phase(named: "steady")?.operation(role: "writer", kind: .set))
        #expect(sets.isOpenLoop)
        #expect(sets.offered == 2_000 && sets.acknowledged == 2_000 && sets.notSent == 0)
        // due in the pause and answered at its end: latencies run evenly from 500 ms down to nothing
        let slow = sets.response.count(above: 100_000_000)
        #expect(slow >= 380 && slow <= 650, "\(slow) slow of 2000")
        #expect(sets.response.max >= 480_000_000 && sets.response.max < 1_500_000_000)
        #expect(sets.response.count(above: 450_000_000) >= 30)
        // windows of 4 x 64 fill up before the pause ends: later requests wait for room, which is not service
        let service = try #require(sets.service)
        #expect(service.count == 2_000 && service.sum < sets.response.sum)
        let slip = try #require(sets.slip)
        #expect(slip.count == 2_000, "a full window does not hide the generator's own delay")
        #expect(report.checks.allSatisfy { $0.passed == true })
        let gap = try #require(report.writeGaps.first)
        #expect(gap.nanoseconds >= 480_000_000 && gap.nanoseconds < 1_500_000_000 && gap.phase == "steady")
        #expect(gap.startNanoseconds > 300_000_000 && gap.startNanoseconds < 1_500_000_000)
    }

    @Test func aClosedLoopFeelsAPauseOncePerConnection() throws {
        let server = try ScriptedServer(Self.pause)
        defer { server.stop() }
        let report = try load(setWorkload(arrivals: "closed"), server)
        let sets = try #require(report.phase(named: "steady")?.operation(role: "writer", kind: .set))
        #expect(!sets.isOpenLoop && sets.service == nil && sets.slip == nil)
        let slow = sets.response.count(above: 400_000_000)
        #expect(slow >= 4 && slow <= 8, "\(slow) slow")
        #expect(sets.acknowledged > 500)
        #expect(sets.response.max >= 480_000_000)
    }

    @Test func aFixedServiceTimeIsMeasuredAsSuch() throws {
        let server = try ScriptedServer(Misbehaviour(serviceTime: 20_000_000))
        defer { server.stop() }
        let report = try load(setWorkload(arrivals: "closed", seconds: "1s"), server)
        let sets = try #require(report.phase(named: "steady")?.operation(role: "writer", kind: .set))
        #expect(sets.response.min >= 20_000_000)
        // the median moves with the machine, but four connections can't do more than one request each in 20 ms
        #expect(sets.acknowledged <= 4 * 51)
        #expect(sets.acknowledged >= 40, "\(sets.acknowledged)")
    }

    @Test func requestsThatNeverGotTheirTurnAreCounted() throws {
        let server = try ScriptedServer(Misbehaviour(pauseAfter: 100_000_000, pauseFor: 3_000_000_000))
        defer { server.stop() }
        var options = LoadOptions()
        options.graceNanoseconds = 300_000_000
        let workload = try setWorkload(arrivals: "{rate: 1000/s}", clients: 2, pipeline: 8, seconds: "1s")
        let report = try load(workload, server, options)
        let sets = try #require(report.phase(named: "steady")?.operation(role: "writer", kind: .set))
        #expect(sets.offered == 1_000)
        #expect(sets.notSent > 600 && sets.notSent + sets.acknowledged + (sets.errors["no_reply"] ?? 0) == 1_000)
        #expect(sets.errors["no_reply"] == 16)
        // what got no reply counts with its age, so silence does not look quick
        #expect(sets.unanswered == sets.notSent + 16)
        #expect(sets.response.count == sets.acknowledged + sets.unanswered)
        #expect(sets.response.max >= 900_000_000)
        #expect(report.anomalies.unanswered == 16)
        #expect(report.checks.first { $0.name == "no_loss" }?.passed == false)
    }

    @Test func theSeriesAddsUpToTheWhole() throws {
        let server = try ScriptedServer()
        defer { server.stop() }
        var lines: [LoadProgress] = []
        let run = try LoadRun(
            workload: setWorkload(arrivals: "{rate: 500/s}", pipeline: 16, seconds: "2500ms"), hosts: [server.address])
        let report = try run.run { lines.append($0) }
        let phase = try #require(report.phase(named: "steady"))
        let sets = try #require(phase.operation(role: "writer", kind: .set))
        #expect(sets.offered == 1_250 && sets.acknowledged == 1_250)
        #expect(sets.series.map(\.second).allSatisfy { (0...2).contains($0) })
        let counted = sets.series.reduce(0) { $0 + $1.count }
        #expect(counted >= 1_200 && counted <= 1_250)
        #expect(lines.count >= 2 && lines.first?.phase == "steady" && lines.first?.connected == 4)
        #expect(lines.prefix(2).reduce(0) { $0 + $1.writes } > 700)
        #expect(report.generator.cpuNanoseconds > 0 && report.generator.requests >= 1_250)
        #expect(phase.generatorCPUNanoseconds > 0 && phase.generatorCPUNanoseconds <= report.generator.cpuNanoseconds)
        #expect(phase.writesPerSecond > 400 && phase.writesPerSecond < 510)
        #expect(report.sessions.opened == 5 && report.sessions.connectionsLost == 0)
    }

    /// Requests far larger than a socket takes at once: what it leaves is sent later, and nothing is lost or torn.
    @Test func largeRequestsPassInPieces() throws {
        let server = try ScriptedServer()
        defer { server.stop() }
        let workload = try Workload(
            text: setWorkload(arrivals: "closed", clients: 2, pipeline: 24, seconds: "400ms", pool: 4).resolved,
            file: "large.yaml",
            overrides: ["payload.size=900KB"])
        let report = try load(workload, server)
        let sets = try #require(report.phase(named: "steady")?.operation(role: "writer", kind: .set))
        #expect(sets.acknowledged >= 24 && sets.errors.isEmpty)
        #expect(report.anomalies.total == 0 && report.allChecksPassed)
        #expect(report.generator.bytesSent >= sets.acknowledged * 900_000)
    }

    @Test func whereNobodyWritesReadsHaveFiguresAndThereIsNoGapBetweenWrites() throws {
        let server = try ScriptedServer()
        defer { server.stop() }
        let workload = try Workload(
            text: """
                apiVersion: quorate/v1
                name: reads
                data: {tree: [{path: /p, size: 64B}]}
                roles:
                  writer: {clients: 2, pipeline: 16, arrivals: {rate: 500/s}, do: [{set: {path: /p}}]}
                  reader: {clients: 2, pipeline: 16, arrivals: {rate: 400/s}, do: [{get: {path: /p}}, {exists: {path: /p}}]}
                phases: [{name: writes, for: 300ms, roles: [writer]}, {name: reads, for: 1s, roles: [reader]}]
                """, file: "reads.yaml")
        let report = try load(workload, server)
        let (writes, reads) = (report.phases[0], report.phases[1])
        #expect(reads.readResponse.count == 400 && reads.writeResponse.isEmpty)
        #expect(reads.readsPerSecond > 100 && reads.readsPerSecond <= 400)
        #expect(writes.readResponse.isEmpty && writes.readsPerSecond == 0 && writes.writeResponse.count == 150)
        #expect(report.writeGaps.allSatisfy { $0.phase == "writes" } && !report.writeGaps.isEmpty)
        #expect(report.summary.contains("reads/s"))
    }

    @Test func phasesKeepTheirFiguresApart() throws {
        let server = try ScriptedServer()
        defer { server.stop() }
        let workload = try Workload(
            text: """
                apiVersion: quorate/v1
                name: phases
                data: {tree: [{path: /p, size: 64B}]}
                roles:
                  slow: {clients: 2, pipeline: 4, arrivals: {rate: 100/s}, do: [{set: {path: /p}}]}
                  fast: {clients: 2, pipeline: 4, arrivals: {rate: 400/s}, do: [{get: {path: /p}}, {exists: {path: /p}}]}
                phases:
                  - {name: warm, for: 500ms, record: false, rate_scale: 2}
                  - {name: one, for: 500ms, roles: [slow]}
                  - {name: both, for: 500ms}
                """, file: "phases.yaml")
        var changes: [PhaseChange] = []
        let report = try LoadRun(workload: workload, hosts: [server.address]).run(phaseChanged: { changes.append($0) })
        #expect(changes.map(\.phase) == ["warm", "one", "both", nil])
        #expect(changes.map { $0.nanoseconds - report.startedNanoseconds } == [0, 500_000_000, 1_000_000_000, 1_500_000_000])
        #expect(report.phases.map(\.name) == ["warm", "one", "both"])
        #expect(report.phases.map(\.isRecorded) == [false, true, true])
        let warm = try #require(report.phases[0].operation(role: "slow", kind: .set))
        #expect(warm.offered == 100 && warm.response.isEmpty)
        #expect(report.phases[1].operation(role: "slow", kind: .set)?.response.count == 50)
        #expect(report.phases[1].operation(role: "fast", kind: .get)?.offered ?? 0 == 0)
        #expect(report.phases[2].operation(role: "fast", kind: .get)?.response.count == 100)
        #expect(report.phases[2].operation(role: "fast", kind: .exists)?.response.count == 100)
        #expect(report.phases[2].startNanoseconds == 1_000_000_000)
    }
}
