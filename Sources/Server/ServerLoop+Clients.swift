// Clients' sockets: accepted within their limits, read once a turn, written once at its end.

import Batch
import Jute
import Node
import Transport

extension ServerLoop {
    /// Bytes handed to clients' sockets in one turn; a send of few bytes counts for as many as take its time.
    private static let flushBudget = 8 << 20
    private static let leastFlushCost = 4 << 10

    func serveClient(_ event: TransportEvent) {
        switch event {
        case .accepted(let id, let listener, let tag) where tag == Tag.client: accept(id, at: listener)
        case .readable(let id, let tag) where tag == Tag.client: readClient(id)
        case .writable(let id, let tag) where tag == Tag.client: node.clientWritable(id.rawValue)
        case .closed(let id, let tag, let reason) where tag == Tag.client:
            if clientAddresses[id] == nil { noteFailedHandshake(id, reason) } else { forget(id) }
        default: break
        }
    }

    private func accept(_ id: ConnectionID, at listener: ListenerID) {
        let isSecure = listener == ports.secure?.id
        if isSecure { entrance.handshakesDone += 1 }
        let remote = loop.remoteAddress(id)
        let host = remote.with(port: 0)
        let count = connectionsByAddress[host, default: 0]
        if configuration.maxClientCnxns > 0, count >= configuration.maxClientCnxns {
            refuse(id, "too many connections from \(remote.host): maxClientCnxns is \(configuration.maxClientCnxns)")
            return
        }
        if configuration.maxCnxns > 0, clientAddresses.count >= configuration.maxCnxns {
            refuse(id, "too many connections: maxCnxns is \(configuration.maxCnxns)")
            return
        }
        connectionsByAddress[host] = count + 1
        clientAddresses[id] = host
        loop.setInputLimit(id, Node.firstFrameAtMost + 1_024)
        let security: ClientSecurity = !isSecure ? .plain : loop.peerCertificateText(id) == nil ? .encrypted : .mutual
        node.clientAccepted(id.rawValue, address: remote.octets, text: "\(remote)", security: security)
    }

    /// One line a minute for each host and kind of failure: what strangers send stands in the reason, and must not fill the log.
    private func noteFailedHandshake(_ id: ConnectionID, _ reason: CloseReason) {
        entrance.handshakesFailed += 1
        let host = loop.remoteAddress(id).host
        log.rateLimited(
            "a client's connection from \(host) to the secure port failed: \(reason.text.prefix(Self.longestReason))",
            key: "secure port \(host) \(reason.kind)", now: loop.now)
    }

    private static let longestReason = 300

    /// With what the loop itself keeps account of.
    var entranceCounts: EntranceCounts {
        var counts = entrance
        counts.handshakesExceeded = UInt64(loop.counters.handshakesExceeded)
        if let secure = ports.secure { counts.handshakesUnderWay = loop.handshakesUnderWay(secure.id) }
        return counts
    }

    private func refuse(_ id: ConnectionID, _ reason: String) {
        entrance.rejected += 1
        log.rateLimited(reason, now: loop.now)
        loop.close(id, graceful: false)
    }

    private func readClient(_ id: ConnectionID) {
        let outcome = loop.read(id)
        if outcome == .failed { return }
        offer(id)
        guard outcome == .endOfStream else { return }
        forget(id)
        loop.close(id, graceful: false)
    }

    private func offer(_ id: ConnectionID) {
        loop.withInput(id) { node.clientReceived(id.rawValue, $0) }
    }

    /// Connections that were paused with frames in their buffer go on without waiting for more bytes.
    func offerAgain() {
        guard !reoffered.isEmpty else { return }
        let ids = reoffered
        reoffered.removeAll(keepingCapacity: true)
        for id in ids { offer(id) }
    }

    func setReading(_ id: ConnectionID, _ on: Bool) {
        // Reading is switched on first when the session is there; from then on whole requests may come.
        if on { loop.setInputLimit(id, configuration.juteMaxBuffer + 64 << 10) }
        loop.setReading(id, on)
        if on, loop.inputCount(id) > 0 { reoffered.append(id) }
    }

    func closeClient(_ id: ConnectionID, _ reason: String) {
        release(id)
        loop.close(id, graceful: true)
    }

    private func forget(_ id: ConnectionID) {
        release(id)
        node.clientClosed(id.rawValue)
    }

    /// Takes a connection out of its address's count, once, however many ways its end is told.
    private func release(_ id: ConnectionID) {
        // Both ends may close it in one turn; it is counted out once.
        guard let host = clientAddresses.removeValue(forKey: id), let count = connectionsByAddress[host] else { return }
        connectionsByAddress[host] = count > 1 ? count - 1 : nil
    }

    /// One send for each client that has answers. Those that got their last one are closed in the same turn.
    /// What passes the turn's budget stays for the next turn, which follows at once.
    func flushClients() {
        var budget = ServerLoop.flushBudget
        for client in node.takeDirtyClients() {
            guard budget > 0 else {
                node.clientWritable(client.id)
                continue
            }
            let id = ConnectionID(rawValue: client.id)
            let taken = loop.write(id, client.out.bytes, more: false)
            client.out.consume(taken)
            budget -= max(taken, ServerLoop.leastFlushCost)
            if client.out.isEmpty { node.clientFlushed(client) }
        }
        carryOutputs()
    }
}
