// Clients at work: connecting, asking, taking answers in, losing connections.

import Batch
import ClientProtocol
import Histories
import Jute
import Node
import Zab

extension Simulation {
    private var clientDelay: UInt64 { network.within(10_000...200_000) }

    func planAct(_ client: SimulatedClient, in nanoseconds: UInt64) {
        let time = now + nanoseconds
        guard time < client.nextAct else { return }
        client.nextAct = time
        heap.add(.client, at: time, client.index, time)
    }

    func clientActs(_ client: SimulatedClient, _ planned: UInt64) {
        guard planned == client.nextAct || planned == 0 else { return }
        client.nextAct = .max
        if client.connection == 0 {
            connect(client)
        } else {
            judgePatience(client)
        }
        if client.connection != 0, client.isConnected { ask(client) }
        planAct(client, in: nextPause(client))
    }

    private func nextPause(_ client: SimulatedClient) -> UInt64 {
        if client.connection == 0 { return client.dice.within(1_000_000...100_000_000) }
        if client.isDone, !isHealing { return UInt64(swarm.sessionTimeoutMs) * 1_000_000 / 4 }
        // What is left of the load is soon done.
        if isHealing { return client.dice.within(10_000...1_000_000) }
        return client.dice.within(10_000...max(20_000, min(swarm.thinkTime, UInt64(swarm.sessionTimeoutMs) * 250_000)))
    }

    private func connect(_ client: SimulatedClient) {
        let index = client.dice.below(members.count)
        guard members[index].isUp, members[index].pausedUntil <= now, let node = members[index].node else { return }
        client.open(to: index)
        node.clientAccepted(client.connection, address: [127, 0, 0, 1], text: "client \(client.index)")
        client.waitsSince = now
        tell("client \(client.index) connects to member \(index + 1)")
        send(client, client.connectRequest(timeout: swarm.sessionTimeoutMs))
    }

    private func send(_ client: SimulatedClient, _ bytes: [UInt8]) {
        client.underWay.append(bytes)
        heap.add(.request, at: now + clientDelay, client.index, client.connection)
    }

    /// Who gets no answer for a session's time gives the connection up.
    private func judgePatience(_ client: SimulatedClient) {
        let waits = !client.isConnected || !client.unanswered.isEmpty || client.pings > 0
        guard waits, now - client.waitsSince > UInt64(swarm.sessionTimeoutMs) * 1_000_000 else { return }
        tell("client \(client.index) gives up its connection")
        leave(client)
    }

    /// The client closes its connection. Its member takes in what was sent before, when it gets to it.
    /// - Parameter hears: that the connection is over.
    func leave(_ client: SimulatedClient, hears: Bool = true) {
        let member = members[client.member]
        let bytes = client.atMember + (hears ? [] : client.underWay.flatMap { $0 })
        if member.isUp { member.left.append((client.connection, bytes, hears)) }
        wake(member)
        lose(client)
    }

    // MARK: asking

    private func ask(_ client: SimulatedClient) {
        guard client.unanswered.count < swarm.window else { return }
        if client.unanswered.isEmpty { client.waitsSince = now }
        if let key = client.keyToRead {
            client.keyToRead = nil
            return submit(client, .get(watch: false), key: key)
        }
        if isHealing, client.quota == 0 { return readAtTheEnd(client) }
        guard client.quota > 0 else {
            client.pings += 1
            return send(client, Operation.ping)
        }
        client.quota -= 1
        let key = client.dice.below(swarm.keys)
        submit(client, choose(client, key), key: key)
    }

    /// Each key once, behind a sync, so that what the last one committed is looked at.
    private func readAtTheEnd(_ client: SimulatedClient) {
        guard client.finalReads < swarm.keys else {
            client.pings += 1
            return send(client, Operation.ping)
        }
        client.keyToRead = client.finalReads
        client.finalReads += 1
        submit(client, .sync, key: client.finalReads - 1)
    }

