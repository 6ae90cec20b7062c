// Segments: filled once, used again and again, never read as what they were before; cut by a new generation; never waited for
// (fault matrix rows 8 and 46).

import Batch
import Journal
import Testing

@Suite("Segments")
struct SegmentTests {
    private func begin(_ disk: SimulatedDisk, _ settings: JournalSettings = smallSettings) throws -> (Journal, BackgroundWork) {
        let journal = try Journal.recover(disk: disk, nodeID: 1, settings: settings, newIncarnation: 11).journal
        return (journal, BackgroundWork(for: journal))
    }

    private func everything(_ disk: SimulatedDisk, _ recovered: Recovered) throws -> [BatchHeader] {
        let reader = try LogReader(disk: disk, map: recovered.journal.map, behind: recovered.logStart)
        var headers: [BatchHeader] = []
        while true {
            let piece = try reader.next(through: recovered.lastLogged)
            if piece.isEmpty { return headers }
            headers += piece.map(\.header)
        }
    }

    @Test("recycled segments with records of equal size: no old frame is ever read, whatever the moment of the restart")
    func recycling() throws {
        let disk = SimulatedDisk()
        let (journal, work) = try begin(disk)
        journal.runJobs(work)
        var all: [SealedBatch] = []
        for round in 0..<80 {
            // Batches fill whole blocks, so that frames of every use stand at the same places.
            let batches = makeBatches(3, behind: all.last?.lastZxid ?? .zero, size: 4_096 - 48 - BatchHeader.size)
            all += batches
            let last = batches[2].lastZxid
            journal.append(batches, committedUpTo: last)
            journal.runJobs(work)
            if round % 4 == 3 { _ = takeSnapshot(journal, work, at: last) }
            journal.runJobs(work)
            let left = disk.copy()
            let found = try Journal.recover(disk: left, nodeID: 1, settings: smallSettings)
            #expect(found.lastLogged == last)
            #expect(found.epochs.tornAt == nil)
            let expected = all.filter { $0.lastZxid > found.logStart }.map(\.header)
            #expect(try everything(left, found) == expected)
        }
        #expect(journal.counters.purgedSegments >= 8)
        #expect(journal.counters.spareMisses == 0)
        // Files were used again rather than made.
        #expect(disk.fileNames.filter { $0.hasPrefix("log-") }.count <= 7)
        #expect(journal.epochs.newestUse > 12)
    }

    @Test("Rule D7: truncation, then recycling of what was cut off: no superseded record comes back")
    func truncationThenRecycling() throws {
        let disk = SimulatedDisk()
        let (journal, work) = try begin(disk)
        journal.runJobs(work)
        var log = makeBatches(40, size: 3_000)
        for batch in log { journal.append([batch], committedUpTo: log[9].lastZxid) }
        journal.runJobs(work)
        let before = journal.epochs
        for round in 0..<6 as Range<UInt32> {
            // Cut to a batch, then write as much again in a new epoch, batches of the same size.
            let keep = 12 + 3 * Int(round)
            log = Array(log[..<keep])
            let completions = journal.process([.truncate(to: log[keep - 1].lastZxid, role: 7)])
            guard case .truncated(let to, 7) = completions.first?.event else { throw Unexpected.completion }
            #expect(to == log[keep - 1].lastZxid)
            #expect(journal.lastLogged == to)
            let found = try Journal.recover(disk: disk.afterPowerLoss(), nodeID: 1, settings: smallSettings)
            #expect(found.lastLogged == to)
            let more = makeBatches(25, behind: to, epoch: 2 + round, size: 3_000)
            for batch in more { journal.append([batch], committedUpTo: log[9].lastZxid) }
            log += more
            journal.runJobs(work)
            let left = disk.afterPowerLoss()
            let again = try Journal.recover(disk: left, nodeID: 1, settings: smallSettings)
            #expect(again.lastLogged == log[log.count - 1].lastZxid)
            #expect(again.epochs.tornAt == nil)
            #expect(try everything(left, again) == log.map(\.header))
            #expect(again.epochEnds.last?.epoch == 2 + round)
        }
        #expect(journal.epochs.generation > before.generation + 5)
        #expect(journal.counters.truncations == 6)
    }

