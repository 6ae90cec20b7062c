// One turn of the loop, in the order of the road of one write: peers and completions first, then clients; seal and step the core;
// peers get the batch; what became durable and committed is applied; clients are answered. The process calls the phases, with its
// socket work between.

package import Batch
import Journal
import Jute
import Rules
import StateMachine
import Zab

extension Node {
    /// A turn begins: `now` is the one clock read of its first half, `wallTime` milliseconds since 1970. `late`: by how much the
    /// loop woke after the deadline it had been given.
    package func beginTurn(now: Instant, wallTime: Int64, lateByNanoseconds late: UInt64) {
        precondition(self.now <= now, "time went backwards")
        self.now = now
        clockWallTime = wallTime
        #if QUORATE_MUTANTS
        if Mutant.isOn(.judgesBeforeReading), zab.nextDeadline <= now { step(.tick) }
        #endif
        guard late > settings.timing.heartbeat else { return }
        counters.lateTurns += 1
        step(.lateBy(nanoseconds: late))
        // Rule S5: the loop's own lateness is nobody's silence.
        #if QUORATE_MUTANTS
        if Mutant.isOn(.blamesOwnLateness) { return }
        #endif
        expiry.moveAll(byNanoseconds: late, now: now)
    }

    /// Second phase, after all ready sockets were read: deadlines are judged, what has gathered is sealed or forwarded, streams
    /// move on.
    package func sealTurn() {
        guard !isHalted else { return }
        if zab.nextDeadline <= now { step(.tick) }
        releaseHeldCommits()
        expireSessions()
        closeSessionless()
        if isLeading { propose() } else if role == .following { forward() }
        advanceHandover()
        askReadIndexes()
        pumpStreams()
        continueSnapshots()
        announceCommit()
        retryDials()
        closeSilentLinks()
        gatheredAtSeal = gatherer.totalCount
    }

    /// Third phase, after peers were flushed and completions taken in: apply and answer.
    package func applyTurn(now: Instant) {
        self.now = max(self.now, now)
        guard !isHalted else { return }
        applyCommitted(budget: settings.applyBudget)
        if stateMachine.applied != lastAppliedTold, loading == nil {
            lastAppliedTold = stateMachine.applied
            step(.applied(lastAppliedTold))
            tellDigests()
            releaseReads()
        }
        continueWatchWork()
        scrubIfDue()
        advanceSnapshot()
        noteServing()
        settleBetween()
        judgeSuspension()
        resumeClients()
        resumePeers()
        // The own disk may have made the quorum in this turn's second half: nobody waits for the next turn to hear of it.
        announceCommit()
    }

    /// Rule A3: digests noted since the last report.
    private func tellDigests() {
        guard let newest = stateMachine.digestPoints.newest, newest.zxid > lastDigestTold else { return }
        let fresh = stateMachine.digestPoints.points.filter { $0.zxid > lastDigestTold }
        lastDigestTold = newest.zxid
        step(.digests(fresh.map { DigestPair(zxid: $0.zxid, digest: $0.digest) }))
    }

    /// Answers of this turn were offered to their sockets.
    package func endTurn(now: Instant) {
        stages.noteFlushed(now: now)
        // A list of very many children may have made it as large as `maxReply`; few turns have such an answer.
        if replyScratch.capacity > Node.scratchKept {
            replyScratch.removeAll()
            replyScratch.shrink(to: Node.scratchKept)
        }
        if frameScratch.capacity > Node.scratchKept {
            frameScratch.removeAll()
            frameScratch.shrink(to: Node.scratchKept)
        }
    }

    private static let scratchKept = 1 << 20

    /// When this node wants to turn again even if nothing happens.
    package func nextDeadline() -> Instant {
        var deadline = zab.nextDeadline
        if isLeading, isServing, !isHandingOver, let due = expiry.nextDeadline() { deadline = min(deadline, due) }
        for dial in dials where dial.isDue { deadline = min(deadline, dial.nextAttempt) }
        if let due = nextSnapshotPiece { deadline = min(deadline, due) }
        if let due = handoverDeadline { deadline = min(deadline, due) }
        if let held = heldCommits.first { deadline = min(deadline, held.at) }
        if let due = nextSessionlessDeadline { deadline = min(deadline, due) }
        if isSuspended, clients.count > 0, !isServing, suspensionEnd > now { deadline = min(deadline, suspensionEnd) }
        // What the second half of a turn gathered (a parked write, the node's own record) waits for no heartbeat.
        if gatherer.totalCount > gatheredAtSeal { deadline = now }
        // What holds it back besides, room in flight or a flush, ends with news of its own.
        if let due = lingersUntil, due > now { deadline = min(deadline, due) }
        if let next = snapshot.nextStep { deadline = min(deadline, next) }
        if hasWorkLeft || hasWatchWork { deadline = now }
        return deadline
    }

    /// The process ends: clients are cut off, their sessions stay; the log is sealed by whoever stops the journal.
    package func stop() {
        clients.forEach { close($0, "the server stops") }
        for link in links { closePeer(link.id, "the server stops") }
    }

