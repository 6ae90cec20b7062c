// Disks that fail: the first error of a write or flush ends the journal; interrupted and short calls are no errors; a full disk
// fails a snapshot and nothing else (fault matrix rows 10, 12, 13).

import Batch
import Glibc
import Journal
import Testing

@Suite("Failing disks")
struct FailureTests {
    @Test(
        "Rule F1: a failed flush is reported once, with exit code 74; nothing is written or completed behind it"
    )
    func failedFlush() throws {
        let disk = SimulatedDisk()
        let journal = try Journal.recover(disk: disk, nodeID: 1, settings: smallSettings).journal
        let batches = makeBatches(3)
        #expect(journal.append([batches[0]]).count == 1)
        disk.setFaults(SimulatedDisk.Faults(failingFlush: EIO))
        let completions = journal.append([batches[1]])
        #expect(completions.count == 1)
        guard case .failed(let code, let reason) = completions.first?.event else { throw Unexpected.completion }
        #expect(code == 74)
        #expect(reason.contains("flushing of log-0000 failed"))
        #expect(journal.failure != nil)
        let calls = disk.callCount
        #expect(journal.process([.persistEpochs(sequence: 1, accepted: 1, current: 0)]).isEmpty)
        #expect(journal.process([.append(batches[2], committedUpTo: .zero, role: 1)]).isEmpty)
        var more: [JournalCompletion] = []
        journal.sealIfIdle(into: &more)
        #expect(more.isEmpty)
        #expect(disk.callCount == calls)
    }

    @Test(
        "Rule F1: a failed write, a full disk under the log, a failed epoch file: each ends the journal",
        arguments: [EIO, ENOSPC])
    func failedWrite(code: Int32) throws {
        for command in [
            JournalCommand.append(makeBatch(behind: .zero), committedUpTo: .zero, role: 1),
            .persistEpochs(sequence: 1, accepted: 1, current: 0), .bind(clusterID: 4), .markStateBad,
        ] {
            let disk = SimulatedDisk()
            let journal = try Journal.recover(disk: disk, nodeID: 1, settings: smallSettings).journal
            disk.setFaults(SimulatedDisk.Faults(failingWrite: code))
            let completions = journal.process([command])
            guard case .failed(74, _) = completions.first?.event, completions.count == 1 else { throw Unexpected.completion }
        }
    }

    @Test("after a failure and a restart everything that was acknowledged is there")
    func restartAfterFailure() throws {
        let disk = SimulatedDisk()
        let journal = try Journal.recover(disk: disk, nodeID: 1, settings: smallSettings).journal
        let batches = makeBatches(9)
        journal.append(Array(batches[..<5]))
        disk.setFaults(SimulatedDisk.Faults(failingFlush: EIO))
        journal.append(Array(batches[5...]))
        let found = try Journal.recover(disk: disk.afterPowerLoss(), nodeID: 1, settings: smallSettings)
        #expect(found.lastLogged == batches[4].lastZxid)
    }

    @Test("short and interrupted writes and short reads go on at the right place")
    func shortCalls() throws {
        let disk = SimulatedDisk()
        let journal = try Journal.recover(disk: disk, nodeID: 1, settings: smallSettings).journal
        disk.setFaults(SimulatedDisk.Faults(shortest: 333, interruptEvery: 2))
        let batches = makeBatches(12, size: 1_000)
        #expect(journal.append(batches).count == 1)
        let left = disk.afterPowerLoss()
        left.setFaults(SimulatedDisk.Faults(shortest: 100))
        let found = try Journal.recover(disk: left, nodeID: 1, settings: smallSettings)
        #expect(found.lastLogged == batches[11].lastZxid)
        #expect(found.tail.map(\.header) == batches.map(\.header))
    }

