// The stages of a run and the phases of its load: each is bounded in time, whatever the servers do.

internal import Workload

extension LoadDriver {
    func enter(_ next: Stage, now: UInt64) {
        stage = next
        stageSince = now
    }

    /// Looks whether the stage has reached its end or its limit.
    func advanceStage(now: UInt64) throws(LoadError) {
        switch stage {
        case .connecting: try advanceConnecting(now: now)
        case .joining: try advanceJoining(now: now)
        case .running: break
        case .finishing:
            // What was due and could not be sent is given up first, so that what is on its way still gets its answer.
            if now > stageSince + grace / 2 { dropWaiting(now: now) }
            if hasNothingInFlight || now > stageSince + grace { finishWaiting(now: now) }
        case .draining: advanceDraining(now: now)
        case .verifying: advanceVerifying(now: now)
        case .leaving:
            let allGone = clients.allSatisfy(\.isGone)
            if allGone || now > stageSince + options.leaveLimitNanoseconds { enter(.over, now: now) }
        case .over: break
        }
    }

    private var grace: UInt64 {
        isInterrupted ? min(options.graceNanoseconds, options.leaveLimitNanoseconds) : options.graceNanoseconds
    }

    private func advanceConnecting(now: UInt64) throws(LoadError) {
        if let setupFailure { throw LoadError(.setupFailed, setupFailure) }
        let ready = readyCount
        let isComplete = isLaidOutForAll(ready: ready, now: now) && ready == loadClients.count
        if isComplete {
            enter(.joining, now: now)
            for client in loadClients { client.join(self, now: now) }
            return
        }
        if sessions.opened == 0 && now > stageSince + options.connectLimitNanoseconds {
            let list = hosts.map(\.name.text).joined(separator: ", ")
            let seconds = options.connectLimitNanoseconds / 1_000_000_000
            throw LoadError(.unreachable, "no session could be opened at \(list) within \(seconds) s: \(lastTrouble)")
        }
        if isTurnedAway(now: now) { throw turnedAway(ready: ready) }
        let heard = max(stageSince, setupHeard)
        if now > heard + 3 * options.connectLimitNanoseconds { throw incompleteSetup(ready: ready) }
    }

    private func incompleteSetup(ready: Int) -> LoadError {
        if !isLaidOut {
            return LoadError(
                .setupFailed, "the znodes could not be laid out in time: \(setupPaths.count) were asked for, \(lastTrouble)")
        }
        return LoadError(.unreachable, "only \(ready) of \(loadClients.count) sessions could be opened: \(lastTrouble)")
    }

    /// Some sessions are open, no other comes, and the servers end further connections before they say anything.
    private func isTurnedAway(now: UInt64) -> Bool {
        sessions.opened > 0 && endedUnopened > 0 && now > openedAt + options.refusalLimitNanoseconds
            && now > setupHeard + options.refusalLimitNanoseconds
    }

    private func turnedAway(ready: Int) -> LoadError {
        let remedy = workload.roles.max { $0.clients < $1.clients }.map {
            ", or take fewer clients, for example --set roles.\($0.name).clients=\(max(1, $0.clients / 4))"
        }
        return LoadError(
            .unreachable,
            "only \(ready) of \(loadClients.count) sessions could be opened, and further connections are ended by the server at "
                + "once: most likely it lets in no more from one address (maxClientCnxns, 60 where nothing else is set); write "
                + "maxClientCnxns=0 into its zoo.cfg, or where quorate bench starts it give --setting maxClientCnxns=0\(remedy ?? "")"
        )
    }

    private func advanceJoining(now: UInt64) throws(LoadError) {
        let missing = loadClients.filter { !$0.hasJoined }
        if missing.isEmpty {
            if let instant = beginning(now: now) { begin(at: instant, now: now) }
            return
        }
        if now > stageSince + 3 * options.connectLimitNanoseconds {
            throw LoadError(
                .unreachable, "\(missing.count) of \(loadClients.count) sessions got no answer to a sync: \(lastTrouble)")
        }
    }

    /// The clients of the workload, without the one that sets up.
    var loadClients: ArraySlice<LoadClient> { clients.dropLast() }
    var readyCount: Int { loadClients.reduce(0) { $0 + ($1.isReady ? 1 : 0) } }

    private var hasNothingInFlight: Bool {
        loadClients.allSatisfy { client in
            client.waiting.isEmpty && (client.matcher.unanswered == 0 || client.role.drains) && client.isAtRest
        }
    }

