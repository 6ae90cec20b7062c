// Two ends of a TCP connection in the hands of a test, blocking with a limit: what a proxy between them does to bytes, and to the
// connection, shows here.

import Glibc

/// A connected socket.
final class SocketEnd {
    enum Heard: Equatable {
        case bytes([UInt8])
        /// Nothing came in time.
        case silence
        case end
        case failure(Int32)
    }

    private let socket: Int32

    fileprivate init(_ socket: Int32) { self.socket = socket }
    deinit { close(socket) }

    /// nil if nobody takes the connection.
    static func connect(to port: UInt16) -> SocketEnd? {
        let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = SocketListener.loopback(port)
        let code = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard code == 0 else {
            close(socket)
            return nil
        }
        return SocketEnd(socket)
    }

    func say(_ bytes: [UInt8]) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }

    /// What comes first within the time.
    func hear(milliseconds: Int32 = 5_000) -> Heard {
        var item = pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
        guard poll(&item, 1, milliseconds) > 0 else { return .silence }
        var bytes = [UInt8](repeating: 0, count: 65_536)
        let count = recv(socket, &bytes, bytes.count, 0)
        if count < 0 { return .failure(errno) }
        return count == 0 ? .end : .bytes(Array(bytes[..<count]))
    }

    /// So many bytes; fewer if no more come in time.
    func hear(count: Int) -> [UInt8] {
        var heard: [UInt8] = []
        while heard.count < count, case .bytes(let more) = hear() { heard += more }
        return heard
    }
}

final class SocketListener {
    let port: UInt16
    private let socket: Int32

    init?() {
        socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = Self.loopback(0)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let socket = socket
        let code = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { raw in
                bind(socket, raw, length) == 0 && listen(socket, 16) == 0 ? getsockname(socket, raw, &length) : -1
            }
        }
        port = UInt16(bigEndian: address.sin_port)
        if code != 0 { return nil }
    }

    deinit { close(socket) }

    /// The next connection; nil if none comes in time.
    func accept(milliseconds: Int32 = 5_000) -> SocketEnd? {
        var item = pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
        guard poll(&item, 1, milliseconds) > 0 else { return nil }
        let taken = Glibc.accept(socket, nil, nil)
        return taken < 0 ? nil : SocketEnd(taken)
    }

    static func loopback(_ port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        return address
    }
}
