// Broadcast: numbers for batches, acknowledgements, the commit watermark, heartbeats.

import Batch
import Rules

extension Zab {
    /// From here on a leader proposes nothing more in its epoch (rule E8): the last 2^24 zxids are never used up.
    package static let counterLimit: UInt32 = .max - (1 << 24) + 1

    /// Whether a batch of clients' requests would get numbers now.
    package var canPropose: Bool {
        role == .leading && clusterID != 0 && leadership.awaitingSeal == nil && !leadership.asksConfiguration && nextCounterIsFree
            && leadership.flight.requests < limits.requests && leadership.flight.bytes < limits.bytes
            && leadership.handover == nil
    }

    package var batchesInFlight: Int { leadership.flight.batchCount }
    package var requestsInFlight: Int { leadership.flight.requests }
    package var bytesInFlight: Int { leadership.flight.bytes }

    private var nextCounterIsFree: Bool { lastLogged.epoch != epoch || lastLogged.counter < limits.lastCounter }

    mutating func assign(_ count: Int, bytes: Int, isConfiguration: Bool) {
        precondition(count > 0 && bytes >= 0, "an empty proposal")
        let mayGo =
            isConfiguration
            ? role == .leading && leadership.asksConfiguration && nextCounterIsFree && leadership.awaitingSeal == nil
                && leadership.handover == nil
            : canPropose
        guard mayGo else { return out.append(.notAssigned) }
        // Rule C4: proposed only while leading, which includes S(e) in Q2 and the own cE = e durable.
        demand(durableCurrent == epoch && acceptedEpoch == epoch, "Rule C4: a proposal of an epoch that is not durable")
        // Rule H2: nothing more of an epoch whose end has been told.
        demand(leadership.handover == nil, "Rule H2: a proposal while the lead is handed over")
        precondition(!isConfiguration || count == 1, "a configuration record is alone in its batch")
        let first = lastLogged.epoch == epoch ? lastLogged.advanced(by: 1) : Zxid(epoch: epoch, counter: 1)
        // Rule E8: the last counter of a batch is still a counter; `advanced` stops the process otherwise.
        _ = first.advanced(by: count - 1)
        leadership.awaitingSeal = Assignment(first: first, prev: lastLogged, count: count, isConfiguration: isConfiguration)
        out.append(.assigned(first: first, prev: lastLogged))
    }

    mutating func appendSealed(_ batch: SealedBatch) {
        guard let assigned = leadership.awaitingSeal else { preconditionFailure("a sealed batch that was not assigned") }
        precondition(
            batch.firstZxid == assigned.first && batch.prevZxid == assigned.prev && batch.count == assigned.count
                && batch.header.isConfiguration == assigned.isConfiguration,
            "the sealed batch is not the one that was assigned")
        leadership.awaitingSeal = nil
        if assigned.isConfiguration {
            leadership.asksConfiguration = false
            leadership.openConfiguration = batch.firstZxid
        }
        counters.proposals += 1
        leadership.flight.add(batch)
        append(batch)
    }

    /// Rule L1: the log is contiguous; so is what every learner gets of it.
    mutating func append(_ batch: SealedBatch) {
        demand(batch.prevZxid == lastLogged, "Rule L1: batch behind \(batch.prevZxid), log ends at \(lastLogged)")
        lastLogged = batch.lastZxid
        ends.extend(to: lastLogged)
        recent.note(batch.header)
        out.append(.append(batch, role: roleNumber))
    }

    mutating func receiveAck(_ link: Link, _ ack: Ack) {
        let index = link.index
        guard isLeader, ack.epoch == epoch, peers[index].learner.connection == link.number else {
            counters.staleInputs += 1
            return
        }
        counters.acks += 1
        peers[index].lastFrame = now
        // Rules C1, D4: an acknowledgement says what is durable there, so it can't pass what was sent.
        guard peers[index].learner.sentNewLeader, ack.last <= lastLogged, ack.last >= peers[index].learner.zSync else {
            reject(link.number, .protocolError, "ACK of \(ack.last) in a stream that has not got there")
            forgetLearner(index)
            drop(link.number, "an acknowledgement of what was not sent")
            return
        }
        if ack.round <= leadership.round { peers[index].echoed = max(peers[index].echoed, ack.round) }
        // Rule C1: cumulative; a lower one says nothing new.
        if ack.last > peers[index].learner.acked {
            peers[index].learner.acked = ack.last
            peers[index].vouched = (ack.last, peers[index].incarnation)
        }
        if peers[index].learner.phase == .streaming {
            // Rule L5: counted in S(e) from the first acknowledgement at or beyond zSync on the current connection.
            peers[index].learner.phase = .synced
            noteProgress(link.number)
            judgeLeading()
            bindNext()
        }
        if role == .leading { advanceCommit() }
        if isLeader, !ack.digests.isEmpty { digestsReported(index, ack.digests) }
        if isLeader { confirmReads() }
    }

    /// Highest zxid that the voter holds durably in this epoch, as far as it counts.
    @inline(__always)
    private func held(_ index: Int) -> Zxid {
        #if QUORATE_MUTANTS
        if Mutant.isOn(.countsOwnUnflushed), index == my { return lastLogged }
        #endif
        return index == my ? lastDurable : peers[index].learner.acked
    }

