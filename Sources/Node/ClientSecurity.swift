// What a node is told of the way its clients come in: how a connection is protected, and what became of those that never were its
// clients.

/// How a client's connection is protected.
package enum ClientSecurity: Sendable {
    case plain
    /// TLS, and the client has shown no certificate.
    case encrypted
    /// TLS, and the client has shown a certificate that was verified.
    case mutual
}

/// Connections that the server turned away before the node heard of them, and handshakes that it has not heard the end of.
package struct EntranceCounts: Sendable, Equatable {
    package var handshakesUnderWay = 0
    package var handshakesDone: UInt64 = 0
    /// Handshakes that were not completed: timed out, plain text, a wrong certificate.
    package var handshakesFailed: UInt64 = 0
    /// Shut at once because too many handshakes were under way.
    package var handshakesExceeded: UInt64 = 0
    /// Shut because of the limits on clients' connections.
    package var rejected: UInt64 = 0

    package init() {}
}
