// Records and sealed batches: what was put in comes out, on any damage there is an error and never a trap, and one flipped bit
// is noticed.

import Batch
import Jute
import Testing

@Suite struct BatchTests {
    private struct Request: Equatable {
        var type: Int32
        var xid: Int32
        var session: Int64
        var server: UInt32
        var run: UInt64
        var seq: UInt64
        var identities: [UInt8]
        var body: [UInt8]
    }

    private let requests: [Request] = [
        Request(type: 1, xid: 5, session: 9, server: 1, run: 77, seq: 1, identities: [1, 2], body: [10, 11, 12]),
        Request(type: 5, xid: -6, session: 9, server: 1, run: 77, seq: 2, identities: [1, 2], body: []),
        Request(
            type: 14, xid: 0, session: -1, server: 1, run: 77, seq: 3, identities: [], body: [UInt8](repeating: 7, count: 300)),
        Request(
            type: Int32.min, xid: Int32.max, session: Int64.min, server: 2, run: 78, seq: UInt64.max, identities: [], body: [1]),
    ]

    private func write(_ requests: [Request]) -> [UInt8] {
        var buffer = ByteBuffer()
        var writer = RecordWriter()
        for request in requests {
            let head = RequestHead(
                type: request.type, xid: request.xid, session: request.session,
                origin: Origin(server: request.server, run: request.run, seq: request.seq))
            let before = buffer.count
            let n = request.identities.withUnsafeBytes { identities in
                request.body.withUnsafeBytes { body in
                    writer.append(
                        head, identities: identities, identitiesKey: request.identities.isEmpty ? 1 : 2, body: body, to: &buffer)
                }
            }
            #expect(buffer.count == before + n)
        }
        return [UInt8](buffer.bytes)
    }

    private func read(_ bytes: RawSpan) throws(RecordError) -> [Request] {
        var reader = RecordReader(bytes)
        var list: [Request] = []
        while let head = try reader.next() {
            list.append(
                Request(
                    type: head.type, xid: head.xid, session: head.session, server: head.origin.server, run: head.origin.run,
                    seq: head.origin.seq, identities: reader.identities.withUnsafeBytes { [UInt8]($0) },
                    body: reader.body.withUnsafeBytes { [UInt8]($0) }))
        }
        return list
    }

    private func sealed() -> SealedBatch {
        let header = BatchHeader(
            firstZxid: Zxid(epoch: 3, counter: 10), prevZxid: Zxid(epoch: 2, counter: 99), wallTime: -5, logTime: 6,
            count: UInt32(requests.count), flags: BatchHeader.flagConfiguration)
        return write(requests).withUnsafeBytes { SealedBatch(sealing: header, requests: $0) }
    }

    @Test func records() throws {
        let bytes = write(requests)
        #expect(try read(bytes.span.bytes) == requests)
        // What repeats is left out: the second record is nothing but its head.
        let first = RecordLayout.headSize + RecordLayout.originSize + 2 + 3
        #expect(UInt32(littleEndian: bytes.span.bytes.unsafeLoadUnaligned(fromByteOffset: first, as: UInt32.self)) == 32)
        // A run that begins in the middle has no origin to go by.
        #expect(throws: RecordError.missingContext) { _ = try read(bytes.span.bytes.extracting(first..<bytes.count)) }
    }

    @Test func damagedRecordsNeverTrap() {
        let bytes = write(requests)
        for length in 0..<bytes.count { _ = try? read(bytes.span.bytes.extracting(0..<length)) }
        for place in 0..<bytes.count {
            for value in [0, 1, 0x7f, 0x80, 0xff] as [UInt8] {
                var damaged = bytes
                damaged[place] = value
                _ = try? read(damaged.span.bytes)
            }
        }
        #expect(throws: RecordError.badLength) { _ = try read([UInt8](repeating: 0, count: 64).span.bytes) }
        #expect(throws: RecordError.truncated) { _ = try read([1, 2, 3].span.bytes) }
    }

    @Test func sealedBatches() throws {
        let batch = sealed()
        #expect(batch.lastZxid == Zxid(epoch: 3, counter: 13) && batch.count == 4 && batch.header.isConfiguration)
        var consumed = 0
        let longer = [UInt8](batch.bytes) + [9, 9]
        let copy = try SealedBatch(copying: longer.span.bytes, consumed: &consumed)
        #expect(consumed == batch.byteCount && copy.header == batch.header && [UInt8](copy.bytes) == [UInt8](batch.bytes))
        #expect(try read(copy.requests.bytes) == requests)
    }

    @Test func everyFlippedBitIsNoticed() {
        let bytes = [UInt8](sealed().bytes)
        var consumed = 0
        for bit in 0..<bytes.count * 8 {
            var damaged = bytes
            damaged[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(throws: BatchError.self, "bit \(bit)") {
                _ = try SealedBatch(copying: damaged.span.bytes, consumed: &consumed)
            }
        }
        for length in 0..<bytes.count {
            #expect(throws: BatchError.self) {
                _ = try SealedBatch(copying: bytes.span.bytes.extracting(0..<length), consumed: &consumed)
            }
        }
    }
}
