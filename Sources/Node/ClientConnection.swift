// One client's connection as the node sees it: a number, an output buffer, the session it carries and what waits for an answer.
// Sockets belong to the server; what the requests mean is decided in ClientIntake, Reads and Applying.

package import Jute

/// State of one client connection. One object per connection, never per request.
package final class ClientConnection {
    enum Phase {
        /// Nothing has come yet: a four-letter word or a handshake may follow.
        case fresh
        /// createSession or attachSession is on its way; nothing further is read.
        case handshaking
        case established
        /// Answers are flushed, then the connection is closed.
        case closing
    }

    package let id: UInt64
    package let addressText: String
    package let openedAt: UInt64
    /// Bytes for the client that the socket has not taken yet.
    package var out = ByteBuffer(capacity: 1 << 10)

    var phase = Phase.fresh
    var session: Int64 = 0
    var timeoutMs: Int32 = 0
    /// The handshake's wish for the readOnly byte in its answer.
    var mirrorsReadOnly = false
    /// Encoded identities as every record of this connection carries them, and a number that names these very bytes.
    var identities: [UInt8]
    var identitiesKey: UInt64

    /// Writes in the pending ring, and their bytes.
    var unanswered = 0
    var unansweredBytes = 0
    /// Seq of the newest write submitted and of the newest one answered.
    var lastSeq: UInt64 = 0
    var answeredSeq: UInt64 = 0
    /// Requests that wait behind unanswered writes: {u64 seq waited for, u32 length, frame}.
    var parked = ByteBuffer(capacity: 64)
    var parkedCount = 0
    /// Seq of the newest write that was itself parked and has been submitted since: whatever is parked behind it waits for it.
    var parkedFloor: UInt64 = 0
    /// A parked sync or auth: later writes may not overtake it.
    var parkedBarriers = 0
    var syncOutstanding = false

    var isTouched = false
    var isDirty = false
    var readsPaused = false
    var isClosed = false
    var watchesRegistered = false

    var packetsReceived: UInt64 = 0
    var packetsSent: UInt64 = 0
    var lastXid: Int32 = 0
    var lastZxid: Int64 = 0
    var lastType: Int32 = 0

    init(id: UInt64, addressText: String, identities: [UInt8], identitiesKey: UInt64, openedAt: UInt64) {
        self.id = id
        self.addressText = addressText
        self.identities = identities
        self.identitiesKey = identitiesKey
        self.openedAt = openedAt
    }

    /// Something of this session is still on its way, so a read must wait its turn.
    var hasOrderToKeep: Bool { unanswered > 0 || parkedCount > 0 || syncOutstanding }
    /// A write sent now would overtake a sync or an auth that was sent before it.
    var holdsWrites: Bool { parkedBarriers > 0 || syncOutstanding }
}
