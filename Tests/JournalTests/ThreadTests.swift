// The journal and the background chores on their threads, with real files: everything submitted becomes durable in order,
// groups form by themselves, and a clean stop leaves a sealed log.

import Batch
import Glibc
import Journal
import Testing

/// Wakes a waiting test, as the loop's waker wakes the loop.
private final class Bell: Sendable {
    private let reading: Int32
    private let writing: Int32

    init() {
        var ends: [Int32] = [0, 0]
        precondition(pipe(&ends) == 0, "no pipe could be made")
        reading = ends[0]
        writing = ends[1]
    }

    deinit {
        close(reading)
        close(writing)
    }

    func ring() {
        var byte: UInt8 = 1
        _ = write(writing, &byte, 1)
    }

    /// - Returns: false after ten seconds of silence.
    func wait() -> Bool {
        var entry = pollfd(fd: reading, events: Int16(POLLIN), revents: 0)
        guard poll(&entry, 1, 10_000) == 1 else { return false }
        var bytes = [UInt8](repeating: 0, count: 64)
        return read(reading, &bytes, bytes.count) > 0
    }
}

private struct Threads {
    let journal: JournalThread
    let background: BackgroundThread
    let bell = Bell()

    init(_ disk: any Disk, _ settings: JournalSettings) throws {
        let bell = bell
        nonisolated(unsafe) let recovered = try Journal.recover(disk: disk, nodeID: 1, settings: settings)
        background = BackgroundThread(for: recovered.journal) { bell.ring() }
        journal = JournalThread(recovered.journal, background: background) { bell.ring() }
    }

    var now: Instant {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Instant(nanoseconds: UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec))
    }

    func stop() {
        journal.stop()
        background.stop()
    }
}

@Suite("Journal on its thread")
struct ThreadTests {
    private func settings() -> JournalSettings {
        var settings = smallSettings
        settings.segmentSize = 1 << 20
        return settings
    }

