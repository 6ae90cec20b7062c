// One cell of a sweep: one ensemble size under one workload, from the start of its members to the checks after the load.

package struct ResultCell: Sendable, Equatable, Codable {
    package var nodes: Int
    /// Left out when the members never served.
    package var start: ResultStart?
    package var phases: [ResultPhase] = []
    package var queue: ResultQueue?
    package var checks: [ResultCheck] = []
    package var replies: ResultReplies?
    package var sessions: ResultSessions?
    /// The longest stretches without an acknowledged write, longest first.
    package var writeGaps: [ResultWriteGap] = []
    package var generator: ResultGenerator?
    package var members: [ResultMember] = []
    /// True if the cell was ended early; its figures hold for what there was.
    package var isPartial = false
    /// Why there are no figures, if there are none.
    package var failure: String?

    package init(nodes: Int) {
        self.nodes = nodes
    }

    private enum CodingKeys: String, CodingKey {
        case nodes, start, phases, queue, checks, replies, sessions
        case writeGaps = "write_gaps"
        case generator, members
        case isPartial = "partial"
        case failure
    }

    package var recordedPhases: [ResultPhase] { phases.filter(\.isRecorded) }
    package var failedChecks: [ResultCheck] { checks.filter { $0.passed == false } }
}

/// From the moment before the first member's process was started.
package struct ResultStart: Sendable, Equatable, Codable {
    /// Until a leader served with a quorum behind it.
    package var toQuorumNanoseconds: UInt64
    package var toAllServingNanoseconds: UInt64

    package init(toQuorumNanoseconds: UInt64, toAllServingNanoseconds: UInt64) {
        self.toQuorumNanoseconds = toQuorumNanoseconds
        self.toAllServingNanoseconds = toAllServingNanoseconds
    }

    private enum CodingKeys: String, CodingKey {
        case toQuorumNanoseconds = "to_quorum_ns"
        case toAllServingNanoseconds = "to_all_serving_ns"
    }
}

/// What became of the queue items, warm-up and drain included.
package struct ResultQueue: Sendable, Equatable, Codable {
    package var enqueued: UInt64
    package var taken: UInt64
    package var takenUnseen: UInt64
    package var lost: UInt64
    package var doubled: UInt64
    /// Left out where several workers share a queue, as no order can be seen then.
    package var reordered: UInt64?
    package var unknownEnqueues: UInt64
    package var unknownEnqueuesTaken: UInt64
    package var damaged: UInt64
    /// Items that another worker took between listing and taking.
    package var missed: UInt64
    /// False if the queues were not empty when the time for it was up; then losses can't be told.
    package var isDrained: Bool
    package var drainNanoseconds: UInt64

    package init(
        enqueued: UInt64, taken: UInt64, takenUnseen: UInt64, lost: UInt64, doubled: UInt64, reordered: UInt64?,
        unknownEnqueues: UInt64, unknownEnqueuesTaken: UInt64, damaged: UInt64, missed: UInt64, isDrained: Bool,
        drainNanoseconds: UInt64
    ) {
        self.enqueued = enqueued
        self.taken = taken
        self.takenUnseen = takenUnseen
        self.lost = lost
        self.doubled = doubled
        self.reordered = reordered
        self.unknownEnqueues = unknownEnqueues
        self.unknownEnqueuesTaken = unknownEnqueuesTaken
        self.damaged = damaged
        self.missed = missed
        self.isDrained = isDrained
        self.drainNanoseconds = drainNanoseconds
    }

    private enum CodingKeys: String, CodingKey {
        case enqueued, taken
        case takenUnseen = "taken_unseen"
        case lost, doubled, reordered
        case unknownEnqueues = "unknown_enqueues"
        case unknownEnqueuesTaken = "unknown_enqueues_taken"
        case damaged, missed
        case isDrained = "drained"
        case drainNanoseconds = "drain_ns"
    }
}

/// Replies that were not as the protocol has them, by what was wrong.
package struct ResultReplies: Sendable, Equatable, Codable {
    package var anomalies: [String: UInt64]
    package var unanswered: UInt64

    package init(anomalies: [String: UInt64], unanswered: UInt64) {
        self.anomalies = anomalies
        self.unanswered = unanswered
    }
}

package struct ResultSessions: Sendable, Equatable, Codable {
    package var opened: UInt64
    package var resumed: UInt64
    package var expired: UInt64
    package var connectionsLost: UInt64
    package var connectFailures: UInt64

    package init(opened: UInt64, resumed: UInt64, expired: UInt64, connectionsLost: UInt64, connectFailures: UInt64) {
        self.opened = opened
        self.resumed = resumed
        self.expired = expired
        self.connectionsLost = connectionsLost
        self.connectFailures = connectFailures
    }

    private enum CodingKeys: String, CodingKey {
        case opened, resumed, expired
        case connectionsLost = "connections_lost"
        case connectFailures = "connect_failures"
    }
}

package struct ResultWriteGap: Sendable, Equatable, Codable {
    /// Since the first phase began.
    package var startNanoseconds: UInt64
    package var nanoseconds: UInt64
    package var phase: String

    package init(startNanoseconds: UInt64, nanoseconds: UInt64, phase: String) {
        self.startNanoseconds = startNanoseconds
        self.nanoseconds = nanoseconds
        self.phase = phase
    }

    private enum CodingKeys: String, CodingKey {
        case startNanoseconds = "start_ns"
        case nanoseconds = "length_ns"
        case phase
    }
}

/// The load generator itself: it shares the machine with the members.
package struct ResultGenerator: Sendable, Equatable, Codable {
    package var cpuNanoseconds: UInt64
    package var wallNanoseconds: UInt64
    package var requests: UInt64
    package var bytesSent: UInt64
    package var bytesReceived: UInt64

    package init(
        cpuNanoseconds: UInt64, wallNanoseconds: UInt64, requests: UInt64, bytesSent: UInt64, bytesReceived: UInt64
    ) {
        self.cpuNanoseconds = cpuNanoseconds
        self.wallNanoseconds = wallNanoseconds
        self.requests = requests
        self.bytesSent = bytesSent
        self.bytesReceived = bytesReceived
    }

    private enum CodingKeys: String, CodingKey {
        case cpuNanoseconds = "cpu_ns"
        case wallNanoseconds = "wall_ns"
        case requests
        case bytesSent = "sent_bytes"
        case bytesReceived = "received_bytes"
    }
}

/// One member at the end of its cell.
package struct ResultMember: Sendable, Equatable, Codable {
    package var id: Int
    package var role: String?
    package var zxid: String?
    package var digest: String?
    package var cpuNanoseconds: UInt64?
    /// Ready to run, but without a CPU.
    package var waitNanoseconds: UInt64?
    package var residentBytes: UInt64?
    package var voluntarySwitches: UInt64?
    package var involuntarySwitches: UInt64?

    package init(id: Int) {
        self.id = id
    }

    private enum CodingKeys: String, CodingKey {
        case id, role, zxid, digest
        case cpuNanoseconds = "cpu_ns"
        case waitNanoseconds = "run_queue_wait_ns"
        case residentBytes = "resident_bytes"
        case voluntarySwitches = "voluntary_switches"
        case involuntarySwitches = "involuntary_switches"
    }
}
