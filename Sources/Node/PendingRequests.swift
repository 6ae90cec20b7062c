// The ring of this node's unanswered writes, indexed by the seq of their origin. Requests of one origin are ordered as they were
// sent, so the head of the ring is the place of the next answer; an entry whose connection has gone answers nobody.

/// What the node must remember of a request between intake and apply.
struct PendingRequest {
    enum Purpose: UInt8 {
        /// An ordinary client request: reply header and body.
        case reply
        /// createSession or attachSession: the handshake's answer.
        case handshake
    }

    var connection: UInt64
    var session: Int64
    var xid: Int32
    var type: Int32
    var bytes: UInt32
    var purpose: Purpose
    /// Index of the intake mark: when the request was received.
    var receivedAt: UInt64
}

struct PendingRequests {
    private var slots: [PendingRequest]
    private var mask: Int
    /// Seq of the oldest entry; seqs are given out without gaps.
    private(set) var headSeq: UInt64 = 1
    private(set) var nextSeq: UInt64 = 1
    private(set) var bytes = 0

    private static let empty = PendingRequest(
        connection: 0, session: 0, xid: 0, type: 0, bytes: 0, purpose: .reply, receivedAt: 0)

    init(capacity: Int = 1024) {
        slots = Array(repeating: PendingRequests.empty, count: capacity)
        mask = capacity - 1
    }

    var count: Int { Int(nextSeq - headSeq) }

    /// Takes a request in and returns its seq.
    @inline(__always)
    mutating func push(_ request: PendingRequest) -> UInt64 {
        if count == slots.count { grow() }
        let seq = nextSeq
        slots[Int(truncatingIfNeeded: seq) & mask] = request
        bytes += Int(request.bytes)
        nextSeq = seq + 1
        return seq
    }

    /// The entry of `seq`, taken out together with every older one: those were lost with a leader and answer nobody.
    /// Nil when it has been passed over before.
    @inline(__always)
    mutating func take(_ seq: UInt64) -> PendingRequest? {
        guard seq >= headSeq, seq < nextSeq else { return nil }
        while headSeq < seq { dropHead() }
        let entry = slots[Int(truncatingIfNeeded: seq) & mask]
        dropHead()
        return entry
    }

    @inline(__always)
    private mutating func dropHead() {
        bytes -= Int(slots[Int(truncatingIfNeeded: headSeq) & mask].bytes)
        headSeq += 1
    }

    /// Visits the entries that still wait for an answer.
    func forEach(_ body: (UInt64, PendingRequest) -> Void) {
        var seq = headSeq
        while seq < nextSeq {
            body(seq, slots[Int(truncatingIfNeeded: seq) & mask])
            seq += 1
        }
    }

    /// All that are left answer nobody any more.
    mutating func abandon() {
        headSeq = nextSeq
        bytes = 0
    }

    private mutating func grow() {
        var larger = Array(repeating: PendingRequests.empty, count: slots.count * 2)
        let newMask = larger.count - 1
        var seq = headSeq
        while seq < nextSeq {
            larger[Int(truncatingIfNeeded: seq) & newMask] = slots[Int(truncatingIfNeeded: seq) & mask]
            seq += 1
        }
        slots = larger
        mask = newMask
    }
}
