// Long random dialogues against a simple model: what a connection receives is always a prefix of what its peer's writes took
// over, and all of it if the peer closed gracefully. And random bytes thrown at TLS ports, which must only ever be refused.

import Glibc
import Testing
import Transport

/// A small generator, so that a seed repeats a run.
private struct Seeded: RandomNumberGenerator {
    var state: UInt64
    init(_ seed: UInt64) { state = seed &* 0x9e37_79b9_7f4a_7c15 | 1 }
    mutating func next() -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state &* 0x2545_f491_4f6c_dd1d
    }
}

/// One end of a connection as the model sees it.
private struct End {
    var partner: ConnectionID?
    /// How many bytes of the end's endless pattern its writes have taken over, and its peer has received.
    var sent = 0
    var received = 0
    var salt: UInt8
    var isClosed = false
    var closedGracefully = false
    var sawEnd = false
    var reading = true
}

/// The endless pattern of an end, by its salt: it repeats after a prime number of bytes, so that a shift by any record's or
/// buffer's size shows.
private enum Endless {
    static let period = 65_521
    static let longest = 100_000
    static let tables: [UInt8: [UInt8]] = [0x55: make(1), 0xaa: make(2)]

    private static func make(_ seed: UInt64) -> [UInt8] {
        let once = pattern(period, seed: seed)
        return Array((once + once + once).prefix(period + longest))
    }
    static func bytes(_ salt: UInt8, at place: Int, count: Int) -> ArraySlice<UInt8> {
        tables[salt]![(place % period)..<(place % period + count)]
    }
    static func matches(_ salt: UInt8, at place: Int, _ bytes: UnsafeRawBufferPointer) -> Bool {
        var done = 0
        while done < bytes.count {
            let count = min(longest, bytes.count - done)
            let same = self.bytes(salt, at: place + done, count: count).withUnsafeBytes {
                memcmp($0.baseAddress!, bytes.baseAddress! + done, count) == 0
            }
            if !same { return false }
            done += count
        }
        return true
    }
}

private final class Dialogue {
    let loop: EventLoop
    let tls: TLSContext?
    let port: UInt16
    var random: Seeded
    var ends: [ConnectionID: End] = [:]
    var waiting: [ConnectionID] = []
    var events: [TransportEvent] = []
    var problems: [String] = []
    var bytesReceived = 0
    var gracefulEnds = 0

    init(seed: UInt64, tls: TLSContext?) throws {
        random = Seeded(seed)
        self.tls = tls
        var options = EventLoop.Options()
        options.ciphertextLimit = 64 << 10
        options.lingerTimeout = 30_000_000_000
        loop = try EventLoop(options)
        port = try loop.listen(.loopback(port: 0), tag: 1, tls: tls).boundPort
    }

    func play(steps: Int) {
        for _ in 0..<steps {
            if waiting.isEmpty && ends.count < 16 { waiting.append(loop.connect("127.0.0.1", port: port, tag: 2, tls: tls)) }
            act()
            loop.wait(until: loop.now + 2_000_000, into: &events)
            for event in events { hear(event) }
        }
    }

    private func act() {
        for id in Array(ends.keys).sorted(by: { $0.rawValue < $1.rawValue }) where ends[id]?.isClosed == false {
            switch Int.random(in: 0..<40, using: &random) {
            case 0..<15: write(id, Int.random(in: 1...200, using: &random))
            case 15..<20: write(id, Int.random(in: 1...100_000, using: &random))
            case 20..<24:
                let on = Bool.random(using: &random)
                ends[id]!.reading = on
                loop.setReading(id, on)
            case 24: close(id, graceful: true)
            case 25 where Int.random(in: 0..<4, using: &random) == 0: close(id, graceful: false)
            default: break
            }
        }
    }

    private func write(_ id: ConnectionID, _ count: Int) {
        guard let end = ends[id], end.partner != nil else { return }
        let bytes = Endless.bytes(end.salt, at: end.sent, count: count)
        let more = Bool.random(using: &random)
        let taken = bytes.withUnsafeBytes { loop.write(id, $0, more: more) }
        if taken > count { problems.append("a write of \(count) bytes took \(taken)") }
        ends[id]!.sent += taken
    }

    private func close(_ id: ConnectionID, graceful: Bool) {
        loop.close(id, graceful: graceful)
        ends[id]!.isClosed = true
        ends[id]!.closedGracefully = graceful
        forget(id)
    }

    /// An end is forgotten once both are closed, so that slots and the model's places are used again.
    private func forget(_ id: ConnectionID) {
        guard let partner = ends[id]?.partner else { return }
        if ends[partner]?.isClosed != false {
            ends[id] = nil
            ends[partner] = nil
        }
    }

    private func hear(_ event: TransportEvent) {
        switch event {
        case .accepted(let id, _, tag: _): ends[id] = End(salt: 0x55)
        case .connected(let id, tag: _): ends[id] = End(salt: 0xaa)
        case .readable(let id, tag: _): read(id)
        case .writable(let id, tag: _): write(id, 5000)
        case .closed(let id, tag: _, _): if ends[id] != nil { markClosed(id) }
        case .woken: break
        }
        marry()
    }

