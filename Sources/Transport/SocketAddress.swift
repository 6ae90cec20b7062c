// An internet address with its port, in binary: what sockets are bound and connected to, and what log lines print.
//
// Numeric text is parsed without the resolver; names are looked up either here (blocking, for start-up only) or by
// NameLookup on threads of its own while the loop runs.

package import Glibc

package struct SocketAddress: Hashable, Sendable, CustomStringConvertible {
    package enum Family: UInt8, Sendable { case ipv4, ipv6 }

    package let family: Family
    package let port: UInt16
    /// The address in network order, read as big-endian numbers; an IPv4 address lies in the low 32 bits of `low`.
    let high: UInt64
    let low: UInt64
    let scope: UInt32

    private init(family: Family, port: UInt16, high: UInt64, low: UInt64, scope: UInt32) {
        self.family = family
        self.port = port
        self.high = high
        self.low = low
        self.scope = scope
    }

    /// A numeric IPv4 or IPv6 address; nil for anything else, names included.
    package init?(host: String, port: UInt16) {
        var four = in_addr()
        if inet_pton(AF_INET, host, &four) == 1 {
            self.init(family: .ipv4, port: port, high: 0, low: UInt64(UInt32(bigEndian: four.s_addr)), scope: 0)
            return
        }
        let parts = host.split(separator: "%", maxSplits: 1, omittingEmptySubsequences: false)
        var six = in6_addr()
        guard let first = parts.first, inet_pton(AF_INET6, String(first), &six) == 1 else { return nil }
        var scope: UInt32 = 0
        if parts.count == 2 {
            scope = UInt32(parts[1]) ?? if_nametoindex(String(parts[1]))
            guard scope != 0 else { return nil }
        }
        self.init(six: six, port: port, scope: scope)
    }

    private init(six: in6_addr, port: UInt16, scope: UInt32) {
        let (high, low) = withUnsafeBytes(of: six) { bytes in
            (UInt64(bigEndian: bytes.load(as: UInt64.self)), UInt64(bigEndian: bytes.load(fromByteOffset: 8, as: UInt64.self)))
        }
        self.init(family: .ipv6, port: port, high: high, low: low, scope: scope)
    }

    /// The address alone: four or sixteen bytes in network order.
    package var octets: [UInt8] {
        let all = [high, low].flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> UInt64(56 - 8 * $0)) } }
        return family == .ipv4 ? Array(all.suffix(4)) : all
    }

    /// Four or sixteen bytes in network order; nil for any other number.
    init?(octets: UnsafeRawBufferPointer) {
        switch octets.count {
        case 4:
            let address = UInt32(bigEndian: octets.loadUnaligned(as: UInt32.self))
            self.init(family: .ipv4, port: 0, high: 0, low: UInt64(address), scope: 0)
        case 16:
            self.init(six: octets.loadUnaligned(as: in6_addr.self), port: 0, scope: 0)
        default:
            return nil
        }
    }

    /// Reads what the system filled in; nil for families other than IPv4 and IPv6.
    init?(storage: sockaddr_storage) {
        switch Int32(storage.ss_family) {
        case AF_INET:
            let four = withUnsafeBytes(of: storage) { $0.load(as: sockaddr_in.self) }
            let address = UInt64(UInt32(bigEndian: four.sin_addr.s_addr))
            self.init(family: .ipv4, port: UInt16(bigEndian: four.sin_port), high: 0, low: address, scope: 0)
        case AF_INET6:
            let six = withUnsafeBytes(of: storage) { $0.load(as: sockaddr_in6.self) }
            let address = SocketAddress(six: six.sin6_addr, port: UInt16(bigEndian: six.sin6_port), scope: six.sin6_scope_id)
            self = address.unmapped
        default:
            return nil
        }
    }

    /// An IPv4 peer of a socket that takes both families shows as `::ffff:a.b.c.d`; everybody knows it by its IPv4 address.
    private var unmapped: SocketAddress {
        guard family == .ipv6, high == 0, low >> 32 == 0xffff else { return self }
        return SocketAddress(family: .ipv4, port: port, high: 0, low: low & 0xffff_ffff, scope: 0)
    }

    /// All addresses of this machine, of both families; where IPv6 is off a listener falls back to those of IPv4.
    package static func any(port: UInt16) -> SocketAddress {
        SocketAddress(family: .ipv6, port: port, high: 0, low: 0, scope: 0)
    }
    package static func anyIPv4(port: UInt16) -> SocketAddress {
        SocketAddress(family: .ipv4, port: port, high: 0, low: 0, scope: 0)
    }
    package static func loopback(port: UInt16) -> SocketAddress {
        SocketAddress(family: .ipv4, port: port, high: 0, low: 0x7f00_0001, scope: 0)
    }

    package func with(port: UInt16) -> SocketAddress {
        SocketAddress(family: family, port: port, high: high, low: low, scope: scope)
    }

    package var isWildcard: Bool { high == 0 && low == 0 }
    package var isLoopback: Bool {
        switch family {
        case .ipv4: low >> 24 == 127
        case .ipv6: high == 0 && (low == 1 || low >> 24 == 0xffff_7f)
        }
    }

    package var domain: Int32 { family == .ipv4 ? AF_INET : AF_INET6 }

    /// Lends the address in the shape that the system's calls take.
    package func withSystemAddress<Result>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
        var storage = sockaddr_storage()
        let length: Int
        switch family {
        case .ipv4:
            var four = sockaddr_in()
            four.sin_family = sa_family_t(AF_INET)
            four.sin_port = port.bigEndian
            four.sin_addr.s_addr = UInt32(truncatingIfNeeded: low).bigEndian
            withUnsafeMutableBytes(of: &storage) { $0.storeBytes(of: four, as: sockaddr_in.self) }
            length = MemoryLayout<sockaddr_in>.size
        case .ipv6:
            var six = sockaddr_in6()
            six.sin6_family = sa_family_t(AF_INET6)
            six.sin6_port = port.bigEndian
            six.sin6_scope_id = scope
            withUnsafeMutableBytes(of: &six.sin6_addr) { bytes in
                bytes.storeBytes(of: high.bigEndian, as: UInt64.self)
                bytes.storeBytes(of: low.bigEndian, toByteOffset: 8, as: UInt64.self)
            }
            withUnsafeMutableBytes(of: &storage) { $0.storeBytes(of: six, as: sockaddr_in6.self) }
            length = MemoryLayout<sockaddr_in6>.size
        }
        return withUnsafePointer(to: &storage) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(length)) }
        }
    }

    /// The address without its port.
    package var host: String {
        var words = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        if family == .ipv4 {
            var four = in_addr(s_addr: UInt32(truncatingIfNeeded: low).bigEndian)
            inet_ntop(AF_INET, &four, &words, socklen_t(words.count))
        } else {
            var six = in6_addr()
            withUnsafeMutableBytes(of: &six) { bytes in
                bytes.storeBytes(of: high.bigEndian, as: UInt64.self)
                bytes.storeBytes(of: low.bigEndian, toByteOffset: 8, as: UInt64.self)
            }
            inet_ntop(AF_INET6, &six, &words, socklen_t(words.count))
        }
        let text = words.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
        return scope == 0 ? text : "\(text)%\(scope)"
    }

    package var description: String { family == .ipv4 ? "\(host):\(port)" : "[\(host)]:\(port)" }
}
