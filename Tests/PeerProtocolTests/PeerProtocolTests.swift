// The codec between members: every message comes back as it went, and no bytes whatever stop a member.

import Batch
import Jute
import PeerProtocol
import Testing
import Zab

@Suite struct PeerProtocolTests {
    private static let encoder = PeerEncoder(source: 3, incarnation: 0x1122_3344_5566_7788_99aa_bbcc_ddee_ff00)

    private static func zxid(_ counter: UInt32) -> Zxid { Zxid(epoch: 7, counter: counter) }

    private static func batch(_ first: UInt32, count: UInt32, bytes: Int) -> SealedBatch {
        let content = (0..<bytes).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let header = BatchHeader(
            firstZxid: zxid(first), prevZxid: zxid(first - 1), wallTime: 1, logTime: 2, count: count)
        return content.withUnsafeBytes { SealedBatch(sealing: header, requests: $0) }
    }

    private static let payload: [UInt8] = (0..<100).map { UInt8($0) }

    /// One of each kind, and some at their edges.
    private static let messages: [Message] =
        [
            .hello(
                Hello(
                    clusterID: .max, member: 3, incarnation: 5, configurationZxid: zxid(1), configurationDigest: 9,
                    configurationText: "voters 1,2,3; Ü", run: 0x0102_0304_0506_0708)),
            .prevote(Prevote(epoch: 8, history: History(epoch: 7, last: zxid(9)), configurationZxid: zxid(1), nonce: .max)),
            .newEpoch(NewEpoch(epoch: 8, history: .unbounded, configurationZxid: .zero)),
            .ackEpoch(AckEpoch(epoch: 8, counted: true, bound: .unbounded, last: zxid(2), acceptedEpoch: 8)),
            .join(
                Join(
                    epoch: 8, acceptedEpoch: 7, history: History(epoch: 7, last: zxid(3)), ends: [], isStateBad: true,
                    needsRepair: true, applyVersion: 1)),
            .join(
                Join(
                    epoch: 8, acceptedEpoch: 7, history: History(epoch: 7, last: zxid(3)),
                    ends: (1...32).map { EpochEnd(epoch: $0, last: Zxid(epoch: $0, counter: 4)) }, isStateBad: false,
                    needsRepair: false, applyVersion: .max)),
            .sync(Sync(epoch: 8, mode: .diff, truncateTo: zxid(1), from: zxid(1), zSync: zxid(2), start: nil)),
            .sync(Sync(epoch: 8, mode: .truncateDiff, truncateTo: zxid(1), from: zxid(1), zSync: zxid(2), start: nil)),
            .sync(
                Sync(
                    epoch: 8, mode: .snapshot, truncateTo: .zero, from: zxid(1), zSync: zxid(2),
                    start: Start(zxid: zxid(1), byteCount: 1 << 40, digest: 3))),
            .proposal(Proposal(epoch: 8, commit: zxid(1), round: 4, credit: Credit(requests: 5, bytes: 6), batches: [])),
            .proposal(
                Proposal(
                    epoch: 8, commit: zxid(1), round: 4,
                    batches: [batch(2, count: 1, bytes: 0), batch(3, count: 9, bytes: 333)])),
            .handover(HandoverNotice(epoch: 8, step: .takeOver, last: zxid(4))),
            .handover(HandoverNotice(epoch: 8, step: .hold)),
            .snapshotHeld(SnapshotHeld(zxid: zxid(4), digest: .max, offset: 1 << 40)),
            .newLeader(NewLeader(epoch: 8, zSync: zxid(2), commit: zxid(1), configurationZxid: zxid(1))),
            .ack(Ack(epoch: 8, last: zxid(2), round: 3, applied: zxid(1))),
            .ack(
                Ack(
                    epoch: 8, last: zxid(2), round: 3, applied: zxid(1),
                    digests: [DigestPair(zxid: zxid(1), digest: 1), DigestPair(zxid: zxid(2), digest: .max)],
                    touched: [1, -1, .min])),
            .heartbeat(
                Heartbeat(
                    epoch: 8, commit: zxid(2), round: 3, sendTime: Instant(nanoseconds: 4), credit: Credit(requests: 1, bytes: 2),
                    digest: DigestPair(zxid: zxid(1), digest: 8))),
            .forwardRefused(epoch: 8),
            .readIndex(ReadIndex(epoch: 8, nonce: 4, kind: .sync)), .readIndex(ReadIndex(epoch: 8, nonce: 4, kind: .read)),
            .readIndexReply(ReadIndexReply(epoch: 8, nonce: 4, index: nil)),
            .readIndexReply(ReadIndexReply(epoch: 8, nonce: 4, index: .zero)),
            .echo(Echo(epoch: 8, round: 1, sendTime: Instant(nanoseconds: 2), applied: zxid(1), touched: [4])),
            .snapshotChunk(SnapshotChunk(epoch: 8, offset: 1 << 33, isLast: true, body: 44..<144)),
            .forward(Forward(epoch: 8, count: 2, body: 36..<136)),
        ]
        + PrevoteReason.allCases.map {
            .prevoteReply(PrevoteReply(nonce: 1, reason: $0, acceptedEpoch: 8, leaderHint: 2))
        } + RejectReason.allCases.map { .reject(Reject(reason: $0, epoch: 8, zxid: zxid(1), digest: 2, text: "because")) }

