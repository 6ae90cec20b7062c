// The learner: joins a leader, brings its log level with the leader's, and only then takes over the epoch.

import Batch
import Rules

struct Following: Sendable {
    enum Phase: Sendable {
        /// Not connected, or not ready to say what the log holds.
        case dialing
        /// JOIN is sent.
        case joined
        /// SYNC is here; acceptedEpoch is being made durable.
        case acceptingEpoch
        case truncating
        case installing
        /// Batches are appended as they come.
        case receiving
    }
    var phase = Phase.dialing
    var connection: ConnectionNumber?
    /// When a frame of the leader's epoch arrived last, and when the synchronization moved last.
    var heardAt = Instant(nanoseconds: 0)
    var movedAt = Instant(nanoseconds: 0)
    /// When a heartbeat came last; what else is heard says nothing of the connection that they come on.
    var heartbeatAt = Instant(nanoseconds: 0)
    /// Since when the leader has told of more than has come.
    var behindSince: Instant?
    var sync: Sync?
    var sawNewLeader = false
    /// Number of the epoch change that rule D3 waits for in this session.
    var epochsAsked: UInt64?
    var serveFrom = Zxid.zero
    /// Highest round heard of, to be echoed with acknowledgements.
    var round: UInt64 = 0
    /// What came behind SYNC while the log was not ready for it.
    var held: [Message] = []
}

extension Zab {
    mutating func follow(_ index: Int, epoch newEpoch: UInt32) {
        if role != .looking { look(.newLeaderFound, delay: timing.silence) }
        demand(newEpoch >= acceptedEpoch, "Rule E3: following an epoch below the accepted one")
        role = .followerSync
        epoch = newEpoch
        leaderIndex = index
        nextRole()
        prevote = PrevoteRound(failures: prevote.failures)
        promise?.isOpen = false
        following = Following()
        following.heardAt = now
        following.movedAt = now
        following.heartbeatAt = now
        out.append(.dial(peers[index].id, .data))
    }

    mutating func dataUp(_ link: Link) {
        guard isFollower, leaderIndex == link.index, following.connection == nil else {
            drop(link.number, "this member does not follow member \(peers[link.index].id) any more")
            return
        }
        following.connection = link.number
        following.movedAt = now
        joinWhenReady()
    }

    /// Rule V1: JOIN speaks of the durable log, so appends and truncations of an earlier role are waited for.
    mutating func joinWhenReady() {
        guard role == .followerSync, following.phase == .dialing, let connection = following.connection,
            lastDurable == lastLogged, logChange == .none
        else { return }
        following.phase = .joined
        let join = Join(
            epoch: epoch, acceptedEpoch: acceptedEpoch, history: history, ends: ends.ends.suffix(Join.maxEnds),
            isStateBad: isStateBad, needsRepair: needsRepair, applyVersion: applyVersion)
        out.append(.send(connection, .join(join)))
    }

    mutating func receiveSync(_ link: Link, _ sync: Sync) {
        guard isCurrent(link) else { return }
        guard following.phase == .joined, sync.epoch == epoch else {
            return breakStream("a SYNC of epoch \(sync.epoch) that was not asked for")
        }
        following.heardAt = now
        following.movedAt = now
        following.sync = sync
        following.phase = .acceptingEpoch
        #if QUORATE_MUTANTS
        if Mutant.isOn(.epochBeforeHistory) { persistEpochs(accepted: epoch, current: epoch, for: .learner) }
        #endif
        // Rule D1: without a promise of this epoch acceptedEpoch is made durable first; it is never counted in P(e).
        if acceptedEpoch < epoch { persistEpochs(accepted: epoch, current: currentEpoch, for: .learner) }
        if durableAccepted == epoch { beginSync() }
    }

    mutating func learnerEpochsDurable() {
        guard role == .followerSync else { return }
        if following.phase == .acceptingEpoch, durableAccepted == epoch { beginSync() }
        takeOverEpoch()
    }

    private mutating func beginSync() {
        guard let sync = following.sync else { return }
        switch sync.mode {
        case .diff:
            guard sync.from == lastLogged else { return breakStream("a DIFF from \(sync.from), log ends at \(lastLogged)") }
            receiveHeld()
        case .truncateDiff:
            guard sync.truncateTo < lastLogged, sync.from == sync.truncateTo else {
                return breakStream("a TRUNC to \(sync.truncateTo), log ends at \(lastLogged)")
            }
            truncate(to: sync.truncateTo)
        case .snapshot:
            guard let start = sync.start, sync.from >= start.zxid else { return breakStream("a SNAP without its start") }
            if sync.truncateTo != .zero, sync.truncateTo < lastLogged {
                truncate(to: sync.truncateTo)
            } else {
                install(start, keepLog: sync.truncateTo != .zero)
            }
        }
    }

    /// Rule L3: never below what is known committed, which is where the leader's own history must begin to differ at the
    /// earliest.
    private mutating func truncate(to zxid: Zxid) {
        guard zxid >= commit, zxid >= applied else {
            // Rule P4: memory is the log up to applied, so there is no way back below it.
            return halt(.impossible, ahead("truncation to \(zxid) is asked"))
        }
        following.phase = .truncating
        lastLogged = zxid
        #if QUORATE_MUTANTS
        if !Mutant.isOn(.takesOldCompletions) { lastDurable = min(lastDurable, zxid) }
        #else
        lastDurable = min(lastDurable, zxid)
        #endif
        ends.truncate(to: zxid)
        recent.removeAll()
        while configurations.count > 1, configuration.zxid > zxid { configurations.removeLast() }
        settleCountable()
        // Rule P6: whatever earlier appends still complete, they are not in this log any more.
        logRole = roleNumber
        logChange = .truncating(to: zxid, role: roleNumber)
        out.append(.truncate(to: zxid, role: roleNumber))
    }

