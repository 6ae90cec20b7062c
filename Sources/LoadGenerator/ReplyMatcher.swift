// Pairs replies with the requests of one connection. A server answers a session's requests in their order; this finds the
// ones that it answers in another order, twice, not at all, or that nobody sent. A pure value without sockets or clocks.

/// What a request was for, kept until its reply.
package struct InFlight {
    package var kind: RequestKind
    /// Index of the operation's stream, -1 for what is not measured.
    package var stream: Int16 = -1
    package var phase: Int16 = 0
    fileprivate(set) var isAnswered = false
    fileprivate(set) var isOvertaken = false
    /// When it should have gone out, and when it did.
    package var intended: UInt64
    package var sent: UInt64
    /// Meaning by kind: a sequence, a number of a znode, a size.
    package var detail: Int64 = 0
    /// Meaning by kind: a queue, a lane, an operation.
    package var place: Int32 = 0
    /// What is to be removed may be gone already, by the same request sent before.
    package var mayBeGone = false

    package init(kind: RequestKind, stream: Int16 = -1, phase: Int16 = 0, intended: UInt64, sent: UInt64) {
        self.kind = kind
        self.stream = stream
        self.phase = phase
        self.intended = intended
        self.sent = sent
    }
}

package enum RequestKind: UInt8 {
    case create, set, get, exists, list, delete, multi, replayed
    case enqueue, takeList, takeGet, takeDelete
    case sync, setupCreate, setupSet, verify, close
    case lockSync, lockCreate, lockList, lockExists, lockDelete
    case publish, publishDelete, topicList, topicGet
    case taskList, taskGet, taskDelete
}

package enum ReplyMatch {
    /// The request that the reply belongs to.
    case request(InFlight)
    /// Answered before: the same reply came twice.
    case doubled
    /// No request had this xid.
    case stray
}

package struct ReplyMatcher {
    private var ring: [InFlight]
    private var head: UInt64 = 0
    private var tail: UInt64 = 0
    /// Requests taken in so far.
    package var total: UInt64 { tail }
    /// Requests without a reply so far.
    package private(set) var unanswered = 0
    /// Replies that came after the reply of a later request.
    package private(set) var swapped: UInt64 = 0

    private static let xidCount: UInt64 = 0x7fff_ffff

    package init(window: Int) {
        var capacity = 64
        while capacity < window * 4 { capacity *= 2 }
        let blank = InFlight(kind: .sync, intended: 0, sent: 0)
        ring = [InFlight](repeating: blank, count: capacity)
    }

    private static func xid(of serial: UInt64) -> Int32 { Int32(truncatingIfNeeded: serial % xidCount) + 1 }

    /// Takes a request in and returns its xid: 1, 2, 3 ... and again 1 after 2^31 - 1.
    @inline(__always) package mutating func sent(_ request: InFlight) -> Int32 {
        precondition(tail - head < UInt64(ring.count), "the window is smaller than the ring")
        ring[Int(truncatingIfNeeded: tail) & (ring.count - 1)] = request
        let xid = Self.xid(of: tail)
        tail += 1
        unanswered += 1
        return xid
    }

    /// The oldest request, if it keeps the ring from moving on because its reply was left out: it counts as lost.
    package mutating func removeLost() -> InFlight? {
        guard tail - head == UInt64(ring.count) else { return nil }
        let oldest = ring[Int(truncatingIfNeeded: head) & (ring.count - 1)]
        precondition(!oldest.isAnswered, "the oldest request in the ring has no reply yet")
        unanswered -= 1
        advance()
        return oldest
    }

    @inline(__always) package mutating func match(xid: Int32) -> ReplyMatch {
        if tail > head && xid == Self.xid(of: head) {
            let request = ring[Int(truncatingIfNeeded: head) & (ring.count - 1)]
            if request.isOvertaken { swapped += 1 }
            unanswered -= 1
            head += 1
            if tail > head && ring[Int(truncatingIfNeeded: head) & (ring.count - 1)].isAnswered { skipAnswered() }
            return .request(request)
        }
        return matchOutOfOrder(xid: xid)
    }

    private mutating func matchOutOfOrder(xid: Int32) -> ReplyMatch {
        guard xid > 0 else { return .stray }
        let distance = (UInt64(xid) + Self.xidCount - 1 - head % Self.xidCount) % Self.xidCount
        guard distance < tail - head else {
            let behind = Self.xidCount - distance
            return behind <= min(head, 1 << 20) ? .doubled : .stray
        }
        let position = head + distance
        let slot = Int(truncatingIfNeeded: position) & (ring.count - 1)
        if ring[slot].isAnswered { return .doubled }
        if ring[slot].isOvertaken { swapped += 1 }
        for earlier in head..<position { ring[Int(truncatingIfNeeded: earlier) & (ring.count - 1)].isOvertaken = true }
        ring[slot].isAnswered = true
        unanswered -= 1
        return .request(ring[slot])
    }

    private mutating func advance() {
        head += 1
        skipAnswered()
    }

    private mutating func skipAnswered() {
        while head < tail && ring[Int(truncatingIfNeeded: head) & (ring.count - 1)].isAnswered { head += 1 }
    }

    /// Requests without a reply, oldest first, when the connection is gone; whether a later one was answered.
    package mutating func abandon() -> [(request: InFlight, isOvertaken: Bool)] {
        var abandoned: [(request: InFlight, isOvertaken: Bool)] = []
        for position in head..<tail {
            let request = ring[Int(truncatingIfNeeded: position) & (ring.count - 1)]
            if !request.isAnswered { abandoned.append((request, request.isOvertaken)) }
        }
        head = tail
        unanswered = 0
        return abandoned
    }

    /// The request of this xid, if it has no reply yet.
    package func inFlight(xid: Int32) -> InFlight? {
        guard xid > 0 else { return nil }
        let distance = (UInt64(xid) + Self.xidCount - 1 - head % Self.xidCount) % Self.xidCount
        guard distance < tail - head else { return nil }
        let request = ring[Int(truncatingIfNeeded: head + distance) & (ring.count - 1)]
        return request.isAnswered ? nil : request
    }

    /// When the oldest request without a reply went out.
    package var oldestSent: UInt64? {
        head < tail ? ring[Int(truncatingIfNeeded: head) & (ring.count - 1)].sent : nil
    }
}
