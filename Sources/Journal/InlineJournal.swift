// The journal on its owner's own thread: what was submitted is written and flushed when the owner says so, and nothing else goes
// on meanwhile. That saves two hand-overs between threads for each group, and pays only where a flush is short.

import Batch

package final class InlineJournal {
    /// As `JournalThread`'s: the log is sealed after so long without a batch.
    private static let idleNanoseconds: UInt64 = 20_000_000

    private let journal: Journal
    private let background: BackgroundThread
    private var commands: [JournalCommand] = []
    private var completions: [JournalCompletion] = []
    private var answers: [JournalCommand] = []
    /// When the log is sealed if nothing comes before.
    private var sealDue: Instant?

    package init(_ journal: Journal, background: BackgroundThread) {
        self.journal = journal
        self.background = background
        background.submit(&journal.jobs)
    }

    var counters: JournalCounters { journal.counters }

    /// When there is something to do although nothing was submitted.
    var nextDeadline: Instant? { completions.isEmpty ? sealDue : journal.disk.now }

    func submit(_ new: inout [JournalCommand]) {
        commands += new
        new.removeAll(keepingCapacity: true)
    }

    func noteCommitted(_ zxid: Zxid) { journal.noteCommitted(zxid) }

    func drain(_ taken: inout [JournalCompletion]) {
        precondition(taken.isEmpty, "what was taken before has not been dealt with")
        swap(&completions, &taken)
    }

    /// Carries out what was submitted and what the background thread answered, with one flush for all appends.
    func perform() {
        background.journalInbox.takeAll(&answers)
        if !answers.isEmpty {
            commands += answers
            answers.removeAll(keepingCapacity: true)
        }
        if !commands.isEmpty {
            journal.process(commands, into: &completions)
            commands.removeAll(keepingCapacity: true)
            sealDue = journal.isSealed ? nil : journal.disk.now.advanced(byNanoseconds: InlineJournal.idleNanoseconds)
        } else if let due = sealDue, due <= journal.disk.now {
            sealDue = nil
            journal.sealIfIdle(into: &completions)
        }
        background.submit(&journal.jobs)
    }

    /// Carries out what was submitted, and seals the log with a flush.
    func stop() {
        commands.append(.seal(committedUpTo: journal.committed))
        perform()
    }
}
