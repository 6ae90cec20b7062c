// What a start hands over: only what is known committed is replayed, the rest stands apart; twice the same; and the line that
// says so.

import Batch
import Journal
import Testing

@Suite("Recovery")
struct RecoveryTests {
    private func prepared() throws -> (SimulatedDisk, [SealedBatch]) {
        let disk = SimulatedDisk()
        let journal = try Journal.recover(disk: disk, nodeID: 1, settings: smallSettings).journal
        var batches = makeBatches(5)
        batches += makeBatches(4, behind: batches[4].lastZxid, epoch: 2)
        batches += makeBatches(3, behind: batches[8].lastZxid, epoch: 5)
        for batch in batches { journal.append([batch], committedUpTo: min(batch.prevZxid, batches[6].lastZxid)) }
        journal.process([.persistEpochs(sequence: 1, accepted: 5, current: 5)])
        return (disk.copy(), batches)
    }

    @Test("replay stops at the highest commit that an intact frame carries; what lies behind is apart")
    func onlyCommitted() throws {
        let (disk, batches) = try prepared()
        let found = try Journal.recover(disk: disk, nodeID: 1, settings: smallSettings)
        #expect(found.committedUpTo == batches[6].lastZxid)
        let (replayed, tail) = try recordsOf(found)
        #expect(replayed == batches[...6].map(\.lastZxid))
        #expect(tail == batches[7...].map(\.lastZxid))
        #expect(found.epochEnds.map(\.epoch) == [1, 2, 5])
        #expect(found.epochEnds.map(\.last) == [batches[4], batches[8], batches[11]].map(\.lastZxid))
        #expect(found.epochs.acceptedEpoch == 5 && found.epochs.currentEpoch == 5)
        #expect(
            found.line
                == "journal: epochs 5/5, log 0x0..\(batches[11].lastZxid) in 1 segment(s), no snapshot, committed through "
                + "\(batches[6].lastZxid), 5 batch(es) behind it")
    }

    @Test("with no peers everything durable is committed, if the caller says so")
    func alone() throws {
        let (disk, batches) = try prepared()
        var settings = smallSettings
        settings.durableIsCommitted = true
        let found = try Journal.recover(disk: disk, nodeID: 1, settings: settings)
        #expect(found.committedUpTo == batches[11].lastZxid)
        let (replayed, tail) = try recordsOf(found)
        #expect(replayed.count == 12)
        #expect(tail.isEmpty)
    }

    @Test("recovering twice gives the same, and changes nothing on disk")
    func twice() throws {
        let (disk, _) = try prepared()
        let journal = try Journal.recover(disk: disk, nodeID: 1, settings: smallSettings).journal
        journal.runJobs(BackgroundWork(for: journal))
        let before = disk.fileNames.map { disk.bytes(of: $0) }
        let first = try Journal.recover(disk: disk, nodeID: 1, settings: smallSettings)
        let second = try Journal.recover(disk: disk, nodeID: 1, settings: smallSettings)
        #expect(first.line == second.line)
        #expect(first.lastLogged == second.lastLogged && first.committedUpTo == second.committedUpTo)
        #expect(disk.fileNames.map { disk.bytes(of: $0) } == before)
    }

    @Test("what only stood in the page cache when the process ended is flushed before it is reported")
    func pageCacheIsFlushed() throws {
        let disk = SimulatedDisk()
        var faults = SimulatedDisk.Faults()
        let journal = try Journal.recover(disk: disk, nodeID: 1, settings: smallSettings).journal
        let batches = makeBatches(4)
        journal.append(Array(batches[..<2]))
        // The write arrives in the cache, the flush fails, the process ends; the machine goes on.
        faults.failingFlush = 5
        disk.setFaults(faults)
        journal.append(Array(batches[2...]))
        disk.setFaults(SimulatedDisk.Faults())
        let found = try Journal.recover(disk: disk, nodeID: 1, settings: smallSettings)
        #expect(found.lastLogged == batches[3].lastZxid)
        // Rule V1: what a start reports is durable.
        let again = try Journal.recover(disk: disk.afterPowerLoss(), nodeID: 1, settings: smallSettings)
        #expect(again.lastLogged == batches[3].lastZxid)
    }

    @Test("separate directories for log and snapshots")
    func twoDirectories() throws {
        let (log, snapshots) = (SimulatedDisk(), SimulatedDisk())
        let journal = try Journal.recover(disk: log, snapshots: snapshots, nodeID: 1, settings: smallSettings).journal
        let work = BackgroundWork(for: journal)
        let batches = makeBatches(6)
        journal.append(batches, committedUpTo: batches[5].lastZxid)
        _ = takeSnapshot(journal, work, at: batches[3].lastZxid)
        #expect(snapshots.fileNames.sorted() == ["owner", journal.starts[0].name])
        #expect(!log.fileNames.contains { $0.hasPrefix("snapshot") })
        let found = try Journal.recover(disk: log, snapshots: snapshots, nodeID: 1, settings: smallSettings)
        #expect(found.start?.zxid == batches[3].lastZxid)
        #expect(throws: JournalError.self) {
            try Journal.recover(disk: SimulatedDisk(), snapshots: snapshots, nodeID: 1, settings: smallSettings)
        }
    }

    @Test("Rule F4: a log directory that is not there passes for no beginning, with a snapshot or without")
    func lostLog() throws {
        func refusal(_ log: SimulatedDisk, _ snapshots: SimulatedDisk) -> String? {
            do throws(JournalError) {
                _ = try Journal.recover(disk: log, snapshots: snapshots, nodeID: 1, settings: smallSettings)
                return nil
            } catch {
                return error.description
            }
        }
        for takes in [false, true] {
            let (log, snapshots) = (SimulatedDisk(), SimulatedDisk())
            let journal = try Journal.recover(disk: log, snapshots: snapshots, nodeID: 1, settings: smallSettings).journal
            let batches = makeBatches(6)
            journal.append(batches, committedUpTo: batches[5].lastZxid)
            if takes { _ = takeSnapshot(journal, BackgroundWork(for: journal), at: batches[3].lastZxid) }
            let kept = snapshots.afterPowerLoss()
            let said = try #require(refusal(SimulatedDisk(), kept))
            #expect(said.contains("the log that belongs to") && said.contains("dataLogDir"), "\(said)")
            // The directory of another member's log, or of this one's before it was replaced.
            let other = SimulatedDisk()
            _ = try Journal.recover(disk: other, nodeID: 1, settings: smallSettings)
            #expect(refusal(other, kept)?.contains("is not the one that belongs to") == true)
            // What was kept of the mark alone is enough, whatever it says.
            kept.tamper("owner") { $0 = Array("nonsense".utf8) }
            #expect(refusal(SimulatedDisk(), kept)?.contains("the log that belongs to") == true)
            #expect(refusal(log.afterPowerLoss(), kept) == nil)
            #expect(refusal(SimulatedDisk(), kept)?.contains("the log that belongs to") == true)
        }
    }

    @Test("where log and snapshots share a directory nothing is marked")
    func oneDirectory() throws {
        let disk = SimulatedDisk()
        _ = try Journal.recover(disk: disk, nodeID: 1, settings: smallSettings)
        #expect(!disk.fileNames.contains("owner"))
    }

    @Test("an identifier is bound and stays; segments written before it was known are still this member's")
    func binding() throws {
        let (disk, batches) = try prepared()
        let journal = try Journal.recover(disk: disk, nodeID: 1, settings: smallSettings).journal
        guard case .bound = journal.process([.bind(clusterID: 0xfeed)]).first?.event else { throw Unexpected.completion }
        let found = try Journal.recover(disk: disk.afterPowerLoss(), nodeID: 1, settings: smallSettings)
        #expect(found.epochs.clusterID == 0xfeed)
        #expect(found.lastLogged == batches[11].lastZxid)
    }

    @Test("thousands of random changes to log and epoch file: a start finds a prefix or refuses, and never traps")
    func randomDamage() throws {
        let log = try SmallLog(sealed: true)
        var (whole, prefix, refused) = (0, 0, 0)
        for seed in 0..<4_000 as Range<UInt64> {
            var dice = Dice(seed: seed)
            let disk = log.disk.copy()
            for name in disk.fileNames where dice.chance(50) {
                disk.tamper(name) { bytes in
                    for _ in 0...dice.below(3) where !bytes.isEmpty {
                        switch dice.below(4) {
                        case 0: bytes.removeLast(dice.below(min(bytes.count, 20_000)))
                        case 1:
                            let place = dice.below(bytes.count)
                            for i in place..<min(place + dice.below(600), bytes.count) { bytes[i] = 0 }
                        case 2:
                            let place = dice.below(bytes.count)
                            for i in place..<min(place + dice.below(600), bytes.count) {
                                bytes[i] = UInt8.random(in: 0...255, using: &dice)
                            }
                        default:
                            let (from, to) = (dice.below(bytes.count), dice.below(bytes.count))
                            for i in 0..<min(512, bytes.count - max(from, to)) { bytes[to + i] = bytes[from + i] }
                        }
                    }
                }
            }
            do {
                let found = try Journal.recover(disk: disk, nodeID: 1, settings: smallSettings)
                if found.lastLogged == log.batches[7].lastZxid { whole += 1 } else { prefix += 1 }
                let (replayed, tail) = try recordsOf(found)
                #expect(replayed + tail == log.batches[..<(replayed.count + tail.count)].map(\.lastZxid))
            } catch {
                refused += 1
            }
        }
        // A prefix needs the seal and the last frames gone together: rare, as it should be.
        #expect(whole > 200 && refused > 200)
        #expect(prefix < refused)
    }
}
