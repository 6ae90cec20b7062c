// One connection to the admin port: a request within its bounds of time and size, an answer, the end. What a request says is
// read in AdminRequest.swift, what is answered is decided in AdminAnswer.swift.

import FlyingSocks
import Foundation
import Glibc

/// What the admin port bears.
package struct AdminLimits: Sendable {
    /// Connections at the same time.
    package var connections = 64
    /// How long a request may take to come, from its first byte to its last, and its answer to go.
    package var requestMs = 15_000
    /// Bytes of a request's head.
    package var headBytes = 8_192
    /// How long what is sent behind a refused request is read and dropped, so that the answer is not lost with it.
    package var lingerMs = 1_000

    package init() {}
}

struct AdminConnection: Sendable {
    let socket: AsyncSocket
    let limits: AdminLimits

    private enum Ending: Error { case late }

    /// Serves one request and closes.
    /// - Returns: whether it was refused.
    func serve(_ answer: @Sendable (String) -> AdminAnswer) async -> Bool {
        defer { try? socket.close() }
        guard let request = try? await read() else { return false }
        switch request {
        case .path(let path, let isHead):
            try? await send(answer(path).bytes(withoutBody: isHead))
            return false
        case .refused(let refusal):
            try? await send(refusal.bytes(withoutBody: false))
            await dropRest()
            return true
        }
    }

    /// Turns a connection away for which there is no place, without waiting for anything.
    func turnAway() {
        let text = "Too many connections at once: \(limits.connections) are served here.\n"
        _ = try? socket.socket.write(AdminAnswer(status: 503, body: text).bytes(withoutBody: false), from: 0)
        try? socket.close()
    }

    private func read() async throws -> AdminRequest {
        let end = ContinuousClock.now + .milliseconds(limits.requestMs)
        var bytes: [UInt8] = []
        while true {
            if let request = AdminRequest(reading: bytes, limit: limits.headBytes) { return request }
            do {
                bytes += try await within(end) { try await socket.read(atMost: 4_096) }
            } catch Ending.late where !bytes.isEmpty {
                return .refused(AdminAnswer(status: 408, body: "The request took more than \(limits.requestMs) ms to come.\n"))
            } catch SocketError.disconnected where !bytes.isEmpty {
                return .refused(.unreadable("it ends within its head"))
            }
        }
    }

    private func send(_ bytes: Data) async throws {
        try await within(ContinuousClock.now + .milliseconds(limits.requestMs)) { try await socket.write(bytes) }
    }

    /// Closing a socket with unread bytes makes the system drop what it has not delivered, the answer among it.
    private func dropRest() async {
        _ = shutdown(socket.socket.file.rawValue, Int32(SHUT_WR))
        let end = ContinuousClock.now + .milliseconds(limits.lingerMs)
        var dropped = 0
        while dropped < 1 << 20, let some = try? await within(end, { try await socket.read(atMost: 4_096) }) {
            dropped += some.count
        }
    }

    private func within<T: Sendable>(
        _ end: ContinuousClock.Instant, _ body: @escaping @Sendable () async throws -> T
    ) async throws -> T {
        try await withThrowingTaskGroup(of: T.self) { group in
            group.addTask(operation: body)
            group.addTask {
                try await Task.sleep(until: end, clock: .continuous)
                throw Ending.late
            }
            defer { group.cancelAll() }
            return try await group.next()!
        }
    }
}

extension AdminAnswer {
    private static let phrases = [
        200: "OK", 400: "Bad Request", 404: "Not Found", 405: "Method Not Allowed", 408: "Request Timeout", 414: "URI Too Long",
        431: "Request Header Fields Too Large", 503: "Service Unavailable", 505: "HTTP Version Not Supported",
    ]

    /// The answer as it goes over the wire; every connection carries one.
    func bytes(withoutBody: Bool) -> Data {
        let allow = status == 405 ? "Allow: GET, HEAD\r\n" : ""
        let head =
            "HTTP/1.1 \(status) \(AdminAnswer.phrases[status] ?? "Unknown")\r\nContent-Type: \(contentType)\r\n"
            + "Content-Length: \(body.utf8.count)\r\nCache-Control: no-store\r\n\(allow)Connection: close\r\n\r\n"
        return Data((withoutBody ? head : head + body).utf8)
    }
}
