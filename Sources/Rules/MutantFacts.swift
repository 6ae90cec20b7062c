// What each mutant takes away, for the table that the hunt makes.

#if QUORATE_MUTANTS
public struct MutantFacts: Sendable {
    /// Of docs/ZAB.md; "B.5" and the like are its sections.
    public let rule: String
    public let defect: String
    /// Of ZooKeeper or etcd, if they had it.
    public let issue: String

    init(_ rule: String, _ defect: String, _ issue: String = "") {
        (self.rule, self.defect, self.issue) = (rule, defect, issue)
    }
}

extension Mutant {
    /// Changes nothing, and must not be found.
    public var isNull: Bool { self == .nothing || self == .nothingElse }

    public var facts: MutantFacts {
        switch self {
        case .promisesBeforeDurable: MutantFacts("E1", "a promise leaves before it is durable")
        case .asksBeforeDurable: MutantFacts("D1", "a candidate asks before its own promise is durable")
        case .promisesAgain: MutantFacts("E2", "an epoch is promised to every candidate that asks for it")
        case .acknowledgesOldEpoch: MutantFacts("E3", "whoever promised a new epoch goes on acknowledging in the old one")
        case .electsWithOneLess: MutantFacts("E4", "one promise less than a quorum makes a leader")
        case .ignoresHistory: MutantFacts("E5", "elections don't compare histories")
        case .echoesUnaccepted: MutantFacts("E7", "heartbeats are echoed before their epoch is durable")
        case .reportsUnflushed:
            MutantFacts("V1", "elections go by what was appended, not by what is durable", "ZOOKEEPER-2845")
        case .leavesGaps: MutantFacts("L1", "a leader's stream may leave batches out, and learners take that", "ZOOKEEPER-4925")
        case .newLeaderFirst: MutantFacts("L2", "NEWLEADER goes out before what it ends", "ZOOKEEPER-3104")
        case .diffsWithoutTruncating: MutantFacts("L3", "DIFF goes out where TRUNC is needed", "ZOOKEEPER-1154")
        case .truncatesTooFar: MutantFacts("L3", "logs are cut back to the epoch before the last common one")
        case .countsAtJoin: MutantFacts("L5", "a learner counts as synchronized when it joins")
        case .servesUnapplied: MutantFacts("L6", "clients are served before what the leader began with is applied")
        case .epochBeforeHistory:
            MutantFacts("D2", "currentEpoch is written before the history that belongs to it", "ZOOKEEPER-4643")
        case .acksBeforeEpoch: MutantFacts("D3", "the first ACK leaves before currentEpoch is durable", "ZOOKEEPER-3911")
        case .acksHistoryUnflushed:
            MutantFacts("D4", "NEWLEADER is acknowledged before the history is durable", "ZOOKEEPER-4646, 4785")
        case .acksUnflushed: MutantFacts("D4", "proposals are acknowledged when they are appended")
        case .countsOwnUnflushed: MutantFacts("D4", "the leader counts its own copy when it is appended")
        case .snapshotUnflushed: MutantFacts("D6", "the log is based on a snapshot that is not on the disk", "ZOOKEEPER-3642")
        case .generationUnnamed: MutantFacts("D7", "a truncation is not named in the epoch file")
        case .snapshotAheadIgnored: MutantFacts("D8", "a start looks for the log's end in log files only", "ZOOKEEPER-582")
        case .unconfirmedStart: MutantFacts("D8", "a start takes the newest snapshot, whether the log confirms it or not")
        case .segmentUnflushed: MutantFacts("D11", "names of segments are not flushed")
        case .spareUnnamed: MutantFacts("D11", "the epoch file does not name the next segment")
        case .acksWhileSynchronizing:
            MutantFacts("C1", "a learner acknowledges proposals before NEWLEADER", "ZOOKEEPER-4685")
        case .commitsWithOneLess: MutantFacts("C2", "one copy less than a quorum commits")
        case .commitsWhileSynchronizing:
            MutantFacts("C3", "commits are used before the epoch is taken over", "ZOOKEEPER-3023, 5010")
        case .diesOfEarlyCommit: MutantFacts("C3", "a commit ahead of its proposal ends the process", "ZOOKEEPER-4394")
        case .leadsUnsynchronized: MutantFacts("C4", "a leader proposes before a quorum holds its history")
        case .appliesUncommitted: MutantFacts("A1", "what is durable is applied, committed or not")
        case .appliesUnflushed: MutantFacts("A2", "what is committed is applied, durable here or not", "ZOOKEEPER-4882")
        case .clockInApply: MutantFacts("A3", "apply reads a clock")
        case .hashingOrder: MutantFacts("A3", "ephemerals go in hashing order")
        case .settingFromFile: MutantFacts("A3", "apply reads a setting of the member's own file")
        case .failureWithoutZxid: MutantFacts("A3", "a write that fails is answered without a zxid of its own")
        case .replaysUncommitted: MutantFacts("A1", "a start replays the log past what is known to be committed")
        case .takesOldCompletions:
            MutantFacts("P6", "what became durable before a log was cut counts behind the cut", "ZOOKEEPER-4541, 4712")
        case .countsOlderRounds:
            MutantFacts("R1", "echoes of a round that began before the read confirm it", "ZOOKEEPER-1675")
        case .keepsOldEchoes: MutantFacts("R2", "round numbers come again, and echoes of the earlier lead count", "etcd 20418")
        case .answersOnLoss: MutantFacts("R3", "whoever loses the lead answers the reads that wait")
        case .echoesOverPromise: MutantFacts("R4", "a leader is echoed after a newer epoch was promised")
        case .ephemeralsGoWithMove: MutantFacts("S1", "ephemerals go when their session moves to another server")
        case .ignoresTouches: MutantFacts("S2", "followers' signs of life are ignored")
        case .closedSessionWrites: MutantFacts("S3", "requests behind the end of their session are carried out")
        case .noFullTimeout: MutantFacts("S4", "a new leader gives sessions no time")
        case .blamesOwnLateness: MutantFacts("S5", "time in which the leader stood still counts against sessions")
        case .wallTimeFalls: MutantFacts("S6", "wall time falls with the clock")
        case .keepsEndedSessions: MutantFacts("S7", "a connection stays when its session has ended")
        case .ignoresOwners: MutantFacts("B.5", "a server writes for sessions that have moved to another")
        case .sendsAgain: MutantFacts("B.5", "what was forwarded to a lost leader is sent again to the next")
        case .judgesBeforeReading: MutantFacts("B.5", "time-outs are judged before the sockets are read")
        case .retriesFlush: MutantFacts("F1", "a flush that failed is tried again")
        case .tornRaisesBound: MutantFacts("F2", "a torn tail counts as acknowledged")
        case .truncatesDamage: MutantFacts("F3", "a damaged log is cut like a torn one")
        case .ignoresLostEnds: MutantFacts("F3", "nobody misses the end of a log that was cut or zeroed")
        case .ignoresShortLogs: MutantFacts("F3", "a log file shorter than it was filled counts as whole")
        case .oneEpochSlot: MutantFacts("B.1", "the epoch file's slots are written in turn, not both")
        case .forgetsPromises: MutantFacts("F4", "a missing epoch file is made anew beside the log")
        case .unverifiedStart: MutantFacts("D9", "a snapshot becomes a start without being read back")
        case .takesSetBackMember: MutantFacts("F8", "a member takes part again that holds less than it has acknowledged")
        case .anyIncarnation: MutantFacts("G6", "a member that lost its directory goes on under its id")
        case .nothing: MutantFacts("-", "none: the best commit is looked for twice")
        case .nothingElse: MutantFacts("-", "none: the log is looked at once more before each flush")
        }
    }
}

/// Stand-ins for what apply must not look at.
extension Mutant {
    // Unsafe only in name: a process that carries a mutant runs its seeds on one thread.
    nonisolated(unsafe) private static var ticks: Int64 = 0

    /// A clock: later each time it is read.
    public static func clock() -> Int64 {
        ticks += 1
        return ticks
    }

    /// As the file of the member whose turn it is has it.
    nonisolated(unsafe) public static var tickOfFile: Int32 = 1

    /// Swift seeds the hashing of each process anew.
    nonisolated(unsafe) public static var seedOfProcess: UInt64 = 0

    /// In the order of a Set.
    public static func hashed(_ numbers: [UInt32]) -> [UInt32] {
        func hash(_ number: UInt32) -> UInt64 { (UInt64(number) ^ seedOfProcess) &* 0x9e37_79b9_7f4a_7c15 }
        return numbers.sorted { hash($0) < hash($1) }
    }
}
#endif
