// From what the generator reports and what the sampler saw to one cell of the result.

import Ensemble
import LoadGenerator
import Results

extension ResultCell {
    mutating func take(_ report: LoadReport, _ sampler: MemberSampler) {
        phases = report.phases.map { ResultPhase($0, report, sampler) }
        queue = report.queues.map(ResultQueue.init)
        checks = report.checks.filter { $0.name != "replicas_agree" }.map {
            ResultCheck(name: $0.name, passed: $0.passed, sentence: $0.sentence)
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
        let g = report.generator
        generator = ResultGenerator(
            cpuNanoseconds: g.cpuNanoseconds, wallNanoseconds: g.wallNanoseconds, requests: g.requests, bytesSent: g.bytesSent,
            bytesReceived: g.bytesReceived)
        isPartial = report.isInterrupted
    }

    /// Rule A3 from outside: members that have applied the same must have come to the same state.
    mutating func judgeReplicas(_ found: [ResultMember]) {
        members = found
        let states = found.map { "\($0.zxid ?? "?")/\($0.digest ?? "?")" }
        let isKnown = !states.contains { $0.contains("?") }
        let agree = isKnown ? Set(states).count == 1 : nil
        let sentence =
            switch agree {
            case true?: "all \(found.count) members came to the same state at zxid \(found.first?.zxid ?? "?")"
            case false?: "the members' states differ: " + states.joined(separator: ", ")
            case nil: "the members' states could not be read"
            }
        checks.append(ResultCheck(name: "replicas_agree", passed: agree, sentence: sentence))
    }
}

extension ResultQueue {
    init(_ q: QueueAccounting) {
        self.init(
            enqueued: q.enqueued, taken: q.taken, takenUnseen: q.takenUnseen, lost: q.lost, doubled: q.doubled,
            reordered: q.reordered, unknownEnqueues: q.unknownEnqueues, unknownEnqueuesTaken: q.unknownEnqueuesTaken,
            damaged: q.damaged, missed: q.missed, isDrained: q.isDrained, drainNanoseconds: q.drainNanoseconds)
    }
}

extension ResultPhase {
    init(_ phase: PhaseReport, _ report: LoadReport, _ sampler: MemberSampler) {
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
        let begin = report.startedNanoseconds + phase.startNanoseconds
        let writes = phase.writesPerSecond * seconds
        server = ResultServerFigures(sampler, from: begin, to: begin + phase.durationNanoseconds, writes: writes)
    }
}

extension ResultOperation {
    init(_ operation: OperationReport) {
        self.init(
            role: operation.role, op: operation.kind.rawValue, isOpenLoop: operation.isOpenLoop, offered: operation.offered,
            sent: operation.sent, acknowledged: operation.acknowledged, acknowledgedInside: operation.answeredInside,
            errors: operation.errors, unknown: operation.unknown, notSent: operation.notSent,
            response: operation.response, service: operation.service, slip: operation.slip,
            series: operation.series.map {
                ResultSecond(second: $0.second, count: $0.count, errors: $0.errors, p50: $0.p50, p99: $0.p99, max: $0.max)
            })
    }
}

extension ResultServerFigures {
    init?(_ sampler: MemberSampler, from begin: UInt64, to end: UInt64, writes: Double) {
        self.init()
        if let cost = sampler.cost(from: begin, to: end) {
            cpuNanoseconds = cost.cpu
            if writes > 0 {
                cpuMicrosecondsPerWrite = Double(cost.cpu) / 1e3 / writes
                switchesPerWrite = Double(cost.switches) / writes
            }
        }
        // What members publish is up to a quarter of a second old.
        guard let (first, last) = sampler.readings(from: begin + 250_000_000, to: end) else { return }
        leader = first.leader
        windowNanoseconds = last.at - first.at
        let window = Double(last.at - first.at) / 1e9
        func change(_ name: String, _ labels: [String: String] = [:]) -> MetricsHistogram? {
            guard let before = first.metrics.histogram(name, labels: labels) else { return nil }
            return last.metrics.histogram(name, labels: labels)?.minus(before)
        }
        func rate(_ name: String) -> Double? {
            guard let before = first.metrics.value(name), let after = last.metrics.value(name) else { return nil }
            return (after - before) / window
        }
        flushesPerSecond = rate("quorate_flushes_total")
        flushedBytesPerSecond = rate("quorate_flushed_bytes_total")
        meanFlushNanoseconds = change("quorate_flush_seconds")?.mean.map { UInt64($0 * 1e9) }
        requestsPerBatch = change("quorate_batch_requests")?.mean
        bytesPerBatch = change("quorate_batch_bytes")?.mean
        batchesInFlight = change("quorate_batches_in_flight")?.mean
        for stage in ["proposed", "durable", "quorum", "applied", "replied", "total", "received_to_quorum"] {
            guard let histogram = change("quorate_stage_seconds", ["stage": stage]), histogram.count > 0 else { continue }
            stages[stage] = ResultStage(histogram)
        }
    }
}

extension ResultStage {
    init(_ histogram: MetricsHistogram) {
        func nanoseconds(_ seconds: Double?) -> UInt64 { UInt64(max(seconds ?? 0, 0) * 1e9) }
        var bounds: [UInt64] = []
        var counts: [UInt64] = []
        var before = 0.0
        for (bound, cumulative) in zip(histogram.bounds, histogram.cumulative) {
            if cumulative > before, bound.isFinite {
                bounds.append(UInt64(bound * 1e9))
                counts.append(UInt64(cumulative - before))
            }
            before = cumulative
        }
        self.init(
            count: UInt64(histogram.count), meanNanoseconds: nanoseconds(histogram.mean),
            p50: nanoseconds(histogram.quantile(0.5)),
            p99: nanoseconds(histogram.quantile(0.99)), p999: nanoseconds(histogram.quantile(0.999)), bounds: bounds,
            counts: counts)
    }
}
