// Snapshot files and starts: what was written is read back before it counts, what was received counts only with the log based
// on it, and what the log does not confirm is no start (fault matrix rows 5, 8, 13, 26).

import Batch
import Glibc
import Journal
import Testing

@Suite("Snapshots and starts")
struct SnapshotTests {
    private func begin(_ disk: SimulatedDisk, batches n: Int = 20) throws -> (Journal, BackgroundWork, [SealedBatch]) {
        let journal = try Journal.recover(disk: disk, nodeID: 1, settings: smallSettings, newIncarnation: 21).journal
        let batches = makeBatches(n, size: 700)
        for batch in batches { journal.append([batch], committedUpTo: batch.prevZxid) }
        return (journal, BackgroundWork(for: journal), batches)
    }

    @Test("a start begins with the newest snapshot and replays what is committed behind it, and no more")
    func startFromSnapshot() throws {
        let disk = SimulatedDisk()
        let (journal, work, batches) = try begin(disk)
        for i in [4, 11] {
            guard case .snapshotTaken(1, let info) = takeSnapshot(journal, work, at: batches[i].lastZxid).first else {
                throw Unexpected.completion
            }
            #expect(info.zxid == batches[i].lastZxid)
            #expect(info.batchCRC == batches[i].header.crc)
            #expect(info.wallTime == batches[i].header.wallTime)
            #expect(info.bytes == disk.bytes(of: info.name).count)
        }
        let found = try Journal.recover(disk: disk.afterPowerLoss(), nodeID: 1, settings: smallSettings)
        let start = try #require(found.start)
        #expect(start.zxid == batches[11].lastZxid)
        #expect(start.digest != 0)
        #expect(try load(start, disk) == snapshotContent(start.zxid, received: false))
        // The last batch is in the log, but no frame says that it is committed.
        #expect(found.committedUpTo == batches[18].lastZxid)
        let (replayed, tail) = try recordsOf(found)
        #expect(replayed == batches[12...18].map(\.lastZxid))
        #expect(tail == [batches[19].lastZxid])
        #expect(found.lastLogTime == batches[19].header.logTime)
        #expect(found.lastWallTime == batches[19].header.wallTime)
    }

    @Test("Rule D9: every flipped bit of a snapshot is found, and an older start serves; without one the start is refused")
    func everyBit() throws {
        let disk = SimulatedDisk()
        let (journal, work, batches) = try begin(disk)
        _ = takeSnapshot(journal, work, at: batches[4].lastZxid)
        _ = takeSnapshot(journal, work, at: batches[9].lastZxid)
        let name = try #require(disk.fileNames.last { $0.hasPrefix("snapshot-") })
        let size = disk.bytes(of: name).count
        var older = 0
        for bit in 0..<8 * size {
            let copy = disk.copy()
            copy.flip(bit: bit, of: name)
            let found = try Journal.recover(disk: copy, nodeID: 1, settings: smallSettings)
            if found.start?.zxid == batches[4].lastZxid { older += 1 }
        }
        #expect(older == 8 * size)
    }

    @Test("Rule D9: a snapshot that does not read back as it was written gets no name, and nothing is purged for it")
    func unreadableSnapshot() throws {
        let disk = SimulatedDisk()
        let (journal, work, batches) = try begin(disk)
        work.perform(.beginSnapshot(id: 1, zxid: batches[9].lastZxid))
        work.perform(.snapshotChunk(id: 1, [1, 2, 3, 4]))
        disk.tamper("snapshot.writing") { $0[4_096 + 9] ^= 4 }
        work.finishSnapshot(1)
        guard case .failed(74, let reason) = work.takeAnswers().first else { throw Unexpected.completion }
        #expect(reason.contains("snapshot.writing is damaged at offset 4096: a chunk has a wrong checksum"))
        #expect(!disk.fileNames.contains { $0.hasPrefix("snapshot-") })
        #expect(journal.starts.isEmpty)
    }

