// What a learner does with the stream: append, take over the epoch when level, acknowledge, use the commits it is told.

import Batch
import Rules

extension Zab {
    mutating func receiveProposal(_ link: Link, _ proposal: Proposal) {
        guard isCurrent(link) else { return }
        guard proposal.epoch == epoch else { return breakStream("a PROPOSAL of epoch \(proposal.epoch) in epoch \(epoch)") }
        following.heardAt = now
        following.movedAt = now
        switch following.phase {
        case .receiving: break
        case .acceptingEpoch, .truncating, .installing:
            following.held.append(.proposal(proposal))
            return
        case .dialing, .joined: return breakStream("a PROPOSAL before SYNC")
        }
        for batch in proposal.batches where !appendReceived(batch) { return }
        #if QUORATE_MUTANTS
        if Mutant.isOn(.acksUnflushed), role == .following { acknowledge() }
        #endif
        noteTold(proposal.commit, round: proposal.round)
    }

    /// - Returns: false if the stream was broken by it.
    private mutating func appendReceived(_ batch: SealedBatch) -> Bool {
        // Rule A4: bytes whose meaning is unknown here are not taken into the log.
        guard (1...applyVersion).contains(batch.header.version) else {
            breakStream("a batch of version \(batch.header.version); this release knows 1 to \(applyVersion): upgrade it")
            return false
        }
        #if QUORATE_MUTANTS
        if Mutant.isOn(.leavesGaps), batch.prevZxid > lastLogged {
            append(batch)
            return true
        }
        #endif
        guard batch.prevZxid == lastLogged else {
            // Rule L1: an identical overlap is dropped; a gap or different bytes end the session.
            if batch.lastZxid <= lastLogged, recent.holds(batch.header) {
                counters.overlapsDropped += 1
                return true
            }
            breakStream("Rule L1: a batch behind \(batch.prevZxid), log ends at \(lastLogged)")
            return false
        }
        // Rule L2: everything up to zSync comes before NEWLEADER, and nothing else does.
        guard following.sawNewLeader || batch.lastZxid <= following.sync?.zSync ?? .zero else {
            breakStream("Rule L2: a batch beyond zSync before NEWLEADER")
            return false
        }
        let isNext = batch.firstZxid.rawValue == lastLogged.rawValue + 1
        let beginsEpoch = batch.firstZxid.epoch > lastLogged.epoch && batch.firstZxid.counter == 1
        // Rule E8: within an epoch counters run on by one, and the last one of a batch is still of that epoch.
        guard batch.header.epoch <= epoch, isNext && batch.firstZxid.epoch == lastLogged.epoch || beginsEpoch else {
            breakStream("Rule L1: a batch from \(batch.firstZxid), log ends at \(lastLogged)")
            return false
        }
        append(batch)
        return true
    }

    mutating func receiveNewLeader(_ link: Link, _ newLeader: NewLeader) {
        guard isCurrent(link) else { return }
        following.heardAt = now
        following.movedAt = now
        switch following.phase {
        case .receiving: break
        case .acceptingEpoch, .truncating, .installing:
            following.held.append(.newLeader(newLeader))
            return
        case .dialing, .joined: return breakStream("a NEWLEADER before SYNC")
        }
        guard newLeader.epoch == epoch, newLeader.zSync == following.sync?.zSync, lastLogged == newLeader.zSync,
            !following.sawNewLeader
        else {
            return breakStream("Rule L2: a NEWLEADER for \(newLeader.zSync), log ends at \(lastLogged)")
        }
        following.sawNewLeader = true
        // Rule L6: what the leader first told, and what it began with, is applied before anyone is served.
        following.serveFrom = max(newLeader.zSync, newLeader.commit)
        noteTold(newLeader.commit, round: 0)
        takeOverEpoch()
    }

    /// Rule D2: history through zSync is durable before currentEpoch is asked for.
    mutating func takeOverEpoch() {
        #if QUORATE_MUTANTS
        if Mutant.isOn(.acksHistoryUnflushed) { return takeOverUnflushed() }
        #endif
        guard role == .followerSync, following.sawNewLeader, logChange == .none, let sync = following.sync,
            lastDurable >= sync.zSync
        else { return }
        if let asked = following.epochsAsked {
            if epochsDurableThrough >= asked { becomeFollowing() }
        } else if currentEpoch < epoch || sync.mode == .snapshot || needsRepair || bound != nil {
            // Behind a snapshot, and on a log that was damaged, the epochs are written even if they stay as they are: what the
            // epoch file says of a bad state or a damaged log is over with it.
            persistEpochs(accepted: acceptedEpoch, current: epoch, for: .learner)
            following.epochsAsked = epochSeq
            #if QUORATE_MUTANTS
            if Mutant.isOn(.acksBeforeEpoch) { becomeFollowing() }
            #endif
        } else if durableCurrent == epoch {
            becomeFollowing()
        }
    }

    mutating func becomeFollowing() {
        // Rule D3: no acknowledgement of e before cE = e is durable.
        demand(durableCurrent == epoch && durableAccepted == epoch, "Rule D3: following before the epoch is durable")
        counters.followed += 1
        prevote.failures = 0
        role = .following
        needsRepair = false
        bound = nil
        out.append(.becameFollower(leader: leader ?? 0, epoch: epoch))
        acknowledge()
        useTold()
    }

