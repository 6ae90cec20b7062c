// Connections from their opening to their end: refusals, names, half-closed peers, stale ids, graceful closes, resets.

import Glibc
import Testing
import Transport

@Suite("Connections", .serialized)
struct ConnectionTests {
    @Test("a port where nothing listens is one clear event")
    func refused() throws {
        let stage = try Stage()
        let (listener, port) = try stage.loop.listen(.loopback(port: 0), tag: 1)
        stage.loop.stopListening(listener)
        let id = stage.connect(port)
        #expect(stage.turns { stage.closed[id] != nil })
        #expect(stage.closed[id]?.kind == .connectFailed)
        #expect(stage.closed[id]?.text == "Cannot connect to 127.0.0.1:\(port): nothing listens there.")
        #expect(stage.loop.connectionCount == 0)
    }

    @Test("a name is resolved off the loop, and each of its addresses tried")
    func name() throws {
        let stage = try Stage()
        let port = try stage.listen()
        let id = stage.connect(port, host: "localhost")
        #expect(stage.turns { stage.connected.contains(id) || stage.closed[id] != nil })
        #expect(stage.closed[id] == nil)
    }

    @Test("a name that does not exist is one clear event")
    func unknownName() throws {
        let stage = try Stage()
        let id = stage.connect(1, host: "no such name.invalid")
        #expect(stage.turns { stage.closed[id] != nil })
        #expect(stage.closed[id]?.kind == .nameUnresolved)
        #expect(stage.closed[id]?.text.contains("'no such name.invalid'") == true)
    }

    @Test("closing while the name is looked up or the connection made is silent")
    func closeEarly() throws {
        let stage = try Stage()
        let port = try stage.listen()
        let named = stage.connect(port, host: "localhost")
        let numeric = stage.connect(port)
        stage.loop.close(named, graceful: true)
        stage.loop.close(numeric, graceful: false)
        #expect(stage.loop.connectionCount == 0)
        let other = stage.connect(port)
        #expect(stage.turns { stage.connected.contains(other) })
        #expect(stage.closed.isEmpty)
        #expect(stage.connected == [other])
    }

    @Test("a stale id never reaches the slot's next connection")
    func stale() throws {
        let stage = try Stage()
        let (client, server) = try stage.pair()
        stage.loop.close(client, graceful: false)
        #expect(stage.turns { stage.ended.contains(server) })
        stage.loop.close(server, graceful: false)
        let (next, nextServer) = try stage.pair()
        let slots: Set<UInt64> = [client.rawValue & 0xffff_ffff, server.rawValue & 0xffff_ffff]
        #expect(slots.contains(next.rawValue & 0xffff_ffff), "the slot was not used again, so nothing was tested")
        for old in [client, server] {
            #expect(stage.loop.read(old) == .failed)
            #expect([UInt8(1)].withUnsafeBytes { stage.loop.write(old, $0, more: false) } == 0)
            stage.loop.withInput(old) { _ in
                Issue.record("a stale id lent input")
                return 0
            }
            stage.loop.setReading(old, false)
            stage.loop.close(old, graceful: false)
        }
        stage.send(next, [9])
        #expect(stage.turns { stage.received[nextServer] == [9] })
    }

    @Test("a graceful close delivers all that was taken over", arguments: [false, true])
    func graceful(sealed: Bool) throws {
        let folder = try CertificateFolder()
        let tls = sealed ? try folder.context() : nil
        let stage = try Stage()
        let (client, server) = try stage.pair(tls: tls)
        // Input that the closing side never reads must not turn into a reset that cuts the delivery short.
        stage.send(server, pattern(10_000))
        let bytes = pattern(3 << 20)
        stage.loop.setReading(server, false)
        stage.loop.setReading(client, false)
        stage.send(client, bytes, closeAfter: true)
        for _ in 0..<20 { stage.turn(atMostNanoseconds: 1_000_000) }
        stage.loop.setReading(server, true)
        #expect(stage.turns { stage.ended.contains(server) })
        #expect(stage.received[server]?.count == bytes.count)
        #expect(same(stage.received[server], bytes))
        #expect(stage.closed.isEmpty)
        #expect(stage.loop.counters.truncatedStreams == 0)
        stage.loop.close(server, graceful: true)
        #expect(stage.turns { stage.loop.connectionCount == 0 })
    }

    @Test("a graceful close gives up after its time")
    func gracefulBound() throws {
        var options = EventLoop.Options()
        options.lingerTimeout = 100_000_000
        let stage = try Stage(options)
        let (client, server) = try stage.pair()
        stage.loop.setReading(server, false)
        let before = stage.loop.connectionCount
        stage.loop.close(client, graceful: true)
        #expect(stage.loop.connectionCount == before)
        #expect(stage.turns { stage.loop.connectionCount == before - 1 })
    }

    @Test("a peer that ends its side can still be answered", arguments: [false, true])
    func halfClosed(sealed: Bool) throws {
        let folder = try CertificateFolder()
        let tls = sealed ? try folder.context() : nil
        let stage = try Stage()
        let (client, server) = try stage.pair(tls: tls)
        stage.send(client, Array("ruok".utf8))
        let descriptor = try #require(stage.loop.descriptor(client))
        #expect(shutdown(descriptor, Int32(SHUT_WR)) == 0)
        #expect(stage.turns { stage.ended.contains(server) })
        #expect(stage.received[server] == Array("ruok".utf8))
        stage.send(server, Array("imok".utf8), closeAfter: true)
        #expect(stage.turns { stage.received[client] == Array("imok".utf8) && stage.ended.contains(client) })
        #expect(stage.loop.counters.truncatedStreams == (sealed ? 1 : 0))
    }

