// Whose time the journal takes: that of a thread of its own, or that of the loop which owns the protocol.

package import Batch

package enum JournalDriver {
    case threaded(JournalThread)
    case inline(InlineJournal)

    /// Hands over a turn's commands; `commands` is empty afterwards.
    package func submit(_ commands: inout [JournalCommand]) {
        switch self {
        case .threaded(let journal): journal.submit(&commands)
        case .inline(let journal): journal.submit(&commands)
        }
    }

    /// Now is the time to write and flush, if that is done here: whatever others wait for has been sent.
    package func perform() {
        if case .inline(let journal) = self { journal.perform() }
    }

    /// When the owner is to turn again for the journal's sake.
    package var nextDeadline: Instant? {
        if case .inline(let journal) = self { journal.nextDeadline } else { nil }
    }

    /// Rides on the next frame or seal.
    package func noteCommitted(_ zxid: Zxid) {
        switch self {
        case .threaded(let journal): journal.noteCommitted(zxid)
        case .inline(let journal): journal.noteCommitted(zxid)
        }
    }

    /// Takes what was completed; `completions` must be empty.
    package func drain(_ completions: inout [JournalCompletion]) {
        switch self {
        case .threaded(let journal): journal.drain(&completions)
        case .inline(let journal): journal.drain(&completions)
        }
    }

    package var counters: JournalCounters {
        switch self {
        case .threaded(let journal): journal.counters
        case .inline(let journal): journal.counters
        }
    }

    /// Carries out what was submitted, and seals the log with a flush.
    package func stop() {
        switch self {
        case .threaded(let journal): journal.stop()
        case .inline(let journal): journal.stop()
        }
    }
}