    // MARK: the core's outputs

    func step(_ input: Input) {
        var outs: [Output] = []
        swap(&outs, &zabOutputs)
        outs.removeAll(keepingCapacity: true)
        zab.step(input, now: now, outputs: &outs)
        for output in outs { carry(output) }
        swap(&outs, &zabOutputs)
    }

    private func carry(_ output: Output) {
        switch output {
        case .send(let connection, let message): send(connection, message)
        case .closeConnection(let connection, let reason): closePeer(connection.rawValue, reason)
        case .dial(let member, let channel): wishFor(member, channel)
        case .cancelDial(let member, let channel): cancelDial(member, channel)
        case .assigned, .notAssigned: preconditionFailure("numbers were assigned that nobody asked for")
        case .append(let batch, let role): append(batch, role)
        case .persistEpochs(let seq, let accepted, let current):
            outputs.append(.journal(.persistEpochs(sequence: seq, accepted: accepted, current: current)))
        case .truncate(let zxid, let role): truncate(to: zxid, role)
        case .startStream(let connection, let from, let start, let limit): startStream(connection, from, start, limit)
        case .unlimitStream(let connection): limitStream(connection, nil)
        case .limitStream(let connection, let zxid): limitStream(connection, zxid)
        case .stopStream(let connection): stopStream(connection)
        case .needSnapshot: beginSnapshot()
        case .beginSnapshotReceive(let connection, let start, let role, let keepLog):
            beginSnapshotReceive(connection, start, role, keepLog: keepLog)
        case .abortSnapshotReceive(let role): abortSnapshotReceive(role)
        case .committed(let zxid): committed(through: zxid)
        case .announceCommit(let zxid): commitToAnnounce = zxid
        case .roleChanged(let number): (roleNumber, stages.reign) = (number, UInt64(number))
        case .becameLooking(let cause): becameLooking(cause)
        case .becameCandidate: role = .candidate
        case .becameLeader(let epoch): becameLeader(epoch)
        case .becameFollower(let member, let epoch): becameFollower(member, epoch)
        case .needFounding(let configuration): proposeFounding(configuration)
        case .needConfiguration(let configuration): proposeConfiguration(configuration)
        case .foundingCommitted(let cluster): outputs.append(.journal(.bind(clusterID: cluster)))
        case .configurationCommitted(let zxid): outputs.append(.journal(.recordCommit(zxid)))
        case .handoverFailed(let reason): handoverFailed(reason)
        case .readReady(let id, let zxid): readReady(id, zxid)
        case .readFailed(let id): readFailed(id)
        case .markStateBad: outputs.append(.journal(.markStateBad))
        case .halt(let code, let reason): halt(code.rawValue, reason)
        case .alarm(let text): alarm(text)
        case .log(let text): outputs.append(.log(text))
        case .warning(let text): outputs.append(.warning(text))
        }
    }

    /// Rule F1: nothing is done or sent any more; the process ends.
    func halt(_ code: Int32, _ reason: String) {
        isHalted = true
        outputs.append(.halt(code, reason))
    }

    private func append(_ batch: SealedBatch, _ role: RoleNumber) {
        outputs.append(.journal(.append(batch, committedUpTo: zab.commit, role: role)))
        backlog.append(batch)
        ring.append(batch)
        snapshot.bytesSince += batch.byteCount
        counters.batchesAppended += 1
        wallTime = max(wallTime, batch.header.wallTime)
        logTime = batch.header.logTime
        if self.role != .leading { stages.noteAppended(batch, gatheredFor: 0, isLeader: false, now: now) }
        if batch.header.isConfiguration { noteConfiguration(batch) }
    }

    private func truncate(to zxid: Zxid, _ role: RoleNumber) {
        // Rule P4: what is applied never goes; the core halts before it asks for that.
        demand(zxid >= stateMachine.applied, "Rule P4: a truncation to \(zxid) would undo what is applied")
        outputs.append(.journal(.truncate(to: zxid, role: role)))
        voidBacklogStream()
        backlog.truncate(to: zxid)
        ring.truncate(to: zxid)
        stages.forgetMarks()
    }

    private func committed(through zxid: Zxid) {
        stages.noteCommitted(zxid, isLeader: isLeading, now: now)
        if settings.faults.commitDelayNanoseconds > 0 {
            heldCommits.append((now.advanced(byNanoseconds: settings.faults.commitDelayNanoseconds), zxid))
        } else {
            applicable = max(applicable, zxid)
        }
    }

    private func releaseHeldCommits() {
        while let held = heldCommits.first, held.at <= now {
            applicable = max(applicable, held.zxid)
            heldCommits.removeFirst()
        }
    }

    private func alarm(_ text: String) {
        snapshot.isForbidden = true
        outputs.append(.warning("alarm: " + text))
    }

    // MARK: roles

    private func becameLooking(_ cause: LookingCause) {
        if role == .leading || role == .following || role == .leaderSync || role == .followerSync {
            if keepsRequests { beginBetween() } else { loseLeader(cause.text) }
        }
        handover.phase = .none
        role = .looking
        leader = nil
        lookingCause = cause
    }

