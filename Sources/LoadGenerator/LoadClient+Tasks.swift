// Clients that put tasks with priorities and delays into queues, and clients that take them out: list the queue, take some of
// those that are due in the order of priority and number, and list again. The delete decides who has a task, as with plain items.

internal import Statistics
internal import Workload

extension LoadClient {
    /// Writes priority and due instant into the name, and the due instant into the stamp: a task counts from then on.
    func fillTask(
        _ frame: UnsafeMutableRawPointer, _ template: RequestTemplate, _ stamp: ItemStamp, _ plan: SchedulePlan, _ run: LoadDriver
    ) {
        let priority = plan.priorities[Int(random.below(UInt64(plan.priorities.count)))]
        let delay = plan.delays[Int(random.below(UInt64(plan.delays.count)))]
        var stamp = stamp
        stamp.intended += delay
        stamp.write(to: frame + template.dataOffset)
        let due = delay == 0 ? 0 : run.wallMicroseconds(at: stamp.intended + 999)
        fillName(frame, template, ListedTask(priority: Int32(priority), number: 0, due: due))
    }

    private func fillName(_ frame: UnsafeMutableRawPointer, _ template: RequestTemplate, _ task: ListedTask) {
        let sequence = template.sequenceOffset
        frame.storeDigits(UInt64(task.due), width: TaskName.dueDigits, at: sequence - TaskName.dueOffset)
        frame.storeDigits(UInt64(task.priority), width: TaskName.priorityDigits, at: sequence - TaskName.priorityOffset)
    }

    func pumpTasks(_ plan: TaskPlan, _ run: LoadDriver, now: UInt64) {
        guard role.isActive || run.stage != .running else { return }
        let clock = run.wallMicroseconds(at: now)
        for turn in 0..<taskLanes.count {
            let lane = (laneTurn + turn) % taskLanes.count
            taskLanes[lane].delayIsOver(clock: clock)
            while matcher.unanswered + 2 <= role.window, output.pending.count < Self.outputMax,
                let task = taskLanes[lane].popNext()
            {
                take(task, lane: lane, plan, run, now: now)
            }
            guard matcher.unanswered < role.window + 4 else { continue }
            let (list, watch) = taskLanes[lane].wantsList()
            if list {
                _ = askQueue(
                    .taskList, watch ? plan.listAndWatch : plan.list, plan.listStream, lane: lane, task: nil, run, now: now)
                taskLanes[lane].listSent(watch: watch)
            }
        }
        laneTurn = (laneTurn + 1) % taskLanes.count
        if run.stage == .draining { pumpDrain(run, isIdle: areTasksTaken, now: now) }
    }

    /// True if the client waits for nothing but events that would tell of more.
    var areTasksTaken: Bool { taskLanes.allSatisfy { $0.isIdle && $0.isEmpty } }

    private func take(_ task: ListedTask, lane: Int, _ plan: TaskPlan, _ run: LoadDriver, now: UInt64) {
        _ = askQueue(.taskGet, plan.get, plan.getStream, lane: lane, task: task, run, now: now)
        _ = askQueue(.taskDelete, plan.delete, plan.takeStream, lane: lane, task: task, run, now: now)
    }

    private func askQueue(
        _ kind: RequestKind, _ template: RequestTemplate, _ stream: Int16, lane: Int, task: ListedTask?, _ run: LoadDriver,
        now: UInt64
    ) -> UnsafeMutableRawPointer {
        let phase = Int16(run.latestPhase)
        var request = InFlight(kind: kind, stream: stream, phase: phase, intended: now, sent: now)
        request.place = Int32(truncatingIfNeeded: lane)
        // the priority above, the number below, where a queue's item has its number too
        if let task { request.detail = Int64(task.priority) << 32 | Int64(task.number) }
        run.streams[Int(stream)].phases[Int(phase)].offered += 1
        let frame = send(template, request, run)
        if template.poolOffset > 0 {
            frame.storeDigits(UInt64(taskLanes[lane].queue), width: poolDigits, at: template.poolOffset)
        }
        if let task {
            fillName(frame, template, task)
            frame.storeDigits(UInt64(task.number), width: 10, at: template.sequenceOffset)
        }
        return frame
    }