    @Test("submitted batches become durable in order and in groups; a clean stop seals the log with the commit it was told")
    func inOrder() throws {
        let directory = TemporaryDirectory()
        let batches = makeBatches(600, size: 5_000)
        try {
            let threads = try Threads(try RealDisk(path: directory.path), settings())
            var durable = Zxid.zero
            var completions: [JournalCompletion] = []
            var next = 0
            var flushes: UInt64 = 0
            while durable < batches[599].lastZxid {
                // A turn's worth, while earlier ones are being flushed.
                var commands: [JournalCommand] = []
                for batch in batches[next..<min(next + 7, 600)] { commands.append(.append(batch, committedUpTo: .zero, role: 2)) }
                next = min(next + 7, 600)
                threads.journal.submit(&commands)
                #expect(commands.isEmpty)
                if next == 600 { #expect(threads.bell.wait()) }
                threads.journal.drain(&completions)
                for completion in completions {
                    guard case .durable(let through, 2) = completion.event else { throw Unexpected.completion }
                    #expect(through > durable)
                    #expect(completion.flushNanoseconds > 0)
                    durable = through
                    flushes += 1
                }
                completions.removeAll(keepingCapacity: true)
            }
            threads.journal.noteCommitted(batches[590].lastZxid)
            threads.stop()
            let counters = threads.journal.counters
            #expect(counters.flushes == flushes)
            #expect(counters.batches == 600)
            #expect(counters.flushTimes.count == flushes)
        }()
        let found = try Journal.recover(disk: try RealDisk(path: directory.path), nodeID: 1, settings: settings())
        #expect(found.lastLogged == batches[599].lastZxid)
        #expect(found.committedUpTo == batches[590].lastZxid)
        #expect(found.tail.count == 9)
    }

    @Test("a snapshot and a learner's stream through the background thread while the log goes on")
    func chores() throws {
        let directory = TemporaryDirectory()
        let threads = try Threads(try RealDisk(path: directory.path), settings())
        let batches = makeBatches(300, size: 4_000)
        for batch in batches { threads.journal.submit(.append(batch, committedUpTo: batch.prevZxid, role: 1)) }
        var durable = Zxid.zero
        var answers: [BackgroundCompletion] = []
        var completions: [JournalCompletion] = []
        while durable < batches[299].lastZxid {
            #expect(threads.bell.wait())
            threads.journal.drain(&completions)
            for case .durable(let through, _) in completions.map(\.event) { durable = through }
            completions.removeAll()
        }
        threads.background.submit(.beginSnapshot(id: 1, zxid: batches[200].lastZxid))
        for chunk in snapshotContent(batches[200].lastZxid, received: false) {
            threads.background.submit(.snapshotChunk(id: 1, chunk))
        }
        threads.background.submit(.finishSnapshot(id: 1))
        threads.background.submit(.openLog(id: 2, behind: batches[9].lastZxid))
        threads.background.submit(.readLog(id: 2, through: durable))
        var piece: [SealedBatch] = []
        var taken: SnapshotInfo?
        var chunks = 0
        while piece.isEmpty || taken == nil {
            #expect(threads.bell.wait())
            threads.background.drain(&answers)
            for answer in answers {
                switch answer {
                case .chunkWritten(1): chunks += 1
                case .logPiece(2, let batches, _): piece = batches
                case .snapshotTaken(1, let info): taken = info
                default: Issue.record("the background thread answered \(answer)")
                }
            }
            answers.removeAll()
        }
        #expect(chunks == 3)
        #expect(piece.first?.prevZxid == batches[9].lastZxid)
        #expect(piece.map(\.byteCount).reduce(0, +) >= 1 << 20)
        threads.journal.submit(.startTaken(try #require(taken)))
        while completions.isEmpty {
            #expect(threads.bell.wait())
            threads.journal.drain(&completions)
        }
        guard case .startsChanged(.zero, let newest) = completions.first?.event else { throw Unexpected.completion }
        #expect(newest?.zxid == batches[200].lastZxid)
        threads.stop()
    }

    @Test("Rule F1: a snapshot's write that never returns holds up nobody behind a failure, and the process ends with its code")
    func wedged() async throws {
        await #expect(processExitsWith: .exitCode(74)) {
            var faults = DiskFaults()
            faults.hangsSnapshots = true
            faults.failingFlush = 30
            var settings = smallSettings
            settings.segmentSize = 1 << 20
            let disk = SimulatedDisk()
            let threads = try Threads(FaultyDisk(disk, faults: faults), settings)
            let batches = makeBatches(200)
            var code: Int32?
            var isStuck = false
            for batch in batches where code == nil {
                threads.journal.submit(.append(batch, committedUpTo: .zero, role: 1))
                guard threads.bell.wait() else { exit(1) }
                var completions: [JournalCompletion] = []
                threads.journal.drain(&completions)
                for case .failed(let failure, _) in completions.map(\.event) { code = failure }
                guard !isStuck, completions.contains(where: { if case .durable = $0.event { true } else { false } }) else {
                    continue
                }
                threads.background.submit(.beginSnapshot(id: 1, zxid: batches[0].lastZxid))
                // The command that makes the file goes on to write into it.
                while !disk.fileNames.contains("snapshot.writing") { sched_yield() }
                isStuck = true
            }
            let began = threads.now
            // It is stuck, and is left behind in time.
            guard !threads.background.abandon(withinNanoseconds: 100_000_000) else { exit(2) }
            guard threads.now.since(began) < 2_000_000_000 else { exit(3) }
            exit(code ?? 4)
        }
    }

    @Test("behind a failure a thread that is not stuck is waited for")
    func abandoned() throws {
        let directory = TemporaryDirectory()
        let threads = try Threads(try RealDisk(path: directory.path), settings())
        threads.journal.stop()
        #expect(threads.background.abandon(withinNanoseconds: 10_000_000_000))
    }

    @Test("Rule F1: a failing flush on the thread is posted once, the thread ends, and what is submitted then is not completed")
    func failure() throws {
        let directory = TemporaryDirectory()
        var faults = DiskFaults()
        faults.failingFlush = 12
        let threads = try Threads(FaultyDisk(try RealDisk(path: directory.path), faults: faults), settings())
        let batches = makeBatches(200)
        var durable = Zxid.zero
        var failures = 0
        var next = 0
        while failures == 0, next < 200 {
            threads.journal.submit(.append(batches[next], committedUpTo: .zero, role: 1))
            next += 1
            #expect(threads.bell.wait())
            var completions: [JournalCompletion] = []
            threads.journal.drain(&completions)
            for completion in completions {
                switch completion.event {
                case .durable(let through, _):
                    #expect(failures == 0)
                    durable = through
                case .failed(74, _): failures += 1
                default: Issue.record("the journal answered \(completion.event)")
                }
            }
        }
        #expect(failures == 1)
        threads.journal.submit(.append(batches[next], committedUpTo: .zero, role: 1))
        threads.stop()
        var completions: [JournalCompletion] = []
        threads.journal.drain(&completions)
        #expect(completions.isEmpty)
        #expect(durable < batches[next].lastZxid)
    }
}
