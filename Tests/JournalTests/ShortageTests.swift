// A process without descriptors left: spares, snapshots and streams to learners wait for better times, the log goes on; and a
// disk that is full ends the log with a sentence, needs nothing to start again, and loses nothing.

import Batch
import Glibc
import Journal
import Testing

@Suite("Shortages")
struct ShortageTests {
    private func begin(_ disk: SimulatedDisk) throws -> (Journal, BackgroundWork) {
        let journal = try Journal.recover(disk: disk, nodeID: 1, settings: smallSettings).journal
        return (journal, BackgroundWork(for: journal))
    }

    private func without(_ prefix: String) -> SimulatedDisk.Faults {
        var faults = SimulatedDisk.Faults()
        faults.noDescriptorFor = prefix
        return faults
    }

    @Test("without descriptors the log grows, and a spare is tried for again after a while", arguments: [false, true])
    func spare(fromPool: Bool) throws {
        let disk = SimulatedDisk()
        let (journal, work) = try begin(disk)
        var last = Zxid.zero
        func grow(_ n: Int) {
            for batch in makeBatches(n, behind: last, size: 3_000) {
                #expect(journal.append([batch]).count == 1)
                last = batch.lastZxid
                journal.runJobs(work)
            }
        }
        if fromPool {
            // A cut leaves a file in the pool.
            grow(40)
            let cut = Zxid(epoch: 1, counter: 2)
            journal.process([.truncate(to: cut, role: 1)])
            last = cut
        }
        let files = disk.fileNames
        disk.setFaults(without("log-"))
        grow(40)
        #expect(journal.failure == nil)
        #expect(journal.counters.spareFailures == 1)
        #expect(journal.counters.spareMisses > 0)
        let uses = journal.counters.segmentUses
        disk.advance(nanoseconds: 1_000_000_000)
        grow(1)
        #expect(journal.counters.spareFailures == 2)
        disk.setFaults(SimulatedDisk.Faults())
        disk.advance(nanoseconds: 1_000_000_000)
        grow(40)
        #expect(journal.counters.segmentUses > uses)
        // The file that could not be opened is still the pool's: nothing new was made beside it for the first spare.
        if fromPool { #expect(disk.fileNames.count <= files.count + 1) }
        let found = try Journal.recover(disk: disk.afterPowerLoss(), nodeID: 1, settings: smallSettings)
        #expect(found.lastLogged == last)
    }

    @Test("without descriptors a snapshot, a learner's stream and a received snapshot fail and nothing else")
    func snapshots() throws {
        let disk = SimulatedDisk()
        let (journal, work) = try begin(disk)
        let batches = makeBatches(6)
        journal.append(batches, committedUpTo: batches[5].lastZxid)
        disk.setFaults(without("snapshot"))
        guard case .snapshotFailed(1, let reason) = takeSnapshot(journal, work, at: batches[3].lastZxid).first else {
            throw Unexpected.completion
        }
        #expect(reason.contains("Too many open files"))
        disk.setFaults(SimulatedDisk.Faults())
        guard case .snapshotTaken = takeSnapshot(journal, work, at: batches[3].lastZxid).first else {
            throw Unexpected.completion
        }
        disk.setFaults(without("snapshot"))
        work.perform(.openSnapshot(id: 5, zxid: batches[3].lastZxid))
        guard case .streamGone(5, _) = work.takeAnswers().first else { throw Unexpected.completion }
        #expect(work.answers.isEmpty)
        work.perform(.beginReceive(id: 6, zxid: batches[3].lastZxid, bytes: 9_000, digest: 1))
        guard case .receiveFailed(6, _) = work.takeAnswers().first else { throw Unexpected.completion }
        #expect(journal.append(makeBatches(1, behind: batches[5].lastZxid)).count == 1)
    }

    @Test("the log's own shortage ends it with the directory and the remedy")
    func fullDisk() throws {
        let disk = SimulatedDisk()
        let (journal, _) = try begin(disk)
        let batches = makeBatches(3)
        journal.append(Array(batches[..<2]))
        disk.setFaults(SimulatedDisk.Faults(fullFor: "log-"))
        guard case .failed(74, let reason) = journal.append([batches[2]]).first?.event else { throw Unexpected.completion }
        #expect(reason.contains("writing of log-0000 failed: No space left on device"))
        #expect(reason.contains("make room on the file system of the data directory and start this member again"))
    }

    @Test("a start on a full disk needs no room: whole log, torn log, and the spare that fails", arguments: [false, true])
    func startOnFullDisk(isTorn: Bool) throws {
        let disk = SimulatedDisk()
        let (journal, work) = try begin(disk)
        let batches = makeBatches(40, size: 3_000)
        for batch in batches {
            journal.append([batch], committedUpTo: batch.lastZxid)
            journal.runJobs(work)
        }
        // What was purged is the pool of files that are used again.
        for i in [20, 30, 39] { _ = takeSnapshot(journal, work, at: batches[i].lastZxid) }
        let left = disk.afterPowerLoss()
        if isTorn {
            // The end of a group that the full disk took only half of.
            let lost = makeBatch(behind: batches[39].lastZxid, size: 6_000)
            journal.append([lost])
            let name = try #require(disk.lastWritten)
            let bytes = disk.bytes(of: name)
            let before = left.bytes(of: name)
            let begin = try #require(zip(bytes, before).enumerated().first { $0.element.0 != $0.element.1 }?.offset)
            left.tamper(name) { $0.replaceSubrange(begin..<begin + 4_096, with: bytes[begin..<begin + 4_096]) }
        }
        left.setFaults(SimulatedDisk.Faults(makesNothing: true))
        let found = try Journal.recover(disk: left, nodeID: 1, settings: smallSettings)
        #expect(found.lastLogged == batches[39].lastZxid)
        #expect((found.epochs.tornAt != nil) == isTorn)
        found.journal.runJobs(BackgroundWork(for: found.journal))
        #expect(found.journal.failure == nil)
        #expect(found.journal.append(makeBatches(1, behind: batches[39].lastZxid)).count == 1)
    }
}
