// Listening and accepting: paced, so that a flood of new connections neither starves the old ones nor makes a turn long,
// and patient when the system runs out of descriptors.

import CLinux
import Glibc

struct Listener {
    let id: ListenerID
    var descriptor: Int32
    let tag: UInt32
    /// Of the connections to come; those that are open keep the one they began with.
    var tls: TLSContext?
    let address: SocketAddress
    let urgency: Urgency
    /// Connections get no descriptor from this number on.
    let ceiling: Int
    /// Handshakes under way, and how many there may be.
    var handshakes = 0
    let handshakeLimit: Int
    /// While accepting pauses: when to try again, and the pause that follows if that fails.
    var resumesAt: UInt64?
    var pause = Listener.shortestPause

    static let shortestPause: UInt64 = 10_000_000
    static let longestPause: UInt64 = 1_000_000_000
}

extension EventLoop {
    /// Listens on a TCP address; port 0 takes a free one. With `tls`, connections are reported once their handshake is done.
    /// The wildcard of IPv6 takes IPv4 as well, and is that of IPv4 on a machine where IPv6 is off. With `keepsReserve`
    /// accepting pauses while only `Options.descriptorReserve` descriptors are left. What comes while `handshakeLimit`
    /// handshakes are under way is shut at once; at an urgent listener the oldest of them is given up instead, so that those
    /// who say nothing keep out nobody who does.
    package func listen(
        _ address: SocketAddress, tag: UInt32, backlog: Int32 = 1024, tls: TLSContext? = nil, urgency: Urgency = .ordinary,
        keepsReserve: Bool = false, handshakeLimit: Int = .max
    ) throws(TransportError) -> (ListenerID, boundPort: UInt16) {
        assertOwner()
        func open(_ address: SocketAddress) throws(TransportError) -> (ListenerID, boundPort: UInt16) {
            try self.open(address, backlog: backlog) { id, descriptor, address in
                Listener(
                    id: id, descriptor: descriptor, tag: tag, tls: tls, address: address, urgency: urgency,
                    ceiling: keepsReserve ? DescriptorLimit.ceiling(keeping: options.descriptorReserve) : .max,
                    handshakeLimit: handshakeLimit)
            }
        }
        do throws(TransportError) {
            return try open(address)
        } catch {
            let isWithoutIPv6 = error.code == EAFNOSUPPORT || error.code == EADDRNOTAVAIL
            guard address.family == .ipv6, address.isWildcard, isWithoutIPv6 else { throw error }
            return try open(.anyIPv4(port: address.port))
        }
    }

    private func open(
        _ address: SocketAddress, backlog: Int32, _ listener: (ListenerID, _ descriptor: Int32, SocketAddress) -> Listener
    ) throws(TransportError) -> (ListenerID, boundPort: UInt16) {
        let descriptor = socket(address.domain, streamType, 0)
        if descriptor < 0 {
            throw TransportError("No socket could be opened to listen on \(address): \(systemErrorText(errno)).", code: errno)
        }
        do throws(TransportError) {
            let port = try bind(descriptor, to: address, backlog: backlog)
            let id = ListenerID(rawValue: UInt32(listeners.count))
            let listener = listener(id, descriptor, address.with(port: port))
            try add(descriptor, QUORATE_EPOLLIN, Poller.listenerBit | UInt64(id.rawValue), listener.urgency)
            listeners.append(listener)
            return (id, port)
        } catch {
            _ = Glibc.close(descriptor)
            throw error
        }
    }

    /// Connections that are accepted from now on are shaken hands with by this context; those that are there stay as they are.
    package func setTLS(of id: ListenerID, _ context: TLSContext) {
        assertOwner()
        precondition(listeners[Int(id.rawValue)].tls != nil, "a listener without TLS does not get it later")
        listeners[Int(id.rawValue)].tls = context
    }

    /// Stops taking in connections; those that were taken in stay.
    package func stopListening(_ id: ListenerID) {
        assertOwner()
        let index = Int(id.rawValue)
        guard index < listeners.count, listeners[index].descriptor >= 0 else { return }
        _ = Glibc.close(listeners[index].descriptor)
        listeners[index].descriptor = -1
        listeners[index].resumesAt = nil
    }

