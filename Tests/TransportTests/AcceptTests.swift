// Floods of connections, and a system without descriptors: the loop paces itself, backs off, and never spins.

import Glibc
import Testing
import Transport

@Suite("Accepting", .serialized)
struct AcceptTests {
    @Test("a flood is taken in by portions")
    func pacing() throws {
        var options = EventLoop.Options()
        options.acceptsPerTurn = 16
        let stage = try Stage(options)
        let port = try stage.listen()
        let ids = (0..<100).map { _ in stage.connect(port) }
        var largest = 0
        #expect(
            stage.turns {
                let taken = stage.lastTurn.count { if case .accepted = $0 { true } else { false } }
                largest = max(largest, taken)
                return stage.accepted.count == 100 && stage.connected.count == 100
            })
        #expect(largest == 16)
        #expect(stage.connected == Set(ids))
        #expect(Set(stage.accepted).count == 100)
    }

    @Test("handshakes are paced as well, and all of a flood are completed")
    func handshakes() throws {
        let folder = try CertificateFolder()
        let tls = try folder.context()
        var options = EventLoop.Options()
        options.handshakesPerTurn = 4
        let stage = try Stage(options)
        let port = try stage.listen(tls: tls)
        let ids = (0..<40).map { _ in stage.connect(port, tls: tls) }
        var largest = 0
        #expect(
            stage.turns {
                let done = stage.lastTurn.count { if case .accepted = $0 { true } else { false } }
                largest = max(largest, done)
                return stage.accepted.count == 40 && stage.connected == Set(ids)
            })
        #expect(largest <= 4)
        #expect(stage.closed.isEmpty)
    }

    @Test("while handshakes wait for their turn no more connections are taken in, and all are served in the end")
    func backPressure() throws {
        let folder = try CertificateFolder()
        let tls = try folder.context()
        var options = EventLoop.Options()
        options.handshakesPerTurn = 1
        options.acceptsPerTurn = 4
        let stage = try Stage(options)
        let (listener, port) = try stage.loop.listen(.loopback(port: 0), tag: 1, backlog: 512, tls: tls)
        let ids = (0..<60).map { _ in stage.connect(port, tls: tls) }
        var most = 0
        #expect(
            stage.turns {
                most = max(most, stage.loop.handshakesUnderWay(listener))
                return stage.accepted.count == 60 && stage.connected == Set(ids)
            })
        #expect(most > 0 && most < 30, "\(most) handshakes were under way at once")
        #expect(stage.loop.handshakesUnderWay(listener) == 0)
        #expect(stage.closed.isEmpty)
    }

    @Test("at an urgent listener the oldest handshake gives way, so that those who say nothing keep nobody out")
    func oldestGivesWay() throws {
        let folder = try CertificateFolder()
        let tls = try folder.context()
        let stage = try Stage()
        let (listener, port) = try stage.loop.listen(
            .loopback(port: 0), tag: 1, backlog: 512, tls: tls, urgency: .urgent, handshakeLimit: 3)
        let silent = (0..<3).map { _ in stage.connect(port) }
        #expect(stage.turns { stage.loop.handshakesUnderWay(listener) == 3 })
        let honest = stage.connect(port, tls: tls)
        #expect(stage.turns { stage.connected.contains(honest) && stage.accepted.count == 1 })
        #expect(stage.loop.counters.handshakesExceeded == 1 && stage.loop.handshakesUnderWay(listener) == 2)
        #expect(stage.turns { silent.contains { stage.ended.contains($0) || stage.closed[$0] != nil } })
        #expect(stage.closed.values.contains { $0.text.contains("gave way to newer ones") })
    }

    @Test("beyond the limit of handshakes connections are shut at once, until earlier ones have ended")
    func handshakeLimit() throws {
        let folder = try CertificateFolder()
        let tls = try folder.context()
        let stage = try Stage()
        let (listener, port) = try stage.loop.listen(
            .loopback(port: 0), tag: 1, backlog: 512, tls: tls, handshakeLimit: 3)
        let silent = (0..<3).map { _ in stage.connect(port) }
        #expect(stage.turns { stage.loop.handshakesUnderWay(listener) == 3 })
        let late = stage.connect(port)
        #expect(stage.turns { stage.ended.contains(late) || stage.closed[late] != nil })
        #expect(stage.loop.counters.handshakesExceeded == 1)
        #expect(stage.accepted.isEmpty && stage.closed[silent[0]] == nil)
        for id in silent { stage.loop.close(id, graceful: false) }
        #expect(stage.turns { stage.loop.handshakesUnderWay(listener) == 0 })
        let client = stage.connect(port, tls: tls, expectedHost: "127.0.0.1")
        #expect(stage.turns { stage.connected.contains(client) && stage.accepted.count == 1 })
    }

    @Test("without descriptors accepting pauses, old connections work on, and new ones come in once there is room")
    func exhaustion() async {
        // In a process of its own: the limit concerns everything that runs beside.
        await #expect(processExitsWith: .success) {
            let stage = try Stage()
            let port = try stage.listen()
            let (client, server) = try stage.pair()
            let waiting = (0..<3).map { _ in Stage.rawClient(port) }
            let highest = Glibc.open("/dev/null", O_RDONLY)
            var limit = rlimit(rlim_cur: rlim_t(highest), rlim_max: 4096)
            getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
            let before = limit
            limit.rlim_cur = rlim_t(highest)
            try #require(setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0)
            // Numbers below the limit may have come free since, by what the test's own surroundings have closed.
            while Glibc.open("/dev/null", O_RDONLY) >= 0 {}
            let accepted = stage.accepted.count

            let pauses = stage.turns { stage.loop.counters.acceptPauses >= 3 }
            #expect(pauses)
            #expect(stage.loop.counters.turns < 2_000, "the loop spins")
            #expect(stage.accepted.count == accepted)
            #expect(stage.loop.counters.connectionsShed >= 1)
            stage.send(client, [1, 2, 3])
            let served = stage.turns { stage.received[server] == [1, 2, 3] }
            #expect(served)

            limit = before
            try #require(setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0)
            let late = stage.connect(port)
            let recovered = stage.turns { stage.connected.contains(late) && stage.accepted.count > accepted }
            #expect(recovered)
            for descriptor in waiting { close(descriptor) }
        }
    }

    @Test("without descriptors an outgoing connection fails with the reason")
    func outgoingExhaustion() async {
        await #expect(processExitsWith: .success) {
            let stage = try Stage()
            let port = try stage.listen()
            let highest = Glibc.open("/dev/null", O_RDONLY)
            var limit = rlimit()
            getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
            limit.rlim_cur = rlim_t(highest)
            try #require(setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0)
            let id = stage.connect(port)
            let failed = stage.turns { stage.closed[id] != nil }
            #expect(failed)
            #expect(stage.closed[id]?.text.contains("Too many open files") == true)
        }
    }

    @Test("a listener that keeps the reserve leaves it to the others, and takes clients in again when some have left")
    func reserve() async {
        await #expect(processExitsWith: .success) {
            // The process may have been handed descriptors: what matters is how many are left, without gaps below.
            let highest = (0..<Int32(4_096)).last { fcntl($0, F_GETFD) >= 0 } ?? 2
            while Glibc.open("/dev/null", O_RDONLY) < highest {}
            var limit = rlimit()
            getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
            limit.rlim_cur = rlim_t(highest) + 250
            try #require(setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0)
            var options = EventLoop.Options()
            options.descriptorReserve = 60
            let stage = try Stage(options)
            let port = try stage.loop.listen(.loopback(port: 0), tag: 1, keepsReserve: true).boundPort
            let other = try stage.listen()
            var clients = (0..<120).map { _ in Stage.rawClient(port) }
            let pauses = stage.turns { stage.loop.counters.acceptPauses >= 3 }
            #expect(pauses)
            #expect(stage.accepted.count > 5)
            #expect(stage.accepted.allSatisfy { stage.loop.descriptor($0) ?? .max < highest + 190 })
            #expect(stage.loop.counters.connectionsShed >= 3)
            #expect(stage.loop.counters.turns < 2_000, "the loop spins")
            // Members are still taken in, and files can be opened.
            let member = stage.connect(other)
            let taken = stage.accepted.count
            let isTaken = stage.turns { stage.connected.contains(member) && stage.accepted.count > taken }
            #expect(isTaken)
            for descriptor in clients { close(descriptor) }
            clients = []
            let left = stage.turns { stage.ended.count >= 5 }
            #expect(left)
            for id in stage.ended { stage.loop.close(id, graceful: false) }
            let late = stage.connect(port)
            let before = stage.accepted.count
            let recovered = stage.turns { stage.connected.contains(late) && stage.accepted.count > before }
            #expect(recovered)
        }
    }

    @Test("an accepted socket that can't be watched is shut, and no event of it comes without its beginning")
    func unwatched() throws {
        let stage = try Stage()
        let listener = try stage.loop.listen(.loopback(port: 0), tag: 1).0
        // Epoll refuses to watch a plain file.
        let file = Glibc.open("/proc/self/exe", O_RDONLY)
        stage.loop.takeIn(file, nil, listener)
        stage.turn(atMostNanoseconds: 0)
        #expect(stage.lastTurn.isEmpty)
        #expect(stage.loop.connectionCount == 0)
        #expect(stage.loop.counters.connectionsShed == 1)
        #expect(fcntl(file, F_GETFD) == -1 && errno == EBADF)
    }

    @Test("a port in use is refused with the remedy")
    func portInUse() throws {
        let stage = try Stage()
        let port = try stage.listen()
        let error = #expect(throws: TransportError.self) {
            _ = try stage.loop.listen(.loopback(port: port), tag: 1)
        }
        #expect(
            error?.text == "Cannot listen on 127.0.0.1:\(port): another process listens there; stop it or choose another port.")
    }

    @Test("all addresses are those of both families, and an IPv4 peer is known by its IPv4 address")
    func allAddresses() throws {
        let stage = try Stage()
        let port = try stage.loop.listen(.any(port: 0), tag: 1).boundPort
        let client = stage.connect(port)
        #expect(stage.turns { stage.connected.contains(client) && stage.accepted.count == 1 })
        let remote = stage.loop.remoteAddress(try #require(stage.accepted.first))
        #expect(remote.octets == [127, 0, 0, 1])
        #expect(remote.description.hasPrefix("127.0.0.1:"))
        #expect(remote.with(port: 0) == SocketAddress.loopback(port: 0), "counted as one address however it came")
        let six = stage.connect(port, host: "::1")
        #expect(stage.turns { stage.accepted.count == 2 || stage.closed[six] != nil })
        // A machine without IPv6 has nothing more to show; it has shown that the listener fell back.
        if stage.accepted.count == 2 { #expect(stage.loop.remoteAddress(stage.accepted[1]).host == "::1") }
    }

    @Test("IPv6 works like IPv4")
    func six() throws {
        let stage = try Stage()
        let address = try #require(SocketAddress(host: "::1", port: 0))
        let bound: UInt16
        do throws(TransportError) {
            bound = try stage.loop.listen(address, tag: 1).boundPort
        } catch {
            // A machine without IPv6 says so itself; nothing else is accepted as an excuse.
            #expect(error.code == EADDRNOTAVAIL || error.code == EAFNOSUPPORT)
            return
        }
        let id = stage.connect(bound, host: "::1")
        #expect(stage.turns { stage.connected.contains(id) && !stage.accepted.isEmpty })
        #expect(stage.loop.remoteAddress(id).description == "[::1]:\(bound)")
    }
}

extension Stage {
    /// A blocking connection that no loop looks after.
    static func rawClient(_ port: UInt16) -> Int32 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        let length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let code = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { Glibc.connect(descriptor, $0, length) }
        }
        precondition(code == 0, "the loopback refused a connection: \(String(cString: strerror(errno)))")
        return descriptor
    }
}