    func taskAnswered(
        _ request: InFlight, error: Int32, _ body: UnsafeRawBufferPointer, _ plan: TaskPlan, _ run: LoadDriver, now: UInt64
    ) {
        let lane = Int(request.place)
        // as with plain items, what another worker has taken first is no answer to count
        let isGone = error == ClientError.noNode && request.kind != .taskList
        if !isGone { finish(request, error: error, run, now: now) }
        switch request.kind {
        case .taskList: tasksListed(error: error, body, lane: lane, run, now: now)
        case .taskGet:
            let number = Int32(truncatingIfNeeded: request.detail)
            taskLanes[lane].read = (number, error == 0 ? queueStamp(body, run) : nil)
            if isGone { run.ledger.missed() }
        default: if error == 0 { taskTaken(request, lane: lane, plan, run, now: now) }
        }
    }

    private func tasksListed(error: Int32, _ body: UnsafeRawBufferPointer, lane: Int, _ run: LoadDriver, now: UInt64) {
        guard error == 0, let tasks = listedTasks(body, run) else { return taskLanes[lane].listFailed() }
        let clock = run.wallMicroseconds(at: now)
        if taskLanes[lane].listed(tasks, limit: role.window / 2, clock: clock, now: now) { run.anomalies.missedWatch += 1 }
        guard taskLanes[lane].isIdle, taskLanes[lane].nextDue > 0 else { return }
        run.wakes.add(now + (taskLanes[lane].nextDue - clock) * 1_000, client: index)
    }

    private func taskTaken(_ request: InFlight, lane: Int, _ plan: TaskPlan, _ run: LoadDriver, now: UInt64) {
        let number = Int32(truncatingIfNeeded: request.detail)
        guard taskLanes[lane].read.number == number, let stamp = taskLanes[lane].read.stamp else { return }
        run.hasTaken = true
        let queue = plan.firstQueue + taskLanes[lane].queue
        guard run.ledger.taken(stamp, queue: queue, number: number) == .first else { return }
        if request.sent < stamp.intended { run.ledger.early() }
        let phase = min(Int(stamp.phase), run.workload.phases.count - 1)
        dispatched(stamp, phase: phase, as: plan.dispatchStream, run, now: now)
        let priority = Int(request.detail >> 32)
        if let stream = plan.priorityStreams.first(where: { $0.priority == priority })?.stream {
            dispatched(stamp, phase: phase, as: stream, run, now: now)
        }
    }

    private func dispatched(_ stamp: ItemStamp, phase: Int, as stream: Int16, _ run: LoadDriver, now: UInt64) {
        run.streams[Int(stream)].acknowledged(
            phase: phase, current: run.currentPhase, intended: stamp.intended, sent: stamp.intended, now: now)
    }

    /// The tasks among the children; nil if the list can't be read.
    private func listedTasks(_ body: UnsafeRawBufferPointer, _ run: LoadDriver) -> [ListedTask]? {
        var tasks: [ListedTask] = []
        var names = ChildNames(body)
        while let name = names.next() {
            let number = name.upperBound - blankSequence.utf8.count
            guard name.count == TaskName.length, let sequence = sequenceNumber(body, from: name.lowerBound, to: name.upperBound),
                let due = decimal(body, from: number - TaskName.dueOffset, count: TaskName.dueDigits),
                let priority = decimal(body, from: number - TaskName.priorityOffset, count: TaskName.priorityDigits)
            else { continue }
            tasks.append(ListedTask(priority: Int32(priority), number: sequence, due: due))
        }
        guard !names.isMalformed else {
            run.anomalies.wrongContent += 1
            return nil
        }
        return tasks
    }

    func taskWatchFired(_ path: Slice<UnsafeRawBufferPointer>, _ run: LoadDriver, now: UInt64) {
        guard let lane = taskLanes.firstIndex(where: { $0.path.elementsEqual(path) }) else {
            run.anomalies.stray += 1
            return
        }
        taskLanes[lane].watchFired()
        pump(run, now: now)
    }

    /// Lists idle queues without being told to, now and then: a watch that did not fire would stop a worker for good.
    func guardTasks(_ run: LoadDriver, now: UInt64) {
        var isAwake = false
        for lane in taskLanes.indices
        where taskLanes[lane].isIdle && now > taskLanes[lane].quietSince + Self.idleGuardNanoseconds {
            taskLanes[lane].wakeUnasked()
            isAwake = true
        }
        if isAwake { pump(run, now: now) }
    }
}

/// A number of so many digits; nil if one of them is none.
private func decimal(_ bytes: UnsafeRawBufferPointer, from start: Int, count: Int) -> UInt64? {
    var value: UInt64 = 0
    for position in start..<(start + count) {
        let digit = bytes[position]
        guard digit >= 0x30 && digit <= 0x39 else { return nil }
        value = value * 10 + UInt64(digit - 0x30)
    }
    return value
}