    private func choose(_ client: SimulatedClient, _ key: Int) -> Operation.Kind {
        if client.dice.below(100) < swarm.reads {
            switch client.dice.below(5) {
            case 0: return .get(watch: true)
            case 1: return .exists(watch: true)
            case 2, 3:
                client.keyToRead = key
                return .sync
            default: return .get(watch: false)
            }
        }
        let version = client.dice.chance(1, in: 3) ? client.versions[key] : -1
        switch client.dice.below(20) {
        case 0...4: return .create(ephemeral: client.dice.chance(1, in: 3), sequential: false)
        case 5: return .create(ephemeral: client.dice.chance(1, in: 2), sequential: true)
        case 6...7: return .delete(version: version)
        case 8: return swarm.keys > 1 ? .multi(second: (key + 1) % swarm.keys, version: version) : .set(version: -1)
        case 9: return client.dice.chance(1, in: 8) ? .closeSession : .set(version: version)
        default: return .set(version: version)
        }
    }

    private func submit(_ client: SimulatedClient, _ kind: Operation.Kind, key: Int) {
        client.nextXid += 1
        var path = Operation.key(key)
        if case .create(_, true) = kind { path = "/q" }
        let number = history.operations.count
        let operation = Operation(
            client: client.index, session: client.session, connection: client.connection, xid: client.nextXid, kind: kind,
            path: path, value: UInt64(number) + 1, invoked: now, isConfirmed: client.readsLinearizably && kind.isRead)
        history.operations.append(operation)
        client.unanswered.append(number)
        tell("client \(client.index) asks \(client.nextXid): \(kind) \(path)")
        send(client, operation.encoded(payload: swarm.payload))
    }

    // MARK: the member's side

    func requestArrives(_ client: SimulatedClient, _ connection: UInt64) {
        guard client.connection == connection, !client.underWay.isEmpty else { return }
        client.atMember += client.underWay.removeFirst()
        wake(members[client.member])
    }

    func receiveRequests(_ member: SimulatedMember, _ node: Node) {
        let left = member.left
        member.left = []
        for (connection, bytes, isClosed) in left {
            if !bytes.isEmpty { _ = bytes.withUnsafeBytes { node.clientReceived(connection, $0) } }
            if isClosed { node.clientClosed(connection) }
        }
        for client in clients where client.member == member.index && !client.atMember.isEmpty {
            let taken = client.atMember.withUnsafeBytes { node.clientReceived(client.connection, $0) }
            client.atMember.removeFirst(min(taken, client.atMember.count))
            if taken > 0, client.isConnected {
                client.heard = (member.index, member.life, node.currentRole == .leading, livelyTime(member), now)
            }
        }
        carryOut(member, node)
    }

    func answerClients(_ member: SimulatedMember, _ node: Node) {
        guard !member.isDeafToClients else { return }
        for connection in node.takeDirtyClients() {
            let client = clients[Int(connection.id & 0xffff_ffff)]
            if client.connection == connection.id, !connection.out.isEmpty {
                client.repliesUnderWay.append(Array(connection.out.bytes))
                heap.add(.reply, at: now + clientDelay, client.index, client.connection)
            }
            connection.out.removeAll()
            node.clientFlushed(connection)
        }
    }

    /// The member has closed it, or is gone: the client hears so a little later.
    func clientLoses(_ connection: UInt64) {
        let client = clients[Int(connection & 0xffff_ffff)]
        guard client.connection == connection, connection != 0, !client.endComes else { return }
        client.endComes = true
        heap.add(.reply, at: now + clientDelay, client.index, connection)
    }

    // MARK: the client's side

    func replyArrives(_ client: SimulatedClient, _ connection: UInt64) {
        guard client.connection == connection else { return }
        guard !client.repliesUnderWay.isEmpty else {
            if client.endComes { lose(client) }
            return
        }
        client.received += client.repliesUnderWay.removeFirst()
        client.waitsSince = now
        var start = 0
        while client.connection == connection, client.received.count - start >= 4 {
            let length = client.received[start..<start + 4].reduce(0) { $0 << 8 | Int($1) }
            guard client.received.count - start >= 4 + length else { break }
            take(client, Array(client.received[start + 4..<start + 4 + length]))
            start += 4 + length
        }
        if client.connection == connection { client.received.removeFirst(start) }
    }

    func lose(_ client: SimulatedClient) {
        if !client.unanswered.isEmpty { marks.reach(.requestLost) }
        client.forgetConnection()
        client.keyToRead = nil
        if isHealing { client.finalReads = 0 }
        planAct(client, in: client.dice.within(1_000_000...50_000_000))
    }

