// Clients that publish messages: each is a sequential znode under its topic, and its publisher removes it again once enough newer
// ones of its own are there.

internal import Statistics

extension LoadClient {
    func sendPublish(_ operation: PlannedOperation, _ request: InFlight, _ run: LoadDriver) -> Bool {
        guard let plan = role.publish else { return false }
        let publisher = plan.firstPublisher + ordinal
        let place = (UInt64(ordinal) &+ createdCount) % operation.poolCount
        let topic = plan.firstTopic + Int(place)
        if !role.isOpenLoop && run.topicLedger.isBehind(topic: topic, by: plan.maxBacklog) {
            holdBack(run)
            return false
        }
        let sequence = run.topicLedger.publish(publisher: publisher, topic: topic)
        let (frame, template) = sendNumbered(operation, to: place, sequence: sequence, request, run)
        ItemStamp(
            run: run.topicLedger.run, producer: Int32(truncatingIfNeeded: publisher), queue: Int32(truncatingIfNeeded: topic),
            phase: Int32(request.phase), sequence: UInt64(sequence), intended: request.intended
        ).write(to: frame + template.dataOffset)
        return true
    }

    func publisherAnswered(
        _ request: InFlight, error: Int32, _ body: UnsafeRawBufferPointer, _ plan: PublishPlan, _ run: LoadDriver, now: UInt64
    ) {
        if request.kind == .publishDelete {
            let isGone = error == ClientError.noNode
            if isGone && !request.mayBeGone { run.topicLedger.vanished() }
            return finish(request, error: isGone ? 0 : error, run, now: now)
        }
        let publisher = plan.firstPublisher + ordinal
        if error != 0 {
            run.topicLedger.refused(publisher: publisher, sequence: request.detail)
        } else if body.count >= 4, body.count == 4 + Int(body.int32(at: 0)),
            let number = sequenceNumber(body, from: 4, to: body.count)
        {
            run.topicLedger.acknowledged(publisher: publisher, sequence: request.detail, number: number)
            retention.published(request.detail, topic: Int(request.place))
        } else {
            run.topicLedger.acknowledged(publisher: publisher, sequence: request.detail, number: -1)
            run.anomalies.wrongContent += 1
        }
        finish(request, error: error, run, now: now)
    }

    /// Removes what is not to be kept any longer, in front of new messages.
    func pumpRetention(_ plan: PublishPlan, _ run: LoadDriver, now: UInt64) {
        let publisher = plan.firstPublisher + ordinal
        while hasRoom, let (sequence, mayBeGone) = retention.popNext() {
            run.topicLedger.retiring(publisher: publisher, sequence: sequence)
            let phase = Int16(run.latestPhase)
            var request = InFlight(kind: .publishDelete, stream: plan.deleteStream, phase: phase, intended: now, sent: now)
            request.detail = sequence
            let topic = run.topicLedger.topic(publisher: publisher, sequence: sequence) - plan.firstTopic
            request.mayBeGone = mayBeGone
            run.streams[Int(plan.deleteStream)].phases[Int(phase)].offered += 1
            let frame = send(plan.delete, request, run)
            let number = run.topicLedger.number(publisher: publisher, sequence: sequence)
            if plan.delete.poolOffset > 0 {
                frame.storeDigits(UInt64(topic), width: poolDigits, at: plan.delete.poolOffset)
            }
            frame.storeDigits(UInt64(number), width: 10, at: plan.delete.sequenceOffset)
        }
    }

    /// A publish or a removal will have no reply.
    func publisherAbandoned(_ request: InFlight, _ plan: PublishPlan, _ run: LoadDriver) {
        if request.kind == .publish {
            run.topicLedger.unknown(publisher: plan.firstPublisher + ordinal, sequence: request.detail)
        } else {
            retention.removalUnknown(request.detail)
        }
    }
}
