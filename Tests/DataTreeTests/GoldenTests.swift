// Rule A4: results never change behind a version's back. For each version of apply that was ever released a log of sealed batches
// is kept, with the digest after each batch; replaying it must give the same. `QUORATE_WRITE_GOLDEN=1` writes the log of the
// newest version anew, which is right only as long as that version has not been released.

import ApplyHarness
import Batch
import ClientProtocol
import DataTree
import Glibc
import Handlers
import Jute
import StateMachine
import Testing

@Suite struct GoldenTests {
    private static let batches = 60

    private func file(_ name: String) -> String {
        var parts = #filePath.split(separator: "/").dropLast()
        parts += ["golden", name[...]]
        return "/" + parts.joined(separator: "/")
    }

    private func read(_ name: String) throws -> [UInt8] {
        let stream = try #require(fopen(file(name), "rb"), "\(name) is missing")
        defer { fclose(stream) }
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let n = fread(&piece, 1, piece.count, stream)
            if n == 0 { return bytes }
            bytes += piece[0..<n]
        }
    }

    private func write(_ name: String, _ bytes: [UInt8]) throws {
        let stream = try #require(fopen(file(name), "wb"))
        defer { fclose(stream) }
        #expect(fwrite(bytes, 1, bytes.count, stream) == bytes.count)
    }

    /// Replays a log: a line for each batch with its last zxid, the rolling digest, and a digest of its replies.
    private func replay(_ log: [UInt8]) throws -> [String] {
        let machine = StateMachine()
        var reply = ByteBuffer()
        var effects = Effects()
        var lines: [String] = []
        var offset = 0
        while offset < log.count {
            var consumed = 0
            let batch = try SealedBatch(copying: log.span.bytes.extracting(offset..<log.count), consumed: &consumed)
            offset += consumed
            machine.beginBatch(batch.header)
            var reader = RecordReader(batch.requests.bytes)
            var index = 0
            var replies = StateDigest()
            while let head = try reader.next() {
                let context = ApplyContext(
                    zxid: batch.firstZxid.advanced(by: index), wallTime: batch.header.wallTime, logTime: batch.header.logTime,
                    version: batch.header.version, head: head, isOwn: true)
                reply.removeAll()
                effects.removeAll()
                let result = machine.apply(
                    context, identities: reader.identities, body: reader.body, reply: &reply, effects: &effects)
                replies.add(UInt64(UInt32(bitPattern: result.error)))
                replies.add(bytes: reply.bytes)
                index += 1
            }
            machine.endBatch(batch.header)
            lines.append("\(batch.lastZxid) \(hexadecimal(machine.digest)) \(hexadecimal(replies.value))")
        }
        lines.append("whole \(hexadecimal(machine.wholeDigest())) nodes \(machine.nodeCount) sessions \(machine.sessionCount)")
        return lines
    }

    private func hexadecimal(_ word: UInt64) -> String { String(word, radix: 16) }

    /// A log with everything that this version can do, over two epochs.
    private func makeLog() -> [UInt8] {
        var work = RandomWork(seed: 1)
        var log: [UInt8] = []
        var previous = Zxid.zero
        for number in 0..<GoldenTests.batches {
            var requests = ByteBuffer()
            var writer = RecordWriter()
            let count = number == 0 ? 1 : 1 + number * 7 % 40
            for i in 0..<count {
                var request = work.next()
                if number == 0 {
                    request.head.type = OpCode.founding
                    request.body = Body.founding()
                } else if number == 1, i < 5 {
                    request.head.type = OpCode.createSession
                    request.head.session = Int64(i + 1)
                    request.body = Body.timeout(5000)
                }
                request.identities.withUnsafeBytes { identities in
                    request.body.withUnsafeBytes { body in
                        _ = writer.append(
                            request.head, identities: identities, identitiesKey: UInt64(i + 1), body: body, to: &requests)
                    }
                }
            }
            let epoch = UInt32(number < 40 ? 1 : 2)
            let first = previous.epoch == epoch ? previous.advanced(by: 1) : Zxid(epoch: epoch, counter: 1)
            let header = BatchHeader(
                firstZxid: first, prevZxid: previous, wallTime: 1_700_000_000_000 + Int64(number / 3) * 250,
                logTime: UInt64(number) * 100,
                count: UInt32(count))
            let batch = SealedBatch(sealing: header, requests: requests.bytes)
            log += [UInt8](batch.bytes)
            previous = batch.lastZxid
        }
        return log
    }

    /// With QUORATE_WRITE_GOLDEN in the environment the log of the newest version is recorded anew before it is replayed: for a
    /// new version only, as the logs of released ones are what this suite is about.
    private func recordIfAsked(_ version: UInt16) throws {
        guard getenv("QUORATE_WRITE_GOLDEN") != nil, version == StateMachine.newestVersion else { return }
        let log = makeLog()
        try write("version-\(version).log", log)
        let lines = try replay(log)
        try write("version-\(version).digests", Array((lines.joined(separator: "\n") + "\n").utf8))
    }

    @Test(
        "Rule A4: a recorded log gives the digests it gave when it was recorded",
        arguments: StateMachine.oldestVersion...StateMachine.newestVersion)
    func replays(version: UInt16) throws {
        try recordIfAsked(version)
        let expected = String(decoding: try read("version-\(version).digests"), as: UTF8.self).split(separator: "\n").map(
            String.init)
        let lines = try replay(try read("version-\(version).log"))
        #expect(lines.count == GoldenTests.batches + 1)
        for (line, golden) in zip(lines, expected) where line != golden {
            Issue.record("the first difference is in the batch that ends with \(golden); now it is \(line)")
            return
        }
        #expect(lines == expected)
    }
}
