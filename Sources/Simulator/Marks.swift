// Rare situations that a long run must have met: one that never was says that the simulator has stopped looking there. Some are
// seen by the simulator itself, the others are what members have counted in a life. Not among them is what can't happen: that a
// batch comes twice on one connection; that an answer says its session has moved, because the connection goes with the session;
// and what waits for repair of a damaged member by others.

import Journal
import Node
import Zab

package enum Mark: Int, CaseIterable, Sendable {
    case elected
    case endedInFlush
    case requestLost
    case sessionLost
    case sessionResumed
    case watchFired
    case corruptedByte
    case tornTail
    case startRefused
    case replacementAllowed
    case memberReplaced
    case haltedOnDiskError
    case setBack
    case caughtUpAfterSetBack
    case beyondTolerance
}

package struct Marks: Sendable {
    /// By `names`.
    package private(set) var counts = Array(repeating: UInt64(0), count: Marks.names.count)

    package init() {}

    package static let names =
        Mark.allCases.map { "\($0)" } + Fault.Kind.names.map { "fault: \($0)" } + lookingCauses.map { "looking: \($0)" }
        + leadersCauses.map { "stepped down: \($0)" } + refusals.map { "prevote refused: \($0)" } + protocolCounts.map(\.name)
        + nodeCounts.map(\.name) + journalCounts.map(\.name)

    /// Members begin by looking, which is no change; and states are compared each 1,024 zxids, which no run comes to.
    private static let lookingCauses = LookingCause.allCases.filter { $0 != .start && $0 != .stateBad }
    /// The other causes are a follower's.
    private static let leadersCauses: [LookingCause] = [.promised, .quorumLost, .higherEpoch, .counterEnd]
    /// Whoever is behind in the configuration is behind in the log, which is looked at first.
    private static let refusals: [PrevoteReason] = [.hearsLeader, .historyBehind, .promisedLately, .cannotVote]

    private typealias Count<T> = (name: String, of: @Sendable (T) -> UInt64)

    private static let protocolCounts: [Count<ZabCounters>] = [
        ("synchronized by DIFF", { $0.syncDiff }), ("synchronized by TRUNC", { $0.syncTruncate }),
        ("synchronized by SNAP, log too short", { $0.syncSnapshotLogTooShort }),
        ("synchronized by SNAP, no common epoch", { $0.syncSnapshotNoCommonEpoch }),
        ("stream broken", { $0.streamsBroken }), ("stale input", { $0.staleInputs }), ("HELLO refused", { $0.hellosRefused }),
        ("silent link dropped", { $0.silentLinks }), ("learner lost elsewhere", { $0.lostLearners }),
        ("set-back member refused", { $0.setBacks }),
    ]

    private static let nodeCounts: [Count<NodeCounters>] = [
        ("bad frame from a peer", { $0.badPeerFrames }),
        ("session expired", { $0.sessionsExpired }), ("bundle forwarded", { $0.bundlesForwarded }),
        ("late turn", { $0.lateTurns }), ("log read for a learner", { $0.logPiecesRead }),
        ("snapshot taken", { $0.snapshotsTaken }), ("snapshot failed", { $0.snapshotsFailed }),
        ("snapshot installed", { $0.snapshotsInstalled }), ("peer paused", { $0.peerPauses }),
        ("backlog read from the log", { $0.backlogPieces }), ("hand-over begun", { $0.handovers }),
        ("hand-over broken", { $0.handoversBroken }),
    ]

    private static let journalCounts: [Count<JournalCounters>] = [
        ("spare missing", { $0.spareMisses }), ("spare failed", { $0.spareFailures }),
        ("log truncated", { $0.truncations }), ("start dropped as damaged", { $0.damagedStarts }),
        ("segment purged", { $0.purgedSegments }), ("snapshot purged", { $0.purgedSnapshots }),
        ("several batches in a flush", { counters in counters.batches > counters.flushes ? 1 : 0 }),
    ]

    package mutating func reach(_ mark: Mark) { counts[mark.rawValue] += 1 }

    package subscript(mark: Mark) -> UInt64 { counts[mark.rawValue] }

    mutating func note(_ fault: Fault.Kind) { counts[Mark.allCases.count + fault.number] += 1 }

    mutating func note(exit code: Int32) { if code == HaltCode.ioFailure.rawValue { reach(.haltedOnDiskError) } }

    /// What the member counted in the life that ends, each thing once.
    mutating func noteEnd(of member: SimulatedMember) {
        guard let node = member.node, let journal = member.journal else { return }
        let core = node.zabCounters
        var place = Mark.allCases.count + Fault.Kind.names.count
        func note(_ count: UInt64) {
            if count > 0 { counts[place] += 1 }
            place += 1
        }
        for cause in Marks.lookingCauses { note(core.lookingByCause[Int(cause.rawValue)]) }
        for cause in Marks.leadersCauses { note(core.stepDownsByCause[Int(cause.rawValue)]) }
        for reason in Marks.refusals { note(core.prevotesRefused[Int(reason.rawValue)]) }
        for count in Marks.protocolCounts { note(count.of(core)) }
        for count in Marks.nodeCounts { note(count.of(node.counters)) }
        for count in Marks.journalCounts { note(count.of(journal.counters)) }
        precondition(place == counts.count, "a mark without a name")
    }
}

extension Fault.Kind {
    static let names = [
        "kill", "losePower", "losePowerOfAll", "losePowerInFlush", "losePowerOfAllInFlush", "killLeader", "killInChange",
        "losePowerBehindChange", "killLeaderInChange", "garbledReceipt", "pause", "pauseLeader", "strandLeader", "slowLeader",
        "pauseLeaderUntilVote", "isolateLeader", "partition", "mute", "bridge", "reset",
        "halfOpen", "halfOpenElection", "slowLinks", "clog", "corrupt", "slowDisk", "shortWrites", "failedFlush", "failedWrite",
        "fullLog", "fullSnapshots", "garbledSnapshot", "noDescriptors", "flipBit", "zeroSector", "staleSector", "cutLog",
        "misdirectedSector", "flipEpochSlot", "flipFreshEpochSlot", "loseEpochFile",
        "loseSnapshot", "wipe", "setBack", "lyingFlushes", "wallClock", "clockRate", "dropClients", "vanishClients",
        "deafClients", "stallClients",
        "handOver", "newEpoch",
    ]

    /// Place among `names`.
    var number: Int {
        let name = "\(self)".prefix { $0 != "(" }
        guard let number = Fault.Kind.names.firstIndex(where: { $0 == name }) else {
            preconditionFailure("a fault without a name")
        }
        return number
    }
}
