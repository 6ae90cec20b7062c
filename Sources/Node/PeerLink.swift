// One connection to another member: a number, what waits to be sent on it, and on a leader how far its learner has been served.

import Batch
import Journal
import PeerProtocol
import Zab

/// A connection that is wished for and not yet there.
struct Dial {
    let member: MemberID
    let channel: Channel
    /// Zero while no attempt is under way.
    var connection: UInt64 = 0
    var nextAttempt: Instant
    var backoffMs = 5
}

/// Where a learner's stream of batches stands.
struct LearnerStream {
    let number: UInt64
    /// Everything up to here has been queued.
    var cursor: Zxid
    /// Nothing behind this goes out before the core allows it; nil when live.
    var limit: Zxid?
    /// A snapshot has to go out before any batch.
    var owesStart = false
    /// The background thread holds log or snapshot open for it.
    var isOpen = false
    /// A piece is being read.
    var isReading = false
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
    let openedAt: Instant
    package var out = OutputQueue()
    var stream: LearnerStream?
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
