// Bytes travel both ways, plain and sealed, small and large, with a slow reader, and nothing is lost, doubled or reordered.

import Testing
import Transport

/// Compares without printing megabytes if it fails.
func same(_ left: [UInt8]?, _ right: [UInt8]) -> Bool { left == right }

@Suite("Echo", .serialized)
struct EchoTests {
    @Test("a small frame goes there and back", arguments: [false, true])
    func small(sealed: Bool) throws {
        let folder = try CertificateFolder()
        let tls = sealed ? try folder.context() : nil
        let stage = try Stage()
        let (client, server) = try stage.pair(tls: tls, expectedHost: sealed ? "localhost" : nil)
        stage.send(client, Array("hello".utf8))
        #expect(stage.turns { stage.received[server] == Array("hello".utf8) })
        stage.send(server, Array("HELLO!".utf8))
        #expect(stage.turns { stage.received[client] == Array("HELLO!".utf8) })
        #expect(stage.closed.isEmpty)
        #expect(stage.loop.remoteAddress(client).isLoopback)
        #expect((stage.loop.tlsInfo(client) != nil) == sealed)
    }

    @Test("many MiB in both directions at once, in order", arguments: [false, true])
    func large(sealed: Bool) throws {
        let folder = try CertificateFolder()
        let tls = sealed ? try folder.context() : nil
        let stage = try Stage()
        let (client, server) = try stage.pair(tls: tls)
        // More than both sockets' buffers take at most, 4 and 32 MiB on most systems: nobody reads while it is written.
        let forth = pattern(48 << 20, seed: 1)
        let back = pattern(3 << 20, seed: 2)
        stage.send(client, forth)
        stage.send(server, back)
        let done = stage.turns {
            (stage.received[server]?.count ?? 0) >= forth.count && (stage.received[client]?.count ?? 0) >= back.count
        }
        #expect(done)
        #expect(same(stage.received[server], forth))
        #expect(same(stage.received[client], back))
        #expect(stage.shortWrites > 0)
        #expect(stage.closed.isEmpty)
    }

    @Test("a reader that stops makes the writer stop, and nothing is lost when it goes on", arguments: [false, true])
    func slowReader(sealed: Bool) throws {
        let folder = try CertificateFolder()
        let tls = sealed ? try folder.context() : nil
        let stage = try Stage()
        let (client, server) = try stage.pair(tls: tls)
        stage.loop.setReading(server, false)
        let bytes = pattern(24 << 20)
        stage.send(client, bytes)
        for _ in 0..<100 { stage.turn(atMostNanoseconds: 1_000_000) }
        #expect(stage.hasUnsent(client), "24 MiB fit into buffers that should be bounded")
        #expect(stage.loop.backlog(client) <= stage.loop.options.ciphertextLimit + (17 << 10))
        #expect(stage.received[server] == nil)
        stage.loop.setReading(server, true)
        #expect(stage.turns { (stage.received[server]?.count ?? 0) >= bytes.count })
        #expect(same(stage.received[server], bytes))
    }

    @Test("unconsumed input stays, grows to a whole frame, and is shown again", arguments: [false, true])
    func partialConsumption(sealed: Bool) throws {
        let folder = try CertificateFolder()
        let tls = sealed ? try folder.context() : nil
        let stage = try Stage()
        let (client, server) = try stage.pair(tls: tls)
        let frame = pattern(1 << 20)
        var seen = 0
        stage.onReadable = { stage, id in
            guard id == server else { return }
            _ = stage.loop.read(id)
            stage.loop.withInput(id) { bytes in
                seen = bytes.count
                if bytes.count < frame.count { return 0 }
                #expect(same(Array(bytes), frame))
                return bytes.count
            }
        }
        stage.send(client, frame)
        #expect(stage.turns { seen == frame.count })
        #expect(stage.loop.inputCount(server) == 0)
    }

    @Test("input is bounded by its limit", arguments: [false, true])
    func inputLimit(sealed: Bool) throws {
        let folder = try CertificateFolder()
        let tls = sealed ? try folder.context() : nil
        let stage = try Stage()
        let (client, server) = try stage.pair(tls: tls)
        stage.loop.setInputLimit(server, 100_000)
        var outcomes = 0
        stage.onReadable = { stage, id in
            guard id == server else { return }
            #expect(stage.loop.read(id) == .data)
            outcomes += 1
        }
        stage.send(client, pattern(2 << 20))
        for _ in 0..<200 { stage.turn(atMostNanoseconds: 1_000_000) }
        #expect(outcomes > 0)
        #expect(stage.loop.inputCount(server) >= 100_000)
        // One receive and one record may come on top with TLS.
        #expect(stage.loop.inputCount(server) <= 100_000 + (sealed ? 82 << 10 : 0))
    }

    @Test("writes that announce more are joined, and never held back for good", arguments: [false, true])
    func more(sealed: Bool) throws {
        let folder = try CertificateFolder()
        let tls = sealed ? try folder.context() : nil
        let stage = try Stage()
        let (client, server) = try stage.pair(tls: tls)
        let sendsBefore = stage.loop.counters.sends
        for byte in UInt8(0)..<10 {
            let taken = [byte].withUnsafeBytes { stage.loop.write(client, $0, more: true) }
            #expect(taken == 1)
        }
        _ = stage.loop.write(client, UnsafeRawBufferPointer(start: nil, count: 0), more: false)
        #expect(stage.turns { stage.received[server] == Array(0..<10) })
        if sealed { #expect(stage.loop.counters.sends - sendsBefore == 1) }
    }

    @Test("turning reading on again shows input that was left")
    func leftInput() throws {
        let stage = try Stage()
        let (client, server) = try stage.pair()
        var shown: [Int] = []
        stage.onReadable = { stage, id in
            _ = stage.loop.read(id)
            stage.loop.withInput(id) { bytes in
                shown.append(bytes.count)
                return shown.count == 1 ? 0 : bytes.count
            }
            if shown.count == 1 { stage.loop.setReading(id, false) }
        }
        stage.send(client, [1, 2, 3])
        #expect(stage.turns { shown.count == 1 })
        for _ in 0..<5 { stage.turn(atMostNanoseconds: 1_000_000) }
        #expect(shown == [3])
        stage.loop.setReading(server, true)
        #expect(stage.turns { shown.count == 2 })
        #expect(shown == [3, 3])
    }
}
