// Carries bytes from one connection to another, and does to them what the state of their link says: later, slower, changed, or
// not at all for a while. It belongs to one thread. Who asks for what is in LinkProxy.swift.

import Dispatch
import Glibc
import Synchronization
import Transport

final class LinkCarrier {
    enum Order: Sendable {
        case set(Link, LinkState)
        case reset(Link)
        case halfOpen(Link)
    }

    /// What is on its way to one end of a connection.
    private struct Lane {
        var waiting: [(due: UInt64, bytes: [UInt8])] = []
        /// Pieces at the front that have gone on already, and bytes of the one behind them.
        var gonePieces = 0
        var goneBytes = 0
        var count = 0
        var latestDue: UInt64 = 0
        /// The end is not connected yet or takes nothing more; an event tells when it does.
        var isBlocked = false

        var isEmpty: Bool { gonePieces == waiting.count }
        var first: (due: UInt64, bytes: [UInt8])? { isEmpty ? nil : waiting[gonePieces] }
    }

    /// A connection that a member has opened to another: end 0 is the one that opened it.
    private final class Pair {
        let route: Int
        var ends: [ConnectionID?]
        /// Towards each end.
        var lanes = [Lane(), Lane()]
        /// The end that has closed; what it sent still goes on.
        var ended: Int?
        /// The other end is gone and this one is not told.
        var silent: Int?
        /// A member that can't be reached is not dialled: what asks for it gets lost, too.
        var mustDial = true

        init(route: Int, near: ConnectionID) {
            self.route = route
            ends = [near, nil]
            lanes[1].isBlocked = true
        }
    }

    /// Bytes that may be on their way in one direction before no more are taken.
    private static let lengthMax = 64 << 20
    /// So that a slow link is a stream of small pieces.
    private static let slowPiece = 4_096
    let loop: EventLoop
    private let routes: [LinkProxy.Route]
    private let shared: LinkProxy.Shared
    private var states: [Link: LinkState] = [:]
    /// When a link that carries so many bytes a second is free for the next one.
    private var freeAt: [Link: UInt64] = [:]
    private var pieces = 0
    private var carried: [Link: UInt64] = [:]
    private var pairs: [Int: Pair] = [:]
    private var nextPair = 0
    private var events: [TransportEvent] = []
    /// End of a pair by connection: twice the pair's number, and one more for its far end.
    private var places: [ConnectionID: Int] = [:]

    init(_ routes: [LinkProxy.Route], _ state: LinkState, _ shared: LinkProxy.Shared) throws(TransportError) {
        var options = EventLoop.Options()
        // What a link does to a connection is for this proxy to say, not for the system under it.
        options.keepAliveIdleSeconds = 600
        options.userTimeoutMilliseconds = 600_000
        loop = try EventLoop(options)
        self.routes = routes
        self.shared = shared
        for route in routes { for link in [route.link, route.link.reversed] { states[link] = state } }
    }

    func open() throws(TransportError) -> [UInt16] {
        var ports: [UInt16] = []
        for index in routes.indices { ports.append(try loop.listen(.loopback(port: 0), tag: UInt32(index)).boundPort) }
        return ports
    }

    func run() {
        while !shared.isEnding.load(ordering: .acquiring) {
            loop.wait(until: nextDue, into: &events)
            for event in events { handle(event) }
            let orders = shared.orders.withLock { orders in
                defer { orders.removeAll() }
                return orders
            }
            for (order, _) in orders { carryOut(order) }
            moveOn()
            for (_, isDone) in orders { isDone.signal() }
        }
        // Nobody may wait for an order that came too late.
        for (_, isDone) in shared.orders.withLock({ $0 }) { isDone.signal() }
    }

    private func moveOn() {
        let now = loop.now
        for (number, pair) in pairs {
            if pair.mustDial, !isCut(towards: 0, of: pair), !isCut(towards: 1, of: pair) { dial(number, pair) }
            for side in 0...1 { deliver(pair, side, now: now) }
            guard let ended = pair.ended else { continue }
            if pair.lanes[1 - ended].isEmpty, !isCut(towards: 1 - ended, of: pair) { end(number) }
        }
        let snapshot = carried
        shared.carried.withLock { $0 = snapshot }
    }

    // MARK: Links

    /// The link whose bytes arrive at this end.
    private func link(towards side: Int, of pair: Pair) -> Link {
        let link = routes[pair.route].link
        return side == 1 ? link : link.reversed
    }

    private func state(towards side: Int, of pair: Pair) -> LinkState { states[link(towards: side, of: pair)] ?? LinkState() }

    private func isCut(towards side: Int, of pair: Pair) -> Bool { state(towards: side, of: pair).isCut }

    private var nextDue: UInt64? {
        var least: UInt64?
        for pair in pairs.values {
            for side in 0...1 where !pair.lanes[side].isBlocked {
                guard let due = pair.lanes[side].first?.due, due < least ?? .max else { continue }
                if !isCut(towards: side, of: pair) { least = due }
            }
        }
        return least
    }

    private func carryOut(_ order: Order) {
        switch order {
        case .set(let link, let state): states[link] = state
        case .reset(let link):
            for (number, pair) in pairs where routes[pair.route].link == link || routes[pair.route].link == link.reversed {
                for side in 0...1 { abort(pair.ends[side]) }
                pairs[number] = nil
            }
        case .halfOpen(let link):
            for (number, pair) in pairs where pair.silent == nil {
                let own = routes[pair.route].link
                if own == link || own == link.reversed { silence(number, pair, gone: own.from == link.from ? 0 : 1) }
            }
        }
    }

