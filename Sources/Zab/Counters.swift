// Plain counts of what the core decided, for metrics. Nothing is decided by them.

package struct ZabCounters: Equatable, Sendable {
    // Synchronizations that this member led, by way and cause.
    package var syncDiff: UInt64 = 0
    package var syncTruncate: UInt64 = 0
    package var syncSnapshotLogTooShort: UInt64 = 0
    package var syncSnapshotNoCommonEpoch: UInt64 = 0
    package var syncSnapshotStateBad: UInt64 = 0
    package var syncSnapshotDamaged: UInt64 = 0
    /// Of learners whose log was damaged, whichever way it took.
    package var syncRepairs: UInt64 = 0

    package var prevoteRounds: UInt64 = 0
    package var prevotesGranted: UInt64 = 0
    /// Refusals that this member gave, by `PrevoteReason`.
    package var prevotesRefused = [UInt64](repeating: 0, count: PrevoteReason.allCases.count)
    package var candidacies: UInt64 = 0
    package var elected: UInt64 = 0
    package var led: UInt64 = 0
    package var followed: UInt64 = 0
    /// Ways back to looking, by `LookingCause`; a leader's step-downs are counted apart.
    package var lookingByCause = [UInt64](repeating: 0, count: LookingCause.allCases.count)
    package var stepDownsByCause = [UInt64](repeating: 0, count: LookingCause.allCases.count)

    package var handoversBegun: UInt64 = 0
    package var proposals: UInt64 = 0
    package var acks: UInt64 = 0
    package var rounds: UInt64 = 0
    package var overlapsDropped: UInt64 = 0
    package var streamsBroken: UInt64 = 0
    /// Learners that held less than they had acknowledged (rule F8).
    package var setBacks: UInt64 = 0
    /// Learners whose directory is not the one that is bound to their id.
    package var strangersRefused: UInt64 = 0
    /// Election connections given up because nothing was answered on them, and members told that they are no learners any more.
    package var silentLinks: UInt64 = 0
    package var lostLearners: UInt64 = 0
    package var staleInputs: UInt64 = 0
    package var hellosRefused: UInt64 = 0
    package var digestAlarms: UInt64 = 0

    package init() {}
}
