// What the journal answers. A completion is made only after the flush that it reports has returned.

package import Batch

package struct JournalCompletion: Sendable {
    package enum Event: Sendable {
        /// The log through this zxid survives a loss of power (rule D4).
        case durable(through: Zxid, role: UInt64)
        case epochsDurable(sequence: UInt64)
        case truncated(to: Zxid, role: UInt64)
        case snapshotInstalled(Zxid, epoch: UInt32, role: UInt64)
        /// After `startTaken` and `startDamaged`: where the log begins (the last zxid before its oldest batch), and the newest
        /// start, if one is left.
        case startsChanged(logStart: Zxid, newest: SnapshotInfo?)
        /// A damaged segment is still needed behind the newest start: another snapshot is wanted.
        case damageRemains
        case bound
        case stateMarkedBad
        /// Rule F1: the process ends with this code; nothing is completed behind it.
        case failed(code: Int32, reason: String)
    }

    package var event: Event
    /// When the flush returned.
    package var at: Instant
    /// How long the write and flush of a group took; zero for other events.
    package var flushNanoseconds: UInt64

    package init(_ event: Event, at: Instant, flushNanoseconds: UInt64 = 0) {
        self.event = event
        self.at = at
        self.flushNanoseconds = flushNanoseconds
    }
}
