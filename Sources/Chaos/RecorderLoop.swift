// The clients' loop: who acts when, what they ask, which connection they lose. How answers are taken in stands in
// RecorderLoop+Answers.swift.

import Batch
import CLinux
import ClientProtocol
import Histories
import Jute
import Statistics
import Transport

final class RecorderLoop {
    let order: ChaosOrder
    private let ports: [UInt16]
    /// Nanoseconds between two requests of a client, at least and at most.
    private let pace: ClosedRange<UInt64>
    let loop: EventLoop
    let clients: [RecordingClient]
    var record = Recording()
    var lastAcknowledged: UInt64 = 0
    /// Items that were put into the queue and are not known to be taken, oldest first.
    var queue: [String] = []
    private var events: [TransportEvent] = []
    private var isFinishing = false
    private let window = 4

    init(_ order: ChaosOrder, ports: [UInt16], pace: ClosedRange<UInt64>) throws(TransportError) {
        self.order = order
        self.ports = ports
        self.pace = pace
        var options = EventLoop.Options()
        options.connectTimeout = 1_000_000_000
        loop = try EventLoop(options)
        clients = (0..<order.clients).map { RecordingClient(index: $0, keys: order.keys, seed: order.seed) }
        let now = quorate_monotonic_ns()
        for client in clients { client.nextAct = now + UInt64(client.below(50_000_000)) }
    }

    private var patience: UInt64 { UInt64(order.sessionTimeoutMilliseconds) * 666_667 }

    func turn(isFinishing: Bool) {
        self.isFinishing = isFinishing
        // The stage is looked at a hundred times a second.
        let due = min(clients.map(\.nextAct).min() ?? .max, loop.now + 10_000_000)
        loop.wait(until: due, into: &events)
        for event in events { handle(event) }
        let now = quorate_monotonic_ns()
        for client in clients where client.nextAct <= now { act(client, now) }
    }

    var isDone: Bool {
        clients.allSatisfy { $0.finalReads > order.keys && $0.unanswered.isEmpty && $0.keyToRead == nil && $0.isConnected }
    }

    func finished() -> Recording {
        for client in clients where client.finalReads <= order.keys || !client.unanswered.isEmpty {
            let connection = client.isConnected ? "connected" : "not connected"
            record.late.append(
                "client \(client.index) is \(connection), has \(client.unanswered.count) requests unanswered and "
                    + "\(max(0, order.keys + 1 - client.finalReads)) of its last reads before it")
        }
        // Clients just go: what they hold is to end with their sessions.
        for client in clients { if let connection = client.connection { loop.close(connection, graceful: false) } }
        return record
    }

    // MARK: Connections

    private func handle(_ event: TransportEvent) {
        switch event {
        case .connected(let id, let tag): hasConnected(clients[Int(tag)], id)
        case .readable(let id, let tag): read(clients[Int(tag)], id)
        case .closed(let id, let tag, _): if clients[Int(tag)].connection == id { lose(clients[Int(tag)]) }
        case .accepted, .writable, .woken: break
        }
    }

    private func connect(_ client: RecordingClient, _ now: UInt64) {
        let port = ports[client.below(ports.count)]
        record.connections += 1
        client.connectionNumber = UInt64(record.connections)
        client.answeredOnConnection = 0
        client.waitsSince = now
        client.connection = loop.connect(to: [.loopback(port: port)], name: "member", tag: UInt32(client.index))
    }

    private func hasConnected(_ client: RecordingClient, _ id: ConnectionID) {
        guard client.connection == id else { return }
        let request = Operation.frame {
            $0.writeConnectRequest(
                lastZxidSeen: client.lastZxid, timeout: order.sessionTimeoutMilliseconds, session: client.session,
                password: client.password, readOnly: false)
        }
        send(client, request)
    }

    private func read(_ client: RecordingClient, _ id: ConnectionID) {
        guard client.connection == id else { return }
        switch loop.read(id) {
        case .data:
            loop.withInput(id) { bytes in
                client.input.append(contentsOf: bytes)
                return bytes.count
            }
            takeFrames(client)
        case .wouldBlock: break
        case .endOfStream, .failed: close(client)
        }
    }

    func close(_ client: RecordingClient) {
        if let id = client.connection { loop.close(id, graceful: false) }
        lose(client)
    }

