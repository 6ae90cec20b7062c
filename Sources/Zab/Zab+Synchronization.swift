// The leader's side of a JOIN: one decision from the log alone, then a cursor that moves in order through everything.

import Batch
import Rules

extension Zab {
    mutating func receiveJoin(_ link: Link, _ join: Join) {
        sawEpoch(join.acceptedEpoch)
        guard isLeader, join.epoch == epoch, link.channel == .data else {
            reject(link.number, .notLeading, "member \(member) does not lead epoch \(join.epoch)")
            return
        }
        guard join.ends.last?.last ?? .zero == join.history.last else {
            reject(link.number, .protocolError, "JOIN names \(join.history.last) and another end of its newest epoch")
            drop(link.number, "a JOIN that contradicts itself")
            return
        }
        if isSetBack(link.index, join) {
            counters.setBacks += 1
            let text =
                "member \(peers[link.index].id) has acknowledged up to \(peers[link.index].vouched.zxid) in epoch \(epoch) and holds "
                + "\(join.history.last) of epoch \(join.acceptedEpoch): its directory was set back, or its disk lost what it had "
                + "flushed; give it an empty one" + (isVoter(link.index) ? replaceHint(peers[link.index].id) : "")
            out.append(.warning("Rule F8: \(text)"))
            reject(link.number, .incarnation, text)
            drop(link.number, "it holds less than it has acknowledged")
            return
        }
        if refusesStranger(link.index, on: link.number) { return }
        endReplacement(of: link.index)
        // Rule L4: one session per learner; a new connection voids the earlier one.
        if let older = peers[link.index].learner.connection, older != link.number {
            out.append(.stopStream(older))
            drop(older, "the learner has connected anew")
        }
        peers[link.index].lastFrame = now
        var learner = LearnerProgress()
        learner.connection = link.number
        learner.join = join
        learner.movedAt = now
        peers[link.index].learner = learner
        leadership.movedAt = now
        decideSync(link.index)
    }

    private func replaceHint(_ id: MemberID) -> String { " and have it replaced, on the leader's machine: quorate replace \(id)" }

    /// Rule F8: what a member has acknowledged it holds, unless it knows of damage (rule F3). Only this leader can tell, and only
    /// of what was acknowledged to itself.
    private func isSetBack(_ index: Int, _ join: Join) -> Bool {
        #if QUORATE_MUTANTS
        if Mutant.isOn(.takesSetBackMember) { return false }
        #endif
        let vouched = peers[index].vouched
        guard vouched.by == peers[index].incarnation, vouched.zxid > .zero, !join.needsRepair else { return false }
        return join.history.last < vouched.zxid || join.acceptedEpoch < epoch
    }

    mutating func decideSync(_ index: Int) {
        guard let join = peers[index].learner.join, let connection = peers[index].learner.connection else { return }
        let common = ends.commonPoint(with: join.ends)
        guard let sync = chooseSync(index, join, common: common) else {
            peers[index].learner.phase = .waitingStart
            out.append(.needSnapshot)
            return
        }
        peers[index].learner.join = nil
        peers[index].learner.phase = .streaming
        peers[index].learner.zSync = sync.zSync
        peers[index].learner.cursor = sync.from
        peers[index].learner.owesStart = sync.start != nil
        out.append(.send(connection, .sync(sync)))
        out.append(.startStream(connection, from: sync.from, start: sync.start, limit: sync.zSync))
        if sync.start == nil, sync.from == sync.zSync { sendNewLeader(index) }
        #if QUORATE_MUTANTS
        if Mutant.isOn(.newLeaderFirst), !peers[index].learner.sentNewLeader { sendNewLeader(index) }
        if Mutant.isOn(.countsAtJoin) { countAtOnce(index) }
        #endif
    }

