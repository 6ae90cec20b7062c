// What the journal found at start, as far as the core decides by it, and the time-outs it keeps.

package import Batch

package struct Durable: Sendable {
    package var incarnation: Incarnation
    /// Of the epoch file: 0 for a directory that was never part of a founded ensemble.
    package var clusterID: ClusterID
    package var acceptedEpoch: UInt32
    package var currentEpoch: UInt32
    package var lastLogged: Zxid
    /// The zxid before the oldest batch from which a learner can be streamed to.
    package var logStart: Zxid
    package var epochEnds: EpochEnds
    package var newestStart: Start?
    package var committedUpTo: Zxid
    /// Rule V2: nil for a healthy log.
    package var bound: History?
    package var isStateBad: Bool
    package var needsRepair: Bool
    /// The newest configuration known committed, then those in the log behind it. At least one.
    package var configurations: [ConfigurationRecord]

    package init(
        incarnation: Incarnation, clusterID: ClusterID = 0, acceptedEpoch: UInt32 = 0, currentEpoch: UInt32 = 0,
        lastLogged: Zxid = .zero,
        logStart: Zxid = .zero, epochEnds: EpochEnds = EpochEnds(), newestStart: Start? = nil, committedUpTo: Zxid = .zero,
        bound: History? = nil, isStateBad: Bool = false, needsRepair: Bool = false, configurations: [ConfigurationRecord]
    ) {
        self.incarnation = incarnation
        self.clusterID = clusterID
        self.acceptedEpoch = acceptedEpoch
        self.currentEpoch = currentEpoch
        self.lastLogged = lastLogged
        self.logStart = logStart
        self.epochEnds = epochEnds
        self.newestStart = newestStart
        self.committedUpTo = committedUpTo
        self.bound = bound
        self.isStateBad = isStateBad
        self.needsRepair = needsRepair
        self.configurations = configurations
    }
}

/// Time-outs in nanoseconds.
package struct Timing: Hashable, Sendable {
    /// h: a leader is heard this often.
    package var heartbeat: UInt64
    /// T: who is not heard for this long is given up.
    package var silence: UInt64
    /// A synchronization in which nothing moves for this long is given up.
    package var initLimit: UInt64

    package init(heartbeat: UInt64 = 50_000_000, silence: UInt64 = 500_000_000, initLimit: UInt64 = 20_000_000_000) {
        precondition(heartbeat > 0 && silence >= 2 * heartbeat && initLimit >= silence, "time-outs contradict each other")
        self.heartbeat = heartbeat
        self.silence = silence
        self.initLimit = initLimit
    }
}

/// What may be in flight: proposed here and not committed.
package struct FlightLimits: Hashable, Sendable {
    package var requests: Int
    package var bytes: Int
    /// From this counter on a leader proposes nothing more in its epoch (rule E8).
    package var lastCounter = Zab.counterLimit
    /// From this one on it wants a new epoch, well before that.
    package var newEpochCounter = Zab.counterLimit - (1 << 24)

    package init(requests: Int = 65_536, bytes: Int = 16 << 20) {
        precondition(requests > 0 && bytes > 0, "nothing could ever be proposed")
        self.requests = requests
        self.bytes = bytes
    }
}
