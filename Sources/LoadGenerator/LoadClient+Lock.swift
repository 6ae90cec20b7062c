// Clients that go for locks with plain requests: create an ephemeral sequential znode, list the contenders; whoever is in front
// has the lock, everybody else watches the one before it. To give the lock up is to delete the znode. When the connection broke,
// the client looks for its znode by the name, so that none is left that nobody knows of.

internal import Glibc
internal import Statistics

extension LoadClient {
    func pumpLock(_ plan: LockPlan, _ run: LoadDriver, now: UInt64) {
        switch round.step {
        case .idle: beginWanted(run, now: now)
        case .holding: if now >= round.holdUntil { release(plan, run, now: now) }
        case .broken:
            round.step = .syncing
            _ = send(run.syncTemplate, InFlight(kind: .lockSync, intended: now, sent: now), run)
        default: break
        }
    }

    private func beginWanted(_ run: LoadDriver, now: UInt64) {
        if role.isOpenLoop {
            guard let intended = waiting.popFirst() else { return }
            noteSlip(since: max(intended, run.unreadSince), intended: intended, run, now: now)
            beginRound(run, intended: intended, now: now)
        } else if role.isActive, run.stage == .running {
            run.streams[Int(role.operations[0].stream)].phases[run.currentPhase].offered += 1
            beginRound(run, intended: now, now: now)
        }
    }

    /// Goes for one of the locks, chosen by chance.
    func beginRound(_ run: LoadDriver, intended: UInt64, now: UInt64) {
        guard let plan = role.lock else { return }
        round.lock = random.below(plan.count)
        round.phase = Int16(role.isOpenLoop ? run.phase(at: intended) : run.currentPhase)
        round.intended = intended
        round.begun = now
        round.isOver = false
        run.streams[Int(plan.lockStream)].phases[Int(round.phase)].sent += 1
        createContender(plan, run, now: now)
    }

    private func createContender(_ plan: LockPlan, _ run: LoadDriver, now: UInt64) {
        round.step = .creating
        round.number = -1
        let place = ask(.lockCreate, plan.create, plan.createStream, run, now: now)
        place.storeDigits(
            round.name.client, width: LockName.clientDigits,
            at: plan.create.sequenceOffset - LockName.numberOffset + LockName.clientOffset)
    }

    private func listContenders(_ plan: LockPlan, _ run: LoadDriver, now: UInt64, as step: LockRound.Step = .listing) {
        round.step = step
        _ = ask(.lockList, plan.list, plan.listStream, run, now: now)
    }

    /// The watch is left by exists: if the one in front has gone meanwhile, it stays until the session ends and never fires.
    private func watch(_ name: UnsafeRawBufferPointer, number: Int32, _ plan: LockPlan, _ run: LoadDriver, now: UInt64) {
        round.step = .checking
        round.hasFired = false
        round.watchedNumber = number
        let place = ask(.lockExists, plan.watch, plan.existsStream, run, now: now)
        let begin = plan.watch.sequenceOffset - LockName.numberOffset
        memcpy(place + begin, name.baseAddress!, LockName.length)
        if round.watchedPath.isEmpty { round.watchedPath = [UInt8](repeating: 0, count: plan.pathLength) }
        round.watchedPath.withUnsafeMutableBytes {
            $0.copyMemory(
                from: UnsafeRawBufferPointer(start: place + begin + LockName.length - plan.pathLength, count: plan.pathLength))
        }
    }

    private func remove(_ number: Int32, _ plan: LockPlan, _ run: LoadDriver, now: UInt64, as step: LockRound.Step) {
        round.step = step
        let place = ask(.lockDelete, plan.delete, plan.deleteStream, run, now: now)
        let sequence = plan.delete.sequenceOffset
        place.storeDigits(
            round.name.client, width: LockName.clientDigits, at: sequence - LockName.numberOffset + LockName.clientOffset)
        place.storeDigits(UInt64(number), width: 10, at: sequence)
    }

    private func release(_ plan: LockPlan, _ run: LoadDriver, now: UInt64) {
        run.lockLedger.released(plan.firstLock + Int(round.lock), by: index)
        round.isOver = true
        remove(round.number, plan, run, now: now, as: .releasing)
    }

    /// Sends one of the round's requests; these follow each other, so each is due when it is sent.
    private func ask(_ kind: RequestKind, _ template: RequestTemplate, _ stream: Int16, _ run: LoadDriver, now: UInt64)
        -> UnsafeMutableRawPointer
    {
        let phase = Int16(run.latestPhase)
        run.streams[Int(stream)].phases[Int(phase)].offered += 1
        let place = send(template, InFlight(kind: kind, stream: stream, phase: phase, intended: now, sent: now), run)
        if template.poolOffset > 0 { place.storeDigits(round.lock, width: poolDigits, at: template.poolOffset) }
        return place
    }

    func lockAnswered(
        _ request: InFlight, error: Int32, _ body: UnsafeRawBufferPointer, _ plan: LockPlan, _ run: LoadDriver, now: UInt64
    ) {
        if request.kind == .lockSync {
            guard error == 0 else {
                mustDrop = "the server answered a sync with \(errorName(error))"
                return
            }
            return listContenders(plan, run, now: now, as: .searching)
        }
        let mayBeGone = request.kind == .lockExists || request.kind == .lockDelete
        let isGone = mayBeGone && error == ClientError.noNode
        finish(request, error: isGone ? 0 : error, run, now: now)
        switch request.kind {
        case .lockCreate: contenderCreated(error: error, body, plan, run, now: now)
        case .lockList: contendersListed(error: error, body, plan, run, now: now)
        case .lockExists:
            if error == 0 && !round.hasFired {
                round.step = .waiting
                round.waitingSince = now
            } else {
                listContenders(plan, run, now: now)
            }
        default: contenderDeleted(error: error, plan, run, now: now)
        }
    }