    /// Rule C1: cE = e and the log through `last` are durable here, said on the session's connection.
    private mutating func acknowledge() {
        guard let connection = following.connection else { return }
        // Rule E3: nothing for an epoch below one that was promised. Rule D4: nothing beyond the durable log.
        demand(acceptedEpoch == epoch && durableCurrent == epoch, "Rule E3: an ACK of \(epoch), accepted \(acceptedEpoch)")
        demand(lastDurable <= lastLogged, "Rule D4: durable beyond the log")
        #if QUORATE_MUTANTS
        let last = Mutant.isOn(.acksUnflushed) || Mutant.isOn(.acksHistoryUnflushed) ? lastLogged : lastDurable
        #else
        let last = lastDurable
        #endif
        out.append(
            .send(
                connection,
                .ack(
                    Ack(
                        epoch: epoch, last: last, round: following.round, applied: applied,
                        digests: digests.takeUnsent()))))
    }

    mutating func logDurable(_ last: Zxid, role asked: RoleNumber) {
        // Rule P6: a completion from before the log was cut or replaced says nothing of this log.
        guard asked >= logRole, logChange == .none else {
            counters.staleInputs += 1
            return
        }
        demand(last <= lastLogged, "Rule D4: durable up to \(last), appended only \(lastLogged)")
        guard last > lastDurable else { return }
        lastDurable = last
        switch role {
        case .following:
            acknowledge()
            release()
        case .followerSync:
            #if QUORATE_MUTANTS
            if Mutant.isOn(.acksWhileSynchronizing), following.phase == .receiving { acknowledge() }
            #endif
            takeOverEpoch()
            joinWhenReady()
        case .leaderSync, .leading:
            ownCopyChanged()
            if role == .leading { release() }
        case .looking, .candidate: break
        }
    }

    mutating func receiveHeartbeat(_ link: Link, _ heartbeat: Heartbeat) {
        guard peers[link.index].election == link.number else {
            counters.staleInputs += 1
            return
        }
        #if QUORATE_MUTANTS
        if Mutant.isOn(.echoesOverPromise), heartbeat.epoch < acceptedEpoch { return echo(heartbeat, on: link) }
        #endif
        if heartbeat.epoch < acceptedEpoch {
            // Rule E3: nothing for a lower epoch but the news that there is a higher one.
            return reject(link.number, .epoch, "epoch \(heartbeat.epoch) is over, \(acceptedEpoch) is promised here")
        }
        guard acceptLead(link, heartbeat.epoch) else { return }
        following.heardAt = now
        following.heartbeatAt = now
        noteTold(heartbeat.commit, round: heartbeat.round)
        #if QUORATE_MUTANTS
        if Mutant.isOn(.echoesUnaccepted), durableAccepted < heartbeat.epoch { return echo(heartbeat, on: link) }
        #endif
        // Rules E7, R4: echoed only while acceptedEpoch = e, and that durably.
        if durableAccepted == heartbeat.epoch, acceptedEpoch == heartbeat.epoch {
            demand(isFollower && epoch == heartbeat.epoch, "Rule R4: an echo of \(heartbeat.epoch) in epoch \(epoch)")
            out.append(
                .send(
                    link.number,
                    .echo(
                        Echo(epoch: epoch, round: heartbeat.round, sendTime: heartbeat.sendTime, applied: applied))))
        }
    }

    /// The leader knows nothing of the data connection that this member still counts on. While it is being made that is no news.
    mutating func receiveNotLearner(_ link: Link, _ reject: Reject) {
        guard isFollower, leaderIndex == link.index, reject.epoch == epoch, following.connection != nil,
            role == .following || now.since(following.movedAt) >= timing.silence
        else { return }
        counters.lostLearners += 1
        look(.dataConnectionLost, delay: random.upTo(timing.heartbeat))
    }

    /// Whether this is the leader followed, now or already.
    private mutating func acceptLead(_ link: Link, _ heard: UInt32) -> Bool {
        if isFollower, leaderIndex == link.index, epoch == heard { return true }
        if isLeader || isFollower, epoch == heard {
            halt(.impossible, "Rule E4: members \(leader ?? 0) and \(peers[link.index].id) both lead epoch \(heard)")
            return false
        }
        sawEpoch(heard)
        // The last number is nobody's epoch: behind it there would be none to elect in.
        guard heard < .max else {
            drop(link.number, "it claims to lead epoch \(heard), which is none")
            return false
        }
        if isFollower, heard < epoch { return false }
        guard logChange == .none else { return false }
        follow(link.index, epoch: heard)
        return true
    }

    /// Rule C3: a commit may come ahead of its batches; it is held, never an error.
    private mutating func noteTold(_ zxid: Zxid, round: UInt64) {
        #if QUORATE_MUTANTS
        if Mutant.isOn(.diesOfEarlyCommit), role == .following, zxid > lastLogged {
            return halt(.impossible, "a commit of \(zxid) came, and the log ends at \(lastLogged)")
        }
        #endif
        if zxid > told { told = zxid }
        if told <= lastLogged { following.behindSince = nil } else if following.behindSince == nil { following.behindSince = now }
        if round > following.round { following.round = round }
        #if QUORATE_MUTANTS
        if Mutant.isOn(.commitsWhileSynchronizing), role == .followerSync { useTold() }
        #endif
        if role == .following { useTold() }
    }

    /// Rule C3: used only once cE = e is durable, as far as the log goes.
    private mutating func useTold() {
        demand(role == .following && durableCurrent == epoch, "Rule C3: a commit is used before \(epoch) is durable")
        let reached = min(told, lastLogged)
        if reached > commit {
            commit = reached
            settleConfigurations()
        }
        release()
    }
}