    private func silence(_ number: Int, _ pair: Pair, gone: Int) {
        abort(pair.ends[gone])
        pair.ends[gone] = nil
        pair.lanes = [Lane(), Lane()]
        pair.silent = 1 - gone
        pair.ended = nil
        pair.mustDial = false
        if pair.ends[1 - gone] == nil { pairs[number] = nil }
    }

    /// Ends a connection so that its other end is told of a reset.
    private func abort(_ id: ConnectionID?) {
        guard let id else { return }
        places[id] = nil
        if let descriptor = loop.descriptor(id) {
            var now = linger(l_onoff: 1, l_linger: 0)
            setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &now, socklen_t(MemoryLayout<linger>.size))
        }
        loop.close(id, graceful: false)
    }

    // MARK: Connections

    private func handle(_ event: TransportEvent) {
        switch event {
        case .accepted(let id, _, let tag):
            places[id] = nextPair * 2
            pairs[nextPair] = Pair(route: Int(tag), near: id)
            nextPair += 1
        case .readable(let id, _): if let place = places[id] { take(place / 2, from: place % 2) }
        case .closed(let id, _, _): if let place = places[id] { hasEnded(place / 2, side: place % 2) }
        case .connected(let id, _), .writable(let id, _):
            if let place = places[id] { pairs[place / 2]?.lanes[place % 2].isBlocked = false }
        case .woken: break
        }
    }

    private func dial(_ number: Int, _ pair: Pair) {
        pair.mustDial = false
        let far = loop.connect(to: [.loopback(port: routes[pair.route].target)], name: "member", tag: 0)
        places[far] = number * 2 + 1
        pair.ends[1] = far
    }

    private func take(_ number: Int, from side: Int) {
        guard let pair = pairs[number], let id = pair.ends[side] else { return }
        let outcome = loop.read(id)
        guard case .data = outcome else {
            if case .wouldBlock = outcome { return }
            return hasEnded(number, side: side)
        }
        loop.withInput(id) { input in
            if pair.silent == nil { accept(input, pair, towards: 1 - side) }
            return input.count
        }
        if pair.lanes[1 - side].count > Self.lengthMax { loop.setReading(id, false) }
    }

    /// Puts what one end has sent on its way to the other.
    private func accept(_ input: UnsafeRawBufferPointer, _ pair: Pair, towards side: Int) {
        let link = link(towards: side, of: pair)
        let state = states[link] ?? LinkState()
        let size = state.bytesPerSecond == nil ? input.count : Self.slowPiece
        for start in stride(from: 0, to: input.count, by: max(size, 1)) {
            var bytes = Array(input[start..<min(start + size, input.count)])
            pieces += 1
            if let every = state.corruptsEvery, pieces % every == 0 {
                bytes[Int.random(in: bytes.indices)] ^= 1 << UInt8.random(in: 0...7)
            }
            var due = loop.now + state.delayNanoseconds
            if state.jitterNanoseconds > 0 { due += .random(in: 0...state.jitterNanoseconds) }
            if let rate = state.bytesPerSecond {
                due = max(due, freeAt[link] ?? 0) + UInt64(bytes.count) * 1_000_000_000 / max(rate, 1)
                freeAt[link] = due
            }
            due = max(due, pair.lanes[side].latestDue)
            pair.lanes[side].latestDue = due
            pair.lanes[side].count += bytes.count
            pair.lanes[side].waiting.append((due, bytes))
        }
    }

    /// Sends on towards `side` what has been on its way for long enough.
    private func deliver(_ pair: Pair, _ side: Int, now: UInt64) {
        guard let id = pair.ends[side], !isCut(towards: side, of: pair) else { return }
        let link = link(towards: side, of: pair)
        while !pair.lanes[side].isBlocked, let first = pair.lanes[side].first, first.due <= now {
            let gone = pair.lanes[side].goneBytes
            let taken = first.bytes.withUnsafeBytes {
                loop.write(id, UnsafeRawBufferPointer(rebasing: $0[gone...]), more: false)
            }
            pair.lanes[side].count -= taken
            carried[link, default: 0] += UInt64(taken)
            guard gone + taken == first.bytes.count else {
                pair.lanes[side].goneBytes = gone + taken
                pair.lanes[side].isBlocked = true
                return
            }
            pair.lanes[side].goneBytes = 0
            pair.lanes[side].gonePieces += 1
        }
        if pair.lanes[side].gonePieces > 64 || pair.lanes[side].isEmpty {
            pair.lanes[side].waiting.removeFirst(pair.lanes[side].gonePieces)
            pair.lanes[side].gonePieces = 0
        }
        if pair.lanes[side].count < Self.lengthMax / 2, pair.ended != 1 - side, let other = pair.ends[1 - side] {
            loop.setReading(other, true)
        }
    }

    private func hasEnded(_ number: Int, side: Int) {
        guard let pair = pairs[number] else { return }
        // When both have, or one was never let through, nobody is there for what is still on its way.
        if pair.silent != nil || pair.mustDial || pair.ended.map({ $0 != side }) == true { return end(number) }
        pair.ended = side
        pair.lanes[side] = Lane()
        if let id = pair.ends[side] { loop.setReading(id, false) }
    }

    private func end(_ number: Int) {
        guard let pair = pairs.removeValue(forKey: number) else { return }
        for id in pair.ends.compactMap(\.self) {
            places[id] = nil
            loop.close(id, graceful: true)
        }
    }
}
