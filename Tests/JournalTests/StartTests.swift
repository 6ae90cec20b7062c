// What a start refuses by name, what it leaves alone, and what it tells of a log whose beginning is gone.

import Batch
import Journal
import Testing

@Suite("What a start refuses and what it leaves alone")
struct StartTests {
    private func disk(with version: UInt16) throws -> (SimulatedDisk, Zxid) {
        let disk = SimulatedDisk()
        let journal = try Journal.recover(disk: disk, nodeID: 1, settings: smallSettings).journal
        let batches = makeBatches(3)
        journal.append(batches)
        var header = BatchHeader(
            firstZxid: Zxid(epoch: 1, counter: 4), prevZxid: batches[2].lastZxid, wallTime: 1, logTime: 9, count: 2)
        header.version = version
        journal.append([[UInt8](repeating: 7, count: 64).withUnsafeBytes { SealedBatch(sealing: header, requests: $0) }])
        return (disk, header.lastZxid)
    }

    @Test("Rule A4: a log with a batch of a newer version is refused by name, not met by a trap")
    func newerVersion() throws {
        let (disk, zxid) = try disk(with: 2)
        let error = #expect(throws: JournalError.self) {
            try Journal.recover(disk: disk, nodeID: 1, settings: smallSettings)
        }
        guard case .tooNew(let text) = error else { throw Unexpected.completion }
        #expect(text.contains("the batch through \(zxid) in log-0000, offset"))
        #expect(text.contains("has version 2, and this release knows only up to 1: start the release that wrote this log"))
        #expect(error?.exitCode == 74)
        var settings = smallSettings
        settings.knownVersions = 1...2
        #expect(try Journal.recover(disk: disk, nodeID: 1, settings: settings).lastLogged == zxid)
    }

    @Test("Rule A4: a version that no release wrote is damage")
    func versionZero() throws {
        let (disk, _) = try disk(with: 0)
        let error = #expect(throws: JournalError.self) {
            try Journal.recover(disk: disk, nodeID: 1, settings: smallSettings)
        }
        guard case .damaged(let text) = error else { throw Unexpected.completion }
        #expect(text.contains("has version 0"))
    }

    @Test("Rule F6: what only looks like a file of the log is neither read nor used nor removed")
    func foreignNames() throws {
        let disk = SimulatedDisk()
        let kept: [(name: String, bytes: [UInt8])] = [
            ("log-0001.bak", [1, 2, 3]), ("log-", [4]), ("log-00x2", [5]), ("log-0007 (copy)", [6]),
        ]
        for file in kept { disk.place(file.name, file.bytes) }
        var last = Zxid.zero
        for _ in 0..<3 {
            let journal = try Journal.recover(disk: disk, nodeID: 1, settings: smallSettings).journal
            let work = BackgroundWork(for: journal)
            for batch in makeBatches(40, behind: last, size: 3_000) {
                journal.append([batch], committedUpTo: batch.lastZxid)
                journal.runJobs(work)
                last = batch.lastZxid
            }
            _ = takeSnapshot(journal, work, at: last)
            journal.runJobs(work)
        }
        for file in kept { #expect(disk.bytes(of: file.name) == file.bytes) }
    }

    @Test("the ends of epochs begin with the place that the log is based on, whatever the log holds behind it")
    func epochEnds() throws {
        let disk = SimulatedDisk()
        let journal = try Journal.recover(disk: disk, nodeID: 1, settings: smallSettings).journal
        let work = BackgroundWork(for: journal)
        let place = Zxid(epoch: 3, counter: 4)
        guard case .received(_, let info) = receive(try leaderSnapshot(at: place), work).first else {
            throw Unexpected.completion
        }
        journal.process([.installSnapshot(info, role: 1)])
        let fourth = makeBatches(2, behind: place, epoch: 4)
        let sixth = makeBatches(3, behind: fourth[1].lastZxid, epoch: 6)
        journal.append(fourth + sixth)
        let found = try Journal.recover(disk: disk, nodeID: 1, settings: smallSettings)
        #expect(found.epochEnds.map(\.epoch) == [3, 4, 6])
        #expect(found.epochEnds.map(\.last) == [place, fourth[1].lastZxid, sixth[2].lastZxid])
    }
}
