// A document with something in every place, as the golden file beside it has it.

import Results
import Statistics

enum SampleDocument {
    static func figures(_ values: UInt64...) -> LatencyFigures {
        var histogram = LatencyHistogram()
        for value in values { histogram.record(value) }
        return LatencyFigures(histogram)!
    }

    static func make() -> ResultDocument {
        var environment = ResultEnvironment(
            cpus: 2,
            filesystem: ResultFilesystem(
                kind: "ext4", device: "/dev/vda", options: "rw,relatime", inMemory: false, availableBytes: 80_000_000_000))
        environment.operatingSystem = "Debian GNU/Linux 12 (bookworm)"
        environment.kernel = "6.1.0"
        environment.cpuModel = "A processor"
        environment.memoryBytes = 8_000_000_000
        environment.memoryAvailableBytes = 7_000_000_000
        environment.loadAverage = 0.25
        var document = ResultDocument(
            id: "2026-11-24T01-04-58Z-task-dispatch", started: "2026-11-24T01:04:58Z", command: ["bench", "--nodes", "1,3"],
            tool: ResultTool(version: "0.1.0", git: "0123456789abcdef"), environment: environment,
            workload: ResultWorkload(
                name: "task-dispatch", file: "workloads/task-dispatch.yaml", seed: 7, resolved: "name: task-dispatch\n",
                overrides: ["seed=7"]),
            targets: [
                ResultTarget(
                    driver: "quorate", version: "0.1.0", program: "quorate", tls: true, nodes: [1, 3],
                    settings: ["quorate.dispatch=stream"])
            ])
        let ceilings = ResultCeilings(
            fsync: FsyncCeiling(bytes: 4_096, flushesPerSecond: 5_739.4, latency: figures(168_000, 279_000)),
            loopback: LoopbackCeiling(bytes: 1_024, roundTripsPerSecond: 66_093, latency: figures(13_400, 58_000)),
            cpu: CPUCeiling(cpus: 2, stepsPerSecondAlone: 640_000_000, stepsPerSecondTogether: 355_000_000))
        document.ceilings = ResultCeilingsAround(before: ceilings, after: ceilings)
        document.status = .complete
        document.durationNanoseconds = 65_000_000_000
        document.cells = [cell(nodes: 1, slower: 1), cell(nodes: 3, slower: 2)]
        document.mark(.generator, "The generator was late by 2 ms at the 99th percentile")
        return document
    }

    private static func cell(nodes: Int, slower: UInt64) -> ResultCell {
        var cell = ResultCell(nodes: nodes)
        cell.start = ResultStart(toQuorumNanoseconds: 120_000_000 * slower, toAllServingNanoseconds: 150_000_000 * slower)
        cell.phases = [warm, paced(slower), full(slower)]
        cell.queue = ResultQueue(
            enqueued: 1_000, taken: 1_000, takenUnseen: 0, lost: 0, doubled: 0, reordered: 0, unknownEnqueues: 0,
            unknownEnqueuesTaken: 0, damaged: 0, refusedButTaken: 0, foreign: 0, missed: 3, isDrained: true,
            drainNanoseconds: 12_000_000)
        cell.checks = [
            ResultCheck(name: "no_loss", passed: true, sentence: "all 1000 acknowledged items were taken"),
            ResultCheck(name: "replicas_agree", passed: nodes == 1 ? nil : true, sentence: "all members have the same digest"),
        ]
        cell.replies = ResultReplies(anomalies: ["lost": 0], unanswered: 0)
        cell.sessions = ResultSessions(opened: 16, resumed: 0, expired: 0, connectionsLost: 0, connectFailures: 0)
        cell.writeGaps = [ResultWriteGap(startNanoseconds: 3_000_000_000, nanoseconds: 4_500_000, phase: "paced")]
        cell.generator = ResultGenerator(
            cpuNanoseconds: 9_000_000_000, wallNanoseconds: 19_000_000_000, requests: 123_456, bytesSent: 9_876_543,
            bytesReceived: 3_456_789)
        cell.members = (1...nodes).map { id in
            var member = ResultMember(id: id)
            member.role = nodes == 1 ? "standalone" : id == 2 ? "leader" : "follower"
            member.zxid = "0x100000fff"
            member.digest = "1234567890123456789"
            member.cpuNanoseconds = 5_000_000_000
            member.residentBytes = 90_000_000
            return member
        }
        return cell
    }

