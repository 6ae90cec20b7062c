// Bytes to messages, total on any input: what is no message is thrown, never trapped on.

import Batch
import CLinux
package import Zab

package enum PeerDecoder {
    /// Decodes one whole frame, as cut by `PeerFrame.length`.
    package static func decode(frame: RawSpan) throws(PeerError) -> (Envelope, Message) {
        guard let length = try PeerFrame.length(at: frame), length == frame.byteCount else {
            throw .badLength(UInt32(truncatingIfNeeded: frame.byteCount))
        }
        let envelope = Envelope(
            type: frame.unsafeLoadUnaligned(fromByteOffset: 4, as: UInt8.self),
            version: frame.unsafeLoadUnaligned(fromByteOffset: 5, as: UInt8.self),
            epoch: UInt32(littleEndian: frame.unsafeLoadUnaligned(fromByteOffset: 8, as: UInt32.self)),
            source: UInt32(littleEndian: frame.unsafeLoadUnaligned(fromByteOffset: 12, as: UInt32.self)),
            sourceTag: UInt64(littleEndian: frame.unsafeLoadUnaligned(fromByteOffset: 16, as: UInt64.self)))
        guard let kind = PeerFrame.Kind(rawValue: envelope.type) else { throw .unknownType(envelope.type) }
        // A HELLO is read whatever its version, so that the difference can be named to people.
        guard envelope.version == PeerFrame.version || kind == .hello else { throw .unknownVersion(envelope.version) }
        let fieldsEnd = PeerFrame.headSize + (kind.fieldsBeforeBulk ?? frame.byteCount - PeerFrame.headSize)
        guard frame.byteCount >= fieldsEnd else { throw .badField(type: envelope.type) }
        let crc = frame.withUnsafeBytes { PeerFrame.checksum($0, fieldsEnd: fieldsEnd) }
        guard crc == UInt32(littleEndian: frame.unsafeLoadUnaligned(fromByteOffset: 24, as: UInt32.self)) else {
            throw .badChecksum
        }
        return (envelope, try message(kind, envelope.epoch, frame))
    }

    private static func message(_ kind: PeerFrame.Kind, _ epoch: UInt32, _ frame: RawSpan) throws(PeerError) -> Message {
        var reader = FieldReader(frame, type: kind.rawValue)
        let message: Message
        switch kind {
        case .proposal: return .proposal(try proposal(epoch, frame, &reader))
        case .forward: return .forward(try forward(epoch, frame, &reader))
        case .snapshotChunk: return .snapshotChunk(try snapshotChunk(epoch, frame, &reader))
        case .hello:
            let hello = try hello(&reader)
            message = .hello(hello)
            // What a later version says behind these fields is nothing to this one, which only has to name the difference.
            if hello.wireVersion > Hello.wireVersion { return message }
        case .join: message = .join(try join(epoch, &reader))
        case .sync: message = .sync(try sync(epoch, &reader))
        case .reject: message = .reject(try reject(epoch, &reader))
        case .snapshotHeld:
            message = .snapshotHeld(
                SnapshotHeld(zxid: try reader.zxid(), digest: try reader.integer(), offset: try reader.integer()))
        case .prevote, .prevoteReply, .newEpoch, .ackEpoch: message = try election(kind, epoch, &reader)
        case .newLeader, .ack, .heartbeat, .readIndex, .echo, .forwardRefused, .readIndexReply, .handover:
            message = try broadcast(kind, epoch, &reader)
        }
        try reader.end()
        return message
    }

    private static func broadcast(
        _ kind: PeerFrame.Kind, _ epoch: UInt32, _ reader: inout FieldReader
    ) throws(PeerError) -> Message {
        switch kind {
        case .ack:
            return .ack(
                Ack(
                    epoch: epoch, last: try reader.zxid(), round: try reader.integer(), applied: try reader.zxid(),
                    digests: try reader.digestPairs(), touched: try reader.sessions()))
        case .heartbeat:
            return .heartbeat(
                Heartbeat(
                    epoch: epoch, commit: try reader.zxid(), round: try reader.integer(),
                    sendTime: Instant(nanoseconds: try reader.integer()), credit: try reader.credit(),
                    digest: try reader.digestPair()))
        case .echo:
            return .echo(
                Echo(
                    epoch: epoch, round: try reader.integer(), sendTime: Instant(nanoseconds: try reader.integer()),
                    applied: try reader.zxid(), touched: try reader.sessions()))
        case .newLeader:
            return .newLeader(
                NewLeader(
                    epoch: epoch, zSync: try reader.zxid(), commit: try reader.zxid(), configurationZxid: try reader.zxid()))
        case .readIndex:
            let nonce: UInt64 = try reader.integer()
            guard let kind = ReadKind(rawValue: try reader.integer()) else { throw reader.error }
            return .readIndex(ReadIndex(epoch: epoch, nonce: nonce, kind: kind))
        case .readIndexReply:
            let nonce: UInt64 = try reader.integer()
            let isThere = try reader.boolean()
            let index = try reader.zxid()
            return .readIndexReply(ReadIndexReply(epoch: epoch, nonce: nonce, index: isThere ? index : nil))
        case .handover:
            guard let step = HandoverStep(rawValue: try reader.integer()) else { throw reader.error }
            return .handover(HandoverNotice(epoch: epoch, step: step, last: try reader.zxid()))
        default: return .forwardRefused(epoch: epoch)
        }
    }

    private static func election(
        _ kind: PeerFrame.Kind, _ epoch: UInt32, _ reader: inout FieldReader
    ) throws(PeerError) -> Message {
        switch kind {
        case .prevote:
            return .prevote(
                Prevote(
                    epoch: epoch, history: try reader.history(), configurationZxid: try reader.zxid(),
                    nonce: try reader.integer()))
        case .prevoteReply:
            let nonce: UInt64 = try reader.integer()
            guard let reason = PrevoteReason(rawValue: try reader.integer()) else { throw reader.error }
            return .prevoteReply(
                PrevoteReply(nonce: nonce, reason: reason, acceptedEpoch: epoch, leaderHint: try reader.integer()))
        case .newEpoch:
            return .newEpoch(
                NewEpoch(epoch: epoch, history: try reader.history(), configurationZxid: try reader.zxid()))
        default:
            return .ackEpoch(
                AckEpoch(
                    epoch: epoch, counted: try reader.boolean(), bound: try reader.history(), last: try reader.zxid(),
                    acceptedEpoch: try reader.integer()))
        }
    }

    private static func hello(_ reader: inout FieldReader) throws(PeerError) -> Hello {
        let wireVersion: UInt16 = try reader.integer()
        let clusterID: ClusterID = try reader.integer()
        let member: MemberID = try reader.integer()
        let incarnation: Incarnation = try reader.integer()
        let zxid = try reader.zxid()
        let digest: UInt64 = try reader.integer()
        let frameLimit: UInt32 = try reader.integer()
        let text = try reader.text()
        // Before version 3 nobody told its run.
        let run: UInt64 = wireVersion >= 3 ? try reader.integer() : 0
        return Hello(
            clusterID: clusterID, member: member, incarnation: incarnation, configurationZxid: zxid, configurationDigest: digest,
            configurationText: text, wireVersion: wireVersion, frameLimit: frameLimit, run: run)
    }

    private static func join(_ epoch: UInt32, _ reader: inout FieldReader) throws(PeerError) -> Join {
        let accepted: UInt32 = try reader.integer()
        let history = try reader.history()
        let flags: UInt8 = try reader.integer()
        let applyVersion: UInt16 = try reader.integer()
        let count = Int(try reader.integer(UInt8.self))
        guard flags <= 3, count <= Join.maxEnds else { throw reader.error }
        var ends: [EpochEnd] = []
        ends.reserveCapacity(count)
        for _ in 0..<count {
            let end = try reader.history()
            // In ascending order, or the search for the common point would not find it.
            if let last = ends.last, end.epoch <= last.epoch || end.last <= last.last { throw reader.error }
            ends.append(EpochEnd(epoch: end.epoch, last: end.last))
        }
        return Join(
            epoch: epoch, acceptedEpoch: accepted, history: history, ends: ends, isStateBad: flags & 1 != 0,
            needsRepair: flags & 2 != 0, applyVersion: applyVersion)
    }

    private static func sync(_ epoch: UInt32, _ reader: inout FieldReader) throws(PeerError) -> Sync {
        guard let mode = SyncMode(rawValue: try reader.integer()) else { throw reader.error }
        var sync = Sync(
            epoch: epoch, mode: mode, truncateTo: try reader.zxid(), from: try reader.zxid(), zSync: try reader.zxid(), start: nil
        )
        if try reader.boolean() {
            sync.start = Start(zxid: try reader.zxid(), byteCount: try reader.integer(), digest: try reader.integer())
        }
        guard (sync.start != nil) == (mode == .snapshot) else { throw reader.error }
        return sync
    }

    private static func reject(_ epoch: UInt32, _ reader: inout FieldReader) throws(PeerError) -> Reject {
        guard let reason = RejectReason(rawValue: try reader.integer()) else { throw reader.error }
        return Reject(
            reason: reason, epoch: epoch, zxid: try reader.zxid(), digest: try reader.integer(), text: try reader.text())
    }

    private static func proposal(
        _ epoch: UInt32, _ frame: RawSpan, _ reader: inout FieldReader
    ) throws(PeerError) -> Proposal {
        let commit = try reader.zxid()
        let round: UInt64 = try reader.integer()
        let credit = try reader.credit()
        let count = try reader.count(of: BatchHeader.size)
        guard try reader.integer(UInt32.self) == 0 else { throw reader.error }
        var batches: [SealedBatch] = []
        batches.reserveCapacity(count)
        var offset = reader.offset
        for _ in 0..<count {
            var consumed = 0
            do {
                batches.append(try SealedBatch(copying: frame.extracting(offset..<frame.byteCount), consumed: &consumed))
            } catch {
                throw .badBatch
            }
            offset += consumed
        }
        guard offset == frame.byteCount else { throw reader.error }
        return Proposal(epoch: epoch, commit: commit, round: round, credit: credit, batches: batches)
    }

    private static func forward(_ epoch: UInt32, _ frame: RawSpan, _ reader: inout FieldReader) throws(PeerError) -> Forward {
        let count: UInt32 = try reader.integer()
        try checkPayload(frame, &reader)
        return Forward(epoch: epoch, count: count, body: reader.offset..<frame.byteCount)
    }

    private static func snapshotChunk(
        _ epoch: UInt32, _ frame: RawSpan, _ reader: inout FieldReader
    ) throws(PeerError) -> SnapshotChunk {
        let offset: UInt64 = try reader.integer()
        let isLast: UInt32 = try reader.integer()
        guard isLast <= 1 else { throw reader.error }
        try checkPayload(frame, &reader)
        return SnapshotChunk(epoch: epoch, offset: offset, isLast: isLast == 1, body: reader.offset..<frame.byteCount)
    }

    /// The last field is the checksum of the bulk behind it.
    private static func checkPayload(_ frame: RawSpan, _ reader: inout FieldReader) throws(PeerError) {
        let expected: UInt32 = try reader.integer()
        let start = reader.offset
        let crc = frame.withUnsafeBytes { bytes in
            start == bytes.count ? 0 : quorate_crc32c(0, bytes.baseAddress! + start, bytes.count - start)
        }
        guard crc == expected else { throw .badChecksum }
    }
}
