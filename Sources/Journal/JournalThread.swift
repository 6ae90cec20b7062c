// The journal on a thread of its own: takes everything that gathered while the last flush ran, has it written and flushed at
// once, and posts what became durable. Threads meet once per group, over swapped arrays.

package import Batch
import Synchronization

package final class JournalThread: Sendable {
    /// The log is sealed after so long without a batch.
    private static let idleNanoseconds: UInt64 = 20_000_000

    private let inbox: Mailbox<JournalCommand>
    private let outbox = Mailbox<JournalCompletion>()
    private let committed = Atomic<UInt64>(0)
    private let shared = Mutex(JournalCounters())
    private let wake: @Sendable () -> Void
    private let worker = Mutex<Worker?>(nil)

    /// Takes the journal over: nobody else may use it from now on. `wake` is called from the journal thread when completions
    /// wait to be drained; the thread's jobs go to `background`, which answers here.
    package init(_ journal: sending Journal, background: BackgroundThread, wake: @escaping @Sendable () -> Void) {
        inbox = background.journalInbox
        self.wake = wake
        // It came by `sending`: the thread below is the only one that holds it.
        nonisolated(unsafe) let journal = journal
        worker.withLock { $0 = Worker { [self] in run(journal, background) } }
    }

    /// Hands over a turn's commands; `commands` is empty afterwards.
    package func submit(_ commands: inout [JournalCommand]) { inbox.put(&commands) }

    package func submit(_ command: JournalCommand) { inbox.put(command) }

    /// Rides on the next frame or seal; wakes nobody.
    package func noteCommitted(_ zxid: Zxid) { committed.store(zxid.rawValue, ordering: .relaxed) }

    /// Takes what was completed; `completions` must be empty.
    package func drain(_ completions: inout [JournalCompletion]) { outbox.takeAll(&completions) }

    package var counters: JournalCounters { shared.withLock { $0 } }

    /// Carries out what was submitted, seals the log with a flush, and ends the thread.
    package func stop() {
        inbox.put(.seal(committedUpTo: Zxid(rawValue: committed.load(ordering: .relaxed))))
        inbox.close()
        worker.withLock { worker in
            worker?.join()
            worker = nil
        }
    }

    private func run(_ journal: Journal, _ background: BackgroundThread) {
        var commands: [JournalCommand] = []
        var completions: [JournalCompletion] = []
        background.submit(&journal.jobs)
        while inbox.wait(&commands, nanoseconds: journal.isSealed ? nil : JournalThread.idleNanoseconds) {
            journal.noteCommitted(Zxid(rawValue: committed.load(ordering: .relaxed)))
            if commands.isEmpty {
                journal.sealIfIdle(into: &completions)
            } else {
                journal.process(commands, into: &completions)
                commands.removeAll(keepingCapacity: true)
            }
            background.submit(&journal.jobs)
            let counters = journal.counters
            shared.withLock { $0 = counters }
            if outbox.put(&completions) { wake() }
            // Rule F1: nothing follows a failure, so nothing is waited for.
            if journal.failure != nil { return }
        }
    }
}
