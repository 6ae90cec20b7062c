// The journal on the operating system's files: what was appended is there after a restart, and one directory has one owner.

import Batch
import Journal
import Testing

@Suite("Journal on real files")
struct RealDiskTests {
    private func settings() -> JournalSettings {
        var settings = JournalSettings()
        settings.segmentSize = 256 << 10
        return settings
    }

    @Test("appended batches are there after a restart")
    func restart() throws {
        let directory = TemporaryDirectory()
        let batches = makeBatches(20, size: 300)
        try {
            let disk = try RealDisk(path: directory.path)
            let recovered = try Journal.recover(disk: disk, nodeID: 3, settings: settings())
            #expect(recovered.isFresh)
            #expect(recovered.lastLogged == .zero)
            let journal = recovered.journal
            journal.runJobs(BackgroundWork(for: journal))
            let completions = journal.append(Array(batches[..<12]), committedUpTo: batches[3].lastZxid)
            #expect(completions.count == 1)
            guard case .durable(let through, let role) = completions[0].event else { throw Unexpected.completion }
            #expect(through == batches[11].lastZxid)
            #expect(role == 1)
            journal.append(Array(batches[12...]), committedUpTo: batches[14].lastZxid)
            #expect(journal.counters.flushes == 2)
            #expect(journal.counters.batches == 20)
        }()
        let disk = try RealDisk(path: directory.path)
        let recovered = try Journal.recover(disk: disk, nodeID: 3, settings: settings())
        #expect(!recovered.isFresh)
        #expect(recovered.lastLogged == batches[19].lastZxid)
        #expect(recovered.committedUpTo == batches[14].lastZxid)
        let (replayed, tail) = try recordsOf(recovered)
        #expect(replayed == batches[...14].map(\.lastZxid))
        #expect(tail == batches[15...].map(\.lastZxid))
        #expect(recovered.epochEnds.map(\.last) == [batches[19].lastZxid])
        let next = makeBatches(3, behind: recovered.lastLogged)
        #expect(recovered.journal.append(next).count == 1)
    }

    @Test("a second owner of the directory is refused by name")
    func oneOwner() throws {
        let directory = TemporaryDirectory()
        let first = try RealDisk(path: directory.path)
        #expect(throws: DirectoryError.inUse(path: directory.path)) { _ = try RealDisk(path: directory.path) }
        withExtendedLifetime(first) {}
    }
}

enum Unexpected: Error {
    case completion
}
