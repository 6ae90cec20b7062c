// From what the generator reports and what the sampler saw to one cell of the result.

import Ensemble
import LoadGenerator
import Results
internal import Workload

extension ResultCell {
    mutating func take(_ report: LoadReport, _ readings: MemberReadings) {
        let ids = Array(1...nodes)
        phases = report.phases.map { ResultPhase($0, report, readings, members: ids) }
        queue = report.queues.map(ResultQueue.init)
        sets = report.sets.map {
            ResultSets(
                acknowledged: $0.acknowledged, znodes: $0.znodes, verified: $0.verified, stale: $0.stale, lost: $0.lost)
        }
        locks = report.locks.map(Self.counts)
        messages = report.topics.map(Self.counts)
        checks = report.checks.filter { $0.name != "replicas_agree" }.map {
            // A server that was gone in the end is a failure here: nothing but the load had touched it.
            ResultCheck(name: $0.name, passed: $0.isPrevented ? false : $0.passed, sentence: $0.sentence)
        }
        // Nobody else has put anything into these queues, and every load empties them in the end.
        if let foreign = report.queues?.foreign, foreign > 0 {
            checks.append(
                ResultCheck(
                    name: "no_foreign_items", passed: false, sentence: "\(foreign) items were there that nobody had enqueued"))
        }
        let a = report.anomalies
        let named: [(String, UInt64)] = [
            ("swapped", a.swapped), ("lost", a.lost), ("doubled", a.doubled), ("stray", a.stray), ("malformed", a.malformed),
            ("wrong_content", a.wrongContent), ("wrong_error", a.wrongError), ("zxid_back", a.zxidBack),
            ("missed_watch", a.missedWatch),
        ]
        replies = ResultReplies(
            anomalies: Dictionary(uniqueKeysWithValues: named.filter { $0.1 > 0 }), unanswered: a.unanswered)
        let s = report.sessions
        sessions = ResultSessions(
            opened: s.opened, resumed: s.resumed, expired: s.expired, connectionsLost: s.connectionsLost,
            connectFailures: s.connectFailures)
        handshakes = report.handshakes.map {
            ResultHandshakes(
                done: $0.done, failed: $0.failed, perSecond: $0.perSecond, response: LatencyFigures($0.response))
        }
        if !report.reconnects.isEmpty {
            reconnects = report.reconnects.map {
                ResultReconnect(
                    phase: $0.phase, cut: UInt64($0.cut), back: UInt64($0.back), lastNanoseconds: $0.lastNanoseconds,
                    response: LatencyFigures($0.response))
            }
        }
        writeGaps = report.writeGaps.map {
            ResultWriteGap(startNanoseconds: $0.startNanoseconds, nanoseconds: $0.nanoseconds, phase: $0.phase)
        }
        writeGapSeries = report.writeGapSeries.enumerated().map {
            ResultGapSecond(second: $0.offset, longestNanoseconds: $0.element)
        }
        snapshots = readings.sightings("quorate_snapshots_taken_total").filter { $0.by > report.startedNanoseconds }.map {
            ResultSnapshotSighting(
                member: $0.member, count: UInt64($0.count),
                afterNanoseconds: $0.after - min(report.startedNanoseconds, $0.after),
                byNanoseconds: $0.by - report.startedNanoseconds)
        }
        let g = report.generator
        generator = ResultGenerator(
            cpuNanoseconds: g.cpuNanoseconds, wallNanoseconds: g.wallNanoseconds, requests: g.requests, bytesSent: g.bytesSent,
            bytesReceived: g.bytesReceived)
        if g.processes > 1 { generator?.processes = g.processes }
        isPartial = report.isInterrupted
    }
}

extension ResultCell {
    private static func counts(_ l: LockAccounting) -> [String: UInt64] {
        [
            "acquired": l.acquired, "held_by_two": l.heldByTwo, "given_up": l.givenUp, "vanished": l.vanished,
            "recovered": l.recovered, "ghosts": l.ghosts, "unfinished": l.unfinished,
        ]
    }

    private static func counts(_ t: TopicAccounting) -> [String: UInt64] {
        [
            "subscribers": UInt64(t.subscribers), "published": t.published, "delivered": t.delivered, "missed": t.missed,
            "lost": t.lost, "doubled": t.doubled, "reordered": t.reordered, "damaged": t.damaged, "foreign": t.foreign,
            "vanished": t.vanished, "unknown_publishes": t.unknownPublishes, "unknown_publishes_read": t.unknownPublishesRead,
            "refused_but_read": t.refusedButRead,
        ]
    }
}

