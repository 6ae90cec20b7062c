// One client's connection as the node sees it: a number, an output buffer, the session it carries and what waits for an answer.
// Sockets belong to the server; what the requests mean is decided in ClientIntake, Reads and Applying.

import Batch
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
    /// It comes from this very machine.
    let isLocal: Bool
    let security: ClientSecurity
    /// Bytes for the client that the socket has not taken yet.
    @exclusivity(unchecked) package var out = ByteBuffer(capacity: 1 << 10)

    @exclusivity(unchecked) var phase = Phase.fresh
    var session: Int64 = 0
    var timeoutMs: Int32 = 0
    /// The handshake's wish for the readOnly byte in its answer.
    var mirrorsReadOnly = false
    /// Encoded identities as every record of this connection carries them, and a number that names these very bytes.
    var identities: [UInt8]
    var identitiesKey: UInt64

    /// Writes in the pending ring, and their bytes.
    @exclusivity(unchecked) var unanswered = 0
    @exclusivity(unchecked) var unansweredBytes = 0
    /// Seq of the newest write submitted and of the newest one answered.
    @exclusivity(unchecked) var lastSeq: UInt64 = 0
    @exclusivity(unchecked) var answeredSeq: UInt64 = 0
    /// Requests that wait: {u64 seq waited for, u64 ticket waited for, u32 length, u8 course, frame}.
    @exclusivity(unchecked) var parked = ByteBuffer(capacity: 64)
    @exclusivity(unchecked) var parkedCount = 0
    /// Seq of the newest write that was itself parked and has been submitted since: whatever is parked behind it waits for it.
    var parkedFloor: UInt64 = 0
    /// Parked syncs, auths and linearizable reads, and writes parked behind them: later writes may not overtake any of these.
    @exclusivity(unchecked) private var parkedHolders = 0
    /// Its reads wait for a read index (see ReadIndexes).
    @exclusivity(unchecked) var readsLinearizably: Bool
    /// The newest ticket that it waits for.
    @exclusivity(unchecked) var lastTicket: UInt64 = 0
    @exclusivity(unchecked) var isRunningParked = false
    /// A setWatches with very many paths is under way.
    @exclusivity(unchecked) var isSettingWatches = false
    var watchSetting: WatchSetting?

    /// On a leader the time of the newest packet, on a follower the report that names this session.
    @exclusivity(unchecked) var touchedAt = Instant(nanoseconds: 0)
    @exclusivity(unchecked) var touchRound: UInt64 = 0
    @exclusivity(unchecked) var isDirty = false
    /// Until then a connection without a session is borne.
    var sessionlessUntil = Instant(nanoseconds: 0)
    var readsPaused = false
    @exclusivity(unchecked) var isClosed = false
    var watchesRegistered = false

    @exclusivity(unchecked) var packetsReceived: UInt64 = 0
    @exclusivity(unchecked) var packetsSent: UInt64 = 0
    @exclusivity(unchecked) var lastXid: Int32 = 0
    @exclusivity(unchecked) var lastZxid: Int64 = 0
    @exclusivity(unchecked) var lastType: Int32 = 0

    init(
        id: UInt64, addressText: String, isLocal: Bool, security: ClientSecurity, identities: [UInt8], identitiesKey: UInt64,
        readsLinearizably: Bool, openedAt: UInt64
    ) {
        self.id = id
        self.addressText = addressText
        self.isLocal = isLocal
        self.security = security
        self.identities = identities
        self.identitiesKey = identitiesKey
        self.readsLinearizably = readsLinearizably
        self.openedAt = openedAt
    }

    /// Something of this session is still on its way, so a read must wait its turn.
    var hasOrderToKeep: Bool { unanswered > 0 || parkedCount > 0 || isSettingWatches }
    /// A write sent now would overtake a sync, an auth, a linearizable read or a setWatches that was sent before it, or a write
    /// that waits for one.
    var holdsWrites: Bool { parkedHolders > 0 || isSettingWatches }

    func noteParked(_ course: RequestCourse, _ count: Int) {
        if course != .immediate { parkedHolders += count }
    }
}
