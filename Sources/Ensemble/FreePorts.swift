// Ports that nobody uses, held until their member is about to open them.
//
// The system hands out the ports of its ephemeral range to every connection that goes out, the load's own among them, so that a
// member that is started again could find its port taken. Ports below that range are tried first.

internal import Glibc

/// Ports of the loopback interface that are ours until `release()`.
package struct FreePorts: ~Copyable {
    package let ports: [UInt16]
    private var sockets: [Int32]

    package init(count: Int) throws(EnsembleError) {
        var ports: [UInt16] = []
        var sockets: [Int32] = []
        let low = Self.ephemeralLow()
        for _ in 0..<count {
            guard let (port, socket) = Self.reserve(below: low) else {
                let why = errno
                for socket in sockets { close(socket) }
                throw Self.refusal(why, count: count)
            }
            ports.append(port)
            sockets.append(socket)
        }
        self.ports = ports
        self.sockets = sockets
    }

    private static func refusal(_ code: Int32, count: Int) -> EnsembleError {
        if code == EMFILE || code == ENFILE {
            return EnsembleError(
                .outOfResources, "Too few files may be open here to hold \(count) ports; let the system open more (ulimit -n).")
        }
        return EnsembleError(
            .outOfResources,
            "The system gave no free port on 127.0.0.1 (\(systemErrorText(code))); \(count) are needed, so end what holds them.")
    }

    deinit {
        for socket in sockets { close(socket) }
    }

    /// Lets the ports go, so that their member can open them.
    package mutating func release() {
        for socket in sockets { close(socket) }
        sockets.removeAll()
    }

    /// True if nobody listens on the port and nobody holds it.
    package static func isFree(_ port: UInt16) -> Bool {
        guard let socket = bound(to: port) else { return false }
        close(socket.fd)
        return true
    }

    /// True if somebody waits for connections there. Connections that were closed a moment ago don't count.
    package static func isListenedTo(_ port: UInt16) -> Bool {
        guard let socket = bound(to: port, besidesClosed: true) else { return true }
        close(socket.fd)
        return false
    }

    private static func reserve(below low: UInt16) -> (UInt16, Int32)? {
        if low > 12_000 {
            for _ in 0..<64 {
                let candidate = UInt16.random(in: 10_000..<low)
                if let found = bound(to: candidate) { return (found.port, found.fd) }
            }
        }
        return bound(to: 0).map { ($0.port, $0.fd) }
    }

    /// A socket that holds the port (0: any) without listening, or nil if it is taken.
    private static func bound(to port: UInt16, besidesClosed: Bool = false) -> (port: UInt16, fd: Int32)? {
        let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard socket >= 0 else { return nil }
        if besidesClosed {
            var yes: Int32 = 1
            setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        }
        var address = loopback(port)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(socket, $0, length) == 0 ? getsockname(socket, $0, &length) : -1
            }
        }
        guard result == 0 else {
            let why = errno
            close(socket)
            errno = why
            return nil
        }
        return (UInt16(bigEndian: address.sin_port), socket)
    }

    /// The first port that the system gives to outgoing connections.
    private static func ephemeralLow() -> UInt16 {
        guard let line = ProcFile.text("/proc/sys/net/ipv4/ip_local_port_range"),
            let first = line.split(whereSeparator: \.isWhitespace).first, let low = UInt16(first)
        else { return 32_768 }
        return low
    }
}

func loopback(_ port: UInt16) -> sockaddr_in {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    return address
}
