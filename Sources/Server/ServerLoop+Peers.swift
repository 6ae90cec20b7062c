// Members' sockets: they are served before clients in every turn.

import Batch
import Node
import Transport
import Zab

extension ServerLoop {
    func servePeer(_ event: TransportEvent) {
        switch event {
        case .accepted(let id, _, let tag) where tag != Tag.client:
            loop.setInputLimit(id, Node.strangersInput + 1_024)
            node.peerAccepted(id.rawValue, tag == Tag.election ? .election : .data)
        case .connected(let id, let tag) where tag != Tag.client:
            dialed[id] = nil
            node.peerConnected(id.rawValue)
        case .readable(let id, let tag) where tag != Tag.client:
            readPeer(id)
        case .writable(let id, let tag) where tag != Tag.client:
            node.peerWritable(id.rawValue)
        case .closed(let id, let tag, let reason) where tag != Tag.client:
            let member = dialed.removeValue(forKey: id)
            if reason.kind != .connectFailed, reason.kind != .reset { logRefusal(id, member, reason) }
            node.peerClosed(id.rawValue)
        default: break
        }
    }

    private func readPeer(_ id: ConnectionID) {
        let outcome = loop.read(id)
        if outcome == .failed { return }
        loop.withInput(id) { node.peerReceived(id.rawValue, $0) }
        guard outcome == .endOfStream else { return }
        loop.close(id, graceful: false)
        node.peerClosed(id.rawValue)
    }

    /// Connections that were paused with frames in their buffer go on without waiting for more bytes.
    func offerPeersAgain() {
        guard !reofferedPeers.isEmpty else { return }
        let ids = reofferedPeers
        reofferedPeers.removeAll(keepingCapacity: true)
        for id in ids { loop.withInput(id) { node.peerReceived(id.rawValue, $0) } }
    }

    func setPeerReading(_ id: ConnectionID, _ on: Bool) {
        loop.setReading(id, on)
        if on, loop.inputCount(id) > 0 { reofferedPeers.append(id) }
    }

    /// One line a minute for each host and reason: a peer with the wrong certificate comes back again and again, from a new port
    /// each time, and is dialed again and again.
    private func logRefusal(_ id: ConnectionID, _ member: MemberID?, _ reason: CloseReason) {
        let configured = member.flatMap { member in configuration.members.first { $0.id == Int(member) }?.host }
        let host = configured ?? loop.remoteAddress(id).host
        let who = member.map { "the connection to member \($0) at \(host)" } ?? "a member's connection from \(host)"
        log.rateLimited("\(who) failed: \(reason.text)", key: "\(host) \(reason.text)", now: loop.now)
    }

    /// The same for what this side ends. Numbers in the reason make no other reason of it.
    func logClosing(_ id: ConnectionID, _ reason: String) {
        let host = loop.remoteAddress(id).host
        let kind = reason.filter { !$0.isNumber }
        log.rateLimited("closed a member's connection from or to \(host): \(reason)", key: "\(host) \(kind)", now: loop.now)
    }

    func flushPeers() {
        while let link = node.takeDirtyPeer() {
            let id = ConnectionID(rawValue: link.id)
            link.out.drain { loop.write(id, $0, more: $1) }
        }
    }
}
