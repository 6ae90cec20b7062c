// Clients that read every message of their topics, each for itself: list with a watch, read what is new in the order of its
// numbers, and list again when the watch fires. They remove nothing.

internal import Statistics
internal import Workload

extension LoadClient {
    func pumpSubscriber(_ plan: SubscribePlan, _ run: LoadDriver, now: UInt64) {
        guard role.isActive || run.stage != .running else { return }
        for turn in 0..<topicLanes.count {
            let lane = (laneTurn + turn) % topicLanes.count
            while hasRoom, let number = topicLanes[lane].popNext() { askForMessage(number, lane: lane, plan, run, now: now) }
            guard matcher.unanswered < role.window + 4 else { continue }
            let (list, watch) = topicLanes[lane].wantsList(limit: role.window / 2)
            if list { listTopic(lane: lane, watch: watch, plan, run, now: now) }
        }
        laneTurn = (laneTurn + 1) % topicLanes.count
        if run.stage == .draining { pumpDrain(run, isIdle: topicLanes.allSatisfy(\.isIdle), now: now) }
    }

    private func askForMessage(_ number: Int32, lane: Int, _ plan: SubscribePlan, _ run: LoadDriver, now: UInt64) {
        let frame = askTopic(.topicGet, plan.get, plan.getStream, lane: lane, number: number, run, now: now)
        frame.storeDigits(UInt64(number), width: 10, at: plan.get.sequenceOffset)
    }

    private func listTopic(lane: Int, watch: Bool, _ plan: SubscribePlan, _ run: LoadDriver, now: UInt64) {
        let template = watch ? plan.listAndWatch : plan.list
        _ = askTopic(.topicList, template, plan.listStream, lane: lane, number: 0, run, now: now)
        topicLanes[lane].listSent(watch: watch)
    }

    private func askTopic(
        _ kind: RequestKind, _ template: RequestTemplate, _ stream: Int16, lane: Int, number: Int32, _ run: LoadDriver,
        now: UInt64
    ) -> UnsafeMutableRawPointer {
        let phase = Int16(run.latestPhase)
        var request = InFlight(kind: kind, stream: stream, phase: phase, intended: now, sent: now)
        request.place = Int32(truncatingIfNeeded: lane)
        request.detail = Int64(number)
        run.streams[Int(stream)].phases[Int(phase)].offered += 1
        let frame = send(template, request, run)
        if template.poolOffset > 0 {
            frame.storeDigits(UInt64(topicLanes[lane].topic), width: poolDigits, at: template.poolOffset)
        }
        return frame
    }

    func subscriberAnswered(
        _ request: InFlight, error: Int32, _ body: UnsafeRawBufferPointer, _ plan: SubscribePlan, _ run: LoadDriver, now: UInt64
    ) {
        let lane = Int(request.place)
        if request.kind == .topicList {
            finish(request, error: error, run, now: now)
            if error == 0, let fresh = freshMessages(body, above: topicLanes[lane].highest, run) {
                if topicLanes[lane].listed(fresh, now: now) { run.anomalies.missedWatch += 1 }
            } else {
                topicLanes[lane].listFailed()
            }
            return
        }
        let isGone = error == ClientError.noNode
        finish(request, error: isGone ? 0 : error, run, now: now)
        topicLanes[lane].finished(now: now)
        let subscriber = plan.firstSubscriber + ordinal
        let topic = plan.firstTopic + topicLanes[lane].topic
        run.topicLedger.reached(Int32(truncatingIfNeeded: request.detail), subscriber: subscriber, topic: topic)
        run.hasTaken = true
        guard error == 0 else { return }
        switch itemStamp(body, run) {
        case .whole(let stamp, _): delivered(stamp, subscriber: subscriber, topic: topic, plan, run, now: now)
        case .damaged: run.topicLedger.damaged()
        case .unreadable: break
        }
    }

    private func delivered(
        _ stamp: ItemStamp, subscriber: Int, topic: Int, _ plan: SubscribePlan, _ run: LoadDriver, now: UInt64
    ) {
        guard run.topicLedger.read(stamp, subscriber: subscriber, topic: topic) == .first else { return }
        let phase = min(Int(stamp.phase), run.workload.phases.count - 1)
        run.streams[Int(plan.deliverStream)].acknowledged(
            phase: phase, current: run.currentPhase, intended: stamp.intended, sent: stamp.intended, now: now)
    }

    /// Numbers of the messages in the list above the ones that are known, ascending; nil if the list can't be read.
    private func freshMessages(_ body: UnsafeRawBufferPointer, above known: Int32, _ run: LoadDriver) -> [Int32]? {
        sequentialChildren(body, named: messagePrefix, above: known, run)?.sorted()
    }

    func subscriberWatchFired(_ path: Slice<UnsafeRawBufferPointer>, _ run: LoadDriver, now: UInt64) {
        guard let lane = topicLanes.firstIndex(where: { $0.path.elementsEqual(path) }) else {
            run.anomalies.stray += 1
            return
        }
        topicLanes[lane].watchFired()
        pump(run, now: now)
    }

    /// Lists idle topics without being told to, now and then: a watch that did not fire would stop a subscriber for good.
    func guardTopics(_ run: LoadDriver, now: UInt64) {
        var isAwake = false
        for lane in topicLanes.indices
        where topicLanes[lane].isIdle && now > topicLanes[lane].quietSince + Self.idleGuardNanoseconds {
            topicLanes[lane].wakeUnasked()
            isAwake = true
        }
        if isAwake { pump(run, now: now) }
    }
}
