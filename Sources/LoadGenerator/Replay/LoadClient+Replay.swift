// Clients that play the requests of a recorded session: each when it is due, in the session's order, and not before the replies
// are there that it borrows a name or a version from. Latency counts from the due instant, whatever held the request up.

internal import Statistics
internal import Workload

extension LoadClient {
    func pumpReplay(_ plan: ReplayPlan, _ run: LoadDriver, now: UInt64) {
        guard run.stage == .running || run.stage == .finishing && !run.isInterrupted else { return }
        let requests = plan.script.requests[plan.sessions[ordinal]]
        while replayNext < replayEnd, case .ready = state {
            let index = requests[replayNext]
            let operation = plan.script.trace.operations[index]
            let due = run.startedAt + plan.replay.due(operation.intended)
            guard due <= now, run.stage == .running || due <= run.endedAt else { return wakeForReplay(at: due, run) }
            guard hasRoom else { return }
            if let slot = plan.obstacle(index) { return waitInReplay(for: slot, plan) }
            replayObstacle = -1
            replayNext += 1
            if operation.kind == .close {
                requestIsOver(plan, run, now: now)
                return beginLeaving(run, now: now)
            }
            sendReplayed(index, operation, plan, intended: plan.isAsFastAsItGets ? now : due, run, now: now)
        }
    }

    private func wakeForReplay(at due: UInt64, _ run: LoadDriver) {
        guard run.stage == .running, due != replayWake else { return }
        replayWake = due
        run.wakes.add(due, client: index)
    }

    private func waitInReplay(for slot: Int32, _ plan: ReplayPlan) {
        guard replayObstacle != slot else { return }
        if replayObstacle < 0 { plan.book.accounting.waited += 1 }
        replayObstacle = slot
        plan.book.wait(for: slot, client: index)
    }

    private func sendReplayed(
        _ index: Int, _ operation: TraceOperation, _ plan: ReplayPlan, intended: UInt64, _ run: LoadDriver, now: UInt64
    ) {
        let phase = run.phase(at: intended)
        let stream = plan.stream(of: operation.kind)
        var request = InFlight(kind: .replayed, stream: stream, phase: Int16(phase), intended: intended, sent: now)
        request.detail = Int64(index)
        run.streams[Int(stream)].phases[phase].offered += 1
        run.streams[Int(stream)].phases[phase].slip?.record(now &- min(max(intended, run.unreadSince), now))
        plan.withFrame(index, filler: run.store.filler) { frame in
            let template = RequestTemplate(frame: frame, poolOffset: 0, sequenceOffset: 0, dataOffset: 0, dataCount: 0)
            send(template, request, run).store(Int32(truncatingIfNeeded: frame.count - 4), at: 0)
        }
    }

    // MARK: Replies

    func replayAnswered(
        _ request: InFlight, error: Int32, _ body: UnsafeRawBufferPointer, _ plan: ReplayPlan, _ run: LoadDriver, now: UInt64
    ) {
        let index = Int(request.detail)
        let operation = plan.script.trace.operations[index]
        var outcome = error
        var isReadable = true
        if error == 0 {
            if operation.kind == .multi {
                (outcome, isReadable) = learnFromMulti(index, operation, body, plan, run, now: now)
            } else {
                isReadable = learn(index, operation.kind, body, plan, run, now: now)
            }
        }
        if !isReadable { run.anomalies.wrongContent += 1 }
        forget(index, operation, plan, run, now: now)
        if let recorded = operation.outcome?.error {
            plan.book.compare(operation.kind, recorded: recorded, came: outcome)
        }
        // a refusal that the trace has, too, is the answer that was asked for
        finish(request, error: outcome == operation.outcome?.error ? 0 : outcome, run, now: now)
        requestIsOver(plan, run, now: now)
    }

    /// Keeps what the reply tells and a later request borrows; false if it can't be read.
    private func learn(
        _ index: Int, _ kind: TraceOperation.Kind, _ body: UnsafeRawBufferPointer, _ plan: ReplayPlan, _ run: LoadDriver,
        now: UInt64
    ) -> Bool {
        let links = plan.script.links[index]
        func fill(_ slot: Int32, _ found: ReplayBook.Slot) {
            if slot >= 0 { plan.book.fill(slot, found) { run.wakes.add(now, client: $0) } }
        }
        switch kind {
        case .create:
            guard body.count >= 4, body.count == 4 + Int(body.int32(at: 0)) else { return false }
            if links.keepsName >= 0 { fill(links.keepsName, .name(Array(body[4...]))) }
            fill(links.keepsVersion, .version(0))
        case .set, .exists:
            guard body.count == ZnodeStat.byteCount else { return false }
            fill(links.keepsVersion, .version(ZnodeStat(body, at: 0).version))
        case .get:
            guard let size = dataSize(body) else { return false }
            fill(links.keepsVersion, .version(ZnodeStat(body, at: 4 + size).version))
        case .delete, .list, .sync, .check, .multi, .close: break
        }
        return true
    }