    /// No fault that the protocol bears leads here: a quorum has lost what it had acknowledged.
    private func ahead(_ asked: String) -> String {
        "Rule L3: \(asked), but \(max(commit, applied)) is committed: the other members have lost acknowledged writes that this one "
            + "holds; keep a copy of its dataDir before it is emptied or any member is replaced"
    }

    mutating func logTruncated(to zxid: Zxid, role asked: RoleNumber) {
        guard logChange == .truncating(to: zxid, role: asked) else {
            counters.staleInputs += 1
            return
        }
        logChange = .none
        if asked == roleNumber, following.phase == .truncating {
            if let start = following.sync?.start { install(start, keepLog: true) } else { receiveHeld() }
        }
        logSettled()
    }

    private mutating func install(_ start: Start, keepLog: Bool) {
        guard let connection = following.connection else { return }
        if !keepLog, !isStateBad, !needsRepair, start.zxid < max(commit, applied) {
            return halt(.impossible, ahead("a snapshot at \(start.zxid) is sent"))
        }
        following.phase = .installing
        logChange = .installing(start, keepLog: keepLog, role: roleNumber)
        out.append(.beginSnapshotReceive(connection, start, role: roleNumber, keepLog: keepLog))
    }

    mutating func snapshotInstalled(_ zxid: Zxid, role asked: RoleNumber, configurations records: [ConfigurationRecord]) {
        guard case .installing(let start, let keepLog, let role) = logChange, role == asked, start.zxid == zxid else {
            counters.staleInputs += 1
            return
        }
        logChange = .none
        guard let newest = records.last, newest.configuration.hasSameRules(as: configuration.configuration) else {
            let theirs = records.last?.configuration.text ?? "none"
            return halt(
                .impossible,
                "Rule G8: the snapshot at \(zxid) has other voters or quorums (\(theirs)) than this member's file "
                    + "(\(configuration.configuration.text))")
        }
        isStateBad = false
        newestStart = start
        // A log that stayed may hold configurations behind the snapshot; the older ones are the snapshot's word now.
        configurations = records + (keepLog ? configurations.filter { $0.zxid > newest.zxid } : [])
        if !keepLog {
            // Rules E6, V2: what the replaced log reached may have been acknowledged; until rule D3 this member says so and does
            // not lead.
            let reached = max(lastLogged, bound?.last ?? .zero)
            if reached > zxid {
                needsRepair = true
                bound = max(bound ?? .none, History(epoch: currentEpoch, last: reached))
            }
            lastLogged = zxid
            lastDurable = zxid
            logStart = zxid
            ends = EpochEnds([EpochEnd(epoch: zxid.epoch, last: zxid)])
            recent.removeAll()
            logRole = asked
        }
        // A start is made of applied state: it is committed, and it is the state now (rule P4).
        commit = max(commit, zxid)
        told = max(told, commit)
        released = zxid
        applied = zxid
        digests.forgetOwn()
        settleCountable()
        settleConfigurations()
        if asked == roleNumber, following.phase == .installing { receiveHeld() }
        logSettled()
    }

    mutating func snapshotFailed(role asked: RoleNumber, reason: String) {
        guard case .installing(_, _, let role) = logChange, role == asked else {
            counters.staleInputs += 1
            return
        }
        logChange = .none
        if asked == roleNumber, following.phase == .installing { breakStream("the snapshot could not be installed: \(reason)") }
        logSettled()
    }

    /// The durable log is one thing again: what waited for that goes on.
    mutating func logSettled() {
        guard logChange == .none, !isHalted else { return }
        answerDeferred()
        joinWhenReady()
    }

    private mutating func receiveHeld() {
        following.phase = .receiving
        following.movedAt = now
        let held = following.held
        following.held = []
        guard let connection = following.connection else { return }
        let asked = roleNumber
        for message in held where asked == roleNumber { receive(connection, message) }
    }

    /// Rule L4: only the connection of this session counts.
    mutating func isCurrent(_ link: Link) -> Bool {
        if isFollower, following.connection == link.number {
            demand(link.index == leaderIndex, "Rule L4: the connection of this session is not one to its leader")
            return true
        }
        counters.staleInputs += 1
        return false
    }

    mutating func breakStream(_ reason: String) {
        counters.streamsBroken += 1
        out.append(.warning("the stream of leader \(leader ?? 0) is broken: \(reason)"))
        look(.synchronizationFailed, delay: timing.silence + random.upTo(timing.silence))
    }

    mutating func lostDataConnection() {
        let index = leaderIndex
        following.connection = nil
        look(.dataConnectionLost, delay: timing.silence + random.upTo(timing.silence))
        prevote.lostLeader = index
    }

    mutating func leaveLeader() {
        if case .installing(_, _, let role) = logChange, role == roleNumber { out.append(.abortSnapshotReceive(role: role)) }
        if let connection = following.connection {
            drop(connection, "this member has left its leader")
        } else if let leader {
            out.append(.cancelDial(leader, .data))
        }
        following = Following()
    }
}
