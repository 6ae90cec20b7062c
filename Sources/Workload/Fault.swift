// What may be done to the members of an ensemble while it is under load: the names of faults in workload files and on command
// lines, whom they strike, and when. Who carries them out is the room Ensemble.

package enum FaultKind: String, Sendable, CaseIterable, Codable {
    /// Ended at once by SIGKILL, and started again when the fault is over.
    case kill
    /// The same for all members at the same time.
    case killAll = "kill-all"
    /// Cut off, and ended 20 ms later: nothing that it still had on its way arrives, its peers' connections stay open and silent,
    /// and nobody answers who dials it, until it is started again when the fault is over.
    case powerCut = "power-cut"
    /// Held still by SIGSTOP until SIGCONT: its sockets stay open, and nobody answers.
    case pause
    /// What the member and the others send each other does not arrive, and nobody is told.
    case partition
    /// The same in one direction only.
    case oneWay = "one-way"
    /// The member loses its connections to the others, who hear nothing of it: their ends stay open and silent.
    case halfOpen = "half-open"
    /// What the member and the others send each other is on its way for a time.
    case delay
    /// So many bytes a second go through each of the member's links, in each direction.
    case rate
    /// Bytes on their way to and from the member are changed.
    case corrupt
    /// Connections between the member and the others end with a reset.
    case reset
    /// Flushes take longer than the disk does.
    case slowFlush = "slow-flush"
    /// Flushes fail with an input/output error, which ends the member; it is started again when the fault is over.
    case failFlush = "fail-flush"
    /// No file gets any longer, as on a full disk. A member that this ends is started again when the fault is over.
    case fullDisk = "full-disk"

    /// It happens at a moment and does not last.
    package var isMomentary: Bool { self == .reset || self == .halfOpen }
    /// It strikes connections between members, so that one on its own has nothing to fear.
    package var isOfLinks: Bool {
        switch self {
        case .partition, .oneWay, .halfOpen, .delay, .rate, .corrupt, .reset: true
        default: false
        }
    }
    package var isOfDisks: Bool { self == .slowFlush || self == .failFlush || self == .fullDisk }
}

/// Whom a fault strikes, looked up at the moment at which it does.
package enum FaultRole: Sendable, Equatable, Codable, CustomStringConvertible {
    case leader
    /// The member with the lowest number that runs and does not lead.
    case follower
    case all
    /// By number; with several, a partition leaves these connected with each other.
    case members([Int])

    package var description: String {
        switch self {
        case .leader: "leader"
        case .follower: "follower"
        case .all: "all"
        case .members(let ids): (ids.count == 1 ? "member " : "members ") + ids.map(String.init).joined(separator: ", ")
        }
    }
}

package struct Fault: Sendable, Equatable, Codable {
    package enum Direction: String, Sendable, CaseIterable, Codable {
        /// What the member sends.
        case out
        /// What is sent to it.
        case `in`
    }

    package var kind: FaultKind
    package var role: FaultRole
    /// Nanoseconds since the load began.
    package var at: UInt64
    /// Nanoseconds until it is taken back.
    package var nanoseconds: UInt64
    /// Of `delay` and `slow-flush`: how much longer it takes, in nanoseconds.
    package var delay: UInt64 = 20_000_000
    /// Of `delay`: up to so much is added, by chance.
    package var jitter: UInt64 = 0
    /// Of `rate`: bytes a second.
    package var bytesPerSecond: UInt64 = 65_536
    /// Of `one-way`.
    package var direction = Direction.out

    package init(_ kind: FaultKind, _ role: FaultRole, at: UInt64 = 0, nanoseconds: UInt64 = 0) {
        self.kind = kind
        self.role = kind == .killAll ? .all : role
        self.at = at
        self.nanoseconds = nanoseconds
    }
}
