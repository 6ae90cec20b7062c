// Opening connections without ever blocking: names are resolved by NameLookup, the addresses tried one after the other.

import CLinux
import Glibc

extension EventLoop {
    /// Begins a connection and returns its id at once; `.connected` or `.closed` follows. `host` is an address or a name.
    /// With `tls`, `expectedHost` must stand among the names of the peer's certificate; nil checks the chain only.
    package func connect(
        _ host: String, port: UInt16, tag: UInt32, tls: TLSContext? = nil, expectedHost: String? = nil
    ) -> ConnectionID {
        assertOwner()
        let connection = takeSlot(tag: tag)
        connection.tlsContext = tls
        connection.expectedHost = expectedHost
        connection.name = host
        connection.deadline = connectDeadlines.add(connection.id, now: quorate_monotonic_ns())
        if let address = SocketAddress(host: host, port: port) {
            connection.untried = []
            begin(connection, to: address)
        } else {
            connection.phase = .resolving
            lookup.ask(connection.id, host: host, port: port)
        }
        return connection.id
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
        connection.descriptor = socket(address.domain, streamType, 0)
        guard connection.descriptor >= 0 else { return tryNext(connection, errno) }
        prepareSocket(connection.descriptor)
        let code = address.withSystemAddress { Glibc.connect(connection.descriptor, $0, $1) } == 0 ? 0 : errno
        guard code == 0 || code == EINPROGRESS || code == EINTR else { return tryNext(connection, code) }
        _ = watch(connection, QUORATE_EPOLLOUT)
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
        guard connection.id == entry.connection else { return }
        let seconds = Double(options.connectTimeout) / 1e9
        switch connection.phase {
        case .resolving:
            fail(connection, .connectTimeout, "The host name '\(connection.name)' was not resolved within \(seconds) s.")
        case .connecting:
            fail(connection, .connectTimeout, "\(described(connection)) did not answer a connection request within \(seconds) s.")
        default:
            break
        }
    }
}
