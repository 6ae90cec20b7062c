// Many connections to a server's ports from one thread, each of which does whatever a test wants of it: say nothing, say a byte
// at a time, read nothing, or speak TLS with any certificate.

import ClientProtocol
import Glibc
import Jute
import Transport

final class Crowd {
    let loop: EventLoop
    private(set) var up: Set<ConnectionID> = []
    private(set) var ended: Set<ConnectionID> = []
    private(set) var reasons: [ConnectionID: CloseReason] = [:]
    private(set) var received: [ConnectionID: [UInt8]] = [:]
    /// Those whose answers stay where they are.
    var deaf: Set<ConnectionID> = []
    private var events: [TransportEvent] = []

    init() throws { loop = try EventLoop() }

    func connect(_ port: UInt16, tls: TLSContext? = nil, host: String = "127.0.0.1") -> ConnectionID {
        loop.connect(host, port: port, tag: 1, tls: tls)
    }

    /// - Returns: how many bytes were taken.
    @discardableResult
    func send(_ id: ConnectionID, _ bytes: [UInt8]) -> Int {
        guard !ended.contains(id) else { return 0 }
        return bytes.withUnsafeBytes { loop.write(id, $0, more: false) }
    }

    func turn(milliseconds: UInt64) {
        loop.wait(until: loop.now + milliseconds * 1_000_000, into: &events)
        for event in events {
            switch event {
            case .connected(let id, _): up.insert(id)
            case .readable(let id, _): if !deaf.contains(id) { read(id) }
            case .closed(let id, _, let reason):
                ended.insert(id)
                reasons[id] = reason
            case .accepted, .writable, .woken: break
            }
        }
    }

    private func read(_ id: ConnectionID) {
        switch loop.read(id) {
        case .endOfStream:
            ended.insert(id)
            loop.close(id, graceful: false)
        case .data, .wouldBlock, .failed: break
        }
        loop.withInput(id) { bytes in
            received[id, default: []] += [UInt8](bytes)
            return bytes.count
        }
    }

    /// Turns until the condition holds.
    /// - Returns: whether it did within the time.
    func turns(seconds: Double, until isMet: () -> Bool) -> Bool {
        // The loop's clock is that of its last turn.
        turn(milliseconds: 0)
        let end = loop.now + UInt64(seconds * 1e9)
        while !isMet() {
            guard loop.now < end else { return false }
            turn(milliseconds: 20)
        }
        return true
    }

    /// What a client says first, with its length in front.
    static func connectRequest(timeout: Int32) -> [UInt8] {
        var request = ByteBuffer()
        request.writeConnectRequest(lastZxidSeen: 0, timeout: timeout, session: 0, password: [], readOnly: false)
        return [0, 0, 0, UInt8(request.count)] + Array(request.bytes)
    }

    static let ping: [UInt8] = [0, 0, 0, 8, 0xff, 0xff, 0xff, 0xfe, 0, 0, 0, 11]

    func close(_ ids: some Sequence<ConnectionID>) {
        for id in ids where !ended.contains(id) { loop.close(id, graceful: false) }
    }
}

/// A client that goes on asking while others do what they like, and how long it waited at most.
struct PatientClient {
    let client: WireClient
    private(set) var longestSeconds = 0.0
    private(set) var answers = 0

    init(_ client: WireClient) { self.client = client }

    mutating func ask() throws {
        var begin = timespec()
        var end = timespec()
        clock_gettime(CLOCK_MONOTONIC, &begin)
        _ = try client.exists("/")
        clock_gettime(CLOCK_MONOTONIC, &end)
        longestSeconds = max(longestSeconds, Double(end.tv_sec - begin.tv_sec) + Double(end.tv_nsec - begin.tv_nsec) / 1e9)
        answers += 1
    }
}
