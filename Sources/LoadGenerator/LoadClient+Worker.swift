// Workers that take items out of queues with plain requests. A worker lists a queue once, takes all it found in order (get
// and delete of an item in one go, deletes decide), lists the next run meanwhile, and waits for a watch when there is none.

internal import Statistics
internal import Workload

extension LoadClient {
    /// A worker that hears nothing from an idle queue for so long looks for itself.
    static let idleGuardNanoseconds: UInt64 = 2_000_000_000

    func pumpWorker(_ run: LoadDriver, now: UInt64) {
        guard role.isActive || run.stage == .draining, let take = role.take else { return }
        for turn in 0..<lanes.count {
            let lane = (laneTurn + turn) % lanes.count
            pumpLane(lane, take, run, now: now)
        }
        laneTurn = (laneTurn + 1) % lanes.count
        if run.stage == .draining { pumpDrain(run, isIdle: lanes.allSatisfy(\.isIdle), now: now) }
    }

    private func pumpLane(_ lane: Int, _ take: TakePlan, _ run: LoadDriver, now: UInt64) {
        while matcher.unanswered + 2 <= role.window, output.pending.count < Self.outputMax, let number = lanes[lane].popNext() {
            sendTake(number, lane: lane, take, run, now: now)
        }
        guard matcher.unanswered < role.window + 4 else { return }
        let (list, watch) = lanes[lane].wantsList(ahead: role.window / 2)
        if list { sendList(lane: lane, watch: watch, take, run, now: now) }
    }

    private func sendTake(_ number: Int32, lane: Int, _ take: TakePlan, _ run: LoadDriver, now: UInt64) {
        let queue = UInt64(lanes[lane].queue)
        let phase = Int16(run.latestPhase)
        var request = InFlight(kind: .takeGet, stream: take.getStream, phase: phase, intended: now, sent: now)
        request.detail = Int64(number)
        request.place = Int32(truncatingIfNeeded: lane)
        fill(send(take.get, request, run), take.get, queue: queue, number: number)
        run.streams[Int(take.getStream)].phases[Int(phase)].offered += 1
        request.kind = .takeDelete
        request.stream = take.takeStream
        fill(send(take.delete, request, run), take.delete, queue: queue, number: number)
        run.streams[Int(take.takeStream)].phases[Int(phase)].offered += 1
    }

    private func sendList(lane: Int, watch: Bool, _ take: TakePlan, _ run: LoadDriver, now: UInt64) {
        let template = watch ? take.listAndWatch : take.list
        let phase = Int16(run.latestPhase)
        var request = InFlight(kind: .takeList, stream: take.listStream, phase: phase, intended: now, sent: now)
        request.place = Int32(truncatingIfNeeded: lane)
        let place = send(template, request, run)
        if template.poolOffset > 0 {
            place.storeDigits(UInt64(lanes[lane].queue), width: poolDigits, at: template.poolOffset)
        }
        run.streams[Int(take.listStream)].phases[Int(phase)].offered += 1
        lanes[lane].listSent(watch: watch)
    }

    private func fill(_ place: UnsafeMutableRawPointer, _ template: RequestTemplate, queue: UInt64, number: Int32) {
        if template.poolOffset > 0 { place.storeDigits(queue, width: poolDigits, at: template.poolOffset) }
        place.storeDigits(UInt64(number), width: 10, at: template.sequenceOffset)
    }

    func workerAnswered(_ request: InFlight, error: Int32, _ body: UnsafeRawBufferPointer, _ run: LoadDriver, now: UInt64) {
        let lane = Int(request.place)
        switch request.kind {
        case .takeList:
            finish(request, error: error, run, now: now)
            if error == 0, let numbers = itemNumbers(body, run) {
                if lanes[lane].listed(numbers, now: now) { run.anomalies.missedWatch += 1 }
            } else {
                lanes[lane].listFailed()
            }
        case .takeGet:
            lanes[lane].read = (Int32(truncatingIfNeeded: request.detail), error == 0 ? queueStamp(body, run) : nil)
            if error == ClientError.noNode { run.ledger.missed() } else { finish(request, error: error, run, now: now) }
        default:
            if error == 0 && !body.isEmpty { run.anomalies.wrongContent += 1 }
            takeAnswered(request, lane: lane, error: error, run, now: now)
        }
    }