    private static var warm: ResultPhase {
        ResultPhase(
            name: "warm", isRecorded: false, startNanoseconds: 0, durationNanoseconds: 2_000_000_000, writesPerSecond: 30_000,
            generatorCPUNanoseconds: 900_000_000)
    }

    private static func paced(_ slower: UInt64) -> ResultPhase {
        var phase = ResultPhase(
            name: "paced", isRecorded: true, startNanoseconds: 3_000_000_000, durationNanoseconds: 8_000_000_000,
            writesPerSecond: 2_000, generatorCPUNanoseconds: 800_000_000)
        phase.offeredPerSecond = 1_000
        phase.itemsPerSecond = 1_000
        let commit = figures(200_000 * slower, 210_000 * slower, 220_000 * slower, 1_900_000 * slower)
        let take = figures(700_000 * slower, 2_500_000 * slower)
        phase.commit = commit.summary
        phase.enqueueToTake = take.summary
        phase.operations = [
            ResultOperation(
                role: "dispatcher", op: "enqueue", isOpenLoop: true, offered: 8_000, sent: 8_000, acknowledged: 8_000,
                acknowledgedInside: 7_999, errors: [:], unknown: 0, notSent: 0, response: commit.histogram,
                service: commit.histogram, slip: commit.histogram,
                series: [ResultSecond(second: 3, count: 1_000, errors: 0, p50: 210_000, p99: 400_000, max: 1_900_000)]),
            closed("dispatcher", "dispatch", take),
        ]
        var server = ResultServerFigures()
        server.leader = slower == 1 ? 1 : 2
        server.stages["received_to_quorum"] = ResultStage(
            count: 16_000, meanNanoseconds: 150_000 * slower, p50: 140_000 * slower, p99: 900_000 * slower,
            p999: 1_500_000 * slower, bounds: [131_072, 1_048_576], counts: [8_000, 8_000])
        phase.server = server
        return phase
    }

    private static func closed(_ role: String, _ op: String, _ response: LatencyFigures) -> ResultOperation {
        let count = response.count
        return ResultOperation(
            role: role, op: op, isOpenLoop: false, offered: count, sent: count, acknowledged: count, acknowledgedInside: count,
            errors: [:], unknown: 0, notSent: 0, response: response.histogram, service: nil, slip: nil, series: [])
    }

    private static func full(_ slower: UInt64) -> ResultPhase {
        var phase = ResultPhase(
            name: "full", isRecorded: true, startNanoseconds: 11_000_000_000, durationNanoseconds: 8_000_000_000,
            writesPerSecond: 123_456.7 / Double(slower), generatorCPUNanoseconds: 7_200_000_000)
        phase.itemsPerSecond = 61_728.4 / Double(slower)
        let commit = figures(3_000_000 * slower, 9_000_000 * slower)
        phase.commit = commit.summary
        phase.operations = [closed("worker", "enqueue", commit)]
        var server = ResultServerFigures()
        server.cpuNanoseconds = 12_000_000_000
        server.cpuMicrosecondsPerWrite = 1.52 * Double(slower)
        server.windowNanoseconds = 7_000_000_000
        server.flushesPerSecond = 612.5 * Double(slower)
        server.requestsPerBatch = 180.25
        server.bytesPerBatch = 24_000
        server.batchesInFlight = 1.4
        phase.server = server
        return phase
    }
}
