// What the members did during a phase: their cost, which the kernel counts, and what they tell of themselves, as the difference
// between two readings inside the phase.

package struct ResultServerFigures: Sendable, Equatable, Codable {
    /// CPU time of all members together.
    package var cpuNanoseconds: UInt64?
    package var cpuMicrosecondsPerWrite: Double?
    package var switchesPerWrite: Double?
    /// The number of the member that led.
    package var leader: Int?
    /// Group commits of all members together.
    package var flushesPerSecond: Double?
    /// Snapshots that all members together took of their state.
    package var snapshotsTaken: UInt64?
    /// On followers, batches that one acknowledgement covers.
    package var batchesPerAck: Double?
    /// How long a stretch of the phase the leader's own figures below are taken from.
    package var windowNanoseconds: UInt64?
    package var leaderFlushesPerSecond: Double?
    package var flushedBytesPerSecond: Double?
    package var meanFlushNanoseconds: UInt64?
    package var recordsPerFlush: Double?
    package var batchesPerFlush: Double?
    package var requestsPerBatch: Double?
    package var bytesPerBatch: Double?
    package var batchesInFlight: Double?
    /// Where a write's time goes on the leader, by stage.
    package var stages: [String: ResultStage]
    /// Where it goes on the member that the client is connected to, over all members: all but `total` add up to it.
    package var ownStages: [String: ResultStage]?

    package init() {
        stages = [:]
    }

    private enum CodingKeys: String, CodingKey {
        case cpuNanoseconds = "cpu_ns"
        case cpuMicrosecondsPerWrite = "cpu_us_per_write"
        case switchesPerWrite = "context_switches_per_write"
        case flushesPerSecond = "flushes_per_s"
        case snapshotsTaken = "snapshots_taken"
        case batchesPerAck = "batches_per_ack"
        case leader
        case windowNanoseconds = "window_ns"
        case leaderFlushesPerSecond = "leader_flushes_per_s"
        case flushedBytesPerSecond = "flushed_bytes_per_s"
        case meanFlushNanoseconds = "flush_mean_ns"
        case recordsPerFlush = "records_per_flush"
        case batchesPerFlush = "batches_per_flush"
        case requestsPerBatch = "requests_per_batch"
        case bytesPerBatch = "bytes_per_batch"
        case batchesInFlight = "batches_in_flight"
        case stages
        case ownStages = "own_stages"
    }
}

/// The distribution of one stage, in the member's own buckets.
package struct ResultStage: Sendable, Equatable, Codable {
    package var count: UInt64
    package var meanNanoseconds: UInt64
    /// Left out where they lie beyond the last bucket.
    package var p50: UInt64?
    package var p99: UInt64?
    package var p999: UInt64?
    /// Upper ends of the buckets that hold something, and what each holds.
    package var bounds: [UInt64]
    package var counts: [UInt64]

    package init(
        count: UInt64, meanNanoseconds: UInt64, p50: UInt64?, p99: UInt64?, p999: UInt64?, bounds: [UInt64], counts: [UInt64]
    ) {
        self.count = count
        self.meanNanoseconds = meanNanoseconds
        self.p50 = p50
        self.p99 = p99
        self.p999 = p999
        self.bounds = bounds
        self.counts = counts
    }

    private enum CodingKeys: String, CodingKey {
        case count
        case meanNanoseconds = "mean_ns"
        case p50 = "p50_ns"
        case p99 = "p99_ns"
        case p999 = "p999_ns"
        case bounds = "bucket_bounds_ns"
        case counts = "bucket_counts"
    }
}
