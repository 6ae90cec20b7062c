// Closing: at once, or gracefully. A graceful close delivers what was taken over, says farewell, and reads on until the
// peer's end: a socket closed with unread input would answer it with a reset, and that reset may overtake the delivery.

import CLinux
import Glibc

extension EventLoop {
    /// Ends a connection in any phase. The id is free at once and no event of it follows.
    package func close(_ id: ConnectionID, graceful: Bool) {
        assertOwner()
        guard id.slot < connections.count else { return }
        let connection = connections[id.slot]
        guard connection.id == id else { return }
        switch connection.phase {
        case .free, .lingering: return
        case .resolving, .connecting, .handshaking, .failed: release(connection)
        case .open:
            if graceful {
                connection.tls?.sayFarewell()
                linger(connection)
            } else {
                release(connection)
            }
        }
    }

    /// Delivers the backlog, then ends our side and waits for the other's.
    func linger(_ connection: Connection) {
        if !connection.inputIsLent { connection.input.release(to: &pool) }
        connection.phase = .lingering
        connection.deadline = lingerDeadlines.add(connection.id, now: quorate_monotonic_ns())
        if connection.isCorked { _ = quorate_set_no_delay(connection.descriptor) }
        if connection.tls == nil { connection.sendBlocked = false }
        lingerOn(connection)
    }

    private func lingerOn(_ connection: Connection) {
        flushCiphertext(connection)
        guard connection.phase == .lingering else { return }
        if connection.tls?.hasOutput != true {
            if connection.sawEnd { return release(connection) }
            _ = shutdown(connection.descriptor, Int32(SHUT_WR))
            connection.sendBlocked = false
        }
        updateInterest(connection)
    }

    func lingerReady(_ connection: Connection, _ events: UInt32) {
        if events & (QUORATE_EPOLLERR) != 0 { return release(connection) }
        if events & QUORATE_EPOLLOUT != 0 { connection.sendBlocked = false }
        if events & (QUORATE_EPOLLIN | QUORATE_EPOLLHUP) != 0 && !connection.sawEnd {
            let count = recv(connection.descriptor, scratch.baseAddress!, scratch.count, 0)
            if count < 0 && errno != EAGAIN && errno != EINTR { return release(connection) }
            if count == 0 { connection.sawEnd = true }
        }
        lingerOn(connection)
    }

    func lingerExpired(_ entry: Deadlines.Entry) {
        let connection = connections[entry.connection.slot]
        if connection.id == entry.connection && connection.phase == .lingering { release(connection) }
    }

    // MARK: What is known of a connection

    package func remoteAddress(_ id: ConnectionID) -> SocketAddress {
        guard id.slot < connections.count, connections[id.slot].id == id else { return .any(port: 0) }
        return connections[id.slot].remote
    }

    /// The version and cipher suite that a TLS connection agreed on; nil for a plain one.
    package func tlsInfo(_ id: ConnectionID) -> (version: String, cipher: String)? { open(id)?.tls?.agreement }

    /// Whether the host stands among the names (DNS or IP) of the peer's verified certificate.
    package func peerCertificateMatches(_ id: ConnectionID, host: String) -> Bool {
        open(id)?.tls?.peerMatches(host: host) ?? false
    }

    /// Names and subject of the peer's certificate, for log lines.
    package func peerCertificateText(_ id: ConnectionID) -> String? { open(id)?.tls?.peerText }

    /// The socket itself, for diagnosis.
    package func descriptor(_ id: ConnectionID) -> Int32? { open(id)?.descriptor }

    /// Connections in any phase but free.
    package var connectionCount: Int { connections.count - freeSlots.count }
}