    /// With one connection under way at a time, the newcomers of both kinds belong together.
    private func marry() {
        guard let client = waiting.first, ends[client] != nil, ends[client]?.partner == nil else { return }
        guard let server = ends.first(where: { $0.key != client && $0.value.partner == nil && !$0.value.isClosed })?.key else {
            return
        }
        ends[client]!.partner = server
        ends[server]!.partner = client
        waiting = []
    }

    private func read(_ id: ConnectionID) {
        guard let end = ends[id], !end.isClosed else { return }
        if !end.reading { problems.append("readable was reported while reading was off") }
        let outcome = loop.read(id)
        let share = Int.random(in: 0..<8, using: &random) == 0 && outcome == .data ? 2 : 1
        var taken = 0
        loop.withInput(id) { bytes in
            let count = bytes.count / share
            guard let partner = ends[id]?.partner, let salt = ends[partner]?.salt ?? otherSalt(end.salt) else { return 0 }
            if !Endless.matches(salt, at: end.received, UnsafeRawBufferPointer(rebasing: bytes[..<count])) {
                problems.append("of the \(count) bytes from \(end.received) on some are wrong")
            }
            taken = count
            return count
        }
        ends[id]!.received += taken
        bytesReceived += taken
        if let partner = end.partner, let sent = ends[partner]?.sent, end.received + taken > sent {
            problems.append("more was received than was taken over")
        }
        if outcome == .endOfStream { ended(id) }
        if outcome == .failed { markClosed(id) }
    }

    private func otherSalt(_ salt: UInt8) -> UInt8? { salt ^ 0xff }

    private func ended(_ id: ConnectionID) {
        guard let end = ends[id] else { return }
        if let partner = end.partner, let other = ends[partner], other.closedGracefully {
            gracefulEnds += 1
            if end.received != other.sent { problems.append("the end came after \(end.received) of \(other.sent) bytes") }
        }
        close(id, graceful: false)
    }

    private func markClosed(_ id: ConnectionID) {
        loop.close(id, graceful: false)
        ends[id]!.isClosed = true
        forget(id)
    }

    func finish() -> Bool {
        for id in Array(ends.keys) { loop.close(id, graceful: false) }
        for id in waiting { loop.close(id, graceful: false) }
        let limit = loop.now + 8_000_000_000
        while loop.connectionCount > 0 && loop.now < limit {
            loop.wait(until: loop.now + 20_000_000, into: &events)
            for event in events { if case .accepted(let id, _, tag: _) = event { loop.close(id, graceful: false) } }
        }
        return loop.connectionCount == 0
    }
}

@Suite("Random dialogues", .serialized)
struct RandomizedTests {
    @Test("received is a prefix of sent, and all of it after a graceful close", arguments: 1...6)
    func dialogue(seed: UInt64) throws {
        let folder = try CertificateFolder()
        let dialogue = try Dialogue(seed: seed, tls: seed % 2 == 0 ? try folder.context() : nil)
        dialogue.play(steps: 600)
        #expect(dialogue.problems.isEmpty, "seed \(seed): \(dialogue.problems.prefix(3))")
        #expect(dialogue.bytesReceived > 100_000)
        #expect(dialogue.gracefulEnds > 0)
        #expect(dialogue.finish(), "seed \(seed): connections are left")
    }

    @Test("random bytes at a TLS port are refused, whatever they are", arguments: 1...4)
    func garbage(seed: UInt64) throws {
        var random = Seeded(seed)
        let folder = try CertificateFolder()
        var options = EventLoop.Options()
        options.handshakeTimeout = 50_000_000
        let stage = try Stage(options)
        let port = try stage.listen(tls: try folder.context())
        var clients: Set<ConnectionID> = []
        for round in 0..<40 {
            let id = stage.connect(port)
            clients.insert(id)
            #expect(stage.turns { stage.connected.contains(id) || stage.closed[id] != nil })
            var bytes = (0..<Int.random(in: 1...600, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
            // Half of them begin like a handshake record of some length.
            if round % 2 == 0 { bytes = [0x16, 3, 1, 0, UInt8.random(in: 0...255, using: &random), 1] + bytes }
            stage.send(id, bytes)
        }
        #expect(stage.turns { Set(stage.closed.keys).subtracting(clients).count == 40 })
        #expect(stage.accepted.isEmpty)
        #expect(stage.loop.counters.handshakesFailed == 40)
        #expect(stage.closed.values.allSatisfy { $0.text.hasSuffix(".") })
    }

    @Test("no descriptor is left behind")
    func descriptors() async {
        await #expect(processExitsWith: .success) {
            let folder = try CertificateFolder()
            let tls = try folder.context()
            let lowest = openReserveForTest()
            do {
                let dialogue = try Dialogue(seed: 99, tls: tls)
                dialogue.play(steps: 150)
                let refused = dialogue.loop.connect("127.0.0.1", port: dialogue.port, tag: 2)
                _ = refused
                dialogue.play(steps: 10)
            }
            let after = openReserveForTest()
            #expect(lowest == after, "descriptors \(lowest)..<\(after) are still in use")
        }
    }
}

/// The lowest free descriptor.
private func openReserveForTest() -> Int32 {
    let descriptor = Glibc.open("/dev/null", O_RDONLY)
    close(descriptor)
    return descriptor
}
