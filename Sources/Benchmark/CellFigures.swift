// From what the generator reports and what the sampler saw to one cell of the result.

import Ensemble
import LoadGenerator
import Results

extension ResultCell {
    mutating func take(_ report: LoadReport, _ readings: MemberReadings) {
        let ids = Array(1...nodes)
        phases = report.phases.map { ResultPhase($0, report, readings, members: ids) }
        queue = report.queues.map(ResultQueue.init)
        sets = report.sets.map {
            ResultSets(
                acknowledged: $0.acknowledged, znodes: $0.znodes, verified: $0.verified, stale: $0.stale, lost: $0.lost)
        }
        checks = report.checks.filter { $0.name != "replicas_agree" }.map {
            // The members are ours, so one that was gone in the end is a failure here.
            ResultCheck(name: $0.name, passed: $0.isPrevented ? false : $0.passed, sentence: $0.sentence)
        }
        // The ensemble was made for this cell, so its queues were empty.
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
        isPartial = report.isInterrupted
    }
}

extension ResultQueue {
    init(_ q: QueueAccounting) {
        self.init(
            enqueued: q.enqueued, taken: q.taken, takenUnseen: q.takenUnseen, lost: q.lost, doubled: q.doubled,
            reordered: q.reordered, unknownEnqueues: q.unknownEnqueues, unknownEnqueuesTaken: q.unknownEnqueuesTaken,
            damaged: q.damaged, refusedButTaken: q.refusedButTaken, foreign: q.foreign, missed: q.missed, isDrained: q.isDrained,
            drainNanoseconds: q.drainNanoseconds)
    }
}

extension ResultPhase {
    init(_ phase: PhaseReport, _ report: LoadReport, _ readings: MemberReadings, members: [Int]) {
        self.init(
            name: phase.name, isRecorded: phase.isRecorded, startNanoseconds: phase.startNanoseconds,
            durationNanoseconds: phase.durationNanoseconds, writesPerSecond: phase.writesPerSecond,
            generatorCPUNanoseconds: phase.generatorCPUNanoseconds)
        let seconds = max(phase.seconds, 1e-9)
        // Late answers to an earlier phase's requests count here, too, but nothing was due.
        let due = phase.operations.filter { $0.isOpenLoop && $0.kind.isWrite }.reduce(0) { $0 + $1.offered }
        if due > 0 { offeredPerSecond = Double(due) / seconds }
        commit = LatencyFigures(phase.writeResponse)
        if report.queues != nil {
            itemsPerSecond = phase.itemsPerSecond
            enqueueToTake = LatencyFigures(phase.operations.first { $0.kind == .dispatch }?.response)
        }
        operations = phase.operations.map(ResultOperation.init)
        failed = ResultFailures(operations)
        let begin = report.startedNanoseconds + phase.startNanoseconds
        let span = (begin: begin, end: begin + phase.durationNanoseconds)
        server = ResultServerFigures(readings, span, members: members, writes: phase.writesPerSecond * seconds)
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
