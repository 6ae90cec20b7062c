// Rule F5: what is stored is read again, and what the disk has lost is replaced by what memory still knows.

import Batch
import Journal
import Testing

@Suite("Scrubbing")
struct ScrubTests {
    /// A log over several segments, the newest in use.
    private func begin(_ disk: SimulatedDisk) throws -> (journal: Journal, work: BackgroundWork, last: Zxid) {
        var settings = JournalSettings()
        settings.segmentSize = 16_384
        settings.keptStarts = 2
        let journal = try Journal.recover(disk: disk, nodeID: 1, settings: settings, newIncarnation: 5).journal
        let work = BackgroundWork(for: journal)
        journal.runJobs(work)
        var last = Zxid.zero
        for _ in 0..<12 {
            let batches = makeBatches(3, behind: last, size: 1_500)
            last = batches[2].lastZxid
            journal.append(batches, committedUpTo: last)
            journal.runJobs(work)
        }
        _ = work.takeAnswers()
        return (journal, work, last)
    }

    /// Carries out a whole pass.
    private func scrub(_ journal: Journal, _ work: BackgroundWork) -> [BackgroundCompletion] {
        journal.process([.scrub])
        journal.runJobs(work)
        return work.takeAnswers()
    }

    private func damages(_ answers: [BackgroundCompletion]) -> [String] {
        answers.compactMap { if case .logDamaged(let place) = $0 { place } else { nil } }
    }

    @Test("a whole log is read to its last closed segment and nothing is found")
    func whole() throws {
        let disk = SimulatedDisk()
        let (journal, work, _) = try begin(disk)
        let answers = scrub(journal, work)
        #expect(damages(answers).isEmpty)
        guard case .scrubbed(let bytes) = answers.last else { throw Unexpected.completion }
        // Twelve groups of three batches, of which the segment in use holds some.
        #expect(bytes > 20 * 1_500 && bytes < 40 * 1_600)
        #expect(journal.counters.damagedSegments == 0)
    }

    @Test("a flipped bit in a closed segment is found and named; the next snapshot takes the segment's place")
    func replaced() throws {
        let disk = SimulatedDisk()
        let (journal, work, last) = try begin(disk)
        let names = disk.fileNames.filter { $0.hasPrefix("log-") }
        let victim = names[1]
        disk.flip(bit: 8 * (8_192 + 700), of: victim)
        let found = damages(scrub(journal, work))
        #expect(found.count == 1 && found[0].hasPrefix("\(victim), offset 8192"), "\(found)")
        #expect(journal.counters.damagedSegments == 1)
        // Without a newer snapshot the damage would be met at the next start.
        #expect(throws: JournalError.self) { try Journal.recover(disk: disk.copy(), nodeID: 1, settings: JournalSettings()) }
        _ = takeSnapshot(journal, work, at: last)
        journal.runJobs(work)
        #expect(!disk.fileNames.contains(victim), "\(disk.fileNames)")
        let again = try Journal.recover(disk: disk.afterPowerLoss(), nodeID: 1, settings: JournalSettings())
        #expect(again.start?.zxid == last && again.lastLogged == last && !again.epochs.needsRepair)
        #expect(damages(scrub(journal, work)).isEmpty)
    }

    @Test("a snapshot that lies before the end of the damaged segment does not replace it, and another one is asked for")
    func remains() throws {
        let disk = SimulatedDisk()
        let (journal, work, last) = try begin(disk)
        let names = disk.fileNames.filter { $0.hasPrefix("log-") }
        // The last closed one; the snapshot stands in front of it.
        let closed = names.filter { disk.bytes(of: $0).count > 8_192 }
        let victim = try #require(closed.dropLast(2).last)
        disk.flip(bit: 8 * (8_192 + 700), of: victim)
        #expect(damages(scrub(journal, work)).count == 1)
        let early = makeBatches(3, size: 1_500)[2].lastZxid
        work.perform(.beginSnapshot(id: 1, zxid: early))
        for chunk in snapshotContent(early, received: false) { work.perform(.snapshotChunk(id: 1, chunk)) }
        work.finishSnapshot(1)
        var asked = false
        for case .snapshotTaken(_, let info) in work.takeAnswers() {
            for completion in journal.process([.startTaken(info)]) {
                if case .damageRemains = completion.event { asked = true }
            }
        }
        #expect(asked)
        #expect(disk.fileNames.contains(victim))
        _ = takeSnapshot(journal, work, at: last)
        journal.runJobs(work)
        #expect(!disk.fileNames.contains(victim))
    }

    @Test("a start that has rotted is found, too")
    func rottenStart() throws {
        let disk = SimulatedDisk()
        let (journal, work, last) = try begin(disk)
        _ = takeSnapshot(journal, work, at: last)
        journal.runJobs(work)
        let name = try #require(disk.fileNames.first { $0.hasPrefix("snapshot-") })
        disk.flip(bit: 8 * 4_300, of: name)
        let answers = scrub(journal, work)
        #expect(answers.contains { if case .startDamaged = $0 { true } else { false } })
        #expect(journal.counters.damagedStarts == 1)
    }
}
