// What a loop has counted since it began, for the metrics page.

package struct TransportCounters: Sendable, Equatable {
    package var turns = 0
    package var accepted = 0
    package var connected = 0
    package var failed = 0
    package var receives = 0
    package var sends = 0
    package var bytesReceived = 0
    package var bytesSent = 0
    /// Connections shut at once because too many handshakes were under way at their listener.
    package var handshakesExceeded = 0
    /// Handshakes that did not end well, for any reason; the two below are part of it.
    package var handshakesFailed = 0
    package var handshakesTimedOut = 0
    package var plaintextRefused = 0
    /// Times that accepting paused because the system had no descriptor or memory left.
    package var acceptPauses = 0
    /// Connections taken in on the reserve descriptor only to be shut again.
    package var connectionsShed = 0
    /// TLS streams that ended without the peer's farewell (close_notify).
    package var truncatedStreams = 0

    package init() {}
}