    private func take(_ client: SimulatedClient, _ frame: [UInt8]) {
        frame.withUnsafeBytes { bytes in
            guard client.isConnected else { return takeHandshake(client, bytes) }
            var reader = JuteReader(bytes.bytes)
            guard let xid = try? reader.int(), let zxid = try? reader.long(), let error = try? reader.int() else {
                return breach("client \(client.index) got a reply of \(bytes.count) bytes", by: .history)
            }
            switch xid {
            case -2: client.pings = max(0, client.pings - 1)
            case -4: if error != 0 { breach("client \(client.index) may not read linearizably: \(error)") }
            case -1: takeEvent(client, &reader)
            default: takeReply(client, xid, zxid, error, &reader)
            }
        }
    }

    private func takeHandshake(_ client: SimulatedClient, _ bytes: UnsafeRawBufferPointer) {
        guard let response = try? ConnectResponse(reading: bytes.bytes) else {
            return breach("client \(client.index) got no handshake's answer", by: .history)
        }
        guard response.session != 0 else {
            tell("client \(client.index) hears that its session is over")
            marks.reach(.sessionLost)
            client.session = 0
            client.password = []
            return leave(client)
        }
        if client.session != 0, client.session != response.session {
            breach("client \(client.index) asked for session \(client.session) and got \(response.session)", by: .history)
        }
        if client.session != 0 { marks.reach(.sessionResumed) }
        (client.session, client.password) = (response.session, response.password)
        client.isConnected = true
        client.nextXid = 0
        if client.readsLinearizably { send(client, SimulatedClient.linearizable) }
        tell("client \(client.index) has session \(String(response.session, radix: 16)) at member \(client.member + 1)")
        planAct(client, in: 1_000)
    }

    private func takeEvent(_ client: SimulatedClient, _ reader: inout JuteReader) {
        guard let type = try? reader.int(), (try? reader.int()) != nil, let path = try? reader.copiedBuffer() else {
            return breach("client \(client.index) got an event that can't be read", by: .history)
        }
        history.events.append(
            SeenEvent(
                client: client.index, connection: client.connection, type: type, path: String(decoding: path, as: UTF8.self),
                behindOperation: client.answeredOnConnection, time: now))
        marks.reach(.watchFired)
    }

    private func takeReply(_ client: SimulatedClient, _ xid: Int32, _ zxid: Int64, _ error: Int32, _ reader: inout JuteReader) {
        guard let number = client.unanswered.first, history.operations[number].xid == xid else {
            let oldest = client.unanswered.map { "\(history.operations[$0].xid)" }.joined(separator: " ")
            return breach("client \(client.index) got the answer to \(xid), unanswered are \(oldest)", by: .history)
        }
        client.unanswered.removeFirst()
        client.answeredOnConnection += 1
        var operation = history.operations[number]
        operation.completed = now
        operation.error = error
        operation.zxid = Zxid(rawValue: UInt64(bitPattern: zxid))
        if zxid < client.lastZxid {
            breach("client \(client.index) saw zxid \(String(client.lastZxid, radix: 16)), then \(operation.zxid)", by: .history)
        }
        client.lastZxid = zxid
        read(&operation, &reader, client)
        history.operations[number] = operation
        history.answered.append(number)
        checkConfirmed(number)
        noteInTrace(UInt64(bitPattern: zxid) ^ UInt64(UInt32(bitPattern: error)))
        tell(
            "client \(client.index) \(operation.kind) \(operation.path) = \(error == 0 ? "ok" : "\(error)") at \(operation.zxid)")
        if operation.kind == .closeSession {
            client.session = 0
            client.password = []
        }
    }

    private func read(_ operation: inout Operation, _ reader: inout JuteReader, _ client: SimulatedClient) {
        do {
            try operation.read(answer: &reader)
        } catch {
            return breach("the body of the answer to \(operation.kind) \(operation.path) can't be read", by: .history)
        }
        guard operation.error == 0 else { return }
        switch operation.kind {
        case .set, .exists, .get: client.versions[Int(operation.path.dropFirst(2)) ?? 0] = operation.version
        default: break
        }
    }
}
