// What an eavesdropper between two real members sees while a client writes: with TLS no path and no payload, without it both.

import Ensemble
import Foundation
import Synchronization
import Testing

/// Forwards connections from a port of its own to another, and keeps every byte that passes.
private final class WireTap: Sendable {
    let port: UInt16
    private let target: UInt16
    private let listener: Int32
    private let bytes = Mutex<[UInt8]>([])

    init(to target: UInt16) throws {
        self.target = target
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = WireTap.loopback(0)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let descriptor = listener
        let code = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) == 0 && listen(descriptor, 64) == 0 ? getsockname(descriptor, $0, &length) : -1
            }
        }
        try #require(code == 0)
        port = UInt16(bigEndian: address.sin_port)
        Thread.detachNewThread { [self] in
            while true {
                let inner = accept(descriptor, nil, nil)
                guard inner >= 0 else { return }
                forward(inner)
            }
        }
    }

    var captured: [UInt8] { bytes.withLock { $0 } }

    /// Takes in nothing more; what is open ends with its members.
    func stop() { shutdown(listener, Int32(SHUT_RDWR)) }

    private static func loopback(_ port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        return address
    }

    private func forward(_ inner: Int32) {
        let outer = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = WireTap.loopback(target)
        let code = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(outer, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard code == 0 else {
            close(inner)
            close(outer)
            return
        }
        let open = Pair(inner, outer)
        Thread.detachNewThread { [self] in copy(inner, outer, open) }
        Thread.detachNewThread { [self] in copy(outer, inner, open) }
    }

    /// Closes both sockets when the second of the two threads lets go.
    private final class Pair: Sendable {
        private let ends: [Int32]
        init(_ a: Int32, _ b: Int32) { ends = [a, b] }
        deinit { for end in ends { close(end) } }
    }

    private func copy(_ from: Int32, _ to: Int32, _ open: Pair) {
        var room = [UInt8](repeating: 0, count: 64 << 10)
        withExtendedLifetime(open) {
            while true {
                let count = recv(from, &room, room.count, 0)
                guard count > 0 else { break }
                bytes.withLock { $0 += room[..<count] }
                var done = 0
                while done < count {
                    let sent = room.withUnsafeBytes { send(to, $0.baseAddress! + done, count - done, Int32(MSG_NOSIGNAL)) }
                    guard sent > 0 else { break }
                    done += sent
                }
                if done < count { break }
            }
            shutdown(from, Int32(SHUT_RDWR))
            shutdown(to, Int32(SHUT_RDWR))
        }
    }
}

@Suite(.serialized) struct MemberCaptureTests {
    private static let path = "/marked-path-6b1f0e"
    private static let payload = "marked-payload-e07c55"

    /// All that passes between two members while a client writes once.
    private func capture(sealed: Bool) throws -> [UInt8] {
        try RealEnsemble.with(2, security: sealed ? .tls : .plain) { ensemble in
            for member in ensemble.members { member.kill() }
            var taps: [WireTap] = []
            defer { for tap in taps { tap.stop() } }
            for (member, other) in zip(ensemble.members, ensemble.members.reversed()) {
                let quorum = try WireTap(to: other.ports.quorum)
                let election = try WireTap(to: other.ports.election)
                taps += [quorum, election]
                try RealEnsemble.setLines(
                    of: member, [(key: "server.\(other.id)", value: "127.0.0.1:\(quorum.port):\(election.port)")])
            }
            for member in ensemble.members { try member.restart() }
            let client = try RealEnsemble.client(ensemble, within: 20)
            #expect(try client.create(Self.path, Self.payload) == 0)
            #expect(RealEnsemble.agree(ensemble))
            return taps.flatMap(\.captured)
        }
    }

    @Test("between members with TLS neither path nor payload can be read, and the records are those of TLS 1.3")
    func sealed() throws {
        let bytes = Data(try capture(sealed: true))
        #expect(bytes.count > 4_000)
        #expect(bytes.range(of: Data(Self.path.utf8)) == nil)
        #expect(bytes.range(of: Data(Self.payload.utf8)) == nil)
        #expect(bytes.range(of: Data("marked".utf8)) == nil)
        #expect(bytes.range(of: Data([0x16, 0x03, 0x01])) != nil)
        #expect(bytes.range(of: Data([0x17, 0x03, 0x03])) != nil)
    }

    @Test("the same without TLS shows both, so the search finds what is there")
    func control() throws {
        let bytes = Data(try capture(sealed: false))
        #expect(bytes.range(of: Data(Self.path.utf8)) != nil)
        #expect(bytes.range(of: Data(Self.payload.utf8)) != nil)
    }
}