    private func contenderCreated(error: Int32, _ body: UnsafeRawBufferPointer, _ plan: LockPlan, _ run: LoadDriver, now: UInt64)
    {
        guard error == 0 else { return createContender(plan, run, now: now) }
        if round.hasVanished {
            round.hasVanished = false
            run.lockLedger.accounting.vanished += 1
        }
        guard body.count >= 4, body.count == 4 + Int(body.int32(at: 0)),
            let number = sequenceNumber(body, from: 4, to: body.count)
        else {
            run.anomalies.wrongContent += 1
            return listContenders(plan, run, now: now, as: .searching)
        }
        round.number = number
        listContenders(plan, run, now: now)
    }

    private func contendersListed(error: Int32, _ body: UnsafeRawBufferPointer, _ plan: LockPlan, _ run: LoadDriver, now: UInt64)
    {
        let isSearch = round.step == .searching
        guard error == 0 else { return listContenders(plan, run, now: now, as: round.step) }
        guard let found = LockContenders(body, number: round.number, prefix: round.name.prefix) else {
            run.anomalies.wrongContent += 1
            return listContenders(plan, run, now: now, as: round.step)
        }
        if let ghost = found.ghost {
            run.lockLedger.accounting.ghosts += 1
            return remove(ghost, plan, run, now: now, as: .clearing)
        }
        if round.isOver {
            // the connection broke while the lock was held, or while it was being given up
            guard let own = found.own else { return endRound(run, now: now) }
            return remove(own, plan, run, now: now, as: .releasing)
        }
        guard let own = found.own else {
            if round.number >= 0 { round.hasVanished = true }
            return createContender(plan, run, now: now)
        }
        if isSearch && round.number < 0 { run.lockLedger.accounting.recovered += 1 }
        round.number = own
        standing(found, body, plan, run, now: now)
    }

    private func standing(
        _ found: LockContenders, _ body: UnsafeRawBufferPointer, _ plan: LockPlan, _ run: LoadDriver, now: UInt64
    ) {
        let isGuard = round.isGuard
        round.isGuard = false
        if isGuard {
            // the event of a watch comes before any reply that shows the change
            guard found.predecessor?.number != round.watchedNumber else {
                round.step = .waiting
                round.waitingSince = now
                return
            }
            run.anomalies.missedWatch += 1
        }
        guard let (number, name) = found.predecessor else { return acquired(plan, run, now: now) }
        watch(UnsafeRawBufferPointer(rebasing: body[name]), number: number, plan, run, now: now)
    }

    private func acquired(_ plan: LockPlan, _ run: LoadDriver, now: UInt64) {
        let lock = plan.firstLock + Int(round.lock)
        let isHolderSure = run.lockLedger.holder(of: lock).map { run.clients[$0].isSureOfItsSession(now: now) } ?? false
        run.lockLedger.acquired(lock, by: index, isHolderSure: isHolderSure)
        run.streams[Int(plan.lockStream)].acknowledged(
            phase: Int(round.phase), current: run.currentPhase, intended: round.intended, sent: round.begun, now: now)
        guard plan.hold > 0 else { return release(plan, run, now: now) }
        round.step = .holding
        round.holdUntil = now + plan.hold
        run.wakes.add(round.holdUntil, client: index)
    }

    /// False once the session may have expired without a word of it having arrived, as after a standstill of this process.
    private func isSureOfItsSession(now: UInt64) -> Bool {
        isReady && now <= lastHeard + UInt64(max(1, timeoutMilliseconds)) * 1_000_000 / 3 * 2
    }

    private func contenderDeleted(error: Int32, _ plan: LockPlan, _ run: LoadDriver, now: UInt64) {
        if round.step == .clearing {
            return listContenders(plan, run, now: now, as: round.number < 0 || round.isOver ? .searching : .listing)
        }
        switch error {
        case 0: endRound(run, now: now)
        case ClientError.noNode:
            round.hasVanished = true
            endRound(run, now: now)
        default: listContenders(plan, run, now: now, as: .searching)
        }
    }

    private func endRound(_ run: LoadDriver, now: UInt64) {
        round.step = .idle
        round.number = -1
        pump(run, now: now)
    }

    func lockWatchFired(_ path: Slice<UnsafeRawBufferPointer>, _ plan: LockPlan, _ run: LoadDriver, now: UInt64) {
        guard round.watchFired(path) else {
            run.anomalies.stray += 1
            return
        }
        if round.step == .waiting { listContenders(plan, run, now: now) }
    }

    func guardLock(_ plan: LockPlan, _ run: LoadDriver, now: UInt64) {
        guard round.step == .waiting, now > round.waitingSince + Self.idleGuardNanoseconds else { return }
        round.isGuard = true
        listContenders(plan, run, now: now)
    }

    /// The connection is gone, and with it the watch. A client that can't be sure of its lock does not hold it any more.
    func lockBroken(_ plan: LockPlan, _ run: LoadDriver) {
        guard round.step != .idle else { return }
        if round.step == .holding {
            run.lockLedger.givenUp(plan.firstLock + Int(round.lock), by: index)
            round.isOver = true
        }
        round.isGuard = false
        round.step = .broken
    }

    func lockIsOver(_ plan: LockPlan, _ run: LoadDriver, now: UInt64) {
        guard round.step != .idle else { return }
        if !round.isOver && round.step != .holding {
            run.lockLedger.accounting.unfinished += 1
            run.streams[Int(plan.lockStream)].leftUnanswered(phase: Int(round.phase), intended: round.intended, now: now)
        }
        round.step = .idle
    }
}
