// What a start found: the journal, ready for commands, and everything that the protocol core and the state machine begin with.

package import Batch

package struct Recovered {
    package let journal: Journal
    /// As it stands now, after what the start had to change.
    package var epochs: EpochState { journal.epochs }
    /// The end of the durable log; the zxid of the newest start if the log holds nothing behind it.
    package let lastLogged: Zxid
    /// The last zxid before the oldest kept batch.
    package let logStart: Zxid
    /// The last zxid of each epoch of which log or newest start hold something, ascending.
    package let epochEnds: [(epoch: UInt32, last: Zxid)]
    /// The newest start: load it first. Nil: begin with the empty state.
    package let start: SnapshotInfo?
    /// How far the log is known to be committed; never below the start.
    package let committedUpTo: Zxid
    /// Batches behind the start through `committedUpTo`, in order: apply them.
    package let replay: LogReader
    /// Batches behind `committedUpTo`: in the log, not to be applied before a leader has told a commit (rule A1). Only the oldest
    /// ones if there are many (rule B1).
    package let tail: [SealedBatch]
    /// All configuration records behind `committedUpTo`, those of the tail included.
    package let tailConfigurations: [SealedBatch]
    /// Times of the last batch of log or start; the next leader goes on from them.
    package let lastWallTime: Int64
    package let lastLogTime: UInt64
    /// The directory was empty.
    package let isFresh: Bool
    /// One line for the log: what was found, and what was done.
    package let line: String

    /// Something of the log or the state was lost, and peers have to give it back.
    package var isDamaged: Bool { epochs.needsRepair || epochs.stateBad }
    /// Rule V2: the highest zxid this member may have acknowledged.
    package var upperBound: Zxid { epochs.needsRepair ? max(epochs.upperBound, lastLogged) : lastLogged }
}