    /// The first phase begins.
    private func begin(at instant: UInt64, now: UInt64) {
        startedAt = instant
        gaps.start(at: instant)
        let warmUp = workload.phases.prefix { !$0.isRecorded }
        func length(_ phases: some Sequence<Phase>) -> UInt64 { phases.reduce(0) { $0 + $1.nanoseconds } }
        course.start(
            at: instant, faults: workload.faults, from: length(warmUp), nanoseconds: length(workload.phases))
        quiet?.start(at: instant)
        startedWall = wallNanoseconds() - (now - instant)
        endedAt = instant
        var end = instant
        phaseEnds = workload.phases.map { phase in
            end += phase.nanoseconds
            return end
        }
        phaseCPU = [threadCPUNanoseconds()]
        enter(.running, now: now)
        enterPhase(0, at: instant, now: now)
    }

    /// The phase to which an instant belongs.
    func phase(at instant: UInt64) -> Int {
        for (phase, end) in phaseEnds.enumerated() where instant < end { return phase }
        return phaseEnds.count - 1
    }

    func advancePhases(now: UInt64) {
        while stage == .running, currentPhase >= 0, now >= phaseEnds[currentPhase] {
            leavePhase(at: phaseEnds[currentPhase], now: now)
            let next = currentPhase + 1
            if next < workload.phases.count {
                enterPhase(next, at: phaseEnds[currentPhase], now: now)
            } else {
                endPhases(at: phaseEnds[currentPhase], now: now)
            }
        }
    }

    private func enterPhase(_ phase: Int, at instant: UInt64, now: UInt64) {
        currentPhase = phase
        latestPhase = phase
        let plan = workload.phases[phase]
        isRecorded = plan.isRecorded
        settling = plan.steady.map { SteadyWatch($0) }
        settlingSince = instant
        if hasGaps(phase) { gaps.begin(phase: phase, at: instant) }
        phaseChanged?(PhaseChange(phase: plan.name, nanoseconds: instant))
        for role in roles {
            role.isActive = plan.roles.contains(role.index)
            role.course = nil
            role.schedule = role.isActive && !role.clients.isEmpty ? schedule(of: role, in: phase, from: instant) : nil
        }
        if plan.reconnects { cutConnections(phase: plan.name, now: now) }
        for client in loadClients where client.role.isActive { client.pump(self, now: now) }
    }

    private func cutConnections(phase: String, now: UInt64) {
        reconnects.append(ReconnectFigures(phase: phase))
        for client in loadClients where client.cut(self, now: now) { reconnects[reconnects.count - 1].cut += 1 }
    }

    /// Whether stretches without a write count in a phase: not where nobody writes.
    func hasGaps(_ phase: Int) -> Bool {
        let plan = workload.phases[phase]
        return plan.isRecorded && streams.contains { $0.isWrite && plan.roles.contains($0.role) }
    }

    private func schedule(of role: RolePlan, in phase: Int, from start: UInt64) -> ArrivalSchedule? {
        let scale = workload.phases[phase].rateScale
        let end = phaseEnds[phase]
        let seed = (options.seed ?? workload.seed) &+ UInt64(phase) << 32 &+ UInt64(role.index)
        switch role.arrivals {
        case .closed, .recorded: return nil
        case .rate(let perSecond): return ArrivalSchedule(start: start, end: end, perSecond: perSecond * scale)
        case .poisson(let perSecond):
            return ArrivalSchedule(start: start, end: end, poissonPerSecond: perSecond * scale, seed: seed)
        case .shaped(let shape, let isPoisson):
            var course = RateCourse(shape, scale: scale, nanoseconds: end - start)
            defer { role.course = course }
            return ArrivalSchedule(start: start, end: end, along: &course, seed: isPoisson ? seed : nil)
        }
    }

    /// An instant of the monotonic clock by the wall's, in whole microseconds; both went the same way since the load began.
    func wallMicroseconds(at instant: UInt64) -> UInt64 { (startedWall - startedAt + instant) / 1_000 }

    private func leavePhase(at instant: UInt64, now: UInt64) {
        phaseCPU.append(threadCPUNanoseconds())
        noteSteadiness(at: instant)
        let next = currentPhase + 1
        let goesOn = !isInterrupted && next < workload.phases.count && hasGaps(next)
        if hasGaps(currentPhase) && !goesOn { gaps.end(at: instant) }
        for role in roles {
            // what the schedule still held when the phase ended was due within it; one that ended early leaves the rest
            while let due = role.nextDue(), due.instant < instant {
                role.schedule!.advance()
                clients[due.client].due(at: due.instant, self, now: now)
            }
        }
    }