    private func lose(_ client: RecordingClient) {
        client.forgetConnection()
        if isFinishing { client.finalReads = 0 }
        client.nextAct = quorate_monotonic_ns() + 1_000_000 + UInt64(client.below(50_000_000))
    }

    private func send(_ client: RecordingClient, _ bytes: [UInt8]) {
        guard let id = client.connection else { return }
        client.lastSent = quorate_monotonic_ns()
        let taken = bytes.withUnsafeBytes { loop.write(id, $0, more: false) }
        // A member that has taken nothing for so long will answer nothing either.
        if taken < bytes.count { close(client) }
    }

    // MARK: Asking

    private func act(_ client: RecordingClient, _ now: UInt64) {
        client.nextAct = now + pace.lowerBound + client.random.below(pace.upperBound - pace.lowerBound + 1)
        guard client.connection != nil else { return connect(client, now) }
        let waits = !client.isConnected || !client.unanswered.isEmpty || client.pings > 0
        if waits, now - client.waitsSince > patience { return close(client) }
        guard client.isConnected else { return }
        ask(client, now)
    }

    private func ask(_ client: RecordingClient, _ now: UInt64) {
        guard client.unanswered.count < window else { return }
        if client.unanswered.isEmpty, client.pings == 0 { client.waitsSince = now }
        if let key = client.keyToRead {
            client.keyToRead = nil
            return submit(client, .get(watch: false), Operation.key(key), now)
        }
        if isFinishing { return readInTheEnd(client, now) }
        // Some go without a word; what they hold is to end with their sessions.
        if client.chance(1, in: 2_000) {
            close(client)
            return client.forgetSession()
        }
        let key = client.below(order.keys)
        let (kind, path) = choose(client, key)
        submit(client, kind, path, now)
    }

    private func readInTheEnd(_ client: RecordingClient, _ now: UInt64) {
        guard client.finalReads <= order.keys else {
            if now - client.lastSent > patience / 4 {
                client.pings += 1
                send(client, Operation.ping)
            }
            return
        }
        guard client.unanswered.isEmpty || client.finalReads > 0 else { return }
        client.finalReads += 1
        if client.finalReads <= order.keys {
            client.keyToRead = client.finalReads - 1
            submit(client, .sync, Operation.key(client.finalReads - 1), now)
        } else {
            submit(client, .list, "/", now)
        }
    }

    private func choose(_ client: RecordingClient, _ key: Int) -> (Operation.Kind, String) {
        let path = Operation.key(key)
        let version = client.chance(1, in: 3) ? client.versions[key] : -1
        switch client.below(100) {
        case 0..<8: return (.get(watch: true), path)
        case 8..<14: return (.exists(watch: true), path)
        case 14..<24:
            client.keyToRead = key
            return (.sync, path)
        case 24..<34: return (.get(watch: false), path)
        case 34..<35: return (.list, "/")
        case 35..<43: return (.create(ephemeral: client.chance(1, in: 2), sequential: false), path)
        case 43..<52: return (.create(ephemeral: false, sequential: true), "/q")
        case 52..<63: return take(client) ?? (.create(ephemeral: false, sequential: true), "/q")
        case 63..<67: return (.delete(version: version), path)
        case 67..<72 where order.keys > 1: return (.multi(second: (key + 1) % order.keys, version: version), path)
        case 72..<73 where client.chance(1, in: 8): return (.closeSession, "/")
        default: return (.set(version: version), path)
        }
    }

    /// One of the oldest items, which others may be after as well.
    private func take(_ client: RecordingClient) -> (Operation.Kind, String)? {
        queue.isEmpty ? nil : (.delete(version: -1), queue[client.below(min(queue.count, 3))])
    }

    private func submit(_ client: RecordingClient, _ kind: Operation.Kind, _ path: String, _ now: UInt64) {
        client.nextXid += 1
        let number = record.history.operations.count
        let operation = Operation(
            client: client.index, session: client.session, connection: client.connectionNumber, xid: client.nextXid, kind: kind,
            path: path, value: UInt64(number) + 1, invoked: quorate_monotonic_ns())
        record.history.operations.append(operation)
        client.unanswered.append(number)
        send(client, operation.encoded(payload: order.payload))
    }
}