    /// - Returns: nil if it takes a start and there is none.
    private mutating func chooseSync(_ index: Int, _ join: Join, common shared: Zxid?) -> Sync? {
        let common = shared ?? .zero
        // A full index may have left out epochs that both hold.
        let isBlind = shared == nil && join.ends.count >= Join.maxEnds
        var sync = Sync(epoch: epoch, mode: .diff, truncateTo: common, from: common, zSync: lastLogged, start: nil)
        // An observer's log holds nothing but what is committed, so that much the leader's own knowledge may lag behind it.
        if !isVoter(index) { sync.zSync = max(commit, common) }
        if join.needsRepair { counters.syncRepairs += 1 }
        if isBlind || common < logStart {
            guard let start = newestStart else { return nil }
            if join.needsRepair {
                counters.syncSnapshotDamaged += 1
            } else if shared == nil {
                counters.syncSnapshotNoCommonEpoch += 1
            } else {
                counters.syncSnapshotLogTooShort += 1
            }
            sync.mode = .snapshot
            sync.truncateTo = .zero
            sync.from = start.zxid
            sync.start = start
        } else if join.isStateBad {
            guard let start = newestStart else { return nil }
            counters.syncSnapshotStateBad += 1
            sync.mode = .snapshot
            sync.start = start
            if common < start.zxid {
                sync.truncateTo = .zero
                sync.from = start.zxid
            }
        } else if common < join.history.last {
            counters.syncTruncate += 1
            sync.mode = .truncateDiff
            #if QUORATE_MUTANTS
            if Mutant.isOn(.diffsWithoutTruncating) { sync.mode = .diff }
            #endif
        } else {
            counters.syncDiff += 1
        }
        return sync
    }

    mutating func streamMoved(_ connection: ConnectionNumber, to zxid: Zxid) {
        guard let link = link(connection), peers[link.index].learner.connection == connection else {
            counters.staleInputs += 1
            return
        }
        let index = link.index
        let learner = peers[index].learner
        // Rule L2: nothing beyond zSync goes out before NEWLEADER.
        demand(learner.sentNewLeader || zxid <= learner.zSync, "Rule L2: the stream passed zSync before NEWLEADER")
        precondition(zxid >= learner.cursor && zxid <= lastLogged, "a cursor moves forward, within the log")
        precondition(
            isVoter(index) || zxid <= max(commit, learner.zSync), "an observer is sent what is not known to be committed")
        peers[index].learner.cursor = zxid
        peers[index].learner.owesStart = false
        noteMoved(index)
        if !learner.sentNewLeader, zxid == learner.zSync { sendNewLeader(index) }
    }

    /// Rule L2: on the stream's own connection, exactly when everything up to zSync has gone out.
    private mutating func sendNewLeader(_ index: Int) {
        guard let connection = peers[index].learner.connection else { return }
        let learner = peers[index].learner
        demand(learner.cursor == learner.zSync && !learner.owesStart, "Rule L2: NEWLEADER before its content")
        peers[index].learner.sentNewLeader = true
        out.append(
            .send(
                connection,
                .newLeader(
                    NewLeader(epoch: epoch, zSync: learner.zSync, commit: commit, configurationZxid: configuration.zxid))))
        if isVoter(index) { out.append(.unlimitStream(connection)) } else { limitObserver(index) }
    }

    /// Observers are sent what is committed, and nothing else.
    mutating func limitObservers() {
        for index in peers.indices where !isVoter(index) && peers[index].learner.sentNewLeader { limitObserver(index) }
    }

    private mutating func limitObserver(_ index: Int) {
        guard let connection = peers[index].learner.connection else { return }
        out.append(.limitStream(connection, to: max(commit, peers[index].learner.zSync)))
    }

    mutating func forgetLearner(_ index: Int) {
        if let connection = peers[index].learner.connection { out.append(.stopStream(connection)) }
        peers[index].learner = LearnerProgress()
    }

    mutating func startsChanged(logStart: Zxid, newest: Start?) {
        // News of a log that a received snapshot has replaced meanwhile.
        guard logStart >= self.logStart, logStart <= lastLogged,
            newest.map({ $0.zxid >= logStart && $0.zxid <= lastLogged }) ?? true
        else {
            counters.staleInputs += 1
            return
        }
        self.logStart = logStart
        newestStart = newest
        ends.forget(before: logStart)
        guard newest != nil else { return }
        for index in peers.indices where peers[index].learner.phase == .waitingStart { decideSync(index) }
    }

    private mutating func noteMoved(_ index: Int) {
        peers[index].learner.movedAt = now
        leadership.movedAt = now
    }

    /// Bytes of a stream left.
    mutating func noteProgress(_ connection: ConnectionNumber) {
        guard let link = link(connection), peers[link.index].learner.connection == connection else { return }
        noteMoved(link.index)
    }

    /// A frame arrived that the core does not read itself.
    mutating func noteFrame(_ connection: ConnectionNumber) {
        guard let link = link(connection) else { return }
        if isLeader, peers[link.index].learner.connection == connection {
            peers[link.index].lastFrame = now
        } else if isFollower, following.connection == connection {
            following.heardAt = now
            following.movedAt = now
        }
    }
}
