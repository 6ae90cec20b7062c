// What a flush that never returned left behind: at every byte length, with any subset of its sectors, the start finds a prefix
// that holds all that was acknowledged, cuts the rest off by a new generation, and goes on (fault matrix rows 3 and 4).

import Batch
import Journal
import Testing

/// A log of three flushes; the third one is the last thing written.
struct SmallLog {
    var disk = SimulatedDisk()
    var batches: [SealedBatch] = []
    /// How many batches each flush ended at.
    let flushes = [3, 5, 8]
    /// The file that holds them, and where the frames of each batch lie in it, head included.
    var name = ""
    var frames: [Range<Int>] = []
    /// Where the third flush begins and how long it is.
    var lastFlush = 0..<0

    init(sealed: Bool = false, recycled: Bool = false, settings: JournalSettings = smallSettings) throws {
        let recovered = try Journal.recover(disk: disk, nodeID: 1, settings: settings, newIncarnation: 3)
        let journal = recovered.journal
        let work = BackgroundWork(for: journal)
        journal.runJobs(work)
        var base = Zxid.zero
        if recycled {
            // Fill segments with batches of the same size, so that old frames stand exactly where new ones will.
            for round in 0..<12 {
                let filler = makeBatches(6, behind: base, size: 2_000)
                base = filler[5].lastZxid
                journal.append(filler, committedUpTo: base)
                journal.runJobs(work)
                if round % 2 == 1 { _ = takeSnapshot(journal, work, at: base) }
                journal.runJobs(work)
            }
        }
        let all = makeBatches(8, behind: base, size: recycled ? 2_000 : 500)
        var from = 0
        for end in flushes {
            // Not behind the last flush: the naming of a spare would tell the epoch file that it returned.
            journal.runJobs(work)
            let calls = disk.callCount
            journal.append(Array(all[from..<end]), committedUpTo: base)
            for call in disk.calls[calls...] {
                guard case .write(let file, let offset, let count) = call, file.hasPrefix("log-") else { continue }
                name = file
                // A group that opens a segment writes the base block in front.
                var place = offset == 4_096 ? 8_192 : offset
                lastFlush = place..<offset + count
                for batch in all[from..<end] {
                    frames.append(place..<place + 48 + batch.byteCount)
                    place += 48 + batch.byteCount
                }
            }
            from = end
        }
        batches = all
        if sealed {
            var completions: [JournalCompletion] = []
            journal.sealIfIdle(into: &completions)
        }
        disk = disk.copy()
    }

    /// What stood where the last flush went: zeros in a fresh file, in a recycled one the frames of an earlier use, of the same
    /// sizes.
    func bytesBeforeLastFlush(recycled: Bool) -> [UInt8] {
        var bytes = disk.bytes(of: name)
        if recycled {
            for frame in frames[5...] {
                bytes[frame.lowerBound + 8] &-= 1
                for i in frame.dropFirst(16) { bytes[i] ^= 0x33 }
            }
        } else {
            for i in lastFlush { bytes[i] = 0 }
        }
        return bytes
    }
}