    private func bind(_ descriptor: Int32, to address: SocketAddress, backlog: Int32) throws(TransportError) -> UInt16 {
        var on: Int32 = 1
        var off: Int32 = 0
        let size = socklen_t(MemoryLayout<Int32>.size)
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, size)
        if address.family == .ipv6 && address.isWildcard {
            setsockopt(descriptor, Int32(IPPROTO_IPV6), IPV6_V6ONLY, &off, size)
        }
        if address.withSystemAddress({ Glibc.bind(descriptor, $0, $1) }) != 0 {
            let code = errno
            let remedy =
                switch code {
                case EADDRINUSE: "another process listens there; stop it or choose another port"
                case EADDRNOTAVAIL: "this machine does not have that address; check the configuration"
                case EACCES: "ports below 1024 need the right to bind them; choose a higher port"
                default: systemErrorText(code)
                }
            throw TransportError("Cannot listen on \(address): \(remedy).", code: code)
        }
        if Glibc.listen(descriptor, backlog) != 0 {
            throw TransportError("Cannot listen on \(address): \(systemErrorText(errno)).", code: errno)
        }
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let code = withUnsafeMutablePointer(to: &storage) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) }
        }
        guard code == 0, let bound = SocketAddress(storage: storage) else {
            throw TransportError("The port bound for \(address) cannot be read back: \(systemErrorText(errno)).", code: errno)
        }
        return bound.port
    }

    func acceptReady(_ index: Int) {
        guard index < listeners.count, listeners[index].descriptor >= 0, listeners[index].resumesAt == nil else { return }
        // It is reported again by the next wait.
        if handshakePace.isBehind, listeners[index].tls != nil, listeners[index].urgency == .ordinary { return }
        var remaining = options.acceptsPerTurn
        while remaining > 0 {
            var storage = sockaddr_storage()
            var length = UInt32(MemoryLayout<sockaddr_storage>.size)
            let descriptor = quorate_accept(listeners[index].descriptor, &storage, &length)
            guard descriptor >= 0 else {
                switch -descriptor {
                case EAGAIN: return
                case EMFILE, ENFILE, ENOBUFS, ENOMEM: return pauseAccepting(index, sheds: true)
                // The network's errors concern one connection that is gone already, not the listener.
                default:
                    remaining -= 1
                    continue
                }
            }
            remaining -= 1
            // Shut again, so that the client turns to another member instead of waiting in a queue that does not move.
            if Int(descriptor) >= listeners[index].ceiling {
                _ = Glibc.close(descriptor)
                counters.connectionsShed += 1
                return pauseAccepting(index, sheds: false)
            }
            listeners[index].pause = Listener.shortestPause
            if listeners[index].handshakes >= listeners[index].handshakeLimit {
                counters.handshakesExceeded += 1
                guard listeners[index].urgency == .urgent else {
                    _ = Glibc.close(descriptor)
                    continue
                }
                giveUpOldestHandshake(listeners[index].id)
            }
            takeIn(descriptor, SocketAddress(storage: storage), listeners[index].id)
        }
    }

    /// Makes an accepted socket a connection of the loop. If the system can't watch it, it is shut and nobody hears of it.
    package func takeIn(_ descriptor: Int32, _ remote: SocketAddress?, _ id: ListenerID) {
        let listener = listeners[Int(id.rawValue)]
        let connection = takeSlot(tag: listener.tag, listener.urgency)
        connection.descriptor = descriptor
        connection.listener = listener.id
        connection.remote = remote ?? .any(port: 0)
        counters.accepted += 1
        prepareSocket(descriptor)
        do throws(TransportError) {
            try watch(connection, QUORATE_EPOLLIN)
        } catch {
            counters.failed += 1
            counters.connectionsShed += 1
            return release(connection)
        }
        if let tls = listener.tls {
            beginHandshake(connection, tls, expectedHost: nil)
        } else {
            connection.phase = .open
            queue.append(.accepted(connection.id, listener.id, tag: connection.tag))
        }
    }

    // MARK: Exhaustion

    /// Takes the listener out of the poll for a while: a level-triggered listener that cannot be served would spin.
    private func pauseAccepting(_ index: Int, sheds: Bool) {
        counters.acceptPauses += 1
        if sheds, listeners[index].pause > Listener.shortestPause { shedOne(index) }
        modify(listeners[index].descriptor, 0, Poller.listenerBit | UInt64(index), listeners[index].urgency)
        listeners[index].resumesAt = now + listeners[index].pause
        listeners[index].pause = min(2 * listeners[index].pause, Listener.longestPause)
    }

    /// Refuses one waiting connection by the reserve descriptor, so that its client can turn to another member instead of
    /// waiting in a queue that does not move.
    private func shedOne(_ index: Int) {
        if reserve >= 0 { _ = Glibc.close(reserve) }
        let descriptor = quorate_accept(listeners[index].descriptor, nil, nil)
        if descriptor >= 0 {
            _ = Glibc.close(descriptor)
            counters.connectionsShed += 1
        }
        reserve = openReserve()
    }

    var nextAcceptResumption: UInt64? {
        var earliest: UInt64?
        for listener in listeners {
            if let resumesAt = listener.resumesAt, resumesAt < earliest ?? .max { earliest = resumesAt }
        }
        return earliest
    }

    func resumeAccepting() {
        for index in listeners.indices {
            guard let resumesAt = listeners[index].resumesAt, resumesAt <= now else { continue }
            listeners[index].resumesAt = nil
            if reserve < 0 { reserve = openReserve() }
            modify(
                listeners[index].descriptor, QUORATE_EPOLLIN, Poller.listenerBit | UInt64(index), listeners[index].urgency)
        }
    }
}