    private static func carriesPayload(_ message: Message) -> Bool {
        switch message {
        case .forward, .snapshotChunk: true
        default: false
        }
    }

    private static func frame(_ message: Message) -> [UInt8] {
        var buffer = ByteBuffer()
        payload.withUnsafeBytes {
            encoder.encode(
                message, payload: carriesPayload(message) ? $0 : UnsafeRawBufferPointer(start: nil, count: 0), into: &buffer)
        }
        return Array(buffer.bytes)
    }

    private static func decode(_ frame: [UInt8]) throws(PeerError) -> (Envelope, Message) {
        try PeerDecoder.decode(frame: frame.span.bytes)
    }

    private static func length(_ bytes: [UInt8]) throws(PeerError) -> Int? { try PeerFrame.length(at: bytes.span.bytes) }

    @Test func everyMessageComesBack() throws {
        for message in PeerProtocolTests.messages {
            let frame = PeerProtocolTests.frame(message)
            #expect(try PeerProtocolTests.length(frame) == frame.count)
            let (envelope, back) = try PeerProtocolTests.decode(frame)
            // Batches are compared by their bytes, everything else by its description.
            #expect(describe(back) == describe(message))
            #expect(PeerProtocolTests.frame(back) == frame)
            #expect(envelope.source == 3)
            #expect(envelope.sourceTag == PeerFrame.tag(0x1122_3344_5566_7788_99aa_bbcc_ddee_ff00))
            if case .forward(let forward) = back { #expect(Array(frame[forward.body]) == PeerProtocolTests.payload) }
            if case .snapshotChunk(let chunk) = back { #expect(Array(frame[chunk.body]) == PeerProtocolTests.payload) }
        }
    }

    private func describe(_ message: Message) -> String {
        guard case .proposal(let proposal) = message else { return "\(message)" }
        let batches = proposal.batches.map { batch in batch.bytes.map { String($0, radix: 16) }.joined(separator: " ") }
        return "\(proposal.epoch) \(proposal.commit) \(proposal.round) \(proposal.credit) \(batches)"
    }

    @Test func aProposalsHeadAndItsBatchesMakeTheSameFrame() {
        let batches = [PeerProtocolTests.batch(2, count: 3, bytes: 50), PeerProtocolTests.batch(5, count: 1, bytes: 7)]
        let credit = Credit(requests: 3, bytes: 4)
        var buffer = ByteBuffer()
        PeerProtocolTests.encoder.encodeProposalHead(
            epoch: 8, commit: PeerProtocolTests.zxid(1), round: 2, credit: credit, batchCount: batches.count,
            batchBytes: batches.reduce(0) { $0 + $1.byteCount }, into: &buffer)
        for batch in batches { buffer.append(batch.bytes) }
        let whole = PeerProtocolTests.frame(
            .proposal(Proposal(epoch: 8, commit: PeerProtocolTests.zxid(1), round: 2, credit: credit, batches: batches)))
        #expect(Array(buffer.bytes) == whole)
    }

    @Test func framesBehindOneAnotherAreCut() throws {
        var buffer = ByteBuffer()
        for message in PeerProtocolTests.messages {
            PeerProtocolTests.payload.withUnsafeBytes { PeerProtocolTests.encoder.encode(message, payload: $0, into: &buffer) }
        }
        var bytes = Array(buffer.bytes)
        var count = 0
        while let length = try PeerProtocolTests.length(bytes) {
            #expect(length <= bytes.count)
            _ = try PeerProtocolTests.decode(Array(bytes[..<length]))
            bytes.removeFirst(length)
            count += 1
        }
        #expect(count == PeerProtocolTests.messages.count && bytes.isEmpty)
    }

    /// Earlier versions said less, later ones may say more: the difference can be named either way.
    @Test(arguments: [UInt16(2), 4, .max]) func aHelloOfAnotherVersionIsRead(version: UInt16) throws {
        var hello = Hello(
            clusterID: 5, member: 3, incarnation: 5, configurationZxid: PeerProtocolTests.zxid(1), configurationDigest: 9,
            configurationText: "voters 1,2,3", wireVersion: version)
        hello.run = version >= 3 ? 7 : 0
        var frame = PeerProtocolTests.frame(.hello(hello))
        #expect(try PeerProtocolTests.readHello(frame) == hello)
        frame = PeerProtocolTests.withGoodChecksum(frame + [1, 2, 3])
        if version > 3 {
            #expect(try PeerProtocolTests.readHello(frame) == hello)
        } else {
            #expect(throws: PeerError.self) { try PeerProtocolTests.decode(frame) }
        }
    }

    private static func readHello(_ frame: [UInt8]) throws -> Hello? {
        guard case .hello(let hello) = try decode(frame).1 else { return nil }
        return hello
    }

    @Test func impossibleLengthsAreRefusedBeforeAnythingIsRead() throws {
        for length in [UInt32(0), 1, 27, UInt32(PeerFrame.maxLength) + 1, 0x7fff_ffff, 0x8000_0000, .max] {
            let bytes = (0..<4).map { UInt8(truncatingIfNeeded: length >> ($0 * 8)) }
            #expect(throws: PeerError.badLength(length)) { try PeerProtocolTests.length(bytes) }
        }
        #expect(try PeerProtocolTests.length([28, 0, 0]) == nil)
        #expect(try PeerProtocolTests.length([]) == nil)
        #expect(try PeerProtocolTests.length([28, 0, 0, 0, 10, 1, 0]) == nil)
        let check = PeerProtocolTests.reference([28, 0, 0, 0, 10, 1])
        #expect(try PeerProtocolTests.length([28, 0, 0, 0, 10, 1, UInt8(check & 0xff), UInt8(check >> 8 & 0xff)]) == 28)
    }

    @Test func aDamagedLengthIsKnownBeforeTheRestOfTheFrameIsThere() {
        for message in PeerProtocolTests.messages {
            let head = Array(PeerProtocolTests.frame(message).prefix(8))
            for bit in 0..<48 {
                var changed = head
                changed[bit / 8] ^= 1 << UInt8(bit % 8)
                #expect(throws: PeerError.self, "\(message) bit \(bit)") { try PeerProtocolTests.length(changed) }
            }
        }
    }

    @Test func everySingleByteMutationIsCaught() {
        for message in PeerProtocolTests.messages {
            let frame = PeerProtocolTests.frame(message)
            for index in frame.indices {
                for bit in 0..<8 {
                    var changed = frame
                    changed[index] ^= 1 << UInt8(bit)
                    // A HELLO of another version is read, so that the difference can be named; its checksum still catches this.
                    #expect(throws: PeerError.self, "\(message) byte \(index)") { try PeerProtocolTests.decode(changed) }
                }
            }
        }
    }

    @Test func everyTruncationAndEveryExtensionIsCaught() {
        for message in PeerProtocolTests.messages {
            let frame = PeerProtocolTests.frame(message)
            for length in 0..<frame.count {
                #expect(throws: PeerError.self) { try PeerProtocolTests.decode(Array(frame[..<length])) }
            }
            #expect(throws: PeerError.self) { try PeerProtocolTests.decode(frame + [0]) }
        }
    }

    /// Fields that contradict each other under a good checksum: a member with a defect sends such, and must not stop others.
    @Test func anyFieldsUnderAGoodChecksumAreReadOrRefused() {
        var random = Seeded(state: 4711)
        var read = 0
        var refused = 0
        for _ in 0..<20_000 {
            var frame = PeerProtocolTests.frame(PeerProtocolTests.messages.randomElement(using: &random)!)
            for _ in 0..<Int.random(in: 1...6, using: &random) {
                let place = Int.random(in: 4..<frame.count, using: &random)
                let edge: UInt8 = [0, 1, 0x7f, 0x80, 0xff].randomElement(using: &random)!
                frame[place] = Bool.random(using: &random) ? UInt8.random(in: 0...255, using: &random) : edge
            }
            let cut = Int.random(in: 0..<4, using: &random) == 0 ? Int.random(in: 28...frame.count, using: &random) : frame.count
            frame = PeerProtocolTests.withGoodChecksum(Array(frame[..<cut]))
            do {
                _ = try PeerProtocolTests.decode(frame)
                read += 1
            } catch {
                refused += 1
            }
        }
        #expect(read > 1_000 && refused > 1_000)
    }

    @Test func randomBytesAreNoFrames() {
        var random = Seeded(state: 4711)
        for _ in 0..<20_000 {
            let count = Int.random(in: 0..<200, using: &random)
            var frame = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
            if count >= 4 {
                for place in 0..<4 { frame[place] = UInt8(truncatingIfNeeded: count >> (place * 8)) }
            }
            #expect(throws: PeerError.self) { try PeerProtocolTests.decode(frame) }
        }
    }

    /// Sets length and checksum as an encoder would; the checksum by a slow reference.
    private static func withGoodChecksum(_ bytes: [UInt8]) -> [UInt8] {
        var frame = bytes
        for place in 0..<4 { frame[place] = UInt8(truncatingIfNeeded: frame.count >> (place * 8)) }
        let check = reference(frame[0..<6])
        (frame[6], frame[7]) = (UInt8(check & 0xff), UInt8(check >> 8 & 0xff))
        let fields: [UInt8: Int] = [7: 16, 8: 40, 12: 8]
        let end = min(frame.count, 28 + (fields[frame[4]] ?? frame.count))
        let crc = reference(frame[0..<24] + frame[28..<end])
        for place in 0..<4 { frame[24 + place] = UInt8(truncatingIfNeeded: crc >> (place * 8)) }
        return frame
    }

    private static func reference(_ bytes: some Sequence<UInt8>) -> UInt32 {
        var crc = UInt32.max
        for byte in bytes {
            crc ^= UInt32(byte)
            for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0x82f6_3b78 : crc >> 1 }
        }
        return ~crc
    }
}

/// The same bytes in every run.
private struct Seeded: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return (state ^ state >> 29) &* 0xbf58_476d_1ce4_e5b9
    }
}