@Suite("Torn tails")
struct TornTailTests {
    /// What was found, as the number of the small log's batches.
    private func recover(_ disk: SimulatedDisk, _ log: SmallLog) throws -> (count: Int, recovered: Recovered) {
        let recovered = try Journal.recover(disk: disk, nodeID: 1, settings: smallSettings)
        let count = log.batches.firstIndex { $0.lastZxid == recovered.lastLogged }
        return (try #require(count) + 1, recovered)
    }

    @Test(
        "Rule F2: at every byte length of the last flush all earlier ones stand, and the rest is cut", arguments: [false, true])
    func everyLength(recycled: Bool) throws {
        let log = try SmallLog(recycled: recycled)
        let whole = log.disk.bytes(of: log.name)
        let before = log.bytesBeforeLastFlush(recycled: recycled)
        var counts = [Int](repeating: 0, count: 9)
        var torn = 0
        for length in 0...log.lastFlush.count {
            let disk = log.disk.copy()
            disk.tamper(log.name) { bytes in
                let rest = log.lastFlush.lowerBound + length..<log.lastFlush.upperBound
                bytes.replaceSubrange(rest, with: before[rest])
            }
            // As many batches as the bytes that are there still show.
            let left = disk.bytes(of: log.name)
            let expected = 5 + log.frames[5...].prefix { left[$0] == whole[$0] }.count
            let (found, recovered) = try recover(disk, log)
            #expect(found == expected, "length \(length)")
            counts[found] += 1
            // A whole head without its batch is known for torn; less than a head leaves no trace.
            let head = log.frames[min(expected, 7)].prefix(48)
            #expect((recovered.epochs.tornAt != nil) == (expected < 8 && left[head] == whole[head]), "length \(length)")
            if let tornAt = recovered.epochs.tornAt {
                torn += 1
                // What the start decided is found again by the next one, and the log goes on.
                #expect(tornAt == log.batches[found - 1].lastZxid)
                let next = makeBatches(2, behind: recovered.lastLogged)
                recovered.journal.append(next)
                let again = try Journal.recover(disk: disk.afterPowerLoss(), nodeID: 1, settings: smallSettings)
                #expect(again.lastLogged == next[1].lastZxid)
                #expect(again.epochs.tornAt == tornAt)
            }
        }
        // Each batch of the last flush appears with its last byte: none is ever found in part, and nothing is refused.
        let lengths = log.frames[5...].map(\.count)
        #expect(
            counts == [
                0, 0, 0, 0, 0, lengths[0], lengths[1], lengths[2], log.lastFlush.upperBound - log.frames[7].upperBound + 1,
            ])
        // A head's last bytes may be zeros and so be there before they are written.
        let bodies = lengths.map { $0 - 48 }.reduce(0, +)
        #expect((bodies...bodies + 3 * 7).contains(torn))
    }

    @Test("any subset of the last flush's sectors leaves the earlier flushes whole, and nothing is refused")
    func anySectors() throws {
        let log = try SmallLog(recycled: true)
        let before = log.bytesBeforeLastFlush(recycled: true)
        var counts = [Int](repeating: 0, count: 9)
        for seed in 0..<2_000 as Range<UInt64> {
            var dice = Dice(seed: seed)
            let share = dice.below(101)
            let disk = log.disk.copy()
            disk.tamper(log.name) { bytes in
                for place in stride(from: log.lastFlush.lowerBound, to: log.lastFlush.upperBound, by: 512)
                where !dice.chance(share) {
                    bytes.replaceSubrange(place..<place + 512, with: before[place..<place + 512])
                }
            }
            counts[try recover(disk, log).count] += 1
        }
        #expect(counts[..<5].allSatisfy { $0 == 0 })
        #expect(counts[5...].allSatisfy { $0 > 20 })
    }

    @Test("the mark of a torn tail stays until rule D3: both epochs equal and durable")
    func markStays() throws {
        let log = try SmallLog()
        log.disk.tamper(log.name) { $0[log.frames[7].upperBound - 1] ^= 1 }
        let (count, recovered) = try recover(log.disk, log)
        #expect(count == 7)
        #expect(recovered.epochs.tornAt == log.batches[6].lastZxid)
        #expect(recovered.line.contains("cut a torn tail at \(log.batches[6].lastZxid)"))
        // Rule V2: a torn tail raises no bound above what is readable.
        #expect(recovered.upperBound == recovered.lastLogged)
        recovered.journal.process([.persistEpochs(sequence: 1, accepted: 4, current: 0)])
        #expect(recovered.journal.epochs.tornAt != nil)
        recovered.journal.process([.persistEpochs(sequence: 2, accepted: 4, current: 4)])
        #expect(recovered.journal.epochs.tornAt == nil)
    }
}