    mutating func advanceCommit() {
        guard role == .leading else { return }
        var best = commit
        for index in peers.indices where countable & bit(index) != 0 {
            let zxid = held(index)
            if zxid <= best { continue }
            var holders: VoterSet = 0
            for other in peers.indices where held(other) >= zxid { holders |= bit(other) }
            #if QUORATE_MUTANTS
            if Mutant.isOn(.commitsWithOneLess), quorum.commits(oneMore(holders & countable)) { best = zxid }
            #endif
            if quorum.commits(holders & countable) { best = zxid }
        }
        #if QUORATE_MUTANTS
        if Mutant.isOn(.nothing) { best = max(best, commit) }
        #endif
        if best > commit {
            moveCommit(to: best)
            if role == .leading { bindNext() }
        }
        if leadership.handover != nil { advanceHandover() }
    }

    mutating func moveCommit(to zxid: Zxid) {
        // Rule C2: forward only, and never beyond the leader's log.
        demand(zxid >= commit && zxid <= lastLogged, "Rule C2: commit \(commit) to \(zxid) in a log up to \(lastLogged)")
        commit = zxid
        told = max(told, zxid)
        leadership.flight.settle(through: zxid)
        if let open = leadership.openConfiguration, open <= zxid { leadership.openConfiguration = nil }
        out.append(.announceCommit(zxid))
        if observers != 0 { limitObservers() }
        settleConfigurations()
        release()
        judgeCounterEnd()
    }

    /// Rule E8: no number is left and everything proposed is committed, so the epoch can end; a hand-over under way ends it, too,
    /// unless it fails.
    mutating func judgeCounterEnd() {
        if !nextCounterIsFree, commit == lastLogged, leadership.handover == nil { look(.counterEnd, delay: 0) }
    }

    /// Rules A1, A2: applied is what is committed and durable here, nothing else.
    mutating func release() {
        #if QUORATE_MUTANTS
        let through =
            Mutant.isOn(.appliesUncommitted) ? lastDurable : Mutant.isOn(.appliesUnflushed) ? commit : min(commit, lastDurable)
        #else
        let through = min(commit, lastDurable)
        #endif
        if through > released {
            released = through
            out.append(.committed(through: through))
        }
    }

    mutating func noteApplied(_ zxid: Zxid) {
        demand(zxid <= released, "Rule A1: applied \(zxid), released only \(released)")
        applied = max(applied, zxid)
    }

    // MARK: heartbeats

    /// Tells one learner or all of them that the leader lives and what is committed; Node adds the credit.
    package func heartbeatMessage() -> Message {
        .heartbeat(
            Heartbeat(epoch: epoch, commit: commit, round: leadership.round, sendTime: now, digest: digests.newestOwn))
    }

    mutating func sendHeartbeat(to index: Int) {
        noteAsked(index)
        send(index, heartbeatMessage())
    }

    /// Rule R1: a round that starts now is later than every read that has arrived.
    mutating func startRound() {
        leadership.round += 1
        counters.rounds += 1
        for index in peers.indices where index != my { sendHeartbeat(to: index) }
        confirmReads()
    }

    mutating func receiveEcho(_ link: Link, _ echo: Echo) {
        guard isLeader, echo.epoch == epoch, peers[link.index].election == link.number, echo.round <= leadership.round else {
            counters.staleInputs += 1
            return
        }
        peers[link.index].lastFrame = now
        peers[link.index].echoed = max(peers[link.index].echoed, echo.round)
        judgeLearner(link)
        confirmReads()
    }

    /// Whoever follows joins within moments, unless it counts on a data connection that has ended here.
    private mutating func judgeLearner(_ link: Link) {
        guard peers[link.index].learner.connection == nil else {
            peers[link.index].followsInVainSince = nil
            return
        }
        let since = peers[link.index].followsInVainSince ?? now
        peers[link.index].followsInVainSince = since
        guard now.since(since) >= timing.silence else { return }
        reject(link.number, .notLearner, "member \(peers[link.index].id) has no data connection to its leader")
    }

    mutating func beat() {
        guard hearsQuorum else { return look(.quorumLost, delay: random.upTo(timing.silence)) }
        if role == .leaderSync, now.since(leadership.movedAt) >= timing.initLimit {
            return look(.synchronizationStalled, delay: random.upTo(timing.silence))
        }
        for index in peers.indices {
            let learner = peers[index].learner
            guard learner.phase == .streaming || learner.phase == .waitingStart, let connection = learner.connection,
                now.since(learner.movedAt) >= timing.initLimit
            else { continue }
            forgetLearner(index)
            drop(connection, "its synchronization has not moved for the time of initLimit")
        }
        leadership.nextHeartbeat = now.advanced(byNanoseconds: timing.heartbeat)
        dropSilentLinks()
        startRound()
    }

    /// Step-down is liveness only; safety rests on promises and on read rounds.
    private var hearsQuorum: Bool {
        var heard = bit(my)
        for index in peers.indices where index != my && now.since(peers[index].lastFrame) < timing.silence { heard |= bit(index) }
        heard &= countable
        return quorum.commits(heard) || (role == .leaderSync && quorum.elects(heard))
    }
}