    @Test("a full disk fails the snapshot only, and the half-written file is gone")
    func fullDiskUnderSnapshot() throws {
        let disk = SimulatedDisk()
        let journal = try Journal.recover(disk: disk, nodeID: 1, settings: smallSettings).journal
        let work = BackgroundWork(for: journal)
        let batches = makeBatches(4)
        journal.append(batches, committedUpTo: batches[3].lastZxid)
        disk.setFaults(SimulatedDisk.Faults(fullFor: "snapshot"))
        let completions = takeSnapshot(journal, work, at: batches[3].lastZxid)
        guard case .snapshotFailed(1, let reason) = completions.first, completions.count == 1 else { throw Unexpected.completion }
        #expect(reason.contains("No space left"))
        #expect(!disk.fileNames.contains { $0.hasPrefix("snapshot") })
        #expect(journal.append(makeBatches(1, behind: batches[3].lastZxid)).count == 1)
        disk.setFaults(SimulatedDisk.Faults())
        guard case .snapshotTaken = takeSnapshot(journal, work, at: batches[3].lastZxid).first else {
            throw Unexpected.completion
        }
    }

    @Test("Rule F1: an I/O error under a snapshot ends the process")
    func failedSnapshot() throws {
        let disk = SimulatedDisk()
        let journal = try Journal.recover(disk: disk, nodeID: 1, settings: smallSettings).journal
        let work = BackgroundWork(for: journal)
        let batches = makeBatches(4)
        journal.append(batches, committedUpTo: batches[3].lastZxid)
        disk.setFaults(SimulatedDisk.Faults(failingFlush: EIO))
        guard case .failed(74, _) = takeSnapshot(journal, work, at: batches[3].lastZxid).first else {
            throw Unexpected.completion
        }
    }

    @Test("a full disk leaves the log without a spare: it grows, and that is counted; any other error ends the journal")
    func fullDiskUnderSpare() throws {
        let disk = SimulatedDisk()
        let journal = try Journal.recover(disk: disk, nodeID: 1, settings: smallSettings).journal
        let work = BackgroundWork(for: journal)
        disk.setFaults(SimulatedDisk.Faults(fullFor: "log-0001"))
        journal.runJobs(work)
        let batches = makeBatches(40, size: 3_000)
        for batch in batches { #expect(journal.append([batch]).count == 1) }
        #expect(journal.counters.spareMisses == 40)
        #expect(!disk.fileNames.contains("log-0001"))
        let found = try Journal.recover(disk: disk.afterPowerLoss(), nodeID: 1, settings: smallSettings)
        #expect(found.lastLogged == batches[39].lastZxid)
        found.journal.runJobs(BackgroundWork(for: found.journal))
        let failing = try Journal.recover(disk: SimulatedDisk(), nodeID: 1, settings: smallSettings).journal
        let completions = failing.process([.spareFailed(name: "log-0001", DiskError("writing", "log-0001", code: EIO))])
        guard case .failed(74, _) = completions.first?.event else { throw Unexpected.completion }
    }

    @Test("faults to order: a slow flush takes its time, the chosen flush fails, and no other")
    func faultyDisk() throws {
        #expect(!DiskFaults().isArmed)
        var faults = DiskFaults()
        faults.failingFlush = 8
        #expect(faults.isArmed)
        let plain = SimulatedDisk()
        let disk = FaultyDisk(plain, faults: faults)
        let journal = try Journal.recover(disk: disk, nodeID: 1, settings: smallSettings).journal
        let flushes = plain.calls.filter { if case .flush = $0 { true } else { false } }.count
        var last = Zxid.zero
        var acknowledged = 0
        for _ in 0..<10 {
            let batch = makeBatch(behind: last)
            guard case .durable = journal.append([batch]).first?.event else { break }
            last = batch.lastZxid
            acknowledged += 1
        }
        #expect(acknowledged == 7 - flushes)
        #expect(journal.failure?.exitCode == exitCodeStorage)
        var slow = DiskFaults()
        slow.slowFlushNanoseconds = 3_000_000
        let directory = TemporaryDirectory()
        let slowDisk = FaultyDisk(try RealDisk(path: directory.path), faults: slow)
        let delayed = try Journal.recover(disk: slowDisk, nodeID: 1, settings: smallSettings).journal
        let completion = try #require(delayed.append([makeBatch(behind: .zero)]).first)
        #expect(completion.flushNanoseconds >= 3_000_000)
    }

    @Test("Rule L1: a batch that does not continue the log is a programming error, caught before anything is written")
    func contiguous() async {
        await #expect(processExitsWith: .failure) {
            let journal = try Journal.recover(disk: SimulatedDisk(), nodeID: 1, settings: smallSettings).journal
            let batches = makeBatches(3)
            journal.append([batches[0], batches[2]])
        }
    }
}
