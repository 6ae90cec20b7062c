// Order within a session: a read stands behind the session's own unanswered writes, and nothing overtakes a sync, an auth or a
// linearizable read. What has to wait is parked as its frame and runs right after the answer it waited for, before the next
// record of the batch is applied, or when its read index is there.

import Batch
import ClientProtocol
import Handlers
import Jute
import StateMachine

extension Node {
    private static let parkedHead = 21

    /// Parks a frame behind the newest write of its connection, and behind a read index if it has a ticket for one.
    func park(_ client: ClientConnection, _ frame: UnsafeRawBufferPointer, _ course: RequestCourse, ticket: UInt64 = 0) {
        client.parked.append(littleEndian: client.lastSeq)
        client.parked.append(littleEndian: ticket)
        client.parked.append(littleEndian: UInt32(frame.count))
        client.parked.append(byte: course.rawValue)
        client.parked.append(frame)
        client.parkedCount += 1
        client.noteParked(course, 1)
    }

    /// Runs parked requests until one has to wait again. What they set off does not come back here: the loop goes on, so that no
    /// row of requests is deeper than one call.
    func runParked(_ client: ClientConnection) {
        guard !client.isRunningParked else { return }
        client.isRunningParked = true
        defer { client.isRunningParked = false }
        while client.parkedCount > 0, client.phase == .established, !client.isClosed, !client.isSettingWatches {
            let bytes = client.parked.bytes
            let seq = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: 0, as: UInt64.self))
            let ticket = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
            guard ticket <= readIndexes.ready else { return }
            guard let course = RequestCourse(rawValue: bytes[20]) else { preconditionFailure("a parked request of no course") }
            // A write only keeps its place: those before it are ordered by the log.
            guard course == .write || max(seq, client.parkedFloor) <= client.answeredSeq || client.unanswered == 0 else { return }
            let length = Int(UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 16, as: UInt32.self)))
            // The frame is copied out, because running it may park or forget.
            frameScratch.removeAll()
            frameScratch.append(UnsafeRawBufferPointer(rebasing: bytes[Node.parkedHead..<(Node.parkedHead + length)]))
            client.parked.consume(Node.parkedHead + length)
            client.parkedCount -= 1
            touchServed(client)
            client.noteParked(course, -1)
            runParked(client, course, frameScratch.bytes)
        }
        if client.parkedCount == 0 { client.parked.shrink(to: 4 << 10) }
    }

    private func runParked(_ client: ClientConnection, _ course: RequestCourse, _ frame: UnsafeRawBufferPointer) {
        let xid = Int32(bigEndian: frame.loadUnaligned(fromByteOffset: 0, as: Int32.self))
        let type = Int32(bigEndian: frame.loadUnaligned(fromByteOffset: 4, as: Int32.self))
        let body = UnsafeRawBufferPointer(rebasing: frame.dropFirst(8))
        if course == .write {
            submit(client, xid, type, body)
            client.parkedFloor = client.lastSeq
        } else {
            answerAtOnce(client, xid, type, body)
        }
    }

    /// Answers what needs no quorum, or has what it needs: reads, syncs, pings, auth; a long setWatches only begins here.
    func answerAtOnce(_ client: ClientConnection, _ xid: Int32, _ type: Int32, _ body: UnsafeRawBufferPointer) {
        switch type {
        case OpCode.ping:
            writeReply(client, xid: -2, zxid: stateMachine.applied.wire, error: 0)
        case OpCode.auth:
            authenticate(client, xid, body)
        case OpCode.sync:
            answerSync(client, xid, body)
        case OpCode.setWatches:
            beginSettingWatches(client, xid, body)
        default:
            if stateMachine.kind(of: type) == .read {
                answerRead(client, xid, type, body)
            } else {
                counters.unknownRequests += 1
                writeReply(client, xid: xid, zxid: 0, error: ErrorCode.unimplemented)
                close(client, "request type \(type) is unknown", gracefully: true)
            }
        }
    }

    private func answerRead(_ client: ClientConnection, _ xid: Int32, _ type: Int32, _ body: UnsafeRawBufferPointer) {
        counters.reads += 1
        client.watchesRegistered = true
        replyScratch.removeAll()
        effects.removeAll()
        let error = client.identities.withUnsafeBytes {
            stateMachine.read(
                type: type, connection: client.id, session: client.session, identities: $0.bytes, body: body.bytes,
                reply: &replyScratch, effects: &effects)
        }
        if effects.watchLimitReached {
            closeAtWatchLimit(client)
            return
        }
        if error != 0 { replyScratch.removeAll() }
        if replyScratch.count > settings.maxReply {
            counters.oversizedReplies += 1
            writeReply(client, xid: xid, zxid: stateMachine.applied.wire, error: ErrorCode.badArguments)
            return
        }
        writeReply(client, xid: xid, zxid: stateMachine.applied.wire, error: error, body: replyScratch.bytes)
    }

    private func authenticate(_ client: ClientConnection, _ xid: Int32, _ body: UnsafeRawBufferPointer) {
        // Its effect was taken when it arrived; only the answer has a place in the row.
        if case .mode? = ReadMode.Wish(authPacket: body.bytes) { return writeReply(client, xid: xid, zxid: 0, error: 0) }
        let (superDigest, sha1) = (settings.superDigest, settings.cryptography.sha1)
        guard
            let added = Credentials.adding(
                to: client.identities, authPacket: body.bytes, superDigest: superDigest, sha1: sha1)
        else {
            counters.authFailures += 1
            writeReply(client, xid: xid, zxid: 0, error: ErrorCode.authFailed)
            close(client, "authentication failed", gracefully: true)
            return
        }
        if added != client.identities {
            client.identities = added
            client.identitiesKey = nextIdentitiesKey()
            added.withUnsafeBytes { stateMachine.setIdentities(connection: client.id, $0.bytes) }
        }
        writeReply(client, xid: xid, zxid: 0, error: 0)
    }

    // MARK: writing answers

    @inline(__always)
    func writeReply(
        _ client: ClientConnection, xid: Int32, zxid: Int64, error: Int32,
        body: UnsafeRawBufferPointer = UnsafeRawBufferPointer(start: nil, count: 0)
    ) {
        let p = client.out.appendUninitialized(20 + body.count)
        p.storeBytes(of: Int32(truncatingIfNeeded: 16 + body.count).bigEndian, toByteOffset: 0, as: Int32.self)
        p.storeBytes(of: xid.bigEndian, toByteOffset: 4, as: Int32.self)
        p.storeBytes(of: zxid.bigEndian, toByteOffset: 8, as: Int64.self)
        p.storeBytes(of: error.bigEndian, toByteOffset: 16, as: Int32.self)
        if body.count > 0, let from = body.baseAddress { (p + 20).copyMemory(from: from, byteCount: body.count) }
        client.packetsSent += 1
        counters.packetsSent += 1
        let size = 16 + body.count
        counters.lastResponseBytes = size
        if size > counters.maxResponseBytes { counters.maxResponseBytes = size }
        if size < counters.minResponseBytes { counters.minResponseBytes = size }
        if zxid > 0 { client.lastZxid = zxid }
        markDirty(client)
    }

    /// Queues the events of the record that was just applied, in firing order, before any answer made from the newer state.
    func deliverWatchEvents(zxid: Int64) {
        for event in effects.watchEvents {
            guard let watcher = clients[event.connection], watcher.phase == .established else { continue }
            let path = effects.path(of: event)
            let type = event.type
            let p = watcher.out.appendUninitialized(32 + path.count)
            p.storeBytes(of: Int32(truncatingIfNeeded: 28 + path.count).bigEndian, toByteOffset: 0, as: Int32.self)
            p.storeBytes(of: Int32(-1).bigEndian, toByteOffset: 4, as: Int32.self)
            p.storeBytes(of: zxid.bigEndian, toByteOffset: 8, as: Int64.self)
            p.storeBytes(of: Int32(0), toByteOffset: 16, as: Int32.self)
            p.storeBytes(of: type.bigEndian, toByteOffset: 20, as: Int32.self)
            p.storeBytes(of: Int32(3).bigEndian, toByteOffset: 24, as: Int32.self)
            p.storeBytes(of: Int32(truncatingIfNeeded: path.count).bigEndian, toByteOffset: 28, as: Int32.self)
            if path.count > 0, let from = path.baseAddress { (p + 32).copyMemory(from: from, byteCount: path.count) }
            watcher.packetsSent += 1
            counters.packetsSent += 1
            counters.watchEvents += 1
            markDirty(watcher)
        }
    }
}
