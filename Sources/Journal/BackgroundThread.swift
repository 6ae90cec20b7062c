// The background chores on a thread of their own. Commands come first; a spare is filled between them, one step at a time, and
// not while the log's flushes are slow; so is an older start read back.

import Batch
import Glibc
import Synchronization

package final class BackgroundThread: Sendable {
    /// How long filling waits before it looks again whether the log's flushes are slow.
    private static let pauseNanoseconds: UInt64 = 5_000_000

    private let inbox = Mailbox<BackgroundCommand>()
    private let outbox = Mailbox<BackgroundCompletion>()
    let journalInbox = Mailbox<JournalCommand>()
    private let wake: @Sendable () -> Void
    /// The journal has no thread that sleeps at its inbox.
    private let wakesForJournal: Bool
    private let worker = Mutex<Worker?>(nil)
    private let dropsQueue = Atomic<Bool>(false)

    /// Chores of this journal. `wake` is called from the background thread when completions wait to be drained, and with
    /// `wakesForJournal` also when the journal has answers to take.
    package init(for journal: Journal, wakesForJournal: Bool = false, wake: @escaping @Sendable () -> Void) {
        self.wake = wake
        self.wakesForJournal = wakesForJournal
        // Made here, handed to the thread whole, and never touched from here again.
        nonisolated(unsafe) let work = BackgroundWork(for: journal)
        worker.withLock { $0 = Worker { [self] in run(work) } }
    }

    package func submit(_ commands: inout [BackgroundCommand]) { inbox.put(&commands) }

    package func submit(_ command: BackgroundCommand) { inbox.put(command) }

    /// Takes what was completed; `completions` must be empty.
    package func drain(_ completions: inout [BackgroundCompletion]) { outbox.takeAll(&completions) }

    /// Carries out what was submitted, leaves a half-filled spare, and ends the thread.
    package func stop() {
        inbox.close()
        worker.withLock { worker in
            worker?.join()
            worker = nil
        }
    }

    /// Rule F1: behind a failure nothing is carried out any more. The command under way gets so long to end; one that waits for a
    /// disk which answers no more is left behind, and goes with the process.
    /// - Returns: whether the thread has ended.
    @discardableResult
    package func abandon(withinNanoseconds limit: UInt64) -> Bool {
        dropsQueue.store(true, ordering: .relaxed)
        inbox.close()
        return worker.withLock { worker in
            defer { worker = nil }
            return worker?.join(withinNanoseconds: limit) ?? true
        }
    }

    private func run(_ work: BackgroundWork) {
        var commands: [BackgroundCommand] = []
        var stepTook: UInt64 = 0
        while inbox.wait(&commands, nanoseconds: waiting(work, stepTook)) {
            for command in commands {
                if dropsQueue.load(ordering: .relaxed) { return }
                if case .snapshotChunk = command { giveWay(work) }
                work.perform(command)
                post(work)
            }
            commands.removeAll(keepingCapacity: true)
            if work.hasSteps, !work.mustPause {
                let began = work.now
                work.step()
                stepTook = work.now.since(began)
            }
            post(work)
        }
    }

    /// A snapshot's chunk waits a little while the log's flushes are slow; it is never put off for good.
    private func giveWay(_ work: BackgroundWork) {
        var millisecond = timespec(tv_sec: 0, tv_nsec: 1_000_000)
        for _ in 0..<5 where work.mustPause { nanosleep(&millisecond, nil) }
    }

    private func waiting(_ work: BackgroundWork, _ stepTook: UInt64) -> UInt64? {
        if !work.hasSteps { return nil }
        return work.mustPause ? BackgroundThread.pauseNanoseconds : work.rest(after: stepTook)
    }

    private func post(_ work: BackgroundWork) {
        if journalInbox.put(&work.answers), wakesForJournal { wake() }
        if outbox.put(&work.completions) { wake() }
    }
}