    private func becameLeader(_ epoch: UInt32) {
        role = .leading
        lookingCause = nil
        (leader, leadingSince, reignEpoch) = (settings.serverID, now, epoch)
        wallTime = max(wallTime, clockWallTime)
        logTimeTakenAt = now
        if !handover.isBetween { gatherer.removeAll() }
        // Rule S4: every session begins anew under a new leader; the state says which there are.
        expiry.restart(now: now)
        stateMachine.forEachSession { id, timeout, _, _ in
            #if QUORATE_MUTANTS
            if Mutant.isOn(.noFullTimeout) { return expiry.add(id, timeoutMs: 1, now: now) }
            #endif
            expiry.add(id, timeoutMs: timeout, now: now)
        }
        demand(expiry.count == stateMachine.sessionCount, "Rule S4: a session without its time-out under a new leader")
    }

    private func becameFollower(_ member: MemberID, _ epoch: UInt32) {
        role = .following
        lookingCause = nil
        (leader, reignEpoch) = (member, epoch)
        if !handover.isBetween { gatherer.removeAll() }
        forwarded = Credit()
        #if QUORATE_MUTANTS
        if Mutant.isOn(.sendsAgain) { gatherAgain() }
        #endif
    }

    /// Whoever waits for an answer that may never come is told so by losing the connection; nothing is sent a second time.
    private func loseLeader(_ cause: String) {
        isSuspended = true
        suspendedSince = now
        creditFromLeader = Credit()
        forwarded = Credit()
        dropRequests("the leader was lost (\(cause))")
        failReads()
    }

    private var suspensionEnd: Instant { suspendedSince.advanced(byNanoseconds: 2 * settings.timing.silence) }

    /// Connections without unanswered requests stay open, unread, for twice the silence time-out; then they are closed.
    private func judgeSuspension() {
        if isServing {
            isSuspended = false
        } else if !isSuspended {
            isSuspended = true
            suspendedSince = now
        } else if now >= suspensionEnd {
            giveUpBetween()
            clients.forEach { client in
                if client.phase != .fresh, client.phase != .closing { close(client, "this server is in no quorum") }
            }
        }
    }

    private func noteServing() {
        let serves = isServing
        guard serves != wasServing else {
            // Most members are bound within milliseconds of a founding: worth a line is what stays.
            let isTold = unboundTold != 0 || now.since(servingSince) >= Node.bindingPatience
            if serves, zab.unbound != unboundTold, isTold { outputs.append(.log(unboundLine())) }
            if !serves { noteWaiting() }
            return
        }
        wasServing = serves
        guard serves else {
            (waitingSince, isWaitTold) = (now, false)
            outputs.append(.stoppedServing("not serving: \(lookingCause?.text ?? "it is brought level with a new leader")"))
            return
        }
        // Rule L6: what the core takes for applied, the members' answers come from.
        demand(stateMachine.applied >= zab.applied, "Rule L6: serving at \(stateMachine.applied), before \(zab.applied)")
        unboundTold = 0
        servingSince = now
        outputs.append(.serving(servingLine))
    }

    private static let bindingPatience: UInt64 = 1_000_000_000
    private static let waitingPatience: UInt64 = 3_000_000_000

    /// Who is waited for, once each time.
    private func noteWaiting() {
        guard !isWaitTold, now.since(waitingSince) >= Node.waitingPatience else { return }
        isWaitTold = true
        let others = zab.configuration.configuration.members.map(\.id).filter { $0 != settings.serverID }
        let missing = others.filter { id in !links.contains { $0.isUp && $0.member == id && $0.channel == .election } }
        let names = missing.map(String.init).joined(separator: ", ")
        let obstacles = zab.electionObstacles
        let reason =
            !missing.isEmpty
            ? ": no connection to member \(names)"
            : obstacles.isEmpty ? ", with every member connected" : ": " + obstacles.joined(separator: "; ")
        outputs.append(.log("still not serving" + reason))
    }

    /// Members that nobody counts in an election yet: the ensemble survives fewer failures than its size promises.
    private func unboundLine() -> String {
        unboundTold = zab.unbound
        let members = zab.unboundMembers.map(String.init).joined(separator: ", ")
        return members.isEmpty ? "every member is bound" : "not bound yet and counted in no election: member \(members)"
    }

    private var servingLine: String {
        let configuration = zab.configuration.configuration
        let quorum = configuration.quorum
        let survived = min(quorum.toleratedWhileLeading, quorum.toleratedAtElection)
        let learner = zab.isObserver ? "observer" : "follower"
        let title = settings.isStandalone ? "standalone" : isLeading ? "leader" : "\(learner) of \(leader ?? 0)"
        return "serving as \(title), epoch \(zab.epoch), member \(settings.serverID) of \(configuration.count), "
            + "copies at acknowledgement \(quorum.commitCopies), votes to elect \(quorum.electVotes), "
            + "failures survived \(survived)"
    }
}
