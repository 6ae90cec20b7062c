// Snapshots that rot after they were verified: the leader does not send one on, nobody ends for it, and it is not kept.

import Batch
import Journal
import Testing

@Suite("Starts that rot")
struct DamagedStartTests {
    private func begin(_ disk: SimulatedDisk, keeping kept: Int = 2) throws -> (Journal, BackgroundWork, [SealedBatch]) {
        var settings = smallSettings
        settings.keptStarts = kept
        let journal = try Journal.recover(disk: disk, nodeID: 1, settings: settings, newIncarnation: 21).journal
        let batches = makeBatches(40, size: 700)
        for batch in batches { journal.append([batch], committedUpTo: batch.prevZxid) }
        return (journal, BackgroundWork(for: journal), batches)
    }

    /// Sends a snapshot to a learner until it ends.
    /// - Returns: true if the last piece went out.
    private func send(_ zxid: Zxid, _ work: BackgroundWork) -> (isWhole: Bool, answers: [BackgroundCompletion]) {
        work.perform(.openSnapshot(id: 8, zxid: zxid))
        var all = work.takeAnswers()
        while true {
            work.perform(.readSnapshot(id: 8))
            let answers = work.takeAnswers()
            if answers.isEmpty { return (false, all) }
            all += answers
            if case .snapshotPiece(_, _, _, let isLast) = answers[0], isLast { return (true, all) }
        }
    }

    @Test("Rule F6: with any bit flipped a leader's snapshot is not sent whole, it is dropped, and its file stays")
    func everyBit() throws {
        let disk = SimulatedDisk()
        let (journal, work, batches) = try begin(disk)
        _ = takeSnapshot(journal, work, at: batches[9].lastZxid)
        let info = try #require(journal.starts.last)
        #expect(send(info.zxid, work).isWhole)
        for bit in 0..<8 * info.bytes {
            disk.flip(bit: bit, of: info.name)
            let (isWhole, answers) = send(info.zxid, work)
            #expect(!isWhole, "bit \(bit)")
            let reports = answers.filter { if case .startDamaged(info.zxid, _) = $0 { true } else { false } }
            let ends = answers.filter { if case .streamGone(8, _) = $0 { true } else { false } }
            #expect(reports.count == 1 && ends.count == 1, "bit \(bit)")
            disk.flip(bit: bit, of: info.name)
        }
        let answers = work.answers
        work.answers = []
        let events = journal.process(Array(answers.prefix(1))).map(\.event)
        guard case .startsChanged(.zero, nil) = events.first, events.count == 1 else { throw Unexpected.completion }
        #expect(journal.starts.isEmpty)
        #expect(journal.process(Array(answers.dropFirst())).isEmpty)
        #expect(disk.fileNames.contains(info.name))
        // A new one of the same batch takes its place.
        guard case .snapshotTaken = takeSnapshot(journal, work, at: info.zxid).first else { throw Unexpected.completion }
        #expect(journal.starts == [info])
        #expect(send(info.zxid, work).isWhole)
    }

    @Test("older starts are read back after a start, in the background, and only what is whole counts as kept")
    func olderStarts() throws {
        let disk = SimulatedDisk()
        let (journal, work, batches) = try begin(disk, keeping: 3)
        for i in [5, 12, 20] { _ = takeSnapshot(journal, work, at: batches[i].lastZxid) }
        let rotten = journal.starts[1]
        disk.flip(bit: 8 * 5_000, of: rotten.name)
        var settings = smallSettings
        settings.keptStarts = 3
        let found = try Journal.recover(disk: disk, nodeID: 1, settings: settings)
        let again = found.journal
        let work2 = BackgroundWork(for: again)
        again.runJobs(work2)
        guard case .startDamaged(rotten.zxid, let reason) = work2.takeAnswers().first else { throw Unexpected.completion }
        #expect(reason.contains("\(rotten.name) is damaged at offset"))
        _ = takeSnapshot(again, work2, at: batches[30].lastZxid)
        again.runJobs(work2)
        #expect(again.starts.map(\.zxid) == [5, 20, 30].map { batches[$0].lastZxid })
        #expect(again.counters.purgedSnapshots == 0)
        _ = takeSnapshot(again, work2, at: batches[38].lastZxid)
        again.runJobs(work2)
        #expect(again.starts.map(\.zxid) == [20, 30, 38].map { batches[$0].lastZxid })
        #expect(again.counters.purgedSnapshots == 1)
        #expect(disk.fileNames.contains(rotten.name))
    }

    @Test("starts that nobody has read back yet don't count as kept")
    func unverified() throws {
        let disk = SimulatedDisk()
        let (journal, work, batches) = try begin(disk, keeping: 3)
        for i in [5, 12, 20] { _ = takeSnapshot(journal, work, at: batches[i].lastZxid) }
        var settings = smallSettings
        settings.keptStarts = 3
        let again = try Journal.recover(disk: disk, nodeID: 1, settings: settings).journal
        again.jobs = []
        let work2 = BackgroundWork(for: again)
        _ = takeSnapshot(again, work2, at: batches[30].lastZxid)
        #expect(again.starts.count == 4)
        _ = takeSnapshot(again, work2, at: batches[38].lastZxid)
        #expect(again.starts.map(\.zxid) == [20, 30, 38].map { batches[$0].lastZxid })
    }

    @Test("a received start that rots before anything is written behind it is replaced by an own one", arguments: [false, true])
    func receivedStart(startsAgain: Bool) throws {
        let disk = SimulatedDisk()
        var (journal, work, _) = try begin(disk)
        guard case .received(_, let received) = receive(try leaderSnapshot(at: Zxid(epoch: 3, counter: 77)), work).first else {
            throw Unexpected.completion
        }
        journal.process([.installSnapshot(received, role: 1)])
        journal.runJobs(work)
        if startsAgain {
            journal = try Journal.recover(disk: disk, nodeID: 1, settings: smallSettings).journal
            work = BackgroundWork(for: journal)
        }
        disk.flip(bit: 8 * 5_000, of: received.name)
        #expect(!send(received.zxid, work).isWhole)
        journal.process(work.answers)
        work.answers = []
        #expect(journal.starts.isEmpty)
        // The log begins behind that batch and does not hold it.
        guard case .snapshotTaken(_, let own) = takeSnapshot(journal, work, at: received.zxid).first else {
            throw Unexpected.completion
        }
        #expect(journal.starts == [own])
        #expect(!own.isReceived && own.epoch == received.epoch && own.chain == received.chain)
        #expect(own.batchCRC == received.batchCRC && own.wallTime == received.wallTime && own.logTime == received.logTime)
        #expect(send(own.zxid, work).isWhole)
        let found = try Journal.recover(disk: disk.afterPowerLoss(), nodeID: 1, settings: smallSettings)
        #expect(found.start?.name == own.name)
        #expect(found.lastLogged == received.zxid)
        #expect(found.lastLogTime == received.logTime)
    }
}
