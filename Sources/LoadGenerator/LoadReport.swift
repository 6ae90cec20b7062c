// What a run of load found: figures by phase, role and operation, series by second, and everything that was not in order.
// A value without behaviour beyond its sums; how it becomes a result file is the business of the room Benchmark.

package import Statistics

/// The findings of one run.
package struct LoadReport: Sendable, Codable {
    package var workloadName: String
    package var seed: UInt64
    package var hosts: [String]
    /// Wall clock at the beginning of the first phase, nanoseconds since 1970.
    package var startedWallNanoseconds: UInt64
    /// The same instant on the monotonic clock, so that what others measured meanwhile can be laid beside.
    package var startedNanoseconds: UInt64
    package var phases: [PhaseReport]
    /// Everything over the whole run, warm-up and drain included.
    package var anomalies: ReplyAnomalies
    package var silences: SilenceFigures
    package var sessions: SessionFigures
    /// nil where connections are plain.
    package var handshakes: HandshakeFigures?
    /// One for each phase that cut the connections.
    package var reconnects: [ReconnectFigures]
    package var queues: QueueAccounting?
    package var sets: SetAccounting?
    package var locks: LockAccounting?
    package var topics: TopicAccounting?
    /// nil unless a trace was played.
    package var replay: ReplayAccounting?
    /// nil unless the load was recorded.
    package var recording: RecordingFigures?
    package var checks: [CheckOutcome]
    /// The longest stretches between two acknowledged writes of the recorded phases, longest first.
    package var writeGaps: [WriteGap]
    /// By second since the first phase began, the longest stretch within it without an acknowledged write, in nanoseconds.
    package var writeGapSeries: [UInt64]
    package var bins: WriteBins
    /// Empty without faults.
    package var stretches: [FaultStretch]
    package var generator: GeneratorFigures
    /// True if the run was ended early; the figures hold for what there was.
    package var isInterrupted: Bool

    package func phase(named name: String) -> PhaseReport? { phases.first { $0.name == name } }
    package var allChecksPassed: Bool { !checks.contains { $0.passed == false } }
    /// Nothing is known to be wrong, but what should have been looked at could not be.
    package var isKeptFromChecking: Bool { allChecksPassed && checks.contains(where: \.isPrevented) }
}

package struct PhaseReport: Sendable, Codable {
    package var name: String
    package var isRecorded: Bool
    /// From the beginning of the first phase.
    package var startNanoseconds: UInt64
    /// How long it really was; shorter than planned if the run was ended early.
    package var durationNanoseconds: UInt64
    package var operations: [OperationReport]
    /// CPU time of the generator's thread during the phase, or of the threads of all generators that shared the load, which it
    /// holds one by one: it is the busiest that decides whether they kept up.
    package var generatorCPUByPart: [UInt64]
    /// nil unless it waited for a steady state.
    package var steadiness: SteadinessReport?
    package var generatorCPUNanoseconds: UInt64 { generatorCPUByPart.reduce(0, +) }
    package var busiestGeneratorCPUNanoseconds: UInt64 { generatorCPUByPart.max() ?? 0 }

    package func operation(role: String, kind: OperationKind, label: String = "") -> OperationReport? {
        operations.first { $0.role == role && $0.kind == kind && $0.label == label }
    }
    package var seconds: Double { Double(durationNanoseconds) / 1e9 }
    /// Acknowledged writes that fell into the phase, a second.
    package var writesPerSecond: Double { perSecond { $0.kind.isWrite } }
    /// Answered reads that fell into the phase, a second.
    package var readsPerSecond: Double { perSecond { $0.kind.isRead } }
    /// Queue items taken in the phase, a second.
    package var itemsPerSecond: Double { perSecond { $0.kind == .take } }
    /// Response times of the phase's writes together: the commit latency that clients see. Where any writes are due at fixed
    /// instants, only those count: what a closed loop sends waits for nobody before it is sent, and would make the mixture look
    /// better than what was asked for.
    package var writeResponse: LatencyHistogram {
        var all = LatencyHistogram()
        for operation in commitOperations { all.merge(operation.response) }
        return all
    }

    private var commitOperations: [OperationReport] { dueOrAll { $0.kind.isWrite } }

    /// Response times of the phase's reads together, by the same rule.
    package var readResponse: LatencyHistogram {
        var all = LatencyHistogram()
        for operation in dueOrAll({ $0.kind.isRead }) { all.merge(operation.response) }
        return all
    }

    private func dueOrAll(_ isMeant: (OperationReport) -> Bool) -> [OperationReport] {
        let meant = operations.filter(isMeant)
        let due = meant.filter { $0.isOpenLoop && $0.offered > 0 }
        return due.isEmpty ? meant : due
    }

    /// Whether any such request was due or begun in the phase; otherwise what is answered in it belongs to an earlier one.
    package func hasBegun(_ isMeant: (OperationKind) -> Bool) -> Bool {
        operations.contains { isMeant($0.kind) && $0.offered > 0 }
    }

    private func perSecond(_ isCounted: (OperationReport) -> Bool) -> Double {
        guard durationNanoseconds > 0 else { return 0 }
        var sum: UInt64 = 0
        for operation in operations where isCounted(operation) { sum += operation.answeredInside }
        return Double(sum) / seconds
    }
}

