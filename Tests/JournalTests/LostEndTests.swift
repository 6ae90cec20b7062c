// A log that lost its end from outside, with every frame that could have told of it: the size of its file, the epoch file and the
// member's own snapshots still do (rule F3). What none of them reaches is the known limit, told in docs/FORMAT.md.

import Batch
import Journal
import Testing

@Suite("Lost ends of logs")
struct LostEndTests {
    private static func settings(repairs: Bool) -> JournalSettings {
        var settings = JournalSettings()
        settings.segmentSize = 10 * 4_096
        settings.repairsFromPeers = repairs
        return settings
    }

    private func recover(_ disk: SimulatedDisk, repairs: Bool = false) throws(JournalError) -> Recovered {
        try Journal.recover(disk: disk, nodeID: 1, settings: LostEndTests.settings(repairs: repairs), newIncarnation: 3)
    }

    private func refusal(_ disk: SimulatedDisk) -> String {
        do {
            return "started: \(try recover(disk).line)"
        } catch {
            return "\(error)"
        }
    }

    /// A file that was filled when its use began, and holds four flushes behind its base; an end with or without its mark.
    private func fill(endsCleanly: Bool) throws -> (disk: SimulatedDisk, name: String, batches: [SealedBatch]) {
        let disk = SimulatedDisk()
        let journal = try recover(disk).journal
        let work = BackgroundWork(for: journal)
        // The first segment, which grows, is left behind.
        let batches = makeBatches(5, size: 3_000)
        for batch in batches {
            journal.runJobs(work)
            journal.append([batch], committedUpTo: batch.prevZxid)
        }
        if endsCleanly { journal.process([.seal(committedUpTo: batches[4].lastZxid)]) }
        return (disk.afterPowerLoss(), "log-0001", batches)
    }

    @Test(
        "Rule F3: a filled file that became shorter is damage at every length, and how much is lost is unknown",
        arguments: [false, true])
    func shortened(endsCleanly: Bool) throws {
        let (disk, name, batches) = try fill(endsCleanly: endsCleanly)
        #expect(try recover(disk.copy()).lastLogged == batches[4].lastZxid)
        let whole = disk.bytes(of: name).count
        #expect(whole == 10 * 4_096)
        for length in stride(from: 0, to: whole, by: 509) {
            let cut = disk.copy()
            cut.tamper(name) { $0.removeLast(whole - length) }
            let sentence = refusal(cut)
            #expect(sentence.contains(name) || sentence.contains("log segment of use"), "length \(length): \(sentence)")
            #expect(sentence.contains("must not vote"), "length \(length): \(sentence)")
            let repaired = try recover(cut, repairs: true)
            #expect(repaired.epochs.needsRepair, "length \(length)")
            // A clean end says how far the log went, so that this member counts where someone holds as much.
            let bound = endsCleanly ? batches[4].lastZxid : EpochState.unbounded
            #expect(repaired.upperBound == bound, "length \(length): \(repaired.line)")
            #expect(repaired.committedUpTo <= repaired.lastLogged)
            // What is whole stays.
            let kept = length < 8_192 ? 0 : min(5, (length - 8_192) / 4_096 + (length % 4_096 >= 3_104 ? 1 : 0))
            let last = kept == 0 ? Zxid.zero : batches[kept - 1].lastZxid
            #expect(repaired.lastLogged == last, "length \(length): \(repaired.line)")
            let again = try recover(cut.afterPowerLoss(), repairs: true)
            #expect(again.upperBound == bound && again.lastLogged == repaired.lastLogged)
        }
    }

