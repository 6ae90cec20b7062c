// What the loop keeps for one connection. A slot object lives as long as the loop and serves one connection after another;
// all its fields are changed by EventLoop only, in the extensions of the phases below.

import Glibc

final class Connection {
    /// The life of a slot: free → (resolving → connecting →) (handshaking →) open → lingering or failed → free.
    enum Phase {
        case free
        /// The name is being looked up; there is no socket yet.
        case resolving
        case connecting
        case handshaking
        case open
        /// The socket is gone, the owner has not heard of it yet.
        case failed
        /// The owner has closed it; what was accepted for sending is still being delivered.
        case lingering
    }

    let slot: Int
    var generation: UInt32 = 0
    var id: ConnectionID
    var phase = Phase.free
    var descriptor: Int32 = -1
    var tag: UInt32 = 0
    var urgency = Urgency.ordinary
    var listener: ListenerID?
    var remote = SocketAddress.any(port: 0)
    var name = ""
    /// Addresses of the same name that have not been tried yet.
    var untried: [SocketAddress] = []
    var deadline: UInt64 = 0

    /// What epoll has been told.
    var interest: UInt32 = 0
    var isReading = true
    var sawEnd = false
    var sendBlocked = false
    /// A write took fewer bytes than it was offered, so the owner waits for `.writable`.
    var owesWritable = false
    /// The last write said that more would follow, so the kernel may hold a segment back.
    var isCorked = false

    var input = InputBuffer()
    var inputLimit = 0
    /// How much one receive should find room for; follows what the peer sends.
    var roomHint = Connection.smallestRoom
    /// The owner is looking at the input right now.
    var inputIsLent = false
    /// There is input, or an end, that came outside of the owner's own `read`.
    var hasUnseenInput = false
    var isListedUnseen = false

    var tlsContext: TLSContext?
    var expectedHost: String?
    var tls: TLSStream?
    var heardFromPeer = false
    /// It counts among the handshakes of its listener.
    var isShakingHands = false
    /// Ciphertext was collected that no send has been tried for.
    var isDirty = false

    static let smallestRoom = 16 << 10
    static let largestRoom = 256 << 10

    init(slot: Int) {
        self.slot = slot
        id = ConnectionID(slot: slot, generation: 0)
    }

    /// A new connection moves in.
    func begin(tag: UInt32, urgency: Urgency, inputLimit: Int) {
        precondition(phase == .free, "slot \(slot) is taken")
        // Bit 63 of a readiness tag marks listeners and the waker, so generations have 31 bits; 0 is never used.
        generation = generation == 0x7fff_ffff ? 1 : generation + 1
        id = ConnectionID(slot: slot, generation: generation)
        self.tag = tag
        self.urgency = urgency
        self.inputLimit = inputLimit
        listener = nil
        remote = .any(port: 0)
        name = ""
        deadline = 0
        interest = 0
        isReading = true
        sawEnd = false
        sendBlocked = false
        owesWritable = false
        isCorked = false
        roomHint = Connection.smallestRoom
        hasUnseenInput = false
        isListedUnseen = false
        heardFromPeer = false
        isDirty = false
    }
}
