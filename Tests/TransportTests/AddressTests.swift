// A name with several addresses: one that does not answer leaves time for the others.

import Glibc
import Testing
import Transport

/// A port whose queue of connections is full: the kernel drops further requests, as a dead host would.
private final class DeadPort {
    let port: UInt16
    private var sockets: [Int32] = []

    init() throws {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        sockets = [listener]
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let code = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, length) == 0 && listen(listener, 0) == 0 ? getsockname(listener, $0, &length) : -1
            }
        }
        try #require(code == 0)
        port = UInt16(bigEndian: address.sin_port)
        for _ in 0..<4 {
            let client = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
            sockets.append(client)
            _ = withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(client, $0, length) }
            }
        }
    }

    deinit { for socket in sockets { close(socket) } }
}

@Suite("Addresses of one name", .serialized)
struct AddressTests {
    private func options() -> EventLoop.Options {
        var options = EventLoop.Options()
        options.connectTimeout = 800_000_000
        return options
    }

    @Test("an address that does not answer is given up in time for the next one")
    func next() throws {
        let dead = try DeadPort()
        let stage = try Stage(options())
        let port = try stage.listen()
        let begin = stage.loop.now
        let id = stage.loop.connect(
            to: [.loopback(port: dead.port), .loopback(port: dead.port), .loopback(port: port)], name: "three", tag: 2)
        #expect(stage.turns { stage.connected.contains(id) || stage.closed[id] != nil })
        #expect(stage.closed[id] == nil)
        #expect(stage.loop.remoteAddress(id).port == port)
        #expect(stage.loop.now - begin >= 400_000_000)
    }

    @Test("the last address has the whole time, and then the connection fails with it")
    func last() throws {
        let dead = try DeadPort()
        let stage = try Stage(options())
        let begin = stage.loop.now
        let id = stage.loop.connect(to: [.loopback(port: dead.port), .loopback(port: dead.port)], name: "two", tag: 2)
        #expect(stage.turns { stage.closed[id] != nil })
        #expect(stage.loop.now - begin >= 1_000_000_000)
        #expect(stage.closed[id]?.kind == .connectTimeout)
        #expect(stage.closed[id]?.text == "two (127.0.0.1:\(dead.port)) did not answer a connection request within 0.8 s.")
    }
}
