// Committed batches become state, record by record, in zxid order. What this node's own clients wait for is answered here, and
// reads that were parked behind a record run right after it, before the next one.

package import Batch
import ClientProtocol
import DataTree
import Handlers
import Jute
import Rules
package import StateMachine
import Zab

extension Node {
    /// Applies committed batches until `budget` bytes have been done; the rest waits for the next turn.
    func applyCommitted(budget: Int) {
        if backlog.spilledBehind != nil { refillBacklog() }
        var left = budget
        while left > 0, let batch = backlog.first, batch.lastZxid <= applicable {
            stages.noteApplying(batch)
            apply(batch)
            left -= batch.byteCount
            backlog.removeFirst()
            stages.noteApplied(batch)
        }
    }

    var hasWorkLeft: Bool {
        guard let batch = backlog.first else { return false }
        return batch.lastZxid <= applicable
    }

    /// Brings a state forward by a batch of the log that is known to be committed, at a start: nobody waits for answers.
    package static func replay(_ batch: SealedBatch, into state: StateMachine) {
        var reply = ByteBuffer(capacity: 64)
        var effects = Effects()
        var reader = RecordReader(batch.requests.bytes)
        state.beginBatch(batch.header)
        var index = 0
        while index < batch.count {
            let head = (try? reader.next()) ?? unreadable
            let taken = applySegment(head, &reader, batch.firstZxid.advanced(by: index), batch, index, state)
            defer { index += max(taken, 1) }
            if taken > 0 { continue }
            let context = ApplyContext(
                zxid: batch.firstZxid.advanced(by: index), wallTime: batch.header.wallTime, logTime: batch.header.logTime,
                version: batch.header.version, head: head, isOwn: false)
            effects.removeAll()
            reply.removeAll()
            _ = state.apply(context, identities: reader.identities, body: reader.body, reply: &reply, effects: &effects)
        }
        state.endBatch(batch.header)
    }

    private static let unreadable = RequestHead(
        type: OpCode.error, xid: 0, session: 0, origin: Origin(server: 0, run: 0, seq: 0))

    private func apply(_ batch: SealedBatch) {
        // Rule A1: nothing is applied that the leader of the current epoch has not told to be committed. Rule A2: nor before it
        // is durable here.
        demand(batch.lastZxid <= zab.commit, "Rule A1: batch \(batch.lastZxid) is not committed")
        demand(batch.lastZxid <= zab.lastDurable, "Rule A2: batch \(batch.lastZxid) is not durable here")
        #if QUORATE_MUTANTS
        (Mutant.tickOfFile, Mutant.seedOfProcess) = (Int32(settings.tickMs), settings.run)
        #endif
        // Held once for the batch: through the property it would be counted with every record.
        let state = stateMachine
        // Rule P4: memory is the log's prefix, nothing else.
        demand(batch.prevZxid == state.applied, "Rule P4: batch \(batch.firstZxid) does not follow \(state.applied)")
        state.beginBatch(batch.header)
        var reader = RecordReader(batch.requests.bytes)
        var ahead = Lookahead(reader, in: state.tree)
        var (index, seen) = (0, 0)
        while index < batch.count {
            while index >= seen {
                ahead.step(in: state.tree)
                seen += Lookahead.group
            }
            // Apply is total: a record that can't be read has the same empty result on every member.
            let head = (try? reader.next()) ?? Node.unreadable
            let zxid = batch.firstZxid.advanced(by: index)
            let taken = Node.applySegment(head, &reader, zxid, batch, index, state)
            if taken == 0 { apply(head, &reader, zxid, batch.header, state) }
            index += max(taken, 1)
        }
        state.endBatch(batch.header)
    }

    @inline(__always)
    private func apply(
        _ head: RequestHead, _ reader: inout RecordReader, _ zxid: Zxid, _ header: BatchHeader, _ state: StateMachine
    ) {
        let isOwn = head.origin.server == settings.serverID && head.origin.run == settings.run
        let entry = isOwn ? pending.take(head.origin.seq) : nil
        let context = ApplyContext(
            zxid: zxid, wallTime: header.wallTime, logTime: header.logTime, version: header.version, head: head,
            isOwn: entry != nil)
        if let burn = settings.faults.burnPerWrite { burn() }
        replyScratch.removeAll()
        effects.removeAll()
        let error = state.apply(
            context, identities: reader.identities, body: reader.body, reply: &replyScratch, effects: &effects
        ).error
        if !effects.watchEvents.isEmpty { deliverWatchEvents(zxid: zxid.wire) }
        let answered = entry.flatMap { answer($0, head, zxid, error) }
        if let change = effects.session { followSession(change, head.origin, answered: entry?.connection ?? 0) }
        // Last, because parked reads reuse the scratch that the lines above have read.
        if let answered, answered.parkedCount > 0 { runParked(answered) }
    }

    @inline(__always)
    func answer(_ entry: PendingRequest, _ head: RequestHead, _ zxid: Zxid, _ error: Int32) -> ClientConnection? {
        guard let client = clients[entry.connection] else { return nil }
        precondition(entry.session == head.session && entry.xid == head.xid, "an answer met the wrong request at \(zxid)")
        client.unanswered -= 1
        touchServed(client)
        client.unansweredBytes -= Int(entry.bytes)
        client.answeredSeq = head.origin.seq
        // Behind the answer to closeSession nothing more is said.
        guard client.phase != .closing else { return nil }
        switch entry.purpose {
        case .handshake: finishHandshake(client, type: entry.type, error: error)
        case .reply:
            guard error != ErrorCode.sessionMoved else {
                counters.sessionsMoved += 1
                close(client, "its session has moved to another server")
                return nil
            }
            if error != 0 { replyScratch.removeAll() }
            #if QUORATE_MUTANTS
            let zxid = Mutant.isOn(.failureWithoutZxid) && error != 0 ? Zxid(rawValue: zxid.rawValue - 1) : zxid
            #endif
            writeReply(client, xid: entry.xid, zxid: zxid.wire, error: error, body: replyScratch.bytes)
            stages.noteReply(receivedAt: entry.receivedAt, seq: head.origin.seq)
            if entry.type == OpCode.closeSession { close(client, "its session was closed", gracefully: true) }
        }
        return client
    }

    /// A session that this record opened, moved or ended.
    private func followSession(_ change: SessionEffect, _ origin: Origin, answered: UInt64) {
        switch change {
        case .created(let session, let timeout): opened(session, timeout, origin)
        case .attached(let session, let timeout, _, _): opened(session, timeout, origin)
        case .closed(let session):
            expiry.remove(session)
            #if QUORATE_MUTANTS
            if Mutant.isOn(.keepsEndedSessions) { return }
            #endif
            // Rule S7: the connection goes as soon as the end of its session is applied here.
            if let client = localSessions[session].flatMap({ clients[$0] }), client.id != answered {
                close(client, "its session has expired")
            }
        }
    }

    private func opened(_ session: Int64, _ timeoutMs: Int32, _ owner: Origin) {
        if isLeading { expiry.add(session, timeoutMs: timeoutMs, now: now) }
        guard owner.server != settings.serverID || owner.run != settings.run else { return }
        if let client = localSessions[session].flatMap({ clients[$0] }) {
            close(client, "its session has moved to server \(owner.server)")
        }
    }
}