    @Test("a broken connection is reported once, also while its reading is off", arguments: [false, true])
    func reset(reading: Bool) throws {
        let stage = try Stage()
        let (client, server) = try stage.pair()
        stage.loop.setReading(server, reading)
        var abort = linger(l_onoff: 1, l_linger: 0)
        let descriptor = try #require(stage.loop.descriptor(client))
        #expect(setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &abort, socklen_t(MemoryLayout<linger>.size)) == 0)
        stage.loop.close(client, graceful: false)
        #expect(stage.turns { stage.closed[server] != nil })
        #expect(stage.closed[server]?.kind == .reset)
        for _ in 0..<3 { stage.turn(atMostNanoseconds: 1_000_000) }
        #expect(stage.loop.connectionCount == 0)
    }

    @Test("a write to a broken connection takes nothing and is followed by closed")
    func writeAfterReset() throws {
        let stage = try Stage()
        let (client, server) = try stage.pair()
        stage.loop.setReading(client, false)
        stage.send(client, [1])
        stage.loop.close(server, graceful: false)
        var taken = 1
        #expect(
            stage.turns {
                taken = [UInt8(1)].withUnsafeBytes { stage.loop.write(client, $0, more: false) }
                return stage.closed[client] != nil
            })
        #expect(taken == 0)
        #expect(stage.closed[client]?.kind == .reset)
    }

    @Test("closing inside withInput is safe, and so is a new connection right after")
    func closeInside() throws {
        let stage = try Stage()
        let (client, server) = try stage.pair()
        let port = try stage.listen()
        var seen: [UInt8] = []
        var next: ConnectionID?
        stage.onReadable = { stage, id in
            guard id == server else { return }
            _ = stage.loop.read(id)
            stage.loop.withInput(id) { bytes in
                stage.loop.close(id, graceful: false)
                next = stage.connect(port)
                seen = Array(bytes)
                return bytes.count
            }
        }
        stage.send(client, [4, 5, 6])
        #expect(stage.turns { next.map { stage.connected.contains($0) } ?? false })
        #expect(seen == [4, 5, 6])
    }

    @Test("half-open connections are probed, and given up")
    func keepAlive() throws {
        var options = EventLoop.Options()
        options.keepAliveIdleSeconds = 7
        options.keepAliveIntervalSeconds = 3
        options.keepAliveProbes = 2
        options.userTimeoutMilliseconds = 12_345
        let stage = try Stage(options)
        let (client, server) = try stage.pair()
        for id in [client, server] {
            let descriptor = try #require(stage.loop.descriptor(id))
            func option(_ level: Int32, _ name: Int32) -> Int32 {
                var value: Int32 = -1
                var length = socklen_t(MemoryLayout<Int32>.size)
                return getsockopt(descriptor, level, name, &value, &length) == 0 ? value : -1
            }
            let tcp = Int32(IPPROTO_TCP)
            #expect(option(SOL_SOCKET, SO_KEEPALIVE) == 1)
            #expect(option(tcp, TCP_NODELAY) == 1)
            #expect(option(tcp, TCP_KEEPIDLE) == 7)
            #expect(option(tcp, TCP_KEEPINTVL) == 3)
            #expect(option(tcp, TCP_KEEPCNT) == 2)
            #expect(option(tcp, TCP_USER_TIMEOUT) == 12_345)
        }
    }

    @Test("a connection request that nobody answers ends at its deadline")
    func connectDeadline() throws {
        var options = EventLoop.Options()
        options.connectTimeout = 100_000_000
        let stage = try Stage(options)
        // A listener whose queue is full drops further requests.
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { Glibc.close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let port = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { raw in
                #expect(bind(descriptor, raw, length) == 0)
                #expect(Glibc.listen(descriptor, 0) == 0)
                getsockname(descriptor, raw, &length)
            }
            return UInt16(bigEndian: pointer.pointee.sin_port)
        }
        let ids = (0..<4).map { _ in stage.connect(port) }
        #expect(stage.turns { ids.contains { stage.closed[$0] != nil } })
        let reason = ids.compactMap { stage.closed[$0] }.first
        #expect(reason?.kind == .connectTimeout)
        #expect(reason?.text == "127.0.0.1:\(port) did not answer a connection request within 0.1 s.")
    }

    @Test("use off the loop's thread ends the process")
    func offThread() async {
        await #expect(processExitsWith: .failure) {
            let loop = try EventLoop()
            var events: [TransportEvent] = []
            loop.wait(until: 0, into: &events)
            let box = Unmanaged.passRetained(loop)
            var thread = pthread_t()
            pthread_create(
                &thread, nil,
                { argument in
                    let loop = Unmanaged<EventLoop>.fromOpaque(argument!).takeUnretainedValue()
                    _ = loop.read(ConnectionID(rawValue: 0))
                    return nil
                }, box.toOpaque())
            pthread_join(thread, nil)
        }
    }
}
