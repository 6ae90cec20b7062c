// What the owner of the protocol asks of the journal. Commands are carried out in the order given; everything that is handed
// over together is written and flushed together.

package import Batch

package enum JournalCommand: Sendable {
    /// The next batch of the log. `committedUpTo` is what its owner knows to be committed; `role` comes back with the
    /// completion (rule P6).
    case append(SealedBatch, committedUpTo: Zxid, role: UInt64)
    /// Forgets everything behind `to`, the end of a batch of the log.
    case truncate(to: Zxid, role: UInt64)
    /// `sequence` comes back with the completion.
    case persistEpochs(sequence: UInt64, accepted: UInt32, current: UInt32)
    /// The cluster has its name: the founding record is in the log.
    case bind(clusterID: UInt128)
    /// Everything through here is known committed, and that is to outlive a loss of power before another batch comes.
    case recordCommit(Zxid)
    /// Rule A3: the state computed here is not the others'.
    case markStateBad
    /// Bases the log on a snapshot that was received, verified and named.
    case installSnapshot(SnapshotInfo, role: UInt64)
    /// An own snapshot was verified and named: older ones and their log may go.
    case startTaken(SnapshotInfo)
    /// The background thread's answer to `BackgroundCommand.prepareSpare`.
    case sparePrepared(SpareSegment)
    case spareFailed(name: String, DiskError)
    /// The background thread's word on a start: it was read back whole, or it can't be read any more.
    case startVerified(SnapshotInfo)
    case startDamaged(name: String)
    /// The background thread's word on a closed segment that can't be read any more.
    case segmentDamaged(use: UInt64)
    /// Rule F5: read everything again that is stored.
    case scrub
    /// Writes a seal and flushes it, as a clean shutdown does.
    case seal(committedUpTo: Zxid)
}

/// A file made ready for its next use.
package struct SpareSegment: Sendable {
    var file: DiskFile
    var identity: SegmentIdentity
    var size: Int
}
