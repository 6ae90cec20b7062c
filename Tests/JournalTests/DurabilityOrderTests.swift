// Nothing is reported before a flush that covers it has returned: judged by the order of the disk's calls, and by a disk that
// forgets everything that was not flushed.

import Batch
import Journal
import Synchronization
import Testing

@Suite("Order of durability")
struct DurabilityOrderTests {
    @Test(
        "Rule D4: each completion follows a finished flush that covers it, and a loss of power takes nothing of it"
    )
    func noCompletionBeforeItsFlush() throws {
        let disk = SimulatedDisk()
        let journal = try Journal.recover(disk: disk, nodeID: 1, settings: smallSettings).journal
        let work = BackgroundWork(for: journal)
        var last = Zxid.zero
        var covered = 0
        for round in 0..<60 {
            let before = disk.callCount
            let batches = makeBatches(1 + round % 7, behind: last, size: 100 + 37 * round)
            for completion in journal.append(batches) {
                guard case .durable(let through, _) = completion.event else { continue }
                let calls = Array(disk.calls[before...])
                let written = try #require(calls.lastIndex { if case .write = $0 { true } else { false } })
                guard case .write(let name, _, _) = calls[written] else { continue }
                // The last thing that happened to the file before the completion is a flush, behind the write.
                #expect(calls[(written + 1)...] == [.flush(name)])
                let found = try Journal.recover(disk: disk.afterPowerLoss(), nodeID: 1, settings: smallSettings)
                #expect(found.lastLogged >= through)
                covered += 1
            }
            last = batches[batches.count - 1].lastZxid
            if round % 5 == 0 { journal.runJobs(work) }
        }
        #expect(covered == 60)
        #expect(journal.counters.flushes == 60)
    }

