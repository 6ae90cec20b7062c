// What a fault test found: every fault with the gap in writes that it made, and for each promise whether it was kept. A plain
// value, which is also written as JSON: times are whole nanoseconds.

package import Workload

package struct ChaosResult: Sendable, Codable {
    package struct Strike: Sendable, Codable {
        /// Since the clients began.
        package var at: UInt64
        package var lasted: UInt64
        package var fault: FaultKind
        package var role: String
        package var members: [Int]
        /// The longest stretch around it in which nobody's write was acknowledged.
        package var writeGap: UInt64

        enum CodingKeys: String, CodingKey {
            case at = "at_ns"
            case lasted = "for_ns"
            case fault
            case role
            case members
            case writeGap = "write_gap_ns"
        }
    }

    package struct Promise: Sendable, Codable, Equatable {
        package var name: String
        package var isKept: Bool
        package var sentence: String
        /// What clients did and saw where it was broken.
        package var excerpt: [String] = []

        enum CodingKeys: String, CodingKey {
            case name
            case isKept = "kept"
            case sentence
            case excerpt
        }
    }

    package struct Gaps: Sendable, Codable {
        package var fault: FaultKind
        package var role: String
        package var writeGap: GapFigures

        enum CodingKeys: String, CodingKey {
            case fault
            case role
            case writeGap = "write_gap"
        }
    }

    /// What was run where, to tell two documents apart.
    package struct Origin: Sendable, Codable, Equatable {
        /// UTC, as RFC 3339 has it.
        package var started: String
        /// The command line, without the program's place.
        package var command: [String]
        package var version: String
        /// The commit that was checked out beside the program, and whether tracked files differed, where anybody can tell.
        package var git: String?
        package var isDirty: Bool?
        package var kernel: String?
        package var processor: String?
        package var processors: Int
        package var filesystem: String?

        package init(started: String, command: [String], version: String, processors: Int) {
            self.started = started
            self.command = command
            self.version = version
            self.processors = processors
        }

        enum CodingKeys: String, CodingKey {
            case started, command, version, git, kernel, filesystem
            case isDirty = "dirty"
            case processor = "cpu_model"
            case processors = "cpus"
        }
    }

    package var schema = "quorate.chaos/1"
    package var origin: Origin?
    /// Nothing was flushed: what a loss of power would have taken, no fault of the run can show.
    package var isUnflushed: Bool?
    package var members: Int
    package var seed: UInt64
    package var clients: Int
    package var durationNanoseconds: UInt64 = 0
    package var requests = 0
    package var answered = 0
    package var acknowledgedWrites = 0
    package var watchEvents = 0
    package var connections = 0
    package var sessionsResumed = 0
    package var sessionsLost = 0
    package var strikes: [Strike] = []
    package var gaps: [Gaps] = []
    /// Kinds that were asked for and that chance has drawn for nobody.
    package var neverStruck: [FaultKind]?
    package var promises: [Promise] = []
    /// Where the members' data and logs were left.
    package var directory: String?
    /// It was ended before all of it was done.
    package var isPartial = false

    package var isClean: Bool { promises.allSatisfy(\.isKept) }

    enum CodingKeys: String, CodingKey {
        case schema, origin, members, seed, clients
        case isUnflushed = "no_fsync"
        case durationNanoseconds = "duration_ns"
        case requests, answered
        case acknowledgedWrites = "acknowledged_writes"
        case watchEvents = "watch_events"
        case connections
        case sessionsResumed = "sessions_resumed"
        case sessionsLost = "sessions_lost"
        case strikes = "faults"
        case gaps, promises, directory
        case neverStruck = "never_struck"
        case isPartial = "partial"
    }
}
