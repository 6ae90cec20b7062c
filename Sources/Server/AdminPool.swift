// Bounds on whoever asks at the admin port, put around FlyingFox's pool of waiting sockets, which itself has none: how many
// may wait at the same time, how long, and how much they may have sent. A connection that passes one is closed without an
// answer.

import FlyingSocks
import Glibc
import Synchronization

final class AdminPool<Base: AsyncSocketPool>: AsyncSocketPool {
    private let base: Base
    private let limits: AdminLimits
    private let waiting = Mutex(0)

    init(_ base: Base, limits: AdminLimits) {
        self.base = base
        self.limits = limits
    }

    func prepare() async throws { try await base.prepare() }
    func run() async throws { try await base.run() }

    func suspendSocket(_ socket: Socket, untilReadyFor events: Socket.Events) async throws {
        let descriptor = socket.file.rawValue
        if isListener(descriptor) { return try await base.suspendSocket(socket, untilReadyFor: events) }
        // A connection carries one request, so what it has received is the head of that.
        guard bytesReceived(descriptor) <= UInt64(limits.headBytes) else { throw SocketError.disconnected }
        let count = waiting.withLock { count in
            count += 1
            return count
        }
        defer { waiting.withLock { $0 -= 1 } }
        guard count <= limits.connections else { throw SocketError.disconnected }
        try await withThrowingTaskGroup(of: Void.self) { [base, limits] group in
            group.addTask { try await base.suspendSocket(socket, untilReadyFor: events) }
            group.addTask {
                try await Task.sleep(for: .milliseconds(limits.idleMs))
                throw SocketError.disconnected
            }
            defer { group.cancelAll() }
            try await group.next()
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

/// What the admin port bears.
package struct AdminLimits: Sendable {
    /// Connections that wait for bytes at the same time.
    package var connections = 64
    /// How long one may wait for the other side.
    package var idleMs = 15_000
    /// Bytes of a request with its head; judged whenever the connection waits for more.
    package var headBytes = 8_192

    package init() {}
}
