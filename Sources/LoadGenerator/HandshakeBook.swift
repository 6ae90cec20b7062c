// Books of how clients get in: TLS handshakes as they come, and the return of all clients after their connections were cut.

package import Statistics

/// TLS handshakes of a run.
package struct HandshakeFigures: Sendable, Codable {
    package var done: UInt64 = 0
    /// Refused, broken or timed out, the TCP connection included.
    package var failed: UInt64 = 0
    /// How long at least one was under way.
    package var busyNanoseconds: UInt64 = 0
    /// From the request for a TCP connection to the end of the handshake.
    package var response = LatencyHistogram()

    /// Completed ones by second of the time in which any were under way.
    package var perSecond: Double { busyNanoseconds > 0 ? Double(done) * 1e9 / Double(busyNanoseconds) : 0 }
}

struct HandshakeBook {
    private(set) var figures = HandshakeFigures()
    /// When any were under way.
    private(set) var stretches: [Stretch] = []
    private var underWay = 0
    private var busySince: UInt64 = 0

    mutating func begin(now: UInt64) {
        if underWay == 0 { busySince = now }
        underWay += 1
    }

    mutating func end(since: UInt64, isDone: Bool, now: UInt64) {
        underWay -= 1
        if underWay == 0 {
            stretches.append(Stretch(start: min(busySince, now), end: now))
            figures.busyNanoseconds += now - min(busySince, now)
        }
        guard isDone else {
            figures.failed += 1
            return
        }
        figures.done += 1
        figures.response.record(now - min(since, now))
    }
}

/// A phase that began with the cutting of all connections.
package struct ReconnectFigures: Sendable, Codable {
    package var phase: String
    /// Connections that were cut.
    package var cut: UInt64 = 0
    /// Clients that had a session again before the run was over.
    package var back: UInt64 = 0
    /// From the cut to the return of the last of these.
    package var lastNanoseconds: UInt64 = 0
    /// The same for each client.
    package var response = LatencyHistogram()

    init(phase: String) { self.phase = phase }

    mutating func returned(after nanoseconds: UInt64) {
        back += 1
        lastNanoseconds = max(lastNanoseconds, nanoseconds)
        response.record(nanoseconds)
    }
}
