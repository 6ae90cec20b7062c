// From a won election to leading: the initial history must be durable, together with the epoch, at a committing quorum.

import Batch
import Rules

struct Leadership: Sendable {
    /// End of I(e), the log that the election was won with.
    var initialEnd = Zxid.zero
    var serveFrom = Zxid.zero
    var nextHeartbeat = Instant(nanoseconds: 0)
    /// When a synchronization moved last, before leading.
    var movedAt = Instant(nanoseconds: 0)
    /// The newest round started. An epoch has one leader, so (epoch, round) never comes twice.
    var round: UInt64 = 0
    /// The next batch is to be one of `asksConfiguration`; or it is proposed and not committed yet.
    var asksConfiguration = false
    var openConfiguration: Zxid?
    var awaitingSeal: Assignment?
    var flight = Flight()
    /// The lead is being handed over: nothing is proposed.
    var handover: Handover?
}

struct Assignment: Sendable {
    var first: Zxid
    var prev: Zxid
    var count: Int
    var isConfiguration: Bool
}

extension Zab {
    mutating func becomeLeaderSync() {
        demand(role == .candidate && quorum.elects(candidacy.promised), "Rule E4: lead without an electing quorum")
        counters.elected += 1
        role = .leaderSync
        leaderIndex = my
        nextRole()
        leadership = Leadership()
        leadership.initialEnd = lastLogged
        leadership.serveFrom = lastLogged
        leadership.movedAt = now
        for index in peers.indices {
            peers[index].lastFrame = now
            #if QUORATE_MUTANTS
            if Mutant.isOn(.keepsOldEchoes) { peers[index].lastEchoed = peers[index].echoed }
            #endif
            peers[index].echoed = 0
            peers[index].followsInVainSince = nil
            peers[index].learner = LearnerProgress()
            peers[index].vouched = (.zero, 0)
        }
        digests.restart(members: peers.count, voters: ~observers & ((1 << UInt64(peers.count)) - 1))
        ownCopyChanged()
        guard isLeader else { return }
        leadership.nextHeartbeat = now.advanced(byNanoseconds: timing.heartbeat)
        if leadership.round == 0 { startRound() }
    }

    /// The own log or epoch has become durable a bit further.
    mutating func ownCopyChanged() {
        switch role {
        case .leaderSync:
            // Rule D2: the initial history is durable here before currentEpoch is.
            if lastDurable >= leadership.initialEnd, currentEpoch < epoch {
                persistEpochs(accepted: acceptedEpoch, current: epoch, for: .leaderCurrent)
            }
            judgeLeading()
        case .leading: advanceCommit()
        default: break
        }
    }

    /// S(e): who holds I(e) and cE = e durably and has said so on its current connection.
    var synchronized: VoterSet {
        #if QUORATE_MUTANTS
        if Mutant.isOn(.leadsUnsynchronized) { return everyVoter }
        #endif
        // Rule D3: the own copy counts only after the own cE = e is durable.
        var set: VoterSet = durableCurrent == epoch ? bit(my) : 0
        for index in peers.indices where peers[index].learner.phase == .synced { set |= bit(index) }
        return set & countable
    }

    mutating func judgeLeading() {
        // Rules L5, C4: the leader proposes only with S(e) in Q2, and counts itself only with its own epoch durable.
        guard role == .leaderSync, durableCurrent == epoch, quorum.commits(synchronized) else { return }
        counters.led += 1
        prevote.failures = 0
        role = .leading
        // Rule C2: the commit never decreases; what was committed before is part of every later leader's history.
        demand(leadership.initialEnd >= commit, "Rule C2: a leader without what is committed")
        out.append(.becameLeader(epoch: epoch))
        moveCommit(to: leadership.initialEnd)
        for index in peers.indices {
            if let connection = peers[index].learner.connection { _ = refusesStranger(index, on: connection) }
        }
        askFounding()
        bindNext()
    }

    /// What the old role had open is closed; nothing is said for this epoch any more (rule C4).
    mutating func leaveLead(_ cause: LookingCause) {
        precondition(leadership.awaitingSeal == nil, "the core was stepped between assigning and sealing")
        counters.stepDownsByCause[Int(cause.rawValue)] += 1
        for index in peers.indices {
            if let connection = peers[index].learner.connection {
                out.append(.stopStream(connection))
                drop(connection, "member \(member) does not lead any more")
            }
            peers[index].learner = LearnerProgress()
        }
        candidacy = Candidacy()
        leadership = Leadership()
        if replacing != 0 {
            replacing = 0
            settleCountable()
        }
    }
}
