// The event loop: one thread, one epoll, all its connections. The owner calls `wait`, then serves the events it got.
//
// Level-triggered: what the owner leaves in a socket is reported again by the next wait, so one receive and one send per
// ready connection and turn are enough and nobody starves. This file holds the state, the turn, and the look-up of ids;
// accepting, connecting, handshakes, receiving, sending and closing are in the extensions of the same name.

import CLinux
import Glibc

// Its hot fields are not watched by the exclusivity checks of the runtime, as those of `Node` are not: only the owner touches
// them, and what is lent to a closure (`inputIsLent`) is none of them.
package final class EventLoop {
    package struct Options: Sendable {
        /// For a look-up, and for an address; an address that others of the same name follow has a quarter.
        package var connectTimeout: UInt64 = 5_000_000_000
        package var handshakeTimeout: UInt64 = 5_000_000_000
        /// How long a graceful close may go on delivering.
        package var lingerTimeout: UInt64 = 2_000_000_000
        /// Unconsumed plain input of a connection, unless `setInputLimit` says otherwise.
        package var inputLimit = 4 << 20
        /// Ciphertext that waits for the socket; beyond it `write` takes nothing.
        package var ciphertextLimit = 1 << 20
        package var acceptsPerTurn = 64
        /// Descriptors that listeners with `keepsReserve` leave to everybody else; a quarter of the limit if that is less.
        package var descriptorReserve = 64
        /// A handshake costs up to half a millisecond of signing and checking; more of them wait for the next turn.
        package var handshakesPerTurn = 8
        /// After so much time of a turn further ordinary ones wait as well, however few they were.
        package var handshakeNanosecondsPerTurn: UInt64 = 2_000_000
        /// Half-open connections: probing starts after this many silent seconds, gives up after `keepAliveProbes` unanswered
        /// ones; sent data that stays unacknowledged for `userTimeoutMilliseconds` ends the connection as well.
        package var keepAliveIdleSeconds: Int32 = 10
        package var keepAliveIntervalSeconds: Int32 = 5
        package var keepAliveProbes: Int32 = 3
        package var userTimeoutMilliseconds: UInt32 = 20_000
        package init() {}
    }

    package let options: Options
    package let waker: Waker
    @exclusivity(unchecked) package internal(set) var counters = TransportCounters()
    /// The monotonic clock in nanoseconds, read once right after the last wait returned.
    @exclusivity(unchecked) package private(set) var now: UInt64

    let poller: Poller
    /// Watches what is urgent, which the other watches as well; asked when that one has no room for all that is ready.
    let urgentPoller: Poller
    @exclusivity(unchecked) var connections: [Connection] = []
    var freeSlots: [Int] = []
    var listeners: [Listener] = []
    var pool = BufferPool()
    let scratch: UnsafeMutableRawBufferPointer
    let lookup: NameLookup

    /// Events of the turn under way.
    @exclusivity(unchecked) var queue: [TransportEvent] = []
    @exclusivity(unchecked) var failures: [(id: ConnectionID, reason: CloseReason)] = []
    /// Connections whose owner must be told of input that came outside of `read`.
    @exclusivity(unchecked) var unseen: [ConnectionID] = []
    /// Connections with ciphertext that no send has been tried for.
    @exclusivity(unchecked) var dirty: [ConnectionID] = []
    @exclusivity(unchecked) var connectDeadlines: Deadlines
    @exclusivity(unchecked) var addressDeadlines: Deadlines
    @exclusivity(unchecked) var handshakeDeadlines: Deadlines
    @exclusivity(unchecked) var lingerDeadlines: Deadlines
    @exclusivity(unchecked) var handshakePace: HandshakePace
    /// A descriptor kept back, so that one connection can be taken in and shut when the system has no more.
    var reserve: Int32

    @exclusivity(unchecked) private var ready: [quorate_ready] = Array(repeating: quorate_ready(), count: Poller.readyMax)
    @exclusivity(unchecked) private var urgent: [quorate_ready] = Array(repeating: quorate_ready(), count: Poller.readyMax)
    @exclusivity(unchecked) private var owner: pthread_t?

    package init(_ options: Options = Options()) throws(TransportError) {
        precondition(options.acceptsPerTurn > 0 && options.handshakesPerTurn > 0 && options.inputLimit > 0)
        self.options = options
        waker = try Waker()
        poller = try Poller()
        urgentPoller = try Poller()
        lookup = NameLookup(waker: waker)
        connectDeadlines = Deadlines(duration: options.connectTimeout)
        addressDeadlines = Deadlines(duration: options.connectTimeout / 4)
        handshakeDeadlines = Deadlines(duration: options.handshakeTimeout)
        lingerDeadlines = Deadlines(duration: options.lingerTimeout)
        handshakePace = HandshakePace(
            stepsPerTurn: options.handshakesPerTurn, nanosecondsPerTurn: options.handshakeNanosecondsPerTurn)
        scratch = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 64)
        reserve = openReserve()
        now = quorate_monotonic_ns()
        try poller.add(waker.descriptor, QUORATE_EPOLLIN, Poller.wakerTag)
    }

    deinit {
        for connection in connections where connection.phase != .free {
            if connection.descriptor >= 0 { _ = Glibc.close(connection.descriptor) }
            connection.input.release(to: &pool)
        }
        for listener in listeners where listener.descriptor >= 0 { _ = Glibc.close(listener.descriptor) }
        if reserve >= 0 { _ = Glibc.close(reserve) }
        pool.releaseAll()
        scratch.deallocate()
    }

    // MARK: The turn

    /// Waits for something to happen, at most until `deadline` on the monotonic clock (nil: without end), and replaces
    /// `events` by what happened. Returns with no events when only the deadline passed.
    package func wait(until deadline: UInt64?, into events: inout [TransportEvent]) {
        if owner == nil { owner = pthread_self() }
        assertOwner()
        counters.turns += 1
        flushDirty()
        queue.removeAll(keepingCapacity: true)
        handshakePace.beginTurn()
        let mustReturn = !failures.isEmpty || !unseen.isEmpty
        let maySleep = waker.maySleep() && !mustReturn
        let count = poller.wait(&ready, timeout: maySleep ? timeout(until: deadline) : 0)
        now = quorate_monotonic_ns()
        if waker.takePending() {
            queue.append(.woken)
            takeLookups()
        }
        serveReady(count)
        expireDeadlines()
        reportUnseen()
        reportFailures()
        swap(&events, &queue)
    }

    /// What is urgent first. One wait returns at most `readyMax` descriptors, in the kernel's order; if it returned so many, what
    /// is urgent is taken from its own set, of which every turn sees all that is ready.
    private func serveReady(_ count: Int) {
        if count == Poller.readyMax {
            serveUrgent()
        } else {
            for index in 0..<count where isUrgent(ready[index].data) { dispatch(ready[index].data, ready[index].events) }
        }
        for index in 0..<count where !isUrgent(ready[index].data) { dispatch(ready[index].data, ready[index].events) }
    }

    private func isUrgent(_ tag: UInt64) -> Bool {
        if tag == Poller.wakerTag { return false }
        if tag & Poller.listenerBit != 0 { return listeners[Int(UInt32(truncatingIfNeeded: tag))].urgency == .urgent }
        let slot = ConnectionID(rawValue: tag).slot
        return slot < connections.count && connections[slot].urgency == .urgent
    }

    private func serveUrgent() {
        // The kernel puts what it returned at the end of its list, so that so many waits see each descriptor once.
        for _ in 0...connections.count / Poller.readyMax {
            let count = urgentPoller.wait(&urgent, timeout: 0)
            for index in 0..<count { dispatch(urgent[index].data, urgent[index].events) }
            if count < Poller.readyMax { break }
        }
    }

    private func timeout(until deadline: UInt64?) -> Int64 {
        var earliest = deadline
        if let due = addressDeadlines.next { earliest = min(due, earliest ?? .max) }
        if let due = connectDeadlines.next { earliest = min(due, earliest ?? .max) }
        if let due = handshakeDeadlines.next { earliest = min(due, earliest ?? .max) }
        if let due = lingerDeadlines.next { earliest = min(due, earliest ?? .max) }
        if let due = nextAcceptResumption { earliest = min(due, earliest ?? .max) }
        guard let earliest else { return -1 }
        let current = quorate_monotonic_ns()
        return earliest <= current ? 0 : Int64(clamping: earliest - current)
    }

    private func dispatch(_ tag: UInt64, _ events: UInt32) {
        if tag == Poller.wakerTag { return waker.drain() }
        if tag & Poller.listenerBit != 0 { return acceptReady(Int(UInt32(truncatingIfNeeded: tag))) }
        let id = ConnectionID(rawValue: tag)
        guard id.slot < connections.count else { return }
        let connection = connections[id.slot]
        // An event of a connection that ended earlier in this turn.
        guard connection.id == id else { return }
        switch connection.phase {
        case .open: openReady(connection, events)
        case .connecting: connectReady(connection)
        case .handshaking: handshakeReady(connection, events)
        case .lingering: lingerReady(connection, events)
        case .free, .resolving, .failed: break
        }
    }

    private func openReady(_ connection: Connection, _ events: UInt32) {
        let broken = events & (QUORATE_EPOLLERR | QUORATE_EPOLLHUP) != 0
        // An owner that has not heard of the last input yet hears of it first.
        if broken && (!connection.isReading || connection.sawEnd && !connection.isListedUnseen) {
            return fail(connection, .reset, "The connection broke: \(systemErrorText(socketError(connection.descriptor))).")
        }
        if events & QUORATE_EPOLLOUT != 0 { sendReady(connection) }
        guard connection.phase == .open, connection.isReading, !connection.sawEnd else { return }
        if events & QUORATE_EPOLLIN != 0 || broken {
            connection.hasUnseenInput = connection.hasUnseenInput && !connection.input.isEmpty
            connection.isListedUnseen = false
            queue.append(.readable(connection.id, tag: connection.tag))
        }
    }

    private func reportUnseen() {
        guard !unseen.isEmpty else { return }
        for id in unseen {
            guard let connection = open(id), connection.isListedUnseen else { continue }
            connection.isListedUnseen = false
            // Turning reading on again lists it anew.
            guard connection.isReading else { continue }
            queue.append(.readable(id, tag: connection.tag))
        }
        unseen.removeAll(keepingCapacity: true)
    }

    private func reportFailures() {
        guard !failures.isEmpty else { return }
        for (id, reason) in failures {
            let connection = connections[id.slot]
            guard connection.id == id, connection.phase == .failed else { continue }
            queue.append(.closed(id, tag: connection.tag, reason))
            release(connection)
        }
        failures.removeAll(keepingCapacity: true)
    }

    private func expireDeadlines() {
        while let entry = addressDeadlines.popDue(now) { connectExpired(entry) }
        while let entry = connectDeadlines.popDue(now) { connectExpired(entry) }
        while let entry = handshakeDeadlines.popDue(now) { handshakeExpired(entry) }
        while let entry = lingerDeadlines.popDue(now) { lingerExpired(entry) }
        resumeAccepting()
    }

    // MARK: Slots and ids

    func assertOwner() {
        precondition(owner == nil || pthread_equal(owner!, pthread_self()) != 0, "an event loop was used off its thread")
    }

    /// The open connection of this id; nil if it is stale, closed, failed or not up yet.
    func open(_ id: ConnectionID) -> Connection? {
        assertOwner()
        guard id.slot < connections.count else { return nil }
        let connection = connections[id.slot]
        return connection.id == id && connection.phase == .open ? connection : nil
    }

    func takeSlot(tag: UInt32, _ urgency: Urgency) -> Connection {
        let connection: Connection
        if let slot = freeSlots.popLast() {
            connection = connections[slot]
        } else {
            connection = Connection(slot: connections.count)
            connections.append(connection)
        }
        connection.begin(tag: tag, urgency: urgency, inputLimit: options.inputLimit)
        return connection
    }

    /// Closes the socket, if there is one, and frees everything but the slot's place.
    func tearDown(_ connection: Connection) {
        if connection.descriptor >= 0 {
            _ = Glibc.close(connection.descriptor)
            connection.descriptor = -1
        }
        connection.interest = 0
        endHandshake(connection)
        connection.tls = nil
        connection.tlsContext = nil
        connection.expectedHost = nil
        connection.untried = []
        connection.isDirty = false
        connection.input.release(to: &pool)
    }

    func release(_ connection: Connection) {
        tearDown(connection)
        connection.phase = .free
        // While the owner still looks at the input, the slot stays out of circulation; `withInput` puts it back.
        if !connection.inputIsLent { freeSlots.append(connection.slot) }
    }

    /// Ends the connection; the owner hears of it from the wait under way or the next one.
    func fail(_ connection: Connection, _ kind: CloseReason.Kind, _ text: String) {
        counters.failed += 1
        tearDown(connection)
        connection.phase = .failed
        failures.append((connection.id, CloseReason(kind, text)))
    }

    func updateInterest(_ connection: Connection) {
        var wanted: UInt32 = 0
        switch connection.phase {
        case .open: if connection.isReading && !connection.sawEnd { wanted = QUORATE_EPOLLIN }
        case .handshaking: wanted = QUORATE_EPOLLIN
        case .lingering: if !connection.sawEnd { wanted = QUORATE_EPOLLIN }
        case .connecting: wanted = QUORATE_EPOLLOUT
        case .free, .resolving, .failed: return
        }
        if connection.sendBlocked { wanted |= QUORATE_EPOLLOUT }
        guard wanted != connection.interest else { return }
        modify(connection.descriptor, wanted, connection.id.rawValue, connection.urgency)
        connection.interest = wanted
    }
}

/// Any descriptor will do.
func openReserve() -> Int32 { Glibc.open("/dev/null", O_RDONLY | O_CLOEXEC) }