    @Test("Rule D7: the epoch file names a generation only after its base is durable, and nothing is appended before")
    func orderOfTruncation() throws {
        let disk = SimulatedDisk()
        let (journal, work) = try begin(disk)
        journal.runJobs(work)
        let batches = makeBatches(6)
        journal.append(batches)
        let before = disk.callCount
        journal.process([
            .truncate(to: batches[3].lastZxid, role: 1),
            .append(makeBatch(behind: batches[3].lastZxid), committedUpTo: .zero, role: 1),
        ])
        let calls = disk.calls[before...].filter { if case .make = $0 { false } else { true } }
        #expect(
            calls == [
                .write("log-0003", offset: 0, count: 8_192), .flush("log-0003"), .flushDirectory,
                .write("epoch", offset: 0, count: 4_096), .flush("epoch"), .write("epoch", offset: 4_096, count: 4_096),
                .flush("epoch"),
                .write("log-0003", offset: 8_192, count: 4_096), .flush("log-0003"),
            ])
    }

    @Test("truncation to the beginning of the log, and to its end")
    func truncationAtTheEnds() throws {
        let disk = SimulatedDisk()
        let (journal, work) = try begin(disk)
        let batches = makeBatches(6)
        journal.append(batches)
        let uses = journal.epochs.newestUse
        #expect(journal.process([.truncate(to: batches[5].lastZxid, role: 1)]).count == 1)
        #expect(journal.epochs.newestUse == uses)
        #expect(journal.process([.truncate(to: .zero, role: 1)]).count == 1)
        journal.runJobs(work)
        let left = disk.afterPowerLoss()
        let found = try Journal.recover(disk: left, nodeID: 1, settings: smallSettings)
        #expect(found.lastLogged == .zero)
        let other = makeBatches(2, behind: .zero, epoch: 3)
        found.journal.append(other)
        let again = try Journal.recover(disk: left.afterPowerLoss(), nodeID: 1, settings: smallSettings)
        #expect(again.lastLogged == other[1].lastZxid)
        #expect(again.tail.map(\.header) == other.map(\.header))
    }

    @Test("a cut where no batch ends is refused by name, not carried out")
    func cutInsideABatch() throws {
        let disk = SimulatedDisk()
        let (journal, _) = try begin(disk)
        let batch = makeBatch(behind: .zero, count: 10)
        journal.append([batch])
        let inside = Zxid(rawValue: batch.firstZxid.rawValue + 4)
        guard case .failed(74, let reason) = journal.process([.truncate(to: inside, role: 1)]).first?.event else {
            throw Unexpected.completion
        }
        #expect(reason.contains("no batch in log-0000 ends there"))
    }

    @Test("the newest segment removed, an older one removed, the spare removed: refused, and nothing else is touched")
    func removedSegments() throws {
        let disk = SimulatedDisk()
        let (journal, work) = try begin(disk)
        var last = Zxid.zero
        for _ in 0..<30 {
            let batches = makeBatches(2, behind: last, size: 3_000)
            last = batches[1].lastZxid
            journal.append(batches)
            journal.runJobs(work)
        }
        let names = disk.fileNames.filter { $0.hasPrefix("log-") }
        #expect(names.count >= 4)
        for name in names {
            let copy = disk.copy()
            copy.lose(name)
            let left = copy.fileNames
            do {
                _ = try Journal.recover(disk: copy, nodeID: 1, settings: smallSettings)
                Issue.record("a log without \(name) was accepted")
            } catch {
                #expect("\(error)".contains("is missing or its identity block is damaged; what it held is unknown"))
            }
            // Rule F6: the absence of a file deletes nothing.
            #expect(copy.fileNames == left)
        }
    }

    @Test("a segment of another incarnation is refused by name")
    func foreignSegment() throws {
        let disk = SimulatedDisk()
        _ = try begin(disk)
        let other = SimulatedDisk()
        _ = try Journal.recover(disk: other, nodeID: 1, settings: smallSettings, newIncarnation: 12)
        disk.place("log-0000", other.bytes(of: "log-0000"))
        do {
            _ = try Journal.recover(disk: disk, nodeID: 1, settings: smallSettings)
            Issue.record("a foreign segment was accepted")
        } catch {
            #expect("\(error)".contains("log-0000 was written by another member or cluster"))
        }
    }

    @Test("without a spare the log grows and counts it; with one it never grows; no call waits")
    func growing() throws {
        let disk = SimulatedDisk()
        let (journal, work) = try begin(disk)
        var last = Zxid.zero
        for _ in 0..<5 {
            let batches = makeBatches(1, behind: last, size: 5_000)
            last = batches[0].lastZxid
            #expect(journal.append(batches).count == 1)
        }
        #expect(journal.counters.spareMisses == 5)
        #expect(journal.jobs.count == 1)
        journal.runJobs(work)
        for _ in 0..<5 {
            let batches = makeBatches(1, behind: last, size: 5_000)
            last = batches[0].lastZxid
            journal.append(batches)
        }
        // A growing file is left for a prepared one at the first chance.
        #expect(journal.counters.spareMisses == 5)
        #expect(journal.counters.segmentUses == 1)
        let found = try Journal.recover(disk: disk.afterPowerLoss(), nodeID: 1, settings: smallSettings)
        #expect(found.lastLogged == last)
    }

    @Test("a batch larger than a segment has a place")
    func largerThanASegment() throws {
        let disk = SimulatedDisk()
        let (journal, work) = try begin(disk)
        journal.runJobs(work)
        let batches = makeBatches(3, size: 200_000)
        for batch in batches {
            journal.append([batch])
            journal.runJobs(work)
        }
        let found = try Journal.recover(disk: disk.afterPowerLoss(), nodeID: 1, settings: smallSettings)
        #expect(found.tail.map(\.header) == batches.map(\.header))
    }

    @Test(
        "Rule D11: a spare's identity and name are durable and the epoch file names its use before a record in it counts"
    )
    func spareIsDurable() throws {
        let disk = SimulatedDisk()
        let (journal, work) = try begin(disk)
        let before = disk.callCount
        journal.runJobs(work)
        let calls = Array(disk.calls[before...])
        #expect(calls.first == .make("log-0001"))
        let identity = try #require(calls.lastIndex(of: .write("log-0001", offset: 0, count: 4_096)))
        #expect(calls[(identity + 1)...].prefix(2) == [.flush("log-0001"), .flushDirectory])
        #expect(calls.suffix(2) == [.write("epoch", offset: 4_096, count: 4_096), .flush("epoch")])
        let use = journal.epochs.newestUse
        let batches = makeBatches(2)
        journal.append(batches)
        // The base goes out with the first flush.
        #expect(disk.calls.suffix(2) == [.write("log-0001", offset: 4_096, count: 8_192), .flush("log-0001")])
        #expect(journal.epochs.newestUse == use)
        let found = try Journal.recover(disk: disk.afterPowerLoss(), nodeID: 1, settings: smallSettings)
        #expect(found.lastLogged == batches[1].lastZxid)
    }

    @Test("a restart takes the spare over instead of preparing another")
    func spareIsKept() throws {
        let disk = SimulatedDisk()
        let (journal, work) = try begin(disk)
        journal.append(makeBatches(2))
        journal.runJobs(work)
        let found = try Journal.recover(disk: disk.copy(), nodeID: 1, settings: smallSettings)
        #expect(found.journal.jobs.isEmpty)
        #expect(found.epochs == journal.epochs)
    }

    @Test("the base of the newest generation damaged: refused, because nobody knows what it superseded")
    func baseOfTheNewestGeneration() throws {
        let disk = SimulatedDisk()
        let (journal, _) = try begin(disk)
        let batches = makeBatches(6)
        journal.append(batches)
        journal.process([.truncate(to: batches[3].lastZxid, role: 1)])
        disk.flip(bit: 8 * 4_096 + 99, of: "log-0002")
        do {
            _ = try Journal.recover(disk: disk, nodeID: 1, settings: smallSettings)
            Issue.record("a log without its generation was accepted")
        } catch {
            #expect("\(error)".contains("no log segment is based on generation \(journal.epochs.generation)"))
            #expect("\(error)".contains("log-0002, offset 4096"))
        }
    }
}
