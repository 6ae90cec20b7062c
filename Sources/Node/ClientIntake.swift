// From a client's bytes to requests: frames are cut in place, each is answered, parked behind the session's own writes, or
// gathered as a write. The handshake is in Handshake, reads and parking in ParkedRequests.

import Batch
import ClientProtocol
import Jute
import StateMachine
import Zab

extension Node {
    /// Bytes of the longest connect request: who has no session yet holds little (rule B1).
    package static let firstFrameAtMost = 64 << 10

    /// A client's socket has been accepted. `address` is the binary address (4 or 16 bytes) that the ip scheme speaks of.
    package func clientAccepted(_ id: UInt64, address: [UInt8], text: String, security: ClientSecurity = .plain) {
        let address = Credentials.unmapped(address)
        let client = ClientConnection(
            id: id, addressText: text, isLocal: Credentials.isLoopback(address), security: security,
            identities: Credentials.ofAddress(address), identitiesKey: nextIdentitiesKey(),
            readsLinearizably: settings.readsLinearizably, openedAt: now.nanoseconds)
        clients.insert(client)
        expectEnd(of: client)
        counters.connectionsAccepted += 1
    }

    /// The socket is gone; the session stays until it times out.
    package func clientClosed(_ id: UInt64) {
        guard let client = clients[id] else { return }
        forget(client)
    }

