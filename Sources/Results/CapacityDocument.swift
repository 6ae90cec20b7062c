// What ensembles of several sizes can carry while they keep an objective: the document that `quorate capacity` leaves,
// `quorate.capacity/1`. A plain value.

package enum CapacityOutcome: String, Sendable, Codable {
    case found
    /// Not even the lowest rate kept the objective.
    case unmet
    /// Beyond what held, the generator spoilt what was tried.
    case generator
    /// The highest rate that may be tried held.
    case unbounded
    /// The ensemble could not be started or loaded.
    case failed
    /// A check of the workload failed: what was acknowledged is not as it should be.
    case broken
    case partial
}

/// What keeps a rate from being higher.
package enum CapacityBound: String, Sendable, Codable {
    case machine
    case leader
    case flush
    case generator
    /// Nothing is used up: it is the time that requests take.
    case latency
}

/// One window at one rate.
package struct CapacityWindow: Sendable, Equatable, Codable {
    /// Requests due a second.
    package var offeredPerSecond: Double
    package var answeredPerSecond: Double
    /// `climb`, `bisect` or `confirm`.
    package var stage: String
    /// Left out where the generator spoilt it.
    package var held: Bool?
    package var reason: String?
    /// From the instant a request was due; left out where nothing was answered.
    package var response: LatencySummary?
    package var writesPerSecond: Double
    package var machine: ResultMachine?
    /// Processor time of the leader's process, as a share of one processor.
    package var leaderShare: Double?
    /// The share of the time in which the leader's log was being flushed.
    package var flushShare: Double?
    package var flushedBytesPerSecond: Double?

    package init(offeredPerSecond: Double, answeredPerSecond: Double, stage: String, writesPerSecond: Double) {
        self.offeredPerSecond = offeredPerSecond
        self.answeredPerSecond = answeredPerSecond
        self.stage = stage
        self.writesPerSecond = writesPerSecond
    }

    private enum CodingKeys: String, CodingKey {
        case offeredPerSecond = "offered_per_s"
        case answeredPerSecond = "answered_per_s"
        case stage, held, reason, response
        case writesPerSecond = "writes_per_s"
        case machine
        case leaderShare = "leader_share"
        case flushShare = "flush_share"
        case flushedBytesPerSecond = "flushed_bytes_per_s"
    }
}

/// The answer for one size.
package struct CapacitySize: Sendable, Equatable, Codable {
    package var nodes: Int
    package var outcome: CapacityOutcome
    /// Requests a second of which half of the windows kept the objective; left out unless `outcome` is `found`.
    package var rate: ResultInterval?
    /// The highest rate that held, where there is no interval.
    package var heldPerSecond: Double?
    package var bound: CapacityBound?
    /// How that was judged, with its figures.
    package var boundReason: String?
    /// Members that may fail and the rest still serves and elects; left out where nobody can tell.
    package var failuresTolerated: Int?
    /// The same rate with a follower down; left out where that was not tried.
    package var rateOneDown: ResultInterval?
    package var oneDownRemark: String?
    package var secondsToRollOver: Double?
    /// Of one member's log.
    package var logBytesPerDay: Double?
    package var failure: String?
    package var windows: [CapacityWindow] = []
    package var windowsOneDown: [CapacityWindow]?

    package init(nodes: Int, outcome: CapacityOutcome) {
        self.nodes = nodes
        self.outcome = outcome
    }

    private enum CodingKeys: String, CodingKey {
        case nodes, outcome
        case rate = "rate_per_s"
        case heldPerSecond = "held_per_s"
        case bound
        case boundReason = "bound_reason"
        case failuresTolerated = "failures_tolerated"
        case rateOneDown = "rate_one_down_per_s"
        case oneDownRemark = "one_down_remark"
        case secondsToRollOver = "to_zxid_roll_over_s"
        case logBytesPerDay = "log_bytes_per_day"
        case failure, windows
        case windowsOneDown = "windows_one_down"
    }
}

package struct CapacityDocument: DocumentForm, Codable {
    package static let schemaName = "quorate.capacity/1"

    package var schema = DocumentSchema<CapacityDocument>()
    /// UTC, as RFC 3339 has it.
    package var started: String
    package var durationNanoseconds: UInt64?
    package var command: [String]
    package var environment: ResultEnvironment
    package var workload: ResultWorkload
    package var target: ResultTarget
    package var objective: String
    package var windowNanoseconds: UInt64
    package var sizes: [CapacitySize] = []
    package var marks: [ResultMark] = []

    package init(
        started: String, command: [String], environment: ResultEnvironment, workload: ResultWorkload, target: ResultTarget,
        objective: String, windowNanoseconds: UInt64
    ) {
        self.started = started
        self.command = command
        self.environment = environment
        self.workload = workload
        self.target = target
        self.objective = objective
        self.windowNanoseconds = windowNanoseconds
    }

    private enum CodingKeys: String, CodingKey {
        case schema, started
        case durationNanoseconds = "duration_ns"
        case command, environment, workload, target, objective
        case windowNanoseconds = "window_ns"
        case sizes, marks
    }
}
