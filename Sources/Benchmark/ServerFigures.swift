// From what was seen of the members during a phase to its figures: their cost, what all of them did together, and what the leader
// tells of batches and stages.

import Ensemble
package import Results

extension ResultServerFigures {
    package init(_ readings: MemberReadings, _ span: (begin: UInt64, end: UInt64), members: [Int], writes: Double) {
        self.init()
        let length = Double(span.end - span.begin) / 1e9
        if let cpu = readings.cost(from: span.begin, to: span.end) {
            cpuNanoseconds = cpu
            if writes > 0 { cpuMicrosecondsPerWrite = Double(cpu) / 1e3 / writes }
        }
        if writes > 0, let rate = readings.switchRate(from: span.begin, to: span.end) {
            switchesPerWrite = rate * length / writes
        }
        snapshotsTaken = readings.growth("quorate_snapshots_taken_total", from: span.begin, to: span.end, members: members)
            .map { UInt64($0) }
        if let windows = readings.all(from: span.begin, to: span.end, members: members) { take(all: windows) }
        if let window = readings.leader(from: span.begin, to: span.end, members: members) { take(leader: window) }
    }

    private mutating func take(all windows: [MemberReadings.Window]) {
        let rates = windows.compactMap { $0.rate("quorate_flushes_total") }
        if rates.count == windows.count { flushesPerSecond = rates.reduce(0, +) }
        func together(_ name: String, _ labels: [String: String] = [:]) -> MetricsHistogram? {
            windows.compactMap { $0.histogram(name, labels) }.reduce(nil) { sum, next in sum.map { $0.plus(next) } ?? next }
        }
        batchesPerAck = together("quorate_batches_per_ack")?.mean
        var own: [String: ResultStage] = [:]
        for stage in ["proposed", "quorum", "applied", "replied", "total"] {
            guard let histogram = together("quorate_own_stage_seconds", ["stage": stage]), histogram.count > 0 else { continue }
            own[stage] = ResultStage(histogram)
        }
        if !own.isEmpty { ownStages = own }
    }

    private mutating func take(leader window: MemberReadings.Window) {
        leader = window.first.member
        windowNanoseconds = window.last.at - window.first.at
        leaderFlushesPerSecond = window.rate("quorate_flushes_total")
        flushedBytesPerSecond = window.rate("quorate_flushed_bytes_total")
        meanFlushNanoseconds = window.histogram("quorate_flush_seconds")?.mean.map { UInt64($0 * 1e9) }
        if let flushes = window.change("quorate_flushes_total"), flushes > 0 {
            recordsPerFlush = window.change("quorate_journal_records_total").map { $0 / flushes }
            batchesPerFlush = window.change("quorate_journal_batches_total").map { $0 / flushes }
        }
        requestsPerBatch = window.histogram("quorate_batch_requests")?.mean
        bytesPerBatch = window.histogram("quorate_batch_bytes")?.mean
        batchesInFlight = window.histogram("quorate_batches_in_flight")?.mean
        for stage in ["proposed", "durable", "quorum", "applied", "received_to_quorum"] {
            guard let histogram = window.histogram("quorate_stage_seconds", ["stage": stage]), histogram.count > 0 else {
                continue
            }
            stages[stage] = ResultStage(histogram)
        }
    }
}

extension ResultStage {
    init(_ histogram: MetricsHistogram) {
        func nanoseconds(_ seconds: Double) -> UInt64 { UInt64(max(seconds, 0) * 1e9) }
        var bounds: [UInt64] = []
        var counts: [UInt64] = []
        var before = 0.0
        for (bound, cumulative) in zip(histogram.bounds, histogram.cumulative) {
            if cumulative > before, bound.isFinite {
                bounds.append(nanoseconds(bound))
                counts.append(UInt64(cumulative - before))
            }
            before = cumulative
        }
        self.init(
            count: UInt64(histogram.count), meanNanoseconds: nanoseconds(histogram.mean ?? 0),
            p50: histogram.quantile(0.5).map(nanoseconds), p99: histogram.quantile(0.99).map(nanoseconds),
            p999: histogram.quantile(0.999).map(nanoseconds), bounds: bounds, counts: counts)
    }
}