    @Test("Rule D11: names that an ended process gave and did not flush are flushed before the next one builds on them")
    func namesOfAnEndedProcess() throws {
        let first = SimulatedDisk()
        var settings = smallSettings
        settings.repairsFromPeers = true
        let batches = makeBatches(6)
        try Journal.recover(disk: first, nodeID: 1, settings: settings).journal.append(batches)
        let kept = batches[3].lastZxid
        var ends = 0
        for calls in 0..<40 {
            let disk = first.copy()
            disk.setFaults(SimulatedDisk.Faults(callsLeft: calls))
            // The process ends somewhere in its start or in the cut; the machine goes on.
            if let journal = try? Journal.recover(disk: disk, nodeID: 1, settings: settings).journal,
                case .truncated? = journal.process([.truncate(to: kept, role: 1)]).first?.event
            {
                break
            }
            ends += 1
            disk.setFaults(SimulatedDisk.Faults())
            let journal = try Journal.recover(disk: disk, nodeID: 1, settings: settings).journal
            // No spare comes to be, which would flush names, too.
            disk.setFaults(SimulatedDisk.Faults(noDescriptorFor: "log-"))
            journal.runJobs(BackgroundWork(for: journal))
            disk.setFaults(SimulatedDisk.Faults())
            _ = journal.process([.truncate(to: kept, role: 1)])
            journal.append(makeBatches(2, behind: kept, epoch: 2))
            let left = try Journal.recover(disk: disk.afterPowerLoss(), nodeID: 1, settings: settings)
            #expect(
                left.lastLogged == Zxid(epoch: 2, counter: 2) && !left.epochs.needsRepair, "after \(calls) calls: \(left.line)")
        }
        #expect(ends > 5 && ends < 40)
    }

    @Test("a group of any size is one write and one flush")
    func oneFlushPerGroup() throws {
        let disk = SimulatedDisk()
        let journal = try Journal.recover(disk: disk, nodeID: 1, settings: smallSettings).journal
        let before = disk.callCount
        let batches = makeBatches(400, size: 64)
        #expect(journal.append(batches).count == 1)
        let calls = disk.calls[before...]
        #expect(calls.count == 2)
        guard case .write(_, let offset, let count) = calls.first else { throw Unexpected.completion }
        // Aligned to blocks at both ends, so that no write touches what an earlier flush made durable.
        #expect(offset % 4_096 == 0 && count % 4_096 == 0)
        #expect(journal.counters.batchesPerFlush[8] == 1)
    }

    @Test("no write of the log ever touches a block that an earlier flush made durable")
    func blocksAreWrittenOnce() throws {
        let disk = SimulatedDisk()
        let journal = try Journal.recover(disk: disk, nodeID: 1, settings: smallSettings).journal
        let before = disk.callCount
        var last = Zxid.zero
        for round in 0..<30 {
            let batches = makeBatches(2, behind: last, size: 333 * round)
            journal.append(batches)
            last = batches[1].lastZxid
            if round % 4 == 0 {
                var completions: [JournalCompletion] = []
                journal.sealIfIdle(into: &completions)
            }
        }
        var end = 0
        for case .write("log-0000", let offset, let count) in disk.calls[before...] {
            #expect(offset >= end)
            end = offset + count
        }
        #expect(end > 0)
    }

    @Test("Rule D2: an epoch asked for behind appends is written after they were flushed")
    func historyBeforeEpoch() throws {
        let disk = SimulatedDisk()
        let journal = try Journal.recover(disk: disk, nodeID: 1, settings: smallSettings).journal
        let before = disk.callCount
        let batch = makeBatch(behind: .zero)
        let completions = journal.process([
            .append(batch, committedUpTo: .zero, role: 1), .persistEpochs(sequence: 4, accepted: 1, current: 1),
        ])
        #expect(completions.count == 2)
        let names = disk.calls[before...].compactMap { if case .flush(let name) = $0 { name } else { nil } }
        #expect(names == ["log-0000", "epoch", "epoch"])
    }

    @Test("Rule G1: a commit that is to be recorded is in a flushed seal, once, even behind a seal that did not know of it")
    func recordedCommit() throws {
        let disk = SimulatedDisk()
        let journal = try Journal.recover(disk: disk, nodeID: 1, settings: smallSettings).journal
        let batches = makeBatches(3)
        journal.append(batches, committedUpTo: batches[0].lastZxid)
        #expect(journal.durableCommit == batches[0].lastZxid)
        var completions: [JournalCompletion] = []
        journal.sealIfIdle(into: &completions)
        for _ in 1...2 { journal.process([.recordCommit(batches[1].lastZxid)], into: &completions) }
        #expect(completions.isEmpty && journal.counters.seals == 2)
        #expect(journal.durableCommit == batches[1].lastZxid)
        let found = try Journal.recover(disk: disk.afterPowerLoss(), nodeID: 1, settings: smallSettings)
        #expect(found.committedUpTo == batches[1].lastZxid && found.lastLogged == batches[2].lastZxid)
        // What it never had is not committed, whatever it is told.
        journal.process([.recordCommit(Zxid(epoch: 9, counter: 9))], into: &completions)
        #expect(journal.durableCommit == batches[2].lastZxid)
    }

    @Test("a seal is written without a flush of its own, except at a clean shutdown and where a commit is to be recorded")
    func seals() throws {
        let disk = SimulatedDisk()
        let journal = try Journal.recover(disk: disk, nodeID: 1, settings: smallSettings).journal
        let batches = makeBatches(3)
        journal.append(batches, committedUpTo: batches[0].lastZxid)
        journal.noteCommitted(batches[2].lastZxid)
        var before = disk.callCount
        var completions: [JournalCompletion] = []
        journal.sealIfIdle(into: &completions)
        journal.sealIfIdle(into: &completions)
        #expect(disk.calls[before...].count == 1)
        #expect(completions.isEmpty)
        // It carries the commit that no frame could know.
        #expect(try Journal.recover(disk: disk.copy(), nodeID: 1, settings: smallSettings).committedUpTo == batches[2].lastZxid)
        let unflushed = try Journal.recover(disk: disk.afterPowerLoss(), nodeID: 1, settings: smallSettings)
        #expect(unflushed.committedUpTo == batches[0].lastZxid)
        #expect(unflushed.lastLogged == batches[2].lastZxid)
        let more = makeBatches(1, behind: batches[2].lastZxid)
        journal.append(more)
        before = disk.callCount
        journal.process([.seal(committedUpTo: more[0].lastZxid)])
        let names = disk.calls[before...].compactMap { if case .flush(let name) = $0 { name } else { nil } }
        // Only what the log's flush made durable is told to the epoch file, for the next start to look for.
        #expect(names == ["log-0000", "epoch", "epoch"] || names == ["log-0000", "log-0000", "epoch", "epoch"])
        let found = try Journal.recover(disk: disk.afterPowerLoss(), nodeID: 1, settings: smallSettings)
        #expect(found.committedUpTo == more[0].lastZxid)
        #expect(found.tail.isEmpty)
    }
}