    @Test("Rule F3: after a clean end zeros from any block on are damage, and the bound is the end")
    func zeroed() throws {
        let (disk, name, batches) = try fill(endsCleanly: true)
        for place in stride(from: 8_192, to: 8_192 + 5 * 4_096, by: 4_096) {
            let cut = disk.copy()
            cut.tamper(name) { bytes in for i in place..<bytes.count { bytes[i] = 0 } }
            let sentence = refusal(cut)
            #expect(sentence.contains("\(name) is damaged at offset"), "\(sentence)")
            #expect(sentence.contains("the epoch file says that everything through \(batches[4].lastZxid) was durable"))
            let repaired = try recover(cut, repairs: true)
            #expect(repaired.epochs.needsRepair && repaired.upperBound == batches[4].lastZxid)
            // The leader sends the rest; with its epoch durable the member is whole, and a further start finds nothing to say.
            let journal = repaired.journal
            journal.append(batches.filter { $0.lastZxid > repaired.lastLogged })
            journal.process([.persistEpochs(sequence: 1, accepted: 2, current: 0)])
            journal.process([.persistEpochs(sequence: 2, accepted: 2, current: 2)])
            let whole = try recover(cut.afterPowerLoss(), repairs: true)
            #expect(!whole.epochs.needsRepair && whole.lastLogged == batches[4].lastZxid)
        }
    }

    @Test("the mark of a clean end goes before the log does: a torn tail behind it is one")
    func markGoes() throws {
        let (disk, _, batches) = try fill(endsCleanly: true)
        let journal = try recover(disk).journal
        #expect(journal.epochs.hasEnded && journal.epochs.durableThrough == batches[4].lastZxid)
        let before = disk.callCount
        let more = makeBatches(1, behind: batches[4].lastZxid, size: 3_000)
        journal.append(more)
        let calls = disk.calls[before...]
        let written = try #require(calls.firstIndex { if case .write("log-0001", _, _) = $0 { true } else { false } })
        #expect(calls[..<written].filter { $0 == .flush("epoch") }.count == 2)
        #expect(!journal.epochs.hasEnded)
        let torn = disk.afterPowerLoss()
        // Behind head, base, five flushes and the seal.
        torn.tamper("log-0001") { $0[8 * 4_096 + 1_500] ^= 1 }
        let found = try recover(torn)
        #expect(found.lastLogged == batches[4].lastZxid && found.epochs.tornAt == found.lastLogged)
    }

    @Test("Rule F3: a promise or a spare that was named tells how far the log was durable")
    func told() throws {
        let disk = SimulatedDisk()
        let journal = try recover(disk).journal
        let batches = makeBatches(3, size: 3_000)
        for batch in batches[..<2] { journal.append([batch]) }
        journal.process([.persistEpochs(sequence: 1, accepted: 1, current: 0)])
        #expect(journal.epochs.durableThrough == batches[1].lastZxid)
        journal.append([batches[2]])
        for (kept, isTold) in [(1, true), (2, false)] {
            let cut = disk.afterPowerLoss()
            cut.tamper("log-0000") { $0.removeLast($0.count - 8_192 - kept * 4_096) }
            #expect(refusal(cut).contains("the epoch file says that everything through \(batches[1].lastZxid)") == isTold)
            let bound = try recover(cut, repairs: true).upperBound
            #expect(bound == (isTold ? EpochState.unbounded : batches[1].lastZxid))
        }
    }

    @Test("Rule F3: a snapshot of this member's own state tells how far the log was durable")
    func snapshotAhead() throws {
        let disk = SimulatedDisk()
        let journal = try recover(disk).journal
        let batches = makeBatches(3, size: 3_000)
        for batch in batches { journal.append([batch], committedUpTo: batch.prevZxid) }
        _ = takeSnapshot(journal, BackgroundWork(for: journal), at: batches[1].lastZxid)
        let cut = disk.afterPowerLoss()
        cut.tamper("log-0000") { $0.removeLast($0.count - 8_192 - 4_096) }
        #expect(refusal(cut).contains("a snapshot of this member says that everything through \(batches[1].lastZxid)"))
        #expect(try recover(cut, repairs: true).upperBound == EpochState.unbounded)
    }

    @Test("Rule D7: where the log was cut on purpose, the epoch file's word goes back with it")
    func cutOnPurpose() throws {
        let disk = SimulatedDisk()
        let journal = try recover(disk).journal
        let batches = makeBatches(4, size: 3_000)
        journal.append(batches)
        journal.process([.seal(committedUpTo: .zero)])
        journal.process([.truncate(to: batches[1].lastZxid, role: 1)])
        #expect(journal.epochs.durableThrough == batches[1].lastZxid && !journal.epochs.hasEnded)
        #expect(try recover(disk.afterPowerLoss()).lastLogged == batches[1].lastZxid)
    }
}