/// What an operation is called in results. `take` is the delete that makes an item one's own; `dispatch` is the time from
/// when an item's enqueue was due to when it was taken; `lock` that from when a lock was wanted to when it was held;
/// `deliver` that from when a publish was due to when a subscriber had read its message.
package enum OperationKind: String, Sendable, CaseIterable, Codable {
    case create, set, get, exists, list, delete, multi, enqueue, take, dispatch, lock, publish, deliver
    /// Only traces have these; they stand among the reads.
    case sync, check

    /// A multi is one write, however many parts it has: it is one request, one transaction and one reply.
    package var isWrite: Bool {
        switch self {
        case .create, .set, .delete, .multi, .enqueue, .take, .publish: true
        case .get, .exists, .list, .dispatch, .lock, .deliver, .sync, .check: false
        }
    }

    /// False for a stretch of time that several requests make up.
    package var isRequest: Bool {
        switch self {
        case .dispatch, .lock, .deliver: false
        default: true
        }
    }

    package var isRead: Bool { !isWrite && isRequest }
}

/// One operation of one role in one phase. A request belongs to the phase in which it was due.
package struct OperationReport: Sendable, Codable {
    package var role: String
    package var kind: OperationKind
    /// What part of the kind this is, such as the tasks of one priority; empty for the whole.
    package var label = ""
    /// True if requests were due at fixed instants; then `service` and `slip` are measured too.
    package var isOpenLoop: Bool
    /// Requests that were due.
    package var offered: UInt64 = 0
    /// Requests that were sent.
    package var sent: UInt64 = 0
    package var acknowledged: UInt64 = 0
    /// Acknowledgements that arrived before the phase ended, whatever phase their request belongs to.
    package var answeredInside: UInt64 = 0
    /// Refused or failed requests by error name.
    package var errors: [String: UInt64] = [:]
    /// Writes whose connection broke before the reply: they may have happened or not.
    package var unknown: UInt64 = 0
    /// Due, but not sent before the run ended.
    package var notSent: UInt64 = 0
    /// Of the requests due at fixed instants, those that had no reply in the end, sent or not: they stand in `response` with
    /// their age.
    package var unanswered: UInt64 = 0
    /// From the instant that the request was due to its reply.
    package var response = LatencyHistogram()
    /// From sending to the reply.
    package var service: LatencyHistogram?
    /// How late the generator itself was: in noticing that a request was due, or, where a full window held it back, in reading
    /// the reply that made room.
    package var slip: LatencyHistogram?
    package var series: [SecondFigures] = []

    /// What it is called in results.
    package var name: String { label.isEmpty ? kind.rawValue : "\(kind.rawValue)_\(label)" }
}

/// One second of one operation, counted by when replies arrived; times from the due instant.
package struct SecondFigures: Sendable, Equatable, Codable {
    /// Seconds since the first phase began.
    package var second: Int
    package var count: UInt64
    package var errors: UInt64
    package var p50: UInt64
    package var p99: UInt64
    package var max: UInt64
}

/// Replies that were not as the protocol has them.
package struct ReplyAnomalies: Sendable, Equatable, Codable {
    /// Came after the reply to a later request of the session.
    package var swapped: UInt64 = 0
    /// Never came, although a later request of the same connection was answered.
    package var lost: UInt64 = 0
    /// Came twice.
    package var doubled: UInt64 = 0
    /// Belong to no request.
    package var stray: UInt64 = 0
    /// Could not be read.
    package var malformed: UInt64 = 0
    /// Say something else than the request asked for, or than other replies said: another size, an older version, a Stat that
    /// does not fit, data that nobody wrote.
    package var wrongContent: UInt64 = 0
    /// Carry an error that such a request can't have.
    package var wrongError: UInt64 = 0
    /// Have a zxid below that of the session's reply before, or belong to a write and have none of their own.
    package var zxidBack: UInt64 = 0
    /// Children were there, but the watch on them had not fired.
    package var missedWatch: UInt64 = 0
    /// No reply until the end of the run, nor any later one.
    package var unanswered: UInt64 = 0

    package var total: UInt64 {
        swapped + lost + doubled + stray + malformed + wrongContent + wrongError + zxidBack + missedWatch
    }

    package init() {}
}

