// A handler's writes come in segments: one call for each run of records that are its own, with the results that the records have
// one by one.

import ApplyHarness
import Batch
import ClientProtocol
import Handlers
import Jute
import StateMachine
import Testing

@Suite struct SegmentTests {
    private struct Result: Equatable {
        var zxid: UInt64
        var error: Int32
        var reply: [UInt8]
    }

    private struct Record {
        var type: Int32
        var session: Int64 = 1
        var body: [UInt8] = []
    }

    private func batch(_ records: [Record], behind previous: Zxid) -> SealedBatch {
        var buffer = ByteBuffer()
        var writer = RecordWriter()
        for (index, record) in records.enumerated() {
            let head = RequestHead(
                type: record.type, xid: Int32(index), session: record.session,
                origin: Origin(server: 1, run: 7, seq: UInt64(100 + index)))
            record.body.withUnsafeBytes {
                _ = writer.append(
                    head, identities: UnsafeRawBufferPointer(start: nil, count: 0), identitiesKey: 1, body: $0, to: &buffer)
            }
        }
        let header = BatchHeader(
            firstZxid: previous.advanced(by: 1), prevZxid: previous, wallTime: 1_000_000, logTime: 0,
            count: UInt32(records.count))
        return SealedBatch(sealing: header, requests: buffer.bytes)
    }

    /// As a node goes through a batch.
    private func apply(_ batch: SealedBatch, to applier: Applier) -> [Result] {
        let machine = applier.machine
        var results: [Result] = []
        machine.answerSegmentRecord = { results.append(Result(zxid: $1.rawValue, error: $2, reply: [UInt8]($3))) }
        defer { machine.answerSegmentRecord = nil }
        var reply = ByteBuffer()
        var effects = Effects()
        var reader = RecordReader(batch.requests.bytes)
        machine.beginBatch(batch.header)
        var index = 0
        while index < batch.count {
            guard let head = (try? reader.next()) ?? nil else { break }
            let zxid = batch.firstZxid.advanced(by: index)
            let taken = machine.applySegment(head, &reader, zxid: zxid, header: batch.header, limit: batch.count - index)
            index += max(taken, 1)
            if taken > 0 { continue }
            let context = ApplyContext(zxid: zxid, wallTime: 1_000_000, logTime: 0, version: 1, head: head, isOwn: true)
            reply.removeAll()
            let result = machine.apply(
                context, identities: reader.identities, body: reader.body, reply: &reply, effects: &effects)
            results.append(Result(zxid: zxid.rawValue, error: result.error, reply: [UInt8](reply.bytes)))
        }
        machine.endBatch(batch.header)
        return results
    }

    @Test("A handler is called once for each run of its records, and each record has its own result in its own place")
    func oneCallForEachSegment() {
        func add(_ book: String, _ entry: [UInt8], _ session: Int64 = 1) -> Record {
            Record(type: LedgerHandler.write, session: session, body: Body.setData(book, entry, version: 0))
        }
        let other = Record(type: OpCode.create, body: Body.create("/t"))
        let records = [
            add("a", [1]), add("b", [2]), add("a", [3], 99), add("a", [UInt8](repeating: 0, count: 1000)), add("a", [4]), other,
            Record(type: 5000), add("a", [5], 99), add("b", [6]), other, add("b", [7]),
        ]
        let handler = LedgerHandler()
        let (joined, single) = (Applier(handlers: [handler]), Applier(handlers: [LedgerHandler()]))
        for one in [joined, single] { one.openSession() }
        let results = apply(batch(records, behind: joined.zxid), to: joined)
        #expect(handler.calls == 3)
        #expect(results.map(\.error) == [0, 0, -112, -8, 0, 0, -6, -112, 0, -110, 0])
        #expect(results.map(\.zxid) == (0..<11).map { joined.zxid.advanced(by: 1 + $0).rawValue })
        for (record, result) in zip(records, results) {
            let answer = single.apply(record.type, session: record.session, record.body)
            #expect(answer.error == result.error)
            if answer.error == 0 { #expect(answer.body == result.reply) }
        }
        #expect(joined.machine.digest == single.machine.digest)
        #expect(joined.machine.wholeDigest() == single.machine.wholeDigest())
    }

    /// Takes one request of a segment, or none.
    private final class LazyHandler: RequestHandler {
        let writes: ClosedRange<Int32> = 2000...2000
        let queries: ClosedRange<Int32> = 2001...2001
        let tables: [TableShape] = []
        let takes: Bool
        var seen: [UInt64] = []

        init(takes: Bool) { self.takes = takes }

        func apply(_ requests: inout RequestSegment) {
            guard takes, requests.next() else { return }
            seen.append(requests.zxid)
            requests.write(int: 7)
        }

        func query(_ requests: inout RequestSegment) {}
    }

    @Test("A handler that returns early gets the rest in further calls, and one that takes nothing has answered with nothing")
    func earlyReturns() {
        for takes in [true, false] {
            let handler = LazyHandler(takes: takes)
            let applier = Applier(handlers: [handler])
            applier.openSession()
            let records = Array(repeating: Record(type: 2000), count: 5)
            let results = apply(batch(records, behind: applier.zxid), to: applier)
            #expect(results.count == 5)
            #expect(results.allSatisfy { $0.error == 0 && $0.reply == (takes ? [0, 0, 0, 7] : []) })
            #expect(handler.seen == (takes ? results.map(\.zxid) : []))
        }
    }
}
