// Bounds on whoever asks at the admin port, put around FlyingFox's pool of waiting sockets, which itself has none: how many
// may wait at the same time, how long one may last, and how much it may have sent. A connection that passes one is closed
// without an answer, and counted.

import FlyingSocks
import Glibc
import Synchronization

final class AdminPool<Base: AsyncSocketPool>: AsyncSocketPool {
    private let base: Base
    private let limits: AdminLimits
    private let refusals: AdminRefusals
    private let waiting = Mutex(0)
    /// Since when connections are known, by the system's number of their sockets, which no two open ones share.
    private let since = Mutex<[UInt64: ContinuousClock.Instant]>([:])

    init(_ base: Base, limits: AdminLimits, refusals: AdminRefusals) {
        self.base = base
        self.limits = limits
        self.refusals = refusals
    }

    func prepare() async throws { try await base.prepare() }
    func run() async throws { try await base.run() }

    func suspendSocket(_ socket: Socket, untilReadyFor events: Socket.Events) async throws {
        let descriptor = socket.file.rawValue
        if isListener(descriptor) { return try await base.suspendSocket(socket, untilReadyFor: events) }
        // A connection carries one request, so what it has received is the head of that.
        guard bytesReceived(descriptor) <= UInt64(limits.headBytes) else { throw refused() }
        let end = lastInstant(of: descriptor)
        let count = waiting.withLock { count in
            count += 1
            return count
        }
        defer { waiting.withLock { $0 -= 1 } }
        guard count <= limits.connections else { throw refused() }
        try await withThrowingTaskGroup(of: Void.self) { [base, refusals] group in
            group.addTask { try await base.suspendSocket(socket, untilReadyFor: events) }
            group.addTask {
                try await Task.sleep(until: end, clock: .continuous)
                refusals.count.withLock { $0 += 1 }
                throw SocketError.disconnected
            }
            defer { group.cancelAll() }
            try await group.next()
        }
    }

    private func refused() -> SocketError {
        refusals.count.withLock { $0 += 1 }
        return .disconnected
    }

    /// Until when a connection may last, from when it first waited: whoever sends a byte now and then gains nothing.
    private func lastInstant(of descriptor: Int32) -> ContinuousClock.Instant {
        var status = stat()
        fstat(descriptor, &status)
        let now = ContinuousClock.now
        let whole = Duration.milliseconds(limits.wholeMs)
        return since.withLock { since in
            // Whoever is older than that is gone, or goes now.
            if since.count > 4 * limits.connections { since = since.filter { now < $0.value + whole * 2 } }
            let first = since[UInt64(status.st_ino)] ?? now
            since[UInt64(status.st_ino)] = first
            return first + whole
        }
    }

    private func isListener(_ descriptor: Int32) -> Bool {
        var value: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        return getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &value, &length) == 0 && value != 0
    }

    /// `tcpi_bytes_received` of the kernel's tcp_info, which the system's C header does not name; 0 where it isn't told.
    private func bytesReceived(_ descriptor: Int32) -> UInt64 {
        let place = 128
        var information = [UInt8](repeating: 0, count: 256)
        var length = socklen_t(information.count)
        guard getsockopt(descriptor, Int32(IPPROTO_TCP), TCP_INFO, &information, &length) == 0, Int(length) >= place + 8 else {
            return 0
        }
        return information.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: place, as: UInt64.self) }
    }
}

/// Connections to the admin port that were closed because they passed a bound.
final class AdminRefusals: Sendable {
    let count = Mutex<UInt64>(0)
}

/// What the admin port bears.
package struct AdminLimits: Sendable {
    /// Connections that wait for bytes at the same time.
    package var connections = 64
    /// How long one may last, with its request and its answer.
    package var wholeMs = 15_000
    /// Bytes of a request with its head; judged whenever the connection waits for more.
    package var headBytes = 8_192

    package init() {}
}
