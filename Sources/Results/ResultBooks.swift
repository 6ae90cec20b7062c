// The books of a cell: what became of queue items and acknowledged sets, replies that were out of order, sessions, and the
// stretches without an acknowledged write.

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
    /// Refused enqueues that turned up all the same.
    package var refusedButTaken: UInt64
    /// Items of other runs that were found and removed.
    package var foreign: UInt64
    /// Items that another worker took between listing and taking.
    package var missed: UInt64
    /// Items taken before they were due; left out where none are delayed.
    package var early: UInt64?
    /// False if the queues were not empty when the time for it was up; then losses can't be told.
    package var isDrained: Bool
    package var drainNanoseconds: UInt64

    package init(
        enqueued: UInt64, taken: UInt64, takenUnseen: UInt64, lost: UInt64, doubled: UInt64, reordered: UInt64?,
        unknownEnqueues: UInt64, unknownEnqueuesTaken: UInt64, damaged: UInt64, refusedButTaken: UInt64, foreign: UInt64,
        missed: UInt64, isDrained: Bool, drainNanoseconds: UInt64
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
        self.refusedButTaken = refusedButTaken
        self.foreign = foreign
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
        case damaged
        case refusedButTaken = "refused_but_taken"
        case foreign, missed, early
        case isDrained = "drained"
        case drainNanoseconds = "drain_ns"
    }
}

/// Acknowledged sets, looked for when the load was over.
package struct ResultSets: Sendable, Equatable, Codable {
    package var acknowledged: UInt64
    package var znodes: UInt64
    package var verified: UInt64
    package var stale: UInt64
    package var lost: UInt64

    package init(acknowledged: UInt64, znodes: UInt64, verified: UInt64, stale: UInt64, lost: UInt64) {
        self.acknowledged = acknowledged
        self.znodes = znodes
        self.verified = verified
        self.stale = stale
        self.lost = lost
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

package struct ResultGapSecond: Sendable, Equatable, Codable {
    /// Since the first phase began.
    package var second: Int
    package var longestNanoseconds: UInt64

    package init(second: Int, longestNanoseconds: UInt64) {
        self.second = second
        self.longestNanoseconds = longestNanoseconds
    }

    private enum CodingKeys: String, CodingKey {
        case second
        case longestNanoseconds = "longest_ns"
    }
}

/// Between two looks at a member its count of snapshots had grown.
package struct ResultSnapshotSighting: Sendable, Equatable, Codable {
    package var member: Int
    package var count: UInt64
    /// The two looks, since the first phase began.
    package var afterNanoseconds: UInt64
    package var byNanoseconds: UInt64

    package init(member: Int, count: UInt64, afterNanoseconds: UInt64, byNanoseconds: UInt64) {
        self.member = member
        self.count = count
        self.afterNanoseconds = afterNanoseconds
        self.byNanoseconds = byNanoseconds
    }

    private enum CodingKeys: String, CodingKey {
        case member, count
        case afterNanoseconds = "after_ns"
        case byNanoseconds = "by_ns"
    }
}

/// TLS handshakes of the clients, from the request for a connection to their end.
package struct ResultHandshakes: Sendable, Equatable, Codable {
    package var done: UInt64
    /// Refused, broken or timed out, the TCP connection included.
    package var failed: UInt64
    /// While at least one was under way.
    package var perSecond: Double
    package var response: LatencyFigures?

    package init(done: UInt64, failed: UInt64, perSecond: Double, response: LatencyFigures?) {
        self.done = done
        self.failed = failed
        self.perSecond = perSecond
        self.response = response
    }

    private enum CodingKeys: String, CodingKey {
        case done, failed
        case perSecond = "per_s"
        case response
    }
}

/// A phase that began with the loss of all connections.
package struct ResultReconnect: Sendable, Equatable, Codable {
    package var phase: String
    package var cut: UInt64
    package var back: UInt64
    /// From the cut until the last client had a session again; the longest of several.
    package var lastNanoseconds: UInt64
    /// That of each slice and run in their order; left out of a single one.
    package var lasts: [UInt64]?
    package var response: LatencyFigures?

    package init(phase: String, cut: UInt64, back: UInt64, lastNanoseconds: UInt64, response: LatencyFigures?) {
        self.phase = phase
        self.cut = cut
        self.back = back
        self.lastNanoseconds = lastNanoseconds
        self.response = response
    }

    private enum CodingKeys: String, CodingKey {
        case phase, cut, back
        case lastNanoseconds = "last_ns"
        case lasts = "lasts_ns"
        case response
    }
}
