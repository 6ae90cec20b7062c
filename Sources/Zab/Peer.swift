// What a member knows of each other voter: its connections, its word, and, on a leader, how far it is as a learner.

import Batch

struct Link: Sendable {
    var number: ConnectionNumber
    var channel: Channel
    var index: Int
    var dialed: Bool
}

struct Peer: Sendable {
    let id: MemberID
    var election: ConnectionNumber?
    /// Of the newest connection; 0 = never connected.
    var incarnation: Incarnation = 0
    /// Of the promise that was counted, for the founding record.
    var promised: Incarnation = 0
    /// Since when something said on the election connection that asks for an answer has had none; nil when nothing is due.
    var unansweredSince: Instant?
    /// When a frame of the epoch that this member leads arrived last.
    var lastFrame: Instant
    /// Highest zxid that was acknowledged to this lead, on any connection, and by which incarnation.
    var vouched: (zxid: Zxid, by: Incarnation) = (.zero, 0)
    /// Highest round of this lead echoed on a current connection.
    var echoed: UInt64 = 0
    #if QUORATE_MUTANTS
    var lastEchoed: UInt64 = 0
    #endif
    /// Why it would not vote for this member when it was last asked.
    var refusal: PrevoteReason?
    var learner = LearnerProgress()
    /// Since when it has followed without being a learner here; nil as long as it is one.
    var followsInVainSince: Instant?

    init(id: MemberID, now: Instant) {
        self.id = id
        lastFrame = now
    }
}

/// The leader's view of one synchronization session (rule L4: a new connection starts a new one).
struct LearnerProgress: Sendable {
    enum Phase: Sendable {
        case absent
        /// Waits for a start that is still to be taken.
        case waitingStart
        case streaming
        case synced
    }
    var phase = Phase.absent
    var connection: ConnectionNumber?
    var join: Join?
    /// The start is still to go out before any batch.
    var owesStart = false
    var zSync = Zxid.zero
    var cursor = Zxid.zero
    var sentNewLeader = false
    var acked = Zxid.zero
    var movedAt = Instant(nanoseconds: 0)
}

/// What the journal does to the own log besides appending; meanwhile the durable log is either the old or the new one.
enum LogChange: Sendable, Equatable {
    case none
    case truncating(to: Zxid, role: RoleNumber)
    case installing(Start, keepLog: Bool, role: RoleNumber)
}

/// CRCs of what was appended lately, to tell an identical overlap from a different one without reading the log (rule L1).
struct RecentBatches: Sendable {
    private static let capacity = 1024
    private var entries: [(first: Zxid, last: Zxid, crc: UInt32)] = []
    private var next = 0

    @inline(__always)
    mutating func note(_ header: BatchHeader) {
        let entry = (first: header.firstZxid, last: header.lastZxid, crc: header.crc)
        if entries.count < RecentBatches.capacity {
            entries.append(entry)
        } else {
            entries[next] = entry
            next = (next + 1) % RecentBatches.capacity
        }
    }

    func holds(_ header: BatchHeader) -> Bool {
        entries.contains { $0.first == header.firstZxid && $0.last == header.lastZxid && $0.crc == header.crc }
    }

    mutating func removeAll() {
        entries.removeAll(keepingCapacity: true)
        next = 0
    }
}
