// One connection to another member: a number, what waits to be sent on it, and on a leader how far its learner has been served.

import Batch
import Journal
import PeerProtocol
import Zab

/// A connection that this member opens when the core wishes for it. The record stays when the wish is fulfilled or withdrawn, so
/// that a peer that refuses again and again is not asked as fast as it answers.
struct Dial {
    let member: MemberID
    let channel: Channel
    var isWanted = true
    /// The server is asked to open it and has not named a connection yet.
    var isAsked = false
    /// Zero while no attempt is under way.
    var connection: UInt64 = 0
    var nextAttempt: Instant
    var backoffMs = Dial.firstBackoffMs
    /// When the connection came up last.
    var upSince: Instant?

    static let firstBackoffMs = 5
    static let longestBackoffMs = 200
    /// A connection that has stood for so long was none that a refusal ends.
    static let soundMs = 1_000

    mutating func forgetFailures(now: Instant) {
        backoffMs = Dial.firstBackoffMs
        nextAttempt = min(nextAttempt, now)
    }

    var isDue: Bool { isWanted && !isAsked && connection == 0 }

    /// The connection is gone, or could not be opened. Only what failed, or was ended by the other side before long, is followed
    /// by a pause.
    mutating func ended(byThisSide: Bool, now: Instant) {
        connection = 0
        isAsked = false
        if let upSince, byThisSide || now.since(upSince) >= UInt64(Dial.soundMs) * 1_000_000 {
            backoffMs = Dial.firstBackoffMs
            nextAttempt = now
        } else {
            nextAttempt = now.advanced(byMilliseconds: backoffMs)
            backoffMs = min(backoffMs * 2, Dial.longestBackoffMs)
        }
        upSince = nil
    }
}

/// Where a learner's stream of batches stands.
struct LearnerStream {
    let number: UInt64
    /// Everything up to here has been queued.
    var cursor: Zxid
    /// Nothing behind this goes out before the core allows it; nil when live.
    var limit: Zxid?
    /// NEWLEADER has gone out.
    var isLive = false
    /// A snapshot has to go out before any batch.
    var owesStart = false
    /// The background thread holds log or snapshot open for it.
    var isOpen = false
    /// A piece is being read.
    var isReading = false
    /// Bytes of the snapshot that the learner has from an earlier connection.
    var skipsThrough = 0
    /// When the piece of a snapshot that is being read was asked for, and when the next one may be.
    var askedAt = Instant(nanoseconds: 0)
    var nextPieceAt = Instant(nanoseconds: 0)
    /// Pieces read from the log, oldest first.
    var pieces = Fifo<SealedBatch>()
    /// The commit that the newest PROPOSAL carried.
    var toldCommit = Zxid.zero
}

package final class PeerLink {
    package let id: UInt64
    let channel: Channel
    let dialed: Bool
    /// Known from the start when dialed, from HELLO when accepted.
    var member: MemberID?
    var isGreeted = false
    var isUp = false
    var isClosed = false
    var isDirty = false
    /// Bytes of a frame that has not come whole.
    var partial = 0
    /// When some of it came last.
    var partialAt = Instant(nanoseconds: 0)
    /// Its input waits because the disk does not follow.
    var isPaused = false
    let openedAt: Instant
    package var out = OutputQueue()
    var stream: LearnerStream?
    /// What its learner said of a snapshot whose transfer broke off.
    var held: SnapshotHeld?
    /// What this learner has forwarded since its JOIN.
    var taken = Credit()

    init(id: UInt64, channel: Channel, dialed: Bool, member: MemberID?, openedAt: Instant) {
        self.id = id
        self.channel = channel
        self.dialed = dialed
        self.member = member
        self.openedAt = openedAt
    }

    var number: ConnectionNumber { ConnectionNumber(rawValue: id) }
}