extension ResultQueue {
    init(_ q: QueueAccounting) {
        self.init(
            enqueued: q.enqueued, taken: q.taken, takenUnseen: q.takenUnseen, lost: q.lost, doubled: q.doubled,
            reordered: q.reordered, unknownEnqueues: q.unknownEnqueues, unknownEnqueuesTaken: q.unknownEnqueuesTaken,
            damaged: q.damaged, refusedButTaken: q.refusedButTaken, foreign: q.foreign, missed: q.missed, isDrained: q.isDrained,
            drainNanoseconds: q.drainNanoseconds)
        if q.early > 0 { early = q.early }
    }
}

extension ResultPhase {
    init(_ phase: PhaseReport, _ report: LoadReport, _ readings: MemberReadings, members: [Int]) {
        self.init(
            name: phase.name, isRecorded: phase.isRecorded, startNanoseconds: phase.startNanoseconds,
            durationNanoseconds: phase.durationNanoseconds,
            writesPerSecond: phase.hasBegun(\.isWrite) ? phase.writesPerSecond : 0,
            generatorCPUNanoseconds: phase.generatorCPUNanoseconds)
        if phase.generatorCPUByPart.count > 1 { busiestGeneratorCPUNanoseconds = phase.busiestGeneratorCPUNanoseconds }
        let seconds = max(phase.seconds, 1e-9)
        // Late answers to an earlier phase's requests count here, too, but nothing was due.
        let due = phase.operations.filter { $0.isOpenLoop && $0.kind.isWrite }.reduce(0) { $0 + $1.offered }
        if due > 0 { offeredPerSecond = Double(due) / seconds }
        commit = LatencySummary(phase.writeResponse)
        let reads = phase.readsPerSecond
        if reads > 0, phase.hasBegun(\.isRead) { readsPerSecond = reads }
        if report.queues != nil {
            itemsPerSecond = phase.itemsPerSecond
            enqueueToTake = LatencySummary(phase.operations.first { $0.kind == .dispatch }?.response)
        }
        steady = phase.steadiness.map(ResultSteadiness.init)
        operations = phase.operations.map(ResultOperation.init)
        failed = ResultFailures(operations)
        let begin = report.startedNanoseconds + phase.startNanoseconds
        let span = (begin: begin, end: begin + phase.durationNanoseconds)
        server = ResultServerFigures(readings, span, members: members, writes: writesPerSecond * seconds)
        machine = readings.machine(from: span.begin, to: span.end).map {
            ResultMachine($0, members: server?.cpuNanoseconds, generator: generatorCPUNanoseconds, of: span.end - span.begin)
        }
    }
}

extension ResultSteadiness {
    init(_ found: SteadinessReport) {
        self.init(
            metric: found.rule.metric.rawValue, isReached: found.isReached, slopePercent: found.slope.map { $0 * 100 },
            boundPercent: found.rule.slope * 100, periodNanoseconds: found.rule.per, settledNanoseconds: found.nanoseconds)
    }
}

extension ResultMachine {
    /// From what all processors did in so many nanoseconds, and who of those that are known did how much of it.
    init(_ time: MachineTime, members: UInt64?, generator: UInt64, of nanoseconds: UInt64) {
        let whole = Double(max(nanoseconds, 1)) * Double(max(time.cpus, 1))
        func share(_ used: UInt64) -> Double { min(1, Double(used) / whole) }
        let known = share(members ?? 0) + share(generator)
        // The kernel counts the processors' time in ticks and the processes' to the nanosecond, so the rest may come out below 0.
        self.init(
            cpus: time.cpus, members: members.map(share), generator: share(generator),
            others: max(0, share(time.busyNanoseconds) - known), stolen: share(time.stolenNanoseconds))
    }
}

extension ResultOperation {
    init(_ operation: OperationReport) {
        self.init(
            role: operation.role, op: operation.name, isOpenLoop: operation.isOpenLoop, offered: operation.offered,
            sent: operation.sent, acknowledged: operation.acknowledged, acknowledgedInside: operation.answeredInside,
            errors: operation.errors, unknown: operation.unknown, notSent: operation.notSent,
            response: operation.response, service: operation.service, slip: operation.slip,
            series: operation.series.map {
                ResultSecond(second: $0.second, count: $0.count, errors: $0.errors, p50: $0.p50, p99: $0.p99, max: $0.max)
            })
        unanswered = operation.unanswered
    }
}
