// One cell of a sweep: one ensemble size under one workload, from the start of its members to the checks after the load.

package struct ResultCell: Sendable, Equatable, Codable {
    package var nodes: Int
    /// The name of its target among those of the document.
    package var target: String
    /// What of the workload is this cell's own, by the path of the value; left out where no lists of values were tried.
    package var parameters: [String: String]?
    /// Its number among the runs of this size, from 1; left out where there is one.
    package var repetition: Int?
    /// Left out when the members never served, or were there before.
    package var start: ResultStart?
    /// How the target was loaded before anything was measured; left out where that is not needed.
    package var warmUp: ResultWarmUp?
    package var phases: [ResultPhase] = []
    package var queue: ResultQueue?
    package var sets: ResultSets?
    /// What became of locks and messages, by what was counted; left out of workloads without any.
    package var locks: [String: UInt64]?
    package var messages: [String: UInt64]?
    package var checks: [ResultCheck] = []
    package var replies: ResultReplies?
    package var sessions: ResultSessions?
    /// Left out where connections are plain.
    package var handshakes: ResultHandshakes?
    package var reconnects: [ResultReconnect]?
    /// The longest stretches without an acknowledged write, longest first.
    package var writeGaps: [ResultWriteGap] = []
    /// For each whole second since the first phase began, the longest stretch within it without an acknowledged write.
    package var writeGapSeries: [ResultGapSecond] = []
    /// The load in hundredths of a second; left out where targets took turns, whose slices make no course.
    package var course: ResultCourse?
    /// Response times of writes before, during and after faults; left out without any.
    package var stretches: [ResultFaultStretch]?
    /// Changes of the epoch, as they were noticed.
    package var elections: [ResultElectionSighting]?
    /// Snapshots that members took of their state, as they were noticed.
    package var snapshots: [ResultSnapshotSighting]?
    package var generator: ResultGenerator?
    package var members: [ResultMember] = []
    /// What was done to the members while the load ran; left out where the workload asks for nothing.
    package var faults: [ResultFault]?
    /// Of faults that could not be carried out one sentence each.
    package var faultProblems: [String]?
    /// What the members themselves say spoils a measurement: `no_fsync`, `faults`.
    package var memberMarks: [String]?
    /// True if the cell was ended early; its figures hold for what there was.
    package var isPartial = false
    /// Why there are no figures, if there are none.
    package var failure: String?
    /// The stretches that the load was cut into, where targets took turns.
    package var slices: [ResultSlice]?
    /// Loads that were run again because the generator had spoilt them; these figures are those of the second try.
    package var repeats: Int?
    /// True if the target was slower here than it is known to be; then it counts for no ratio.
    package var isTooSlow: Bool?

    package init(nodes: Int, target: String = ResultTarget.quorate) {
        self.nodes = nodes
        self.target = target
    }

    private enum CodingKeys: String, CodingKey {
        case nodes, target, parameters, repetition, start
        case warmUp = "warm_up"
        case phases, queue, sets, locks, messages, checks, replies, sessions, handshakes, reconnects
        case writeGaps = "write_gaps"
        case writeGapSeries = "write_gap_series"
        case course
        case stretches = "fault_stretches"
        case elections
        case snapshots, generator, members
        case faults
        case faultProblems = "fault_problems"
        case memberMarks = "member_marks"
        case isPartial = "partial"
        case failure, slices, repeats
        case isTooSlow = "too_slow"
    }

    /// Such as `payload.size=1KiB`; nil where no lists of values were tried.
    package var parameterWords: String? {
        parameters.map { all in all.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: ", ") }
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

/// Load before the measurement, until it got no faster.
package struct ResultWarmUp: Sendable, Equatable, Codable {
    package var nanoseconds: UInt64
    /// Of each stretch of it the geometric mean of its phases' requests a second.
    package var rates: [Double]
    /// False if it was still getting faster when the time was up.
    package var isSteady: Bool

    package init(nanoseconds: UInt64, rates: [Double], isSteady: Bool) {
        self.nanoseconds = nanoseconds
        self.rates = rates
        self.isSteady = isSteady
    }

    private enum CodingKeys: String, CodingKey {
        case nanoseconds = "duration_ns"
        case rates = "requests_per_s"
        case isSteady = "steady"
    }
}

/// The load generator itself: it shares the machine with the members.
package struct ResultGenerator: Sendable, Equatable, Codable {
    /// How many processes shared the load; left out where there was one.
    package var processes: Int?
    /// Of all of them together.
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
        case processes
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