    private func endPhases(at instant: UInt64, now: UInt64) {
        endedAt = instant
        gaps.finish(at: instant)
        course.finish(at: instant)
        isRecorded = false
        currentPhase = -1
        latestPhase = workload.phases.count
        for role in roles { role.isActive = false }
        phaseChanged?(PhaseChange(phase: nil, nanoseconds: instant))
        enter(.finishing, now: now)
    }

    /// Replies have come, or will not come any more.
    private func finishWaiting(now: UInt64) {
        dropWaiting(now: now)
        let hasWorkers = roles.contains { $0.drains && !$0.clients.isEmpty }
        if hasWorkers && !isInterrupted {
            enter(.draining, now: now)
            for client in loadClients where client.role.drains { client.pump(self, now: now) }
        } else {
            loadIsOver(now: now)
        }
    }

    /// Requests that were due and not sent will not be sent any more.
    private func dropWaiting(now: UInt64) {
        for client in loadClients {
            client.giveUpReplay(self, now: now)
            var number = client.nextNumber
            while let due = client.waiting.popFirst() {
                let operation = client.role.operations[client.role.operation(at: number, salt: client.salt)]
                let stream = streams[Int(operation.stream)]
                stream.phases[phase(at: due)].notSent += 1
                stream.leftUnanswered(phase: phase(at: due), intended: due, now: now)
                number &+= 1
            }
        }
    }

    /// True once no enqueue is on its way any more.
    var producersAreDone: Bool {
        loadClients.allSatisfy { $0.role.drains || $0.matcher.unanswered == 0 || !$0.isReady }
    }

    private func advanceDraining(now: UInt64) {
        let workers = loadClients.filter { $0.role.drains }
        for client in workers { client.pump(self, now: now) }
        if workers.allSatisfy(\.isDrained) {
            drainedIn = now - stageSince
            loadIsOver(now: now)
        } else if now > stageSince + options.drainLimitNanoseconds {
            cutOffTakers = workers.count { !$0.isDrained && !$0.isReady }
            loadIsOver(now: now)
        }
    }

    /// Nothing of the load is awaited any more: its books are closed, then what was set is read again.
    private func loadIsOver(now: UInt64) {
        for client in loadClients {
            if let recorder { client.noteOutput(recorder, self) }
            client.recipeIsOver(self, now: now)
            client.noteSilence(self)
            for (request, isOvertaken) in client.matcher.abandon() {
                if !isOvertaken { anomalies.unanswered += 1 }
                client.abandoned(request, isLost: isOvertaken, code: ClientError.noReply, self)
                guard request.stream >= 0 else { continue }
                streams[Int(request.stream)].leftUnanswered(phase: Int(request.phase), intended: request.intended, now: now)
            }
        }
        closeSeconds(now: now)
        for stream in streams { stream.closeSecond(nextSecond) }
        guard verifiesSets, !isInterrupted else { return beginLeaving(now: now) }
        enter(.verifying, now: now)
        for (ordinal, client) in loadClients.enumerated() {
            client.beginVerifying(self, of: loadClients.count, as: ordinal, now: now)
        }
    }

    private func advanceVerifying(now: UInt64) {
        for client in loadClients { client.pump(self, now: now) }
        let isDone = loadClients.allSatisfy { $0.hasVerified(self) }
        guard isDone || now > stageSince + options.verifyLimitNanoseconds else { return }
        cutOffReaders = loadClients.count { !$0.hasVerified(self) && !$0.isReady }
        beginLeaving(now: now)
    }

    private func beginLeaving(now: UInt64) {
        for client in loadClients {
            client.verification = nil
            _ = client.matcher.abandon()
        }
        enter(.leaving, now: now)
        for client in clients { client.beginLeaving(self, now: now) }
    }

    /// Somebody asked for the end: the phase under way ends now, and what there is gets reported.
    func interrupt(now: UInt64) {
        isInterrupted = true
        guard stage == .running else {
            switch stage {
            case .draining, .finishing: loadIsOver(now: now)
            case .verifying: beginLeaving(now: now)
            default: enter(.over, now: now)
            }
            return
        }
        for phase in currentPhase..<phaseEnds.count { phaseEnds[phase] = min(phaseEnds[phase], now) }
        leavePhase(at: now, now: now)
        while phaseCPU.count <= workload.phases.count { phaseCPU.append(phaseCPU.last!) }
        endPhases(at: now, now: now)
    }
}
