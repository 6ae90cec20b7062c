// Chores that must not hold up a flush or a turn of the loop: preparing segments, writing, verifying, receiving and sending
// snapshots, reading the log for learners, removing files. A number is the caller's, names one snapshot or stream, and comes
// back with the completions.

package import Batch

package enum BackgroundCommand: Sendable {
    /// An own snapshot of the state behind `zxid`: chunks as the loop encodes them, then the end.
    case beginSnapshot(id: UInt64, zxid: Zxid)
    case snapshotChunk(id: UInt64, [UInt8])
    case finishSnapshot(id: UInt64)
    case abandonSnapshot(id: UInt64)

    /// A leader's snapshot file: what was announced, its bytes in order, the end. `at` above 0: the one whose transfer broke off
    /// goes on there.
    case beginReceive(id: UInt64, zxid: Zxid, bytes: Int, digest: UInt64, at: Int = 0)
    case receiveChunk(id: UInt64, offset: Int, [UInt8])
    case finishReceive(id: UInt64)
    /// Read a snapshot, chunk by chunk, into something that makes a state of it.
    case load(id: UInt64, SnapshotInfo, into: any SnapshotConsumer)

    /// A stream to a learner out of the log, behind `zxid`; each `readLog` answers with one piece, none behind `through`.
    case openLog(id: UInt64, behind: Zxid)
    case readLog(id: UInt64, through: Zxid)
    /// The same that begins with the snapshot at `zxid`: `readSnapshot` until its last piece, then `readLog`.
    /// `digest` tells the start that is meant from another file of the same zxid; 0: any.
    case openSnapshot(id: UInt64, zxid: Zxid, digest: UInt64 = 0)
    case readSnapshot(id: UInt64)
    case closeStream(id: UInt64)

    /// From the journal: fill the file as far as it is not, write and flush the identity.
    case prepareSpare(name: String, isNew: Bool, size: Int, identity: SpareIdentity)
    /// From the journal: reads an older start whole, some of it at a time, when nothing else is to be done.
    case verifyStart(SnapshotInfo)
    /// From the journal: reads the log's closed segments, slowly, when nothing else is to be done.
    case scrubLog
    /// From the journal: files that nothing needs any more.
    case remove([String], snapshots: Bool)
}

package enum BackgroundCompletion: Sendable {
    /// One more chunk is written: its owner keeps only a few on the way, so that memory stays bounded.
    case chunkWritten(id: UInt64)
    /// Verified and named; its owner tells the journal by `startTaken`.
    case snapshotTaken(id: UInt64, SnapshotInfo)
    /// The snapshot did not come to be; serving goes on.
    case snapshotFailed(id: UInt64, reason: String)
    /// Verified and named; its owner has the journal install it.
    case received(id: UInt64, SnapshotInfo)
    case receiveFailed(id: UInt64, reason: String)
    /// One more chunk of a leader's snapshot file is written.
    case chunkReceived(id: UInt64)
    /// The consumer has taken the whole snapshot; it is the owner's again.
    case loaded(id: UInt64)
    /// Whole batches, contiguous; `position` is where the stream stands now. Empty: nothing durable lies behind yet.
    case logPiece(id: UInt64, [SealedBatch], position: Zxid)
    case snapshotOpened(id: UInt64, SnapshotInfo)
    case snapshotPiece(id: UInt64, offset: Int, [UInt8], isLast: Bool)
    /// The log or snapshot is no longer kept that far back, or was replaced: the learner has to be judged anew.
    case streamGone(id: UInt64, reason: String)
    /// A start of this member can't be read any more. The journal has dropped it, the file stays where it is (rule F6), and its
    /// owner takes a new one.
    case startDamaged(zxid: Zxid, reason: String)
    /// A closed segment of the log can't be read any more. The state in memory is whole: a snapshot taken now makes the segment
    /// superfluous.
    case logDamaged(place: String)
    /// All that is stored was read again.
    case scrubbed(bytes: UInt64)
    /// Rule F1, and damage met while running: the process ends with this code.
    case failed(code: Int32, reason: String)
}

/// Opaque outside of this room.
package struct SpareIdentity: Sendable {
    let identity: SegmentIdentity
}
