// Every single bit of a small log flipped: the start finds everything, or a prefix that ends within the last unsealed flush, or
// it refuses and names the place (fault matrix row 5). How many bits lead to which is known from the layout, and counted.

import Batch
import Journal
import Testing

@Suite("Flipped bits")
struct BitFlipTests {
    /// Room for identity, base, three flushes of one block, and a seal: as few bits as there can be.
    private static let settings: JournalSettings = {
        var settings = JournalSettings()
        settings.segmentSize = 6 * 4_096
        return settings
    }()

    private struct Outcome {
        var whole = 0
        var prefix = 0
        var refused = 0
    }

    private func flipAll(_ name: String, _ log: SmallLog) throws -> Outcome {
        var outcome = Outcome()
        let disk = log.disk.copy()
        let last = log.batches[7].lastZxid
        for bit in 0..<8 * disk.bytes(of: name).count {
            let copy = disk.copy()
            copy.flip(bit: bit, of: name)
            do {
                let recovered = try Journal.recover(disk: copy, nodeID: 1, settings: BitFlipTests.settings)
                if recovered.lastLogged == last {
                    outcome.whole += 1
                } else {
                    // The last flush was of the sixth to eighth batch and nothing behind it says that it was durable.
                    let found = try #require(log.batches.firstIndex { $0.lastZxid == recovered.lastLogged }) + 1
                    #expect((5...7).contains(found), "bit \(bit)")
                    outcome.prefix += 1
                }
            } catch {
                let sentence = "\(error)"
                #expect(sentence.contains(name) || sentence.contains("log segment of use"), "bit \(bit): \(sentence)")
                #expect(sentence.contains("offset") || sentence.contains("identity block"), "bit \(bit): \(sentence)")
                outcome.refused += 1
            }
        }
        return outcome
    }

    /// Bits of the first `n` batches' frames.
    private func bits(_ log: SmallLog, _ batches: Range<Int>) -> Int { batches.map { 8 * log.frames[$0].count }.reduce(0, +) }

    @Test("an unsealed log: earlier flushes are refused, the last one is cut, padding does not matter")
    func unsealed() throws {
        let log = try SmallLog(settings: BitFlipTests.settings)
        let outcome = try flipAll(log.name, log)
        let blocks = 2 * 8 * 4_096
        #expect(outcome.refused == blocks + bits(log, 0..<5))
        #expect(outcome.prefix == bits(log, 5..<8))
        #expect(outcome.whole == 8 * log.disk.bytes(of: log.name).count - outcome.refused - outcome.prefix)
        #expect(outcome.whole > 0)
    }

    @Test("a sealed log: every flush is refused, and the seal itself does not matter")
    func sealed() throws {
        let log = try SmallLog(sealed: true, settings: BitFlipTests.settings)
        let outcome = try flipAll(log.name, log)
        let blocks = 2 * 8 * 4_096
        #expect(outcome.refused == blocks + bits(log, 0..<8))
        #expect(outcome.prefix == 0)
        #expect(outcome.whole == 8 * log.disk.bytes(of: log.name).count - outcome.refused)
    }

    @Test("the spare segment: only its identity counts; an empty segment of the log: its base as well")
    func spare() throws {
        let log = try SmallLog(settings: BitFlipTests.settings)
        let names = log.disk.fileNames.filter { $0.hasPrefix("log-") }
        #expect(names == ["log-0000", log.name, "log-0002"])
        let spare = try flipAll("log-0002", log)
        #expect(spare.refused == 8 * 4_096)
        #expect(spare.prefix == 0)
        let empty = try flipAll("log-0000", log)
        #expect(empty.refused == 2 * 8 * 4_096)
        #expect(empty.whole == 0 && empty.prefix == 0)
    }

    @Test("Rule F3: damage below a claimed watermark is refused, with file, offset, record, claim and remedy in one sentence")
    func sentence() throws {
        let log = try SmallLog(sealed: true, settings: BitFlipTests.settings)
        log.disk.flip(bit: 8 * (log.frames[1].lowerBound + 100), of: log.name)
        do {
            _ = try Journal.recover(disk: log.disk, nodeID: 1, settings: BitFlipTests.settings)
            Issue.record("a damaged log was accepted")
        } catch {
            let sentence = "\(error)"
            #expect(sentence.contains("\(log.name) is damaged at offset \(log.frames[1].lowerBound)"))
            #expect(sentence.contains("record through \(log.batches[1].lastZxid)"))
            #expect(sentence.contains("everything through \(log.batches[7].lastZxid) was durable"))
            #expect(sentence.contains("restore the file, or, if other members hold the data, start with an empty directory"))
        }
    }
}