/// Stretches of a second or more in which a connection that owed a reply brought nothing at all. A server that fails over, or
/// waits for its disk, may be silent; a client that waits for it should know.
package struct SilenceFigures: Sendable, Equatable, Codable {
    package static let leastNanoseconds: UInt64 = 1_000_000_000

    package var count: UInt64 = 0
    /// The longest of them; 0 if there was none.
    package var longestNanoseconds: UInt64 = 0

    package init() {}

    @inline(__always) mutating func note(_ nanoseconds: UInt64) {
        guard nanoseconds >= Self.leastNanoseconds else { return }
        count += 1
        longestNanoseconds = max(longestNanoseconds, nanoseconds)
    }
}

package struct SessionFigures: Sendable, Equatable, Codable {
    package var opened: UInt64 = 0
    package var resumed: UInt64 = 0
    package var expired: UInt64 = 0
    package var connectionsLost: UInt64 = 0
    package var connectFailures: UInt64 = 0
}

/// What became of acknowledged sets, read again when the load was over.
package struct SetAccounting: Sendable, Equatable, Codable {
    /// Sets that were acknowledged.
    package var acknowledged: UInt64 = 0
    /// Znodes that they were for, and how many of these were read again.
    package var znodes: UInt64 = 0
    package var verified: UInt64 = 0
    /// Znodes that are gone or older than their last acknowledged set.
    package var stale: UInt64 = 0
    /// Acknowledged sets that the versions of their znodes leave no room for.
    package var lost: UInt64 = 0
}

/// What became of the queue items.
package struct QueueAccounting: Sendable, Equatable, Codable {
    package var enqueued: UInt64 = 0
    package var taken: UInt64 = 0
    /// Acknowledged, and taken by a delete whose reply was lost with its connection.
    package var takenUnseen: UInt64 = 0
    /// Acknowledged, but neither taken nor still there.
    package var lost: UInt64 = 0
    /// Taken more than once.
    package var doubled: UInt64 = 0
    /// Taken after a later item of the same producer in the same queue; nil where several workers share a queue.
    package var reordered: UInt64?
    /// Enqueues without a known outcome, and how many of these turned up.
    package var unknownEnqueues: UInt64 = 0
    package var unknownEnqueuesTaken: UInt64 = 0
    /// Refused enqueues that turned up all the same.
    package var refusedButTaken: UInt64 = 0
    package var damaged: UInt64 = 0
    /// Items that were gone between listing and taking: another worker was faster.
    package var missed: UInt64 = 0
    /// Tasks that were taken before their delay was over.
    package var early: UInt64 = 0
    /// Items of other runs that were found and removed.
    package var foreign: UInt64 = 0
    /// False if the queues were not empty when the time for it ran out; then losses can't be told.
    package var isDrained = false
    package var drainNanoseconds: UInt64 = 0
}

package struct CheckOutcome: Sendable, Equatable, Codable {
    package var name: String
    /// nil if the load generator can't tell.
    package var passed: Bool?
    package var sentence: String
    /// True if it would have been told, had a server been there to ask.
    package var isPrevented = false
}

package struct WriteGap: Sendable, Equatable, Codable {
    /// From the beginning of the first phase to the last write before the gap.
    package var startNanoseconds: UInt64
    package var nanoseconds: UInt64
    package var phase: String
}

package struct GeneratorFigures: Sendable, Equatable, Codable {
    /// That shared the load.
    package var processes = 1
    package var cpuNanoseconds: UInt64 = 0
    package var wallNanoseconds: UInt64 = 0
    package var turns: UInt64 = 0
    package var requests: UInt64 = 0
    package var bytesSent: UInt64 = 0
    package var bytesReceived: UInt64 = 0
}

/// A phase begins, or the last one has ended. Told on the generator's thread: whoever listens must not take long.
package struct PhaseChange: Sendable, Equatable, Codable {
    /// nil after the last phase.
    package var phase: String?
    /// When it was due, on the monotonic clock.
    package var nanoseconds: UInt64
}

/// One second of a run, for whoever watches.
package struct LoadProgress: Sendable, Codable {
    package var seconds: Double
    package var plannedSeconds: Double
    package var phase: String
    package var writes: UInt64
    package var reads: UInt64
    package var itemsTaken: UInt64
    package var errors: UInt64
    /// Response times of the second's writes.
    package var p50: UInt64
    package var p99: UInt64
    package var writeTimes = LatencyHistogram()
    /// Acknowledged items that wait to be taken.
    package var backlog: Int64
    package var connected: Int
    package var clients: Int
}
