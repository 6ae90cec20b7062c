// The journal on its owner's thread, and groups that are written through, with real files.

import Batch
import Glibc
import Journal
import Testing

@Suite("Journal on the loop")
struct InlineJournalTests {
    private func settings() -> JournalSettings {
        var settings = smallSettings
        settings.segmentSize = 1 << 20
        return settings
    }

    private struct Driver {
        let journal: JournalDriver
        let background: BackgroundThread

        init(_ disk: any Disk, _ settings: JournalSettings, wake: @escaping @Sendable () -> Void = {}) throws {
            nonisolated(unsafe) let recovered = try Journal.recover(disk: disk, nodeID: 1, settings: settings)
            background = BackgroundThread(for: recovered.journal, wakesForJournal: true, wake: wake)
            journal = .inline(InlineJournal(recovered.journal, background: background))
        }

        func stop() {
            journal.stop()
            background.stop()
        }
    }

    @Test("what was submitted waits until it is time, and is then durable with one flush", arguments: [false, true])
    func oneFlush(writesThrough: Bool) throws {
        let directory = TemporaryDirectory()
        let batches = makeBatches(1_500, size: 300)
        try {
            let driver = try Driver(try RealDisk(path: directory.path, writesThrough: writesThrough), settings())
            var commands = batches.map { JournalCommand.append($0, committedUpTo: $0.prevZxid, role: 3) }
            driver.journal.submit(&commands)
            var completions: [JournalCompletion] = []
            driver.journal.drain(&completions)
            #expect(commands.isEmpty && completions.isEmpty)
            driver.journal.perform()
            #expect(driver.journal.nextDeadline != nil)
            driver.journal.drain(&completions)
            #expect(completions.count == 1)
            guard case .durable(let through, 3)? = completions.first?.event else { throw Unexpected.completion }
            #expect(through == batches[1_499].lastZxid && completions[0].flushNanoseconds > 0)
            driver.journal.noteCommitted(batches[1_490].lastZxid)
            driver.stop()
            #expect(driver.journal.counters.flushes == 1 && driver.journal.counters.seals == 1)
        }()
        let found = try Journal.recover(disk: try RealDisk(path: directory.path), nodeID: 1, settings: settings())
        #expect(found.lastLogged == batches[1_499].lastZxid)
        #expect(found.committedUpTo == batches[1_498].lastZxid)
    }

    @Test("an idle log is sealed when that is due, and then nothing is due any more")
    func idle() throws {
        let directory = TemporaryDirectory()
        let driver = try Driver(try RealDisk(path: directory.path), settings())
        var commands = makeBatches(1).map { JournalCommand.append($0, committedUpTo: .zero, role: 1) }
        driver.journal.submit(&commands)
        driver.journal.perform()
        var completions: [JournalCompletion] = []
        driver.journal.drain(&completions)
        let due = try #require(driver.journal.nextDeadline)
        for _ in 0..<1_000 where driver.journal.nextDeadline != nil {
            driver.journal.perform()
            usleep(1_000)
        }
        #expect(driver.journal.nextDeadline == nil && driver.journal.counters.seals == 1)
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        #expect(UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec) >= due.nanoseconds)
        driver.stop()
    }

    @Test("answers of the background thread are taken: segments follow each other")
    func spares() throws {
        let directory = TemporaryDirectory()
        var last = Zxid.zero
        try {
            let driver = try Driver(try RealDisk(path: directory.path), settings())
            var completions: [JournalCompletion] = []
            // Each is flushed, and meanwhile the next segment gets ready: a few milliseconds of work.
            for batch in makeBatches(4_000, size: 20_000) where driver.journal.counters.segmentUses <= 1 {
                var commands = [JournalCommand.append(batch, committedUpTo: .zero, role: 1)]
                driver.journal.submit(&commands)
                driver.journal.perform()
                driver.journal.drain(&completions)
                completions.removeAll()
                last = batch.lastZxid
            }
            #expect(driver.journal.counters.segmentUses > 1)
            driver.stop()
        }()
        let found = try Journal.recover(disk: try RealDisk(path: directory.path), nodeID: 1, settings: settings())
        #expect(found.lastLogged == last)
    }
}
