// Opening connections without ever blocking: names are resolved by NameLookup, the addresses tried one after the other.

import CLinux
import Glibc

extension EventLoop {
    /// Begins a connection and returns its id at once; `.connected` or `.closed` follows. `host` is an address or a name.
    /// With `tls`, `expectedHost` must stand among the names of the peer's certificate; nil checks the chain only.
    package func connect(
        _ host: String, port: UInt16, tag: UInt32, tls: TLSContext? = nil, expectedHost: String? = nil,
        urgency: Urgency = .ordinary
    ) -> ConnectionID {
        if let address = SocketAddress(host: host, port: port) {
            return connect(to: [address], name: host, tag: tag, tls: tls, expectedHost: expectedHost, urgency: urgency)
        }
        let connection = takeSlot(name: host, tag, tls, expectedHost, urgency)
        connection.phase = .resolving
        connection.deadline = connectDeadlines.add(connection.id, now: quorate_monotonic_ns())
        lookup.ask(connection.id, host: host, port: port)
        return connection.id
    }

    /// The same for the addresses of one name, which are tried in order; there must be one.
    package func connect(
        to addresses: [SocketAddress], name: String, tag: UInt32, tls: TLSContext? = nil, expectedHost: String? = nil,
        urgency: Urgency = .ordinary
    ) -> ConnectionID {
        precondition(!addresses.isEmpty, "a connection needs an address")
        let connection = takeSlot(name: name, tag, tls, expectedHost, urgency)
        connection.untried = addresses.reversed()
        begin(connection, to: connection.untried.removeLast())
        return connection.id
    }

    private func takeSlot(
        name: String, _ tag: UInt32, _ tls: TLSContext?, _ expectedHost: String?, _ urgency: Urgency
    ) -> Connection {
        assertOwner()
        let connection = takeSlot(tag: tag, urgency)
        connection.tlsContext = tls
        connection.expectedHost = expectedHost
        connection.name = name
        return connection
    }

    func takeLookups() {
        for answer in lookup.takeAnswers() {
            let connection = connections[answer.connection.slot]
            guard connection.id == answer.connection, connection.phase == .resolving else { continue }
            switch answer.result {
            case .success(let addresses):
                connection.untried = addresses.reversed()
                begin(connection, to: connection.untried.removeLast())
            case .failure(let error):
                fail(connection, .nameUnresolved, error.text)
            }
        }
    }

    private func begin(_ connection: Connection, to address: SocketAddress) {
        connection.remote = address
        connection.phase = .connecting
        // Each address has a time of its own, a shorter one while others are left: a dead one must not use up the others'.
        let now = quorate_monotonic_ns()
        connection.deadline =
            connection.untried.isEmpty
            ? connectDeadlines.add(connection.id, now: now) : addressDeadlines.add(connection.id, now: now)
        connection.descriptor = socket(address.domain, streamType, 0)
        guard connection.descriptor >= 0 else { return tryNext(connection, errno) }
        prepareSocket(connection.descriptor)
        let code = address.withSystemAddress { Glibc.connect(connection.descriptor, $0, $1) } == 0 ? 0 : errno
        guard code == 0 || code == EINPROGRESS || code == EINTR else { return tryNext(connection, code) }
        do throws(TransportError) {
            try watch(connection, QUORATE_EPOLLOUT)
        } catch {
            fail(connection, .connectFailed, error.text)
        }
    }

    private func tryNext(_ connection: Connection, _ code: Int32) {
        if connection.descriptor >= 0 {
            _ = Glibc.close(connection.descriptor)
            connection.descriptor = -1
        }
        if let next = connection.untried.popLast() { return begin(connection, to: next) }
        let cause = code == ECONNREFUSED ? "nothing listens there" : systemErrorText(code)
        fail(connection, .connectFailed, "Cannot connect to \(described(connection)): \(cause).")
    }

    private func described(_ connection: Connection) -> String {
        let address = connection.remote.description
        return connection.name == connection.remote.host || connection.name.isEmpty ? address : "\(connection.name) (\(address))"
    }

    func connectReady(_ connection: Connection) {
        let code = socketError(connection.descriptor)
        guard code == 0 else { return tryNext(connection, code) }
        connection.untried = []
        if let tls = connection.tlsContext {
            beginHandshake(connection, tls, expectedHost: connection.expectedHost)
        } else {
            connection.phase = .open
            counters.connected += 1
            updateInterest(connection)
            queue.append(.connected(connection.id, tag: connection.tag))
        }
    }

    func connectExpired(_ entry: Deadlines.Entry) {
        let connection = connections[entry.connection.slot]
        // Another address has another deadline by now.
        guard connection.id == entry.connection, connection.deadline == entry.due else { return }
        let seconds = Double(options.connectTimeout) / 1e9
        switch connection.phase {
        case .resolving:
            fail(connection, .connectTimeout, "The host name '\(connection.name)' was not resolved within \(seconds) s.")
        case .connecting where !connection.untried.isEmpty:
            tryNext(connection, ETIMEDOUT)
        case .connecting:
            fail(connection, .connectTimeout, "\(described(connection)) did not answer a connection request within \(seconds) s.")
        default:
            break
        }
    }
}