    @Test("Rule D9: old starts and log go only after a newer snapshot was verified, named, and its name flushed")
    func purging() throws {
        let disk = SimulatedDisk()
        let (journal, work, _) = try begin(disk, batches: 1)
        var last = journal.lastLogged
        for round in 0..<12 {
            for _ in 0..<30 {
                let batch = makeBatch(behind: last, size: 3_000)
                last = batch.lastZxid
                journal.append([batch], committedUpTo: last)
                journal.runJobs(work)
            }
            let before = disk.callCount
            _ = takeSnapshot(journal, work, at: last)
            journal.runJobs(work)
            let calls = Array(disk.calls[before...])
            let named = try #require(calls.firstIndex { if case .rename = $0 { true } else { false } })
            #expect(calls[named + 1] == .flushDirectory)
            for (i, call) in calls.enumerated() {
                if case .remove = call { #expect(i > named + 1) }
            }
            #expect(journal.starts.count == min(round + 1, 2))
            // The log goes back to the oldest kept start.
            if round > 0 { #expect(journal.map.logStart <= journal.starts[0].zxid) }
        }
        #expect(journal.counters.purgedSegments > 10)
        #expect(journal.counters.purgedSnapshots == 10)
        #expect(disk.fileNames.filter { $0.hasPrefix("snapshot-") }.count == 2)
        let left = disk.afterPowerLoss()
        let found = try Journal.recover(disk: left, nodeID: 1, settings: smallSettings)
        #expect(found.logStart == journal.map.logStart)
        #expect(found.logStart > .zero)
        // With the newest start gone the older one still serves.
        let newest = try #require(found.start)
        left.flip(bit: 8 * 5_000, of: newest.name)
        let older = try Journal.recover(disk: left.copy(), nodeID: 1, settings: smallSettings)
        #expect(older.start?.zxid == found.journal.starts[0].zxid)
        #expect(older.line.contains("ignored \(newest.name)"))
        // With both damaged nothing can be built, and the start says so.
        left.flip(bit: 8 * 5_000, of: found.journal.starts[0].name)
        #expect(throws: JournalError.self) { try Journal.recover(disk: left.copy(), nodeID: 1, settings: smallSettings) }
    }

    @Test("purging switched off keeps everything")
    func noPurging() throws {
        let disk = SimulatedDisk()
        var settings = smallSettings
        settings.purges = false
        let journal = try Journal.recover(disk: disk, nodeID: 1, settings: settings).journal
        let work = BackgroundWork(for: journal)
        var last = Zxid.zero
        for _ in 0..<6 {
            let batches = makeBatches(20, behind: last, size: 5_000)
            last = batches[19].lastZxid
            for batch in batches { journal.append([batch], committedUpTo: batch.lastZxid) }
            journal.runJobs(work)
            _ = takeSnapshot(journal, work, at: last)
        }
        #expect(disk.fileNames.filter { $0.hasPrefix("snapshot-") }.count == 6)
        #expect(journal.map.logStart == .zero)
    }

    @Test("Rule D8: a snapshot that the log does not confirm is no start; an own one stays on disk, a received one is deleted")
    func unconfirmed() throws {
        let disk = SimulatedDisk()
        let (_, _, batches) = try begin(disk)
        let foreign = try leaderSnapshot(at: batches[7].lastZxid)
        disk.place(foreign.info.name, foreign.bytes)
        disk.place(foreign.info.name + ".received", foreign.bytes)
        let found = try Journal.recover(disk: disk, nodeID: 1, settings: smallSettings)
        #expect(found.start == nil)
        #expect(found.lastLogged == batches[19].lastZxid)
        #expect(disk.fileNames.contains(foreign.info.name))
        #expect(!disk.fileNames.contains(foreign.info.name + ".received"))
        #expect(found.line.contains("which the log does not confirm"))
    }

    @Test(
        "Rule D6: crash at every call between a received snapshot and its log: the old state whole, or the new one"
    )
    func crashBetweenSnapshotAndLog() throws {
        var (old, new) = (0, 0)
        for ahead in [true, false] {
            // Ahead of the log; or inside it, which then is a longer, divergent one.
            let zxid = Zxid(epoch: 2, counter: 9)
            var calls = 0
            while true {
                let disk = SimulatedDisk()
                let (journal, work, batches) = try begin(disk)
                var last = batches[19].lastZxid
                if !ahead {
                    let divergent = makeBatches(14, behind: last, epoch: 2, size: 300)
                    journal.append(divergent)
                    last = divergent[13].lastZxid
                }
                _ = takeSnapshot(journal, work, at: batches[9].lastZxid)
                let snapshot = try leaderSnapshot(at: zxid)
                disk.setFaults(SimulatedDisk.Faults(callsLeft: calls))
                var isInstalled = false
                for case .received(_, let info) in receive(snapshot, work) {
                    if case .snapshotInstalled(zxid, 2, 5) = journal.process([.installSnapshot(info, role: 5)]).first?.event {
                        isInstalled = true
                    }
                }
                for share in [0, 50, 100] {
                    var dice = Dice(seed: UInt64(calls))
                    let left = disk.afterPowerLoss { _ in dice.chance(share) }
                    let found = try Journal.recover(disk: left, nodeID: 1, settings: smallSettings)
                    if found.lastLogged == zxid, found.start?.zxid == zxid {
                        new += 1
                        #expect(found.logStart == zxid)
                        #expect(found.committedUpTo == zxid)
                        #expect(try load(found.start!, left) == snapshotContent(zxid, received: true))
                        // What this member may have acknowledged beyond the snapshot is remembered until rule D3.
                        #expect(found.epochs.needsRepair == !ahead)
                        #expect(found.upperBound == (ahead ? zxid : last))
                        found.journal.process([.persistEpochs(sequence: 1, accepted: 2, current: 2)])
                        #expect(!found.epochs.needsRepair)
                    } else {
                        #expect(!isInstalled)
                        old += 1
                        #expect(found.lastLogged == last)
                        #expect(found.start?.zxid == batches[9].lastZxid)
                        // The received file is not left to be taken for a start later.
                        #expect(!left.fileNames.contains { $0.hasSuffix(".received") })
                    }
                }
                if isInstalled { break }
                calls += 1
            }
            #expect(calls > 10)
        }
        #expect(old > 30)
        #expect(new >= 6)
    }

    @Test("Rule D6: the older state goes only when snapshot, name and the generation based on it are durable")
    func olderStateGoesLast() throws {
        let disk = SimulatedDisk()
        let (journal, work, batches) = try begin(disk)
        _ = takeSnapshot(journal, work, at: batches[9].lastZxid)
        let before = disk.callCount
        guard case .received(_, let info) = receive(try leaderSnapshot(at: Zxid(epoch: 3, counter: 4)), work).first else {
            throw Unexpected.completion
        }
        journal.process([.installSnapshot(info, role: 1)])
        journal.runJobs(work)
        let calls = Array(disk.calls[before...])
        let named = try #require(calls.firstIndex { if case .rename = $0 { true } else { false } })
        let inForce = try #require(calls.firstIndex(of: .flush("epoch")))
        let removed = try #require(calls.firstIndex { if case .remove = $0 { true } else { false } })
        #expect(named < inForce && inForce < removed)
        #expect(disk.fileNames.filter { $0.hasPrefix("snapshot-") } == [info.name])
        // The log goes on behind the snapshot.
        let next = makeBatches(2, behind: info.zxid)
        #expect(journal.append(next).count == 1)
        let found = try Journal.recover(disk: disk.afterPowerLoss(), nodeID: 1, settings: smallSettings)
        #expect(found.lastLogged == next[1].lastZxid)
        #expect(found.start?.zxid == info.zxid)
        #expect(found.epochEnds.map(\.epoch) == [3])
    }

    @Test("what arrives is what was announced, or it does not count")
    func notAnnounced() throws {
        let disk = SimulatedDisk()
        let (_, work, _) = try begin(disk)
        let good = try leaderSnapshot(at: Zxid(epoch: 4, counter: 4))
        var spoilt = good
        spoilt.bytes[5_000] ^= 1
        // The leader's file may be what is damaged: this member goes on and asks again.
        guard case .receiveFailed(2, let damage) = receive(spoilt, work).first else { throw Unexpected.completion }
        #expect(damage.contains("snapshot.receiving is damaged at offset"))
        var short = good
        short.bytes.removeLast(10)
        guard case .receiveFailed(2, let reason) = receive(short, work).first else { throw Unexpected.completion }
        #expect(reason.contains("of \(good.bytes.count) bytes came"))
        work.perform(.beginReceive(id: 3, zxid: good.info.zxid, bytes: good.info.bytes, digest: good.info.digest ^ 1))
        work.perform(.receiveChunk(id: 3, offset: 0, good.bytes))
        work.perform(.finishReceive(id: 3))
        guard case .receiveFailed(3, _) = work.takeAnswers().first else { throw Unexpected.completion }
        #expect(!disk.fileNames.contains { $0.hasSuffix(".received") })
    }

    @Test(
        "a state marked bad: own starts count no more, a received one does, the log stays, the mark ends with rule D3"
    )
    func badState() throws {
        let disk = SimulatedDisk()
        let (journal, work, batches) = try begin(disk)
        _ = takeSnapshot(journal, work, at: batches[9].lastZxid)
        guard case .stateMarkedBad = journal.process([.markStateBad]).first?.event else { throw Unexpected.completion }
        let left = disk.afterPowerLoss()
        let found = try Journal.recover(disk: left, nodeID: 1, settings: smallSettings)
        #expect(found.epochs.stateBad)
        #expect(found.start == nil)
        #expect(found.lastLogged == batches[19].lastZxid)
        #expect(try recordsOf(found).replayed.isEmpty)
        // A leader's snapshot at a batch that this log holds, by its checksum.
        let leader = SimulatedDisk()
        let other = try Journal.recover(disk: leader, nodeID: 2, settings: smallSettings).journal
        other.append(batches)
        let otherWork = BackgroundWork(for: other)
        _ = takeSnapshot(other, otherWork, at: batches[14].lastZxid)
        let info = try #require(other.starts.last)
        let journal2 = found.journal
        let work2 = BackgroundWork(for: journal2)
        guard case .received(_, let received) = receive((info, leader.bytes(of: info.name)), work2).first else {
            throw Unexpected.completion
        }
        journal2.process([.installSnapshot(received, role: 1)])
        #expect(journal2.lastLogged == batches[19].lastZxid)
        #expect(journal2.epochs.stateBad)
        journal2.process([.persistEpochs(sequence: 1, accepted: 1, current: 1)])
        #expect(!journal2.epochs.stateBad)
        let again = try Journal.recover(disk: left.copy(), nodeID: 1, settings: smallSettings)
        #expect(again.start?.zxid == batches[14].lastZxid)
        #expect(again.start?.isReceived == true)
        #expect(left.fileNames.filter { $0.hasPrefix("snapshot-") }.count == 1)
    }

    @Test("a snapshot can only be taken where the log holds the end of a batch")
    func noBatch() throws {
        let disk = SimulatedDisk()
        let (journal, work, _) = try begin(disk, batches: 0)
        let batch = makeBatch(behind: .zero, count: 6)
        journal.append([batch])
        guard case .snapshotFailed(1, let reason) = takeSnapshot(journal, work, at: batch.firstZxid).first else {
            throw Unexpected.completion
        }
        #expect(reason.contains("holds no batch that ends at 0x100000001"))
    }
}