    private func learnFromMulti(
        _ index: Int, _ operation: TraceOperation, _ body: UnsafeRawBufferPointer, _ plan: ReplayPlan, _ run: LoadDriver,
        now: UInt64
    ) -> (outcome: Int32, isReadable: Bool) {
        guard let outcome = MultiReply.outcome(of: body) else { return (0, false) }
        guard outcome == 0 else { return (outcome, true) }
        var reply = MultiReply(body)
        for part in (index + 1)..<(index + 1 + operation.parts) {
            let kind = plan.script.trace.operations[part].kind
            guard let head = reply.head(), head.type == kind.opCode, !head.isEnd, let finding = reply.finding(of: kind),
                learn(part, kind, finding, plan, run, now: now)
            else { return (0, false) }
        }
        return (0, reply.isOver())
    }

    /// What the reply did not tell nobody need wait for.
    private func forget(
        _ index: Int, _ operation: TraceOperation, _ plan: ReplayPlan, _ run: LoadDriver, now: UInt64
    ) {
        for place in index...(index + operation.parts) {
            let links = plan.script.links[place]
            for slot in [links.keepsName, links.keepsVersion] where slot >= 0 {
                plan.book.fill(slot, .failed) { run.wakes.add(now, client: $0) }
            }
        }
    }

    /// A request will have no reply.
    func replayAbandoned(_ request: InFlight, _ plan: ReplayPlan, _ run: LoadDriver) {
        let now = monotonicNanoseconds()
        let index = Int(request.detail)
        forget(index, plan.script.trace.operations[index], plan, run, now: now)
        requestIsOver(plan, run, now: now)
    }

    private func requestIsOver(_ plan: ReplayPlan, _ run: LoadDriver, now: UInt64) {
        plan.book.left -= 1
        if plan.book.left == 0 && plan.isAsFastAsItGets { run.replayIsOver(now: now) }
    }

    /// What was due and has not gone out will not any more.
    func giveUpReplay(_ run: LoadDriver, now: UInt64) {
        guard let plan = role.replay else { return }
        let requests = plan.script.requests[plan.sessions[ordinal]]
        while replayNext < replayEnd {
            let operation = plan.script.trace.operations[requests[replayNext]]
            replayNext += 1
            let due = run.startedAt + plan.replay.due(operation.intended)
            let stream = plan.stream(of: operation.kind)
            guard stream >= 0, due <= run.endedAt, !(plan.isAsFastAsItGets && run.isInterrupted) else { continue }
            let phase = run.phase(at: due)
            run.streams[Int(stream)].phases[phase].offered += 1
            run.streams[Int(stream)].phases[phase].notSent += 1
            run.streams[Int(stream)].leftUnanswered(phase: phase, intended: due, now: now)
        }
    }
}

extension LoadDriver {
    /// All of a trace that is played as fast as it gets is answered: the phase need not last any longer.
    func replayIsOver(now: UInt64) {
        guard stage == .running, currentPhase >= 0 else { return }
        phaseEnds[currentPhase] = min(phaseEnds[currentPhase], max(now, startedAt + 1))
    }
}

extension MultiReply {
    /// What became of a multi as a whole: 0, or the error of the part for which nothing was carried out; nil if it can't be read.
    static func outcome(of body: UnsafeRawBufferPointer) -> Int32? {
        guard body.count >= MultiWire.headCount else { return nil }
        guard body.int32(at: 0) == MultiWire.error, body[4] == 0 else { return 0 }
        var reply = MultiReply(body)
        while let head = reply.head(), !head.isEnd {
            guard head.type == MultiWire.error, let error = reply.number() else { return nil }
            if error != 0 { return error }
        }
        return nil
    }

    /// What a part of this kind brings back, as the body of a reply of its own.
    mutating func finding(of kind: TraceOperation.Kind) -> UnsafeRawBufferPointer? {
        switch kind {
        case .create: takeText()
        case .set: take(MultiWire.statCount)
        default: take(0)
        }
    }
}