    private func takeAnswered(_ request: InFlight, lane: Int, error: Int32, _ run: LoadDriver, now: UInt64) {
        if error == ClientError.noNode { return }
        finish(request, error: error, run, now: now)
        let number = Int32(truncatingIfNeeded: request.detail)
        guard error == 0, lanes[lane].read.number == number, let stamp = lanes[lane].read.stamp, let take = role.take else {
            return
        }
        run.hasTaken = true
        let queue = take.ledgerQueue(lanes[lane].queue)
        guard run.ledger.taken(stamp, queue: queue, number: number) == .first else { return }
        let phase = min(Int(stamp.phase), run.workload.phases.count - 1)
        run.streams[Int(take.dispatchStream)].acknowledged(
            phase: phase, current: run.currentPhase, intended: stamp.intended, sent: stamp.intended, now: now)
    }

    /// The item's stamp, if its bytes are whole.
    func queueStamp(_ body: UnsafeRawBufferPointer, _ run: LoadDriver) -> ItemStamp? {
        switch itemStamp(body, run) {
        case .whole(let stamp, let created):
            run.ledger.read(stamp, created: created)
            return stamp
        case .damaged: run.ledger.damaged()
        case .unreadable: break
        }
        return nil
    }

    /// Reads the stamp of an item or a message, and looks whether all its bytes are those that were sent.
    func itemStamp(_ body: UnsafeRawBufferPointer, _ run: LoadDriver) -> StampReading {
        guard let size = dataSize(body) else {
            run.anomalies.wrongContent += 1
            return .unreadable
        }
        let data = UnsafeRawBufferPointer(rebasing: body[4..<(4 + size)])
        let isWhole = isFiller(data, from: ItemStamp.byteCount, run)
        guard let stamp = ItemStamp(data), isWhole || stamp.run != run.ledger.run else { return .damaged }
        let stat = ZnodeStat(body, at: 4 + size)
        guard stat.isUntouched, stat.size == size, stat.created <= zxidLimit else {
            run.anomalies.wrongContent += 1
            return .whole(stamp, created: 0)
        }
        return .whole(stamp, created: stat.created)
    }

    /// Numbers of the items among the children, ascending; nil if the list can't be read.
    private func itemNumbers(_ body: UnsafeRawBufferPointer, _ run: LoadDriver) -> [Int32]? {
        guard var numbers = sequentialChildren(body, named: itemPrefix, above: -1, run) else { return nil }
        numbers.sort()
        guard zip(numbers, numbers.dropFirst()).allSatisfy({ $0 < $1 }) else {
            run.anomalies.wrongContent += 1
            return nil
        }
        return numbers
    }

    /// A watch of this session fired; which lane it belongs to stands in the event's path.
    func watchFired(_ frame: UnsafeRawBufferPointer, _ run: LoadDriver, now: UInt64) {
        guard frame.count >= 28, case let length = Int(frame.int32(at: 24)), length >= 0, frame.count == 28 + length else {
            run.anomalies.wrongContent += 1
            return
        }
        let path = frame[28...]
        if role.hasRecipe { return recipeWatchFired(path, run, now: now) }
        if let lane = lanes.firstIndex(where: { $0.path.elementsEqual(path) }) {
            lanes[lane].watchFired()
            pump(run, now: now)
        } else {
            run.anomalies.stray += 1
        }
    }

    /// Asks idle queues without being told to, now and then: a watch that did not fire would stop a worker for good.
    func guardIdleLanes(_ run: LoadDriver, now: UInt64) {
        guard isReady, role.isActive || run.stage == .draining else { return }
        var isAwake = false
        for lane in lanes.indices where lanes[lane].isIdle && now > lanes[lane].idleSince + Self.idleGuardNanoseconds {
            lanes[lane].wakeUnasked()
            isAwake = true
        }
        if isAwake { pump(run, now: now) }
    }

    /// After the last enqueue: once all lanes are idle, a sync, then one more look; idle again means empty.
    func pumpDrain(_ run: LoadDriver, isIdle: Bool, now: UInt64) {
        guard isIdle, drainStep == .working, run.producersAreDone, matcher.unanswered == 0 else { return }
        drainStep = .syncing
        _ = send(run.syncTemplate, InFlight(kind: .sync, intended: now, sent: now), run)
    }

    func drainSynced() {
        guard drainStep == .syncing else { return }
        drainStep = .confirming
        for lane in lanes.indices { lanes[lane].wakeUnasked() }
        for lane in topicLanes.indices { topicLanes[lane].wakeUnasked() }
        for lane in taskLanes.indices { taskLanes[lane].wakeUnasked() }
    }

    /// True once every queue of this worker was seen empty after the last enqueue, and every message of its topics read after
    /// the last publish.
    var isDrained: Bool {
        drainStep == .confirming && matcher.unanswered == 0 && lanes.allSatisfy(\.isIdle) && topicLanes.allSatisfy(\.isIdle)
            && areTasksTaken
    }
}
