// Asks a server by its ports: four-letter words on the client port and plain HTTP on the admin port, each with a time limit.

internal import CLinux
internal import Glibc
package import Transport

package enum Asking {
    /// The answer to a four-letter word; nil if nobody answers in time.
    package static func fourLetterWord(_ word: String, at address: SocketAddress, nanoseconds: UInt64 = 1_000_000_000) -> String?
    {
        guard let bytes = exchange(Array(word.utf8), at: address, nanoseconds: nanoseconds) else { return nil }
        return bytes.isEmpty ? nil : String(decoding: bytes, as: UTF8.self)
    }

    /// The body behind `path` if the status is 200.
    package static func http(_ path: String, at address: SocketAddress, nanoseconds: UInt64 = 1_000_000_000) -> String? {
        let request = "GET \(path) HTTP/1.1\r\nHost: \(address)\r\nConnection: close\r\n\r\n"
        guard let bytes = exchange(Array(request.utf8), at: address, nanoseconds: nanoseconds) else { return nil }
        return body(of: bytes)
    }

    /// The status and the body that a POST without a body is answered with; nil if nobody answers in time.
    package static func post(
        _ path: String, at address: SocketAddress, nanoseconds: UInt64 = 5_000_000_000
    ) -> (status: Int, body: String)? {
        let request = "POST \(path) HTTP/1.1\r\nHost: \(address)\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        guard let bytes = exchange(Array(request.utf8), at: address, nanoseconds: nanoseconds), let headEnd = endOfHead(bytes),
            let status = String(decoding: bytes[..<headEnd], as: UTF8.self).split(separator: " ").dropFirst().first.flatMap({
                Int($0)
            })
        else { return nil }
        return (status, String(decoding: bytes[(headEnd + 4)...], as: UTF8.self))
    }

    package static func body(of response: [UInt8]) -> String? {
        // Bodies are large and asked for beside the load: only the head is looked at as text.
        guard let headEnd = endOfHead(response) else { return nil }
        let head = String(decoding: response[..<headEnd], as: UTF8.self)
        let status = head.prefix { $0 != "\r\n" }
        guard status.split(separator: " ").dropFirst().first == "200" else { return nil }
        let body = response[(headEnd + 4)...]
        return head.lowercased().contains("transfer-encoding: chunked") ? unchunked(body) : String(decoding: body, as: UTF8.self)
    }

    private static func endOfHead(_ response: [UInt8]) -> Int? {
        guard response.count >= 4 else { return nil }
        return (0...response.count - 4).first { place in
            response[place] == 13 && response[place + 1] == 10 && response[place + 2] == 13 && response[place + 3] == 10
        }
    }

    private static func unchunked(_ body: ArraySlice<UInt8>) -> String? {
        var rest = body
        var result: [UInt8] = []
        while let lineEnd = rest.firstIndex(of: 13) {
            let sizeText = String(decoding: rest[rest.startIndex..<lineEnd].prefix { $0 != 59 }, as: UTF8.self)
            guard let size = Int(sizeText, radix: 16), size >= 0, lineEnd + 2 <= rest.endIndex else { return nil }
            if size == 0 { return String(decoding: result, as: UTF8.self) }
            let begin = lineEnd + 2
            guard size <= rest.endIndex - begin else { return nil }
            result += rest[begin..<begin + size]
            rest = rest[min(begin + size + 2, rest.endIndex)...]
        }
        return nil
    }

    /// Sends all, reads until the other end closes. nil if it can't be reached, or stays silent beyond the limit.
    private static func exchange(_ request: [UInt8], at address: SocketAddress, nanoseconds: UInt64) -> [UInt8]? {
        let deadline = quorate_monotonic_ns() + nanoseconds
        let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
        let socket = Glibc.socket(address.domain, kind, 0)
        guard socket >= 0 else { return nil }
        defer { close(socket) }
        let connected = address.withSystemAddress { connect(socket, $0, $1) }
        if connected != 0 {
            guard errno == EINPROGRESS, wait(socket, Int16(POLLOUT), until: deadline) else { return nil }
            var failure: Int32 = 0
            var length = socklen_t(MemoryLayout<Int32>.size)
            guard getsockopt(socket, SOL_SOCKET, SO_ERROR, &failure, &length) == 0, failure == 0 else { return nil }
        }
        guard sendAll(request, socket, deadline) else { return nil }
        return readAll(socket, deadline)
    }

    private static func sendAll(_ request: [UInt8], _ socket: Int32, _ deadline: UInt64) -> Bool {
        var sent = 0
        while sent < request.count {
            let count = request.withUnsafeBytes {
                send(socket, $0.baseAddress! + sent, request.count - sent, Int32(MSG_NOSIGNAL))
            }
            if count > 0 {
                sent += count
            } else {
                guard errno == EAGAIN, wait(socket, Int16(POLLOUT), until: deadline) else { return false }
            }
        }
        return true
    }

    private static func readAll(_ socket: Int32, _ deadline: UInt64) -> [UInt8]? {
        var answer: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 16_384)
        while answer.count < 64 << 20 {
            let count = recv(socket, &chunk, chunk.count, 0)
            if count == 0 { return answer }
            if count > 0 {
                answer.append(contentsOf: chunk[..<count])
            } else if errno == EAGAIN {
                guard wait(socket, Int16(POLLIN), until: deadline) else { return nil }
            } else if errno != EINTR {
                return nil
            }
        }
        return nil
    }

    private static func wait(_ socket: Int32, _ events: Int16, until deadline: UInt64) -> Bool {
        while true {
            let now = quorate_monotonic_ns()
            guard now < deadline else { return false }
            var item = pollfd(fd: socket, events: events, revents: 0)
            let found = poll(&item, 1, Int32(min((deadline - now) / 1_000_000 + 1, 60_000)))
            if found > 0 { return true }
            if found < 0 && errno != EINTR { return false }
        }
    }
}
