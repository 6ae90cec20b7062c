// Where a client that carries out a recipe parts from one whose requests stand alone.

extension LoadClient {
    func pumpRecipe(_ run: LoadDriver, now: UInt64) {
        if let plan = role.replay { return pumpReplay(plan, run, now: now) }
        if let plan = role.lock { pumpLock(plan, run, now: now) }
        if let plan = role.subscribe { pumpSubscriber(plan, run, now: now) }
        if let plan = role.tasks { pumpTasks(plan, run, now: now) }
        if let plan = role.publish {
            pumpRetention(plan, run, now: now)
            pumpCycle(run, now: now)
        }
    }

    func recipeAnswered(_ request: InFlight, error: Int32, _ body: UnsafeRawBufferPointer, _ run: LoadDriver, now: UInt64) {
        if let plan = role.replay { return replayAnswered(request, error: error, body, plan, run, now: now) }
        if let plan = role.lock { lockAnswered(request, error: error, body, plan, run, now: now) }
        if let plan = role.publish { publisherAnswered(request, error: error, body, plan, run, now: now) }
        if let plan = role.tasks { taskAnswered(request, error: error, body, plan, run, now: now) }
        if let plan = role.subscribe { subscriberAnswered(request, error: error, body, plan, run, now: now) }
    }

    func recipeWatchFired(_ path: Slice<UnsafeRawBufferPointer>, _ run: LoadDriver, now: UInt64) {
        if let plan = role.replay {
            // what its client did then stands in the trace
            plan.book.accounting.events += 1
            return
        }
        if let plan = role.lock { return lockWatchFired(path, plan, run, now: now) }
        if role.tasks != nil { return taskWatchFired(path, run, now: now) }
        subscriberWatchFired(path, run, now: now)
    }

    /// Looks now and then whether a watch has failed to fire.
    func guardRecipe(_ run: LoadDriver, now: UInt64) {
        guard isReady, run.stage.isLoading else { return }
        if let plan = role.lock { guardLock(plan, run, now: now) }
        if !topicLanes.isEmpty { guardTopics(run, now: now) }
        if !taskLanes.isEmpty { guardTasks(run, now: now) }
    }

    /// The connection is gone.
    func recipeBroken(_ run: LoadDriver) {
        if let plan = role.lock { lockBroken(plan, run) }
        for lane in topicLanes.indices { topicLanes[lane].forgetConnection() }
        for lane in taskLanes.indices { taskLanes[lane].forget() }
    }

    /// A request of a recipe's books will have no reply.
    func recipeAbandoned(_ request: InFlight, _ run: LoadDriver) {
        if let plan = role.replay { return replayAbandoned(request, plan, run) }
        if let plan = role.publish { publisherAbandoned(request, plan, run) }
        if let plan = role.tasks {
            let queue = plan.firstQueue + taskLanes[Int(request.place)].queue
            run.ledger.takeUnseen(queue: queue, number: Int32(truncatingIfNeeded: request.detail))
        }
    }

    /// The session has expired, and its ephemeral znodes with it.
    func sessionIsGone() {
        round.sessionIsGone()
    }

    /// Nothing of the load is awaited any more.
    func recipeIsOver(_ run: LoadDriver, now: UInt64) {
        if let plan = role.lock { lockIsOver(plan, run, now: now) }
    }

    /// True if no round is under way, and nothing of a trace is left to play.
    @inline(__always) var isAtRest: Bool { round.step == .idle && replayNext == replayEnd }
}
