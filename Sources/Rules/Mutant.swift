// Defects on purpose: each takes away or reorders one numbered rule of docs/ZAB.md, the bugs that ZooKeeper once had among them.
// They measure the simulator: what it does not find here it would not find in earnest. Only a build made for that has them
// (`-DQUORATE_MUTANTS`, see scripts/mutants), at most one at a time, chosen when the process starts. Each is a few lines behind
// `#if QUORATE_MUTANTS` at the place that keeps the rule, longer ones in the room's file Mutants.swift.

#if QUORATE_MUTANTS
public enum Mutant: Int, CaseIterable, Sendable {
    // Promises and elections.
    case promisesBeforeDurable = 1
    case asksBeforeDurable
    case promisesAgain
    case acknowledgesOldEpoch
    case electsWithOneLess
    case ignoresHistory
    case echoesUnaccepted
    case reportsUnflushed
    // Synchronization.
    case leavesGaps
    case newLeaderFirst
    case diffsWithoutTruncating
    case truncatesTooFar
    case countsAtJoin
    case servesUnapplied
    // What must be durable before what.
    case epochBeforeHistory
    case acksBeforeEpoch
    case acksHistoryUnflushed
    case acksUnflushed
    case countsOwnUnflushed
    case snapshotUnflushed
    case generationUnnamed
    case snapshotAheadIgnored
    case unconfirmedStart
    case segmentUnflushed
    case spareUnnamed
    // Commit and apply.
    case acksWhileSynchronizing
    case commitsWithOneLess
    case commitsWhileSynchronizing
    case diesOfEarlyCommit
    case leadsUnsynchronized
    case appliesUncommitted
    case appliesUnflushed
    case clockInApply
    case hashingOrder
    case settingFromFile
    case failureWithoutZxid
    case replaysUncommitted
    case takesOldCompletions
    // Reads.
    case countsOlderRounds
    case keepsOldEchoes
    case answersOnLoss
    case echoesOverPromise
    // Sessions and requests.
    case ephemeralsGoWithMove
    case ignoresTouches
    case closedSessionWrites
    case noFullTimeout
    case blamesOwnLateness
    case wallTimeFalls
    case keepsEndedSessions
    case ignoresOwners
    case sendsAgain
    case judgesBeforeReading
    // Disks that fail.
    case retriesFlush
    case tornRaisesBound
    case truncatesDamage
    case ignoresLostEnds
    case ignoresShortLogs
    case oneEpochSlot
    case forgetsPromises
    case unverifiedStart
    case takesSetBackMember
    case anyIncarnation
    // No defects: these change nothing, so whatever is found in them is the simulator's own fault.
    case nothing
    case nothingElse

    // Unsafe only in name: both are set once, before the process runs its first seed, and every seed runs on that one thread.
    /// The one that this process carries.
    nonisolated(unsafe) public static var chosen: Mutant?
    /// Whether `demand` asserts nothing.
    nonisolated(unsafe) public static var assertionsAreOff = false

    @inlinable @inline(__always)
    public static func isOn(_ mutant: Mutant) -> Bool { chosen == mutant }
}
#endif
