// Clients that go through a list of operations, in closed loop or at due instants; producers among them.

internal import Statistics

extension LoadClient {
    /// Sends from the role's list: first what is overdue, then, in a closed loop, until the window is full.
    @inline(__always) func pumpCycle(_ run: LoadDriver, now: UInt64) {
        if role.isOpenLoop {
            while !waiting.isEmpty && hasRoom {
                let intended = waiting.popFirst()!
                noteSlip(since: max(intended, run.unreadSince), intended: intended, run, now: now)
                sendNext(run, intended: intended, now: now)
            }
            return
        }
        if let think = role.think { return pumpThinking(think, run, now: now) }
        guard role.isActive, run.stage == .running else { return }
        fillWindow(run, now: now)
    }

    @inline(__always) func fillWindow(_ run: LoadDriver, now: UInt64) {
        var skipped = 0
        while hasRoom && !isHeldBack && skipped <= role.operations.count {
            skipped = sendNext(run, intended: now, now: now) ? 0 : skipped + 1
        }
    }

    /// A request of an open-loop role is due now.
    @inline(__always) func due(at intended: UInt64, _ run: LoadDriver, now: UInt64) {
        let upcoming = role.operation(at: nextNumber &+ UInt64(waiting.count), salt: salt)
        let stream = run.streams[Int(role.operations[upcoming].stream)]
        stream.phases[run.currentPhase].offered += 1
        guard case .ready = state, waiting.isEmpty, hasRoom, isAtRest else {
            waiting.append(intended)
            return
        }
        noteSlip(since: intended, intended: intended, run, now: now)
        if role.lock != nil { return beginRound(run, intended: intended, now: now) }
        sendNext(run, intended: intended, now: now)
    }

    /// The request about to be sent could have gone out at `since`: what has passed since then is the generator's own delay.
    @inline(__always) func noteSlip(since: UInt64, intended: UInt64, _ run: LoadDriver, now: UInt64) {
        let stream = run.streams[Int(role.operations[step].stream)]
        stream.phases[run.phase(at: intended)].slip?.record(now &- min(since, now))
    }

    /// Sends the next operation of the list; false if it has nothing to do at the moment.
    @inline(__always) @discardableResult func sendNext(_ run: LoadDriver, intended: UInt64, now: UInt64) -> Bool {
        let phase = role.isOpenLoop ? run.phase(at: intended) : run.currentPhase
        let index = nextOperation(run, phase: phase)
        let operation = role.operations[index]
        var request = InFlight(kind: operation.kind, stream: operation.stream, phase: Int16(phase), intended: intended, sent: now)
        switch operation.kind {
        case .set:
            let template = operation.template(&random)
            let znode = operation.znode(&random)
            request.detail = Int64(template.dataCount)
            request.place = Int32(truncatingIfNeeded: operation.firstZnode + Int(znode))
            let place = send(template, request, run)
            if template.poolOffset > 0 { place.storeDigits(znode, width: poolDigits, at: template.poolOffset) }
        case .enqueue:
            if !sendEnqueue(operation, request, run) { return false }
        case .publish:
            if !sendPublish(operation, request, run) { return false }
        case .create:
            sendCreate(operation, at: index, request, run)
        case .delete:
            if !sendDelete(operation, request, run) {
                // in an open loop the instant is spent all the same: nothing was there to delete
                nextStep()
                return role.isOpenLoop ? sendNext(run, intended: intended, now: now) : false
            }
        case .multi:
            sendMulti(operation, request, run)
        default:
            let template = operation.templates[0]
            let znode = template.poolOffset > 0 ? operation.znode(&random) : 0
            request.place = Int32(truncatingIfNeeded: operation.firstZnode + Int(znode))
            if operation.hasKnownData { request.detail = knownData }
            let place = send(template, request, run)
            if template.poolOffset > 0 { place.storeDigits(znode, width: poolDigits, at: template.poolOffset) }
        }
        if !role.isOpenLoop { run.streams[Int(operation.stream)].phases[phase].offered += 1 }
        nextStep()
        return true
    }

    @inline(__always) private func nextStep() {
        nextNumber &+= 1
        step = role.operation(at: nextNumber, salt: salt)
    }

    @inline(__always) private func sendEnqueue(_ operation: PlannedOperation, _ request: InFlight, _ run: LoadDriver) -> Bool {
        let producer = role.firstProducer + ordinal
        let queue = Int((UInt64(ordinal) &+ createdCount) % operation.poolCount)
        let ledgerQueue = operation.firstQueue + queue
        if !role.isOpenLoop && run.ledger.backlog[ledgerQueue] >= operation.maxBacklog {
            holdBack(run)
            return false
        }
        let sequence = run.ledger.enqueue(producer: producer, queue: ledgerQueue)
        let (place, template) = sendNumbered(operation, to: UInt64(queue), sequence: sequence, request, run)
        let stamp = ItemStamp(
            run: run.ledger.run, producer: Int32(truncatingIfNeeded: producer), queue: Int32(truncatingIfNeeded: ledgerQueue),
            phase: Int32(request.phase), sequence: UInt64(sequence), intended: request.intended)
        if let plan = role.scheduling {
            fillTask(place, template, stamp, plan, run)
        } else {
            stamp.write(to: place + template.dataOffset)
        }
        return true
    }

    @inline(__always)
    func enqueued(_ request: InFlight, error: Int32, _ body: UnsafeRawBufferPointer, _ run: LoadDriver, now: UInt64) {
        let producer = role.firstProducer + ordinal
        if error == 0 {
            let template = role.operations[0].templates[0]
            // A scheduled task's name depends on its priority and delay, which are not kept.
            let isNamed =
                role.scheduling != nil || template.isNamed(body, pool: UInt64(request.place), number: 0, isSequential: true)
            if isNamed, body.count >= 14, let number = sequenceNumber(body, from: 4, to: body.count) {
                run.ledger.acknowledged(producer: producer, sequence: request.detail, number: number, zxid: replyZxid)
            } else {
                run.ledger.acknowledged(producer: producer, sequence: request.detail, number: -1, zxid: replyZxid)
                run.anomalies.wrongContent += 1
            }
        } else {
            run.ledger.refused(producer: producer, sequence: request.detail)
        }
        finish(request, error: error, run, now: now)
    }
}

/// Digits of a znode's number in its pool.
let poolDigits = 7
