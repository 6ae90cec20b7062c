// Frames of the members' port: what whole members said to each other while they elected, synchronized in each of the ways, served
// and forwarded, and one of each kind that such a dialogue leaves out.

import Batch
import ClientProtocol
import Jute
import NodeEnsemble
import PeerProtocol
import Zab

enum PeerRecordings {
    /// One of each kind, some at their edges.
    static var made: [[UInt8]] {
        let encoder = PeerEncoder(source: 2, incarnation: 0x1122_3344_5566_7788_99aa_bbcc_ddee_ff00)
        return messages.map { message in
            var buffer = ByteBuffer()
            let payload: [UInt8]
            switch message {
            case .forward: payload = records
            case .snapshotChunk: payload = [UInt8](repeating: 7, count: 200)
            default: payload = []
            }
            payload.withUnsafeBytes { encoder.encode(message, payload: $0, into: &buffer) }
            return Array(buffer.bytes)
        }
    }

    /// A bundle of three requests of two clients.
    static var records: [UInt8] {
        var writer = RecordWriter()
        var buffer = ByteBuffer()
        for (index, body) in ["/a", "/b/c", ""].enumerated() {
            let head = RequestHead(
                type: OpCode.setData, xid: Int32(index), session: 0x0200_0000_0000_0001,
                origin: Origin(server: 2, run: 0x2_0000_0001, seq: UInt64(index + 1)))
            let identities: [UInt8] = [1, 0, 4, 0, 127, 0, 0, 1]
            identities.withUnsafeBytes { names in
                Array(body.utf8).withUnsafeBytes {
                    _ = writer.append(head, identities: names, identitiesKey: UInt64(1 + index / 2), body: $0, to: &buffer)
                }
            }
        }
        return Array(buffer.bytes)
    }

    static func batch(_ first: UInt32, flags: UInt16 = 0) -> SealedBatch {
        let header = BatchHeader(
            firstZxid: Zxid(epoch: 7, counter: first), prevZxid: Zxid(epoch: 7, counter: first - 1), wallTime: 1, logTime: 2,
            count: 3, flags: flags)
        return records.withUnsafeBytes { SealedBatch(sealing: header, requests: $0) }
    }

    private static func zxid(_ counter: UInt32) -> Zxid { Zxid(epoch: 7, counter: counter) }

    private static var messages: [Message] {
        [
            .hello(
                Hello(
                    clusterID: 5, member: 2, incarnation: 5, configurationZxid: zxid(1), configurationDigest: 9,
                    configurationText: "voters 1,2,3; Ü", run: 77)),
            .prevote(Prevote(epoch: 8, history: History(epoch: 7, last: zxid(9)), configurationZxid: zxid(1), nonce: 4)),
            .prevoteReply(PrevoteReply(nonce: 1, reason: .hearsLeader, acceptedEpoch: 8, leaderHint: 2)),
            .newEpoch(NewEpoch(epoch: 8, history: History(epoch: 7, last: zxid(2)), configurationZxid: zxid(1))),
            .ackEpoch(AckEpoch(epoch: 8, counted: true, bound: .unbounded, last: zxid(2), acceptedEpoch: 8)),
            join(ends: 0), join(ends: 3), join(ends: 32),
            .sync(Sync(epoch: 8, mode: .diff, truncateTo: zxid(1), from: zxid(1), zSync: zxid(2), start: nil)),
            .sync(
                Sync(
                    epoch: 8, mode: .snapshot, truncateTo: .zero, from: zxid(1), zSync: zxid(2),
                    start: Start(zxid: zxid(1), byteCount: 1 << 30, digest: 3))),
            .proposal(Proposal(epoch: 8, commit: zxid(1), round: 4, credit: Credit(requests: 5, bytes: 6), batches: [])),
            .proposal(Proposal(epoch: 8, commit: zxid(1), round: 4, batches: [batch(2), batch(5)])),
            .newLeader(NewLeader(epoch: 8, zSync: zxid(2), commit: zxid(1), configurationZxid: zxid(1))),
            .ack(
                Ack(
                    epoch: 8, last: zxid(2), round: 3, applied: zxid(1), digests: [DigestPair(zxid: zxid(1), digest: 1)],
                    touched: [1, -1, 4])),
            .heartbeat(
                Heartbeat(
                    epoch: 8, commit: zxid(2), round: 3, sendTime: Instant(nanoseconds: 4), credit: Credit(requests: 1, bytes: 2),
                    digest: DigestPair(zxid: zxid(1), digest: 8))),
            .forward(Forward(epoch: 8, count: 3, body: 0..<0)),
            .forwardRefused(epoch: 8),
            .readIndex(ReadIndex(epoch: 8, nonce: 4, kind: .sync)),
            .readIndexReply(ReadIndexReply(epoch: 8, nonce: 4, index: zxid(2))),
            .reject(Reject(reason: .digest, epoch: 8, zxid: zxid(1), digest: 2, text: "because")),
            .echo(Echo(epoch: 8, round: 1, sendTime: Instant(nanoseconds: 2), applied: zxid(1), touched: [4])),
            .snapshotChunk(SnapshotChunk(epoch: 8, offset: 0, isLast: true, body: 0..<0)),
        ]
    }

    private static func join(ends: UInt32) -> Message {
        let list = ends == 0 ? [] : (1...ends).map { EpochEnd(epoch: $0, last: Zxid(epoch: $0, counter: 4)) }
        return .join(
            Join(
                epoch: 8, acceptedEpoch: 7, history: History(epoch: 7, last: list.last?.last ?? zxid(3)), ends: list,
                isStateBad: ends == 0, needsRepair: ends == 3, applyVersion: 1))
    }

    /// Whole frames out of what went over a wire.
    static func frames(_ bytes: [UInt8]) -> [[UInt8]] {
        var frames: [[UInt8]] = []
        var place = 0
        while let length = try? PeerFrame.length(at: Array(bytes[place...]).span.bytes), place + length <= bytes.count {
            frames.append(Array(bytes[place..<place + length]))
            place += length
        }
        return frames
    }
}
