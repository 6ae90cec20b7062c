// Applies committed records in their order to the tree and to the registered handlers, and answers reads from what results. It is
// the whole of the replicated state: one table space, one rolling digest, one snapshot. Nothing below it knows of batches,
// nothing above it looks into the state.

package import Batch
import ClientProtocol
package import DataTree
package import Handlers
package import Jute
import Rules

package struct ApplyResult: Equatable, Sendable {
    /// For the reply's header; -118 means that the connection is to be closed without an answer.
    package var error: Int32
}

/// What a request's op code asks for.
package enum RequestKind: Equatable, Sendable {
    /// Goes into the log and is answered from `apply`.
    case write
    /// Is answered by `read`.
    case read
    /// Neither; some of these a server answers itself, the rest is unknown.
    case other
}

package final class StateMachine {
    /// The newest meaning of apply that this program knows. Rule A4: a batch of a newer one is refused on receipt.
    package static let newestVersion: UInt16 = 1
    package static let oldestVersion: UInt16 = 1

    let space = TableSpace()
    package let tree: DataTree
    @exclusivity(unchecked) var registered: [RegisteredHandler] = []
    private(set) lazy var feed = makeFeed()
    /// Of the batch whose segment is being applied.
    @exclusivity(unchecked) var segmentHeader = BatchHeader(firstZxid: .zero, prevZxid: .zero, wallTime: 0, logTime: 0, count: 0)
    /// Told of each record that a handler has applied as part of a segment, with the error and the body of its answer, before the
    /// handler sees the next one. Nil where nobody waits for answers, as in a replay.
    package var answerSegmentRecord: ((RequestHead, Zxid, Int32, UnsafeRawBufferPointer) -> Void)?
    let facts: PagedTable
    /// Where answers go that nobody waits for.
    @exclusivity(unchecked) private var unwanted = ByteBuffer(capacity: 256)

    @exclusivity(unchecked) package internal(set) var applied = Zxid.zero
    /// Of the newest batch applied; they go on from here when this member leads.
    @exclusivity(unchecked) package internal(set) var wallTime: Int64 = 0
    @exclusivity(unchecked) package internal(set) var logTime: UInt64 = 0
    package internal(set) var digestPoints = DigestPoints()
    package internal(set) var founding: Founding?
    /// Bytes of the configuration in force, as the founding or a later configuration record had them.
    package internal(set) var configuration: [UInt8] = []
    /// Of the record that brought it.
    package internal(set) var configurationZxid = Zxid.zero
    var restoring: Restore?
    /// The head of a snapshot that has begun, until it is handed out.
    var snapshotHead = ByteBuffer(capacity: 64)

    /// - Parameter handlers: the same ones on every member, in any order.
    package init(handlers: [any RequestHandler] = []) {
        tree = DataTree(space: space)
        facts = space.makeTable(stride: Fact.stride, blobs: [Fact.bytes])
        Fact.plant(facts)
        register(handlers)
    }

    /// Digest over all state changes and results so far.
    package var digest: UInt64 { space.digest.value }

    package func kind(of type: Int32) -> RequestKind {
        if DataTree.isWrite(type) { return .write }
        if DataTree.isRead(type) { return .read }
        guard type >= OpCode.firstOfHandlers else { return .other }
        for entry in registered {
            if entry.writes.contains(type) { return .write }
            if entry.queries.contains(type) { return .read }
        }
        return .other
    }

    // MARK: Batches

    /// Before the records of a batch.
    package func beginBatch(_ header: BatchHeader) {
        // Rule A4: batches of unknown meaning were refused when they came in.
        demand(StateMachine.knows(version: header.version), "Rule A4: a batch of version \(header.version) reached apply")
        // Rule P4: memory is what the log up to `applied` makes of it, no record left out and none twice.
        demand(header.prevZxid == applied, "Rule P4: the batch behind \(header.prevZxid) came at \(applied)")
        wallTime = header.wallTime
        logTime = header.logTime
    }

    package static func knows(version: UInt16) -> Bool { version >= oldestVersion && version <= newestVersion }

    /// Behind the last record of a batch.
    package func endBatch(_ header: BatchHeader) {
        demand(applied == header.lastZxid, "Rule P4: the batch up to \(header.lastZxid) ended at \(applied)")
        // Rule A3: a digest is noted at the first batch end at or behind each multiple of 1,024 zxids.
        if DigestPoints.isDue(after: header.prevZxid, at: header.lastZxid) { digestPoints.note(applied, digest) }
    }

    // MARK: Records

    /// Applies one record: total, and a function of the state, the record and the batch's times alone (rule A3). Only if the
    /// record is this server's own (`isOwn`) does `reply` get the body that follows the reply's header.
    package func apply(
        _ context: ApplyContext, identities: RawSpan, body: RawSpan, reply: inout ByteBuffer, effects: inout Effects
    ) -> ApplyResult {
        demand(context.zxid > applied, "Rule P4: \(context.zxid) came at \(applied)")
        applied = context.zxid
        let error: Int32
        switch context.version {
        case 1: error = applyVersion1(context, identities, body, &reply, &effects)
        default: preconditionFailure("Rule A4: a record of version \(context.version) reached apply")
        }
        noteResult(of: context.head, context.zxid, error)
        return ApplyResult(error: error)
    }

    @inline(__always)
    func noteResult(of head: RequestHead, _ zxid: Zxid, _ error: Int32) {
        space.note(zxid.rawValue, UInt64(UInt32(bitPattern: head.type)) << 32 | UInt64(UInt32(bitPattern: error)))
    }

    @inline(__always)
    private func applyVersion1(
        _ context: ApplyContext, _ identities: RawSpan, _ body: RawSpan, _ reply: inout ByteBuffer,
        _ effects: inout Effects
    ) -> Int32 {
        let type = context.head.type
        if DataTree.isWrite(type) {
            return tree.apply(context, identities: identities, body: body, reply: &reply, effects: &effects)
        }
        if type >= OpCode.firstOfHandlers { return applyByHandler(context, body, &reply) }
        return applySystemRecord(context, body, &effects)
    }

    private func applySystemRecord(_ context: ApplyContext, _ body: RawSpan, _ effects: inout Effects) -> Int32 {
        tree.stamp(context)
        switch context.head.type {
        case OpCode.createSession, OpCode.attachSession:
            var reader = JuteReader(body)
            guard let timeout = try? reader.int() else { return ErrorCode.marshallingError }
            return context.head.type == OpCode.createSession
                ? tree.createSession(context.head, timeout: timeout, effects: &effects)
                : tree.attachSession(context.head, timeout: timeout, effects: &effects)
        case OpCode.closeSession:
            return tree.closeSession(context.head, isExpiry: SystemRecord.isExpiry(body), effects: &effects)
        case OpCode.founding: return found(body, &effects)
        case OpCode.configuration: return configure(body, &effects)
        default: return ErrorCode.unimplemented
        }
    }

    private func applyByHandler(_ context: ApplyContext, _ body: RawSpan, _ reply: inout ByteBuffer) -> Int32 {
        tree.stamp(context)
        let error = tree.judgeOwner(context.head)
        guard error == ErrorCode.ok else { return error }
        for entry in registered where entry.writes.contains(context.head.type) {
            space.isChanging = true
            defer { space.isChanging = false }
            if context.isOwn { return entry.apply(context, body, &reply) }
            unwanted.removeAll()
            return entry.apply(context, body, &unwanted)
        }
        return ErrorCode.unimplemented
    }

    // MARK: Reads

    /// Answers a read from the state as it is. Events that it causes (setWatches) go to `effects` and belong before the answer.
    package func read(
        type: Int32, connection: UInt64, session: Int64, identities: RawSpan, body: RawSpan, reply: inout ByteBuffer,
        effects: inout Effects
    ) -> Int32 {
        if type >= OpCode.firstOfHandlers {
            for entry in registered where entry.queries.contains(type) {
                return entry.query(type, session, applied.rawValue, body, &reply)
            }
            return ErrorCode.unimplemented
        }
        let reader = DataTree.Reader(connection: connection, session: session, identities: identities)
        return tree.read(type: type, by: reader, body: body, reply: &reply, effects: &effects)
    }

    package func dropWatches(connection: UInt64) {
        var all = Int.max
        _ = tree.dropWatches(connection: connection, budget: &all)
    }

    /// After an auth packet: watch events to this connection are judged by its new identities.
    package func setIdentities(connection: UInt64, _ identities: RawSpan) {
        tree.setIdentities(connection: connection, identities)
    }

    // MARK: Sessions

    package func session(_ id: Int64) -> SessionInfo? { tree.session(id) }

    package func forEachSession(_ body: (_ id: Int64, _ timeout: Int32, _ ownerServer: UInt32, _ ownerRun: UInt64) -> Void) {
        tree.forEachSession { body($0.id, $0.timeout, $0.ownerServer, $0.ownerRun) }
    }

    // MARK: Figures

    package var nodeCount: Int { tree.nodeCount }
    package var watchCount: Int { tree.watches.dataCount + tree.watches.childCount }
    package var ephemeralCount: Int { tree.ephemeralCount }
    package var sessionCount: Int { tree.sessionCount }
    package var approximateDataSize: Int64 { tree.approximateDataSize }

    /// Digest of the state as it is, not of its history: walks everything, for tests and tools.
    package func wholeDigest() -> UInt64 { space.wholeDigest() }
}
