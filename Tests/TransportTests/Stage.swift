// The stage on which the transport's tests play: one loop that holds both ends of every connection, turned by hand on the
// test's own thread, so that nothing depends on timing and every wait is bounded.

import Glibc
import Testing
import Transport

final class Stage {
    let loop: EventLoop
    private(set) var accepted: [ConnectionID] = []
    private(set) var connected: Set<ConnectionID> = []
    private(set) var closed: [ConnectionID: CloseReason] = [:]
    private(set) var ended: Set<ConnectionID> = []
    private(set) var wokenCount = 0
    /// What each connection has received, unless `onReadable` takes it.
    private(set) var received: [ConnectionID: [UInt8]] = [:]
    /// Bytes that still have to be written.
    private var toWrite: [ConnectionID: (bytes: [UInt8], sent: Int, closeAfter: Bool)] = [:]
    private(set) var shortWrites = 0
    /// Gets the stage as an argument: a closure that captured it would keep it, and its sockets, for ever.
    var onReadable: ((Stage, ConnectionID) -> Void)?
    private(set) var lastTurn: [TransportEvent] = []

    init(_ options: EventLoop.Options = .init()) throws { loop = try EventLoop(options) }

    func listen(tls: TLSContext? = nil) throws -> UInt16 {
        try loop.listen(.loopback(port: 0), tag: 1, backlog: 512, tls: tls).boundPort
    }

    func connect(_ port: UInt16, tls: TLSContext? = nil, expectedHost: String? = nil, host: String = "127.0.0.1") -> ConnectionID
    {
        loop.connect(host, port: port, tag: 2, tls: tls, expectedHost: expectedHost)
    }

    /// One turn: serves reads and pending writes like a plain owner would.
    func turn(atMostNanoseconds limit: UInt64 = 50_000_000) {
        loop.wait(until: loop.now + limit, into: &lastTurn)
        for event in lastTurn { serve(event) }
    }

    private func serve(_ event: TransportEvent) {
        switch event {
        case .accepted(let id, _, tag: let tag):
            #expect(tag == 1)
            accepted.append(id)
        case .connected(let id, tag: let tag):
            #expect(tag == 2)
            connected.insert(id)
        case .readable(let id, tag: _):
            if let onReadable { onReadable(self, id) } else { take(id) }
        case .writable(let id, tag: _): push(id)
        case .closed(let id, tag: _, let reason):
            #expect(closed[id] == nil, "closed was reported twice")
            closed[id] = reason
        case .woken: wokenCount += 1
        }
    }

    func take(_ id: ConnectionID) {
        switch loop.read(id) {
        case .endOfStream: ended.insert(id)
        case .data, .wouldBlock, .failed: break
        }
        loop.withInput(id) { bytes in
            // By way of an array: appending a raw buffer goes byte by byte in a debug build.
            received[id, default: []].append(contentsOf: [UInt8](bytes))
            return bytes.count
        }
    }

    /// Queues bytes and writes as many as are taken now.
    func send(_ id: ConnectionID, _ bytes: [UInt8], closeAfter: Bool = false) {
        precondition(toWrite[id] == nil, "one sending at a time")
        toWrite[id] = (bytes, 0, closeAfter)
        push(id)
    }

    private func push(_ id: ConnectionID) {
        guard var job = toWrite[id] else { return }
        let offered = job.bytes.count - job.sent
        let taken = job.bytes.withUnsafeBytes { loop.write(id, UnsafeRawBufferPointer(rebasing: $0[job.sent...]), more: false) }
        job.sent += taken
        if taken < offered {
            shortWrites += 1
            toWrite[id] = job
        } else {
            toWrite[id] = nil
            if job.closeAfter { loop.close(id, graceful: true) }
        }
    }

    func hasUnsent(_ id: ConnectionID) -> Bool { toWrite[id] != nil }

    /// Turns until the condition holds; false after a minute, which only a broken loop takes.
    func turns(until condition: () -> Bool) -> Bool {
        let limit = loop.now + 60_000_000_000
        while !condition() {
            if loop.now > limit { return false }
            turn()
        }
        return true
    }

    /// Both ends of a connection that is up.
    func pair(tls: TLSContext? = nil, clientTLS: TLSContext? = nil, expectedHost: String? = nil) throws -> (
        client: ConnectionID, server: ConnectionID
    ) {
        let port = try listen(tls: tls)
        let before = accepted.count
        let client = connect(port, tls: clientTLS ?? tls, expectedHost: expectedHost)
        try #require(turns { connected.contains(client) && accepted.count > before || closed[client] != nil })
        try #require(closed[client] == nil, "the pair could not be made: \(closed[client]?.text ?? "")")
        return (client, accepted[before])
    }
}

/// Bytes that repeat late and never line up with records or buffers.
func pattern(_ count: Int, seed: UInt64 = 1) -> [UInt8] {
    var state = seed &* 0x9e37_79b9_7f4a_7c15 | 1
    return [UInt8](unsafeUninitializedCapacity: count + 8) { room, filled in
        let bytes = UnsafeMutableRawBufferPointer(room)
        var place = 0
        while place < count {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            bytes.storeBytes(of: state >> 8, toByteOffset: place, as: UInt64.self)
            place += 7
        }
        filled = count
    }
}