    /// Takes what it can of a client's unconsumed bytes.
    /// - Returns: how many were taken; the rest is offered again when more arrives or reading is resumed.
    package func clientReceived(_ id: UInt64, _ bytes: UnsafeRawBufferPointer) -> Int {
        guard let client = clients[id], !client.isClosed else { return bytes.count }
        var offset = 0
        while !client.isClosed, bytes.count - offset >= 4 {
            guard mayRead(client) else {
                pause(client)
                return offset
            }
            let word = bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self).bigEndian
            if client.phase == .fresh, answerFourLetterWord(word, client) { return bytes.count }
            let length = Int(Int32(bitPattern: word))
            let longest = client.phase == .fresh ? min(settings.maxFrame, Node.firstFrameAtMost) : settings.maxFrame
            guard length >= 0, length <= longest else {
                counters.badFrames += 1
                close(client, "it announced a frame of \(length) bytes, allowed are 0 to \(longest)")
                return bytes.count
            }
            guard bytes.count - offset - 4 >= length else { break }
            let frame = UnsafeRawBufferPointer(rebasing: bytes[(offset + 4)..<(offset + 4 + length)])
            offset += 4 + length
            counters.packetsReceived += 1
            client.packetsReceived += 1
            if client.phase == .fresh { handshake(client, frame) } else { request(client, frame) }
        }
        return client.isClosed ? bytes.count : offset
    }

    /// Back-pressure: whether this connection may hand over another request (limits of zab.md's flow control, B1).
    func mayRead(_ client: ClientConnection) -> Bool {
        switch client.phase {
        case .handshaking, .closing: return false
        // A handshake that came between two leaders would be refused, and waits a moment instead.
        case .fresh: return !handover.isBetween && !isHandingOver && !isEnding
        case .established:
            // Rule B1: what a client may have unanswered, and what it may leave unread, is capped per connection and per node.
            return !isSuspended && !isHandingOver && !isEnding && client.unanswered < settings.maxUnansweredRequests
                && client.unansweredBytes < settings.maxUnansweredBytes && client.parked.count < settings.maxUnansweredBytes
                && client.out.count < settings.maxOutput && pending.count < settings.globalRequests
                && pending.bytes < settings.globalBytes && !intakeIsFull
        }
    }

    private func request(_ client: ClientConnection, _ frame: UnsafeRawBufferPointer) {
        guard frame.count >= 8 else {
            counters.badFrames += 1
            close(client, "a frame of \(frame.count) bytes holds no request header")
            return
        }
        let xid = Int32(bigEndian: frame.loadUnaligned(fromByteOffset: 0, as: Int32.self))
        let type = Int32(bigEndian: frame.loadUnaligned(fromByteOffset: 4, as: Int32.self))
        touch(client)
        client.lastXid = xid
        client.lastType = type
        let body = UnsafeRawBufferPointer(rebasing: frame.dropFirst(8))
        let course = course(of: type)
        if type == OpCode.auth { noteReadMode(client, body) }
        if course == .write {
            if client.holdsWrites { park(client, frame, course) } else { submit(client, xid, type, body) }
        } else if type == OpCode.sync {
            park(client, frame, .barrier, ticket: ticket(client, .sync))
        } else if client.readsLinearizably, stateMachine.kind(of: type) == .read, type != OpCode.setWatches {
            // Later writes wait for it, as for a sync: its answer goes out before theirs.
            park(client, frame, .barrier, ticket: ticket(client, .read))
        } else if client.hasOrderToKeep {
            park(client, frame, course)
        } else {
            answerAtOnce(client, xid, type, body)
        }
    }

    /// Gathers one write: this copy is the only one before the batch is sealed.
    func submit(_ client: ClientConnection, _ xid: Int32, _ type: Int32, _ body: UnsafeRawBufferPointer) {
        guard body.count <= RecordLayout.maxBody else {
            close(client, "a request of \(body.count) bytes passes the limit of \(RecordLayout.maxBody)")
            return
        }
        // The end of a session says nothing in its body; what a client writes there is not carried along.
        let carried = type == OpCode.closeSession ? UnsafeRawBufferPointer(start: nil, count: 0) : body
        gather(client, xid, type, session: client.session, carried, purpose: .reply)
    }

    func gather(
        _ client: ClientConnection, _ xid: Int32, _ type: Int32, session: Int64, _ body: UnsafeRawBufferPointer,
        purpose: PendingRequest.Purpose
    ) {
        let seq = pending.push(
            PendingRequest(
                connection: client.id, session: session, xid: xid, type: type, bytes: UInt32(body.count), purpose: purpose,
                receivedAt: now.nanoseconds))
        let head = RequestHead(
            type: type, xid: xid, session: session, origin: Origin(server: settings.serverID, run: settings.run, seq: seq))
        client.identities.withUnsafeBytes {
            gatherer.add(head, identities: $0, identitiesKey: client.identitiesKey, body: body, now: now)
        }
        client.unanswered += 1
        client.unansweredBytes += body.count
        client.lastSeq = seq
    }

    /// A record of the node's own. Its run is 0, no process's, so that nobody looks for an answer and its place among the
    /// clients' requests does not matter.
    func gatherOwn(_ type: Int32, session: Int64, _ body: [UInt8], alone: Bool = false) {
        let head = RequestHead(
            type: type, xid: 0, session: session, origin: Origin(server: settings.serverID, run: 0, seq: 0))
        body.withUnsafeBytes { gatherer.addOwn(head, body: $0, alone: alone, now: now) }
    }

    // MARK: pausing and closing

    func pause(_ client: ClientConnection) {
        guard !client.readsPaused else { return }
        client.readsPaused = true
        pausedClients.append(client.id)
        outputs.append(.setReading(client.id, false))
    }

    /// Lets paused connections go on whose limits allow it again; the server offers their buffered bytes anew.
    func resumeClients() {
        guard !pausedClients.isEmpty else { return }
        var kept = 0
        for id in pausedClients {
            guard let client = clients[id], !client.isClosed else { continue }
            if mayRead(client) {
                client.readsPaused = false
                touchServed(client)
                outputs.append(.setReading(id, true))
            } else {
                pausedClients[kept] = id
                kept += 1
            }
        }
        pausedClients.removeLast(pausedClients.count - kept)
    }

    /// Ends a connection from this side: what its buffer holds is still offered to the socket when `gracefully`.
    func close(_ client: ClientConnection, _ reason: String, gracefully: Bool = false) {
        guard !client.isClosed else { return }
        if client.phase != .closing { counters.connectionsClosed += 1 }
        if gracefully, !client.out.isEmpty {
            client.phase = .closing
            expectEnd(of: client)
            markDirty(client)
            return
        }
        closeAtOnce(client, reason)
    }

    func closeAtOnce(_ client: ClientConnection, _ reason: String) {
        forget(client)
        outputs.append(.closeClient(client.id, reason))
    }

    private func forget(_ client: ClientConnection) {
        guard !client.isClosed else { return }
        client.isClosed = true
        if client.watchesRegistered { goneWatchers.append(client.id) }
        if client.session != 0, localSessions[client.session] == client.id { localSessions[client.session] = nil }
        clients.remove(client.id)
    }

    func markDirty(_ client: ClientConnection) {
        guard !client.isDirty else { return }
        client.isDirty = true
        dirtyClients.append(client)
    }

    /// A client's socket has room again.
    package func clientWritable(_ id: UInt64) {
        if let client = clients[id] { markDirty(client) }
    }

    package func takeDirtyClients() -> [ClientConnection] {
        var taken: [ClientConnection] = []
        swap(&taken, &dirtyClients)
        for client in taken { client.isDirty = false }
        return taken
    }

    /// Everything that this client's buffer held has gone.
    package func clientFlushed(_ client: ClientConnection) {
        client.out.shrink(to: 64 << 10)
        guard client.phase == .closing, !client.isClosed else { return }
        closeAtOnce(client, "answered")
    }
}
