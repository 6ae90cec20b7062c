// What an eavesdropper between two TLS ends sees, and what happens if he meddles: a proxy that copies bytes and keeps them.

import Testing
import Transport

/// Copies between clients of its port and a real port, on the stage's own loop, and records every byte.
private final class Tap {
    /// The stage keeps the tap, not the other way round.
    private unowned let stage: Stage
    let port: UInt16
    private let target: UInt16
    private var partner: [ConnectionID: ConnectionID] = [:]
    private(set) var captured: [UInt8] = []
    /// Flips one bit of the byte at this place of the capture.
    var damageAt: Int?
    var copies = Set<ConnectionID>()

    init(_ stage: Stage, to target: UInt16) throws {
        self.stage = stage
        self.target = target
        port = try stage.listen()
    }

    /// Adopts the connection that the tap's port has just accepted.
    func adopt(_ inner: ConnectionID) {
        let outer = stage.connect(target)
        partner[inner] = outer
        partner[outer] = inner
        copies = Set(partner.keys)
    }

    func copy(_ id: ConnectionID) {
        guard let other = partner[id], stage.connected.contains(other) || stage.accepted.contains(other) else { return }
        _ = stage.loop.read(id)
        stage.loop.withInput(id) { bytes in
            var copy = Array(bytes)
            if let damageAt, damageAt >= captured.count, damageAt < captured.count + copy.count {
                copy[damageAt - captured.count] ^= 0x10
                self.damageAt = nil
            }
            captured.append(contentsOf: copy)
            let taken = copy.withUnsafeBytes { stage.loop.write(other, $0, more: false) }
            #expect(taken == copy.count, "the tap's frames are small enough for the socket")
            return bytes.count
        }
    }
}

@Suite("Between TLS ends", .serialized)
struct CaptureTests {
    private func tapped(_ folder: CertificateFolder) throws -> (Stage, Tap, ConnectionID, ConnectionID) {
        let tls = try folder.context()
        let stage = try Stage()
        let port = try stage.listen(tls: tls)
        let tap = try Tap(stage, to: port)
        stage.onReadable = { stage, id in if tap.copies.contains(id) { tap.copy(id) } else { stage.take(id) } }
        let client = stage.connect(tap.port, tls: tls, expectedHost: "127.0.0.1")
        #expect(stage.turns { stage.accepted.count == 1 })
        tap.adopt(stage.accepted[0])
        #expect(stage.turns { stage.connected.contains(client) && stage.accepted.count == 2 })
        return (stage, tap, client, stage.accepted[1])
    }

    @Test("a capture holds neither a path nor a payload in clear")
    func capture() throws {
        let folder = try CertificateFolder()
        let (stage, tap, client, server) = try tapped(folder)
        let path = Array("/queues/orders/item-0000000042".utf8)
        let payload = Array("the payload that nobody else may read".utf8)
        stage.send(client, path + payload)
        #expect(stage.turns { stage.received[server] == path + payload })
        stage.send(server, payload)
        #expect(stage.turns { stage.received[client] == payload })
        #expect(tap.captured.count > path.count + 2 * payload.count)
        #expect(!contains(tap.captured, path))
        #expect(!contains(tap.captured, payload))
        // The search itself finds what is there: handshake records say openly what they are.
        #expect(contains(tap.captured, [0x16, 0x03]))
        #expect(!contains(tap.captured, Array("CN=member".utf8)))
        #expect(!contains(tap.captured, Array("member".utf8)), "TLS 1.3 seals the certificates too")
    }

    @Test("a bit flipped on the way ends the connection, and no damaged byte comes through")
    func damage() throws {
        let folder = try CertificateFolder()
        let (stage, tap, client, server) = try tapped(folder)
        tap.damageAt = tap.captured.count + 40
        stage.send(client, pattern(200))
        #expect(stage.turns { stage.closed[server] != nil && stage.closed[client] != nil })
        #expect(stage.closed[server]?.kind == .tlsFailed)
        #expect(stage.closed[server]?.text == "A TLS record was damaged on its way: its authentication code is wrong.")
        #expect(stage.received[server] == nil)
    }

    private func contains(_ bytes: [UInt8], _ part: [UInt8]) -> Bool {
        guard bytes.count >= part.count else { return false }
        return (0...(bytes.count - part.count)).contains { bytes[$0..<($0 + part.count)].elementsEqual(part) }
    }
}
