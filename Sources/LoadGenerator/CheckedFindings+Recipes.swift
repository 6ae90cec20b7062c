// The verdicts over locks, messages and delays. Those over queues and sets stand in CheckedFindings.swift.

internal import Workload

extension LoadDriver {
    func topicReport() -> TopicAccounting? {
        let present = roles.filter { !$0.clients.isEmpty }
        guard present.contains(where: { $0.subscribe != nil }), present.contains(where: { $0.publish != nil }) else { return nil }
        return topicLedger.settled(isDrained: drainedIn != nil, drainNanoseconds: drainedIn ?? 0)
    }

}

extension CheckedFindings {
    /// What retention removed before a subscriber had read it is said, but is no loss.
    func topicLoss(_ topics: TopicAccounting?) -> Finding {
        guard let topics else { return Finding(passed: true) }
        let lost = topics.isDrained ? topics.lost : 0
        if lost + topics.vanished + topics.damaged + topics.refusedButRead > 0 {
            return Finding(
                passed: false,
                sentence: "\(lost) deliveries of messages lost, \(topics.vanished) messages gone before their publisher removed "
                    + "them, \(topics.damaged) damaged, \(topics.refusedButRead) there though refused")
        }
        if topics.isDrained {
            let missed =
                topics.missed > 0 ? "except \(topics.missed) times, when it was removed before it was read" : "none missed"
            return Finding(
                passed: true,
                sentence: "each of \(topics.published) acknowledged messages reached each of \(topics.subscribers) "
                    + "subscribers, \(missed)")
        }
        if cutOffTakers > 0 { return prevented("\(topics.lost) deliveries of messages are missing", cutOffTakers, "clients") }
        return Finding(
            passed: isInterrupted ? nil : false,
            sentence: "not every subscriber caught up, so \(topics.lost) deliveries of messages are unaccounted for")
    }

    func topicDuplicatesCheck(_ topics: TopicAccounting) -> CheckOutcome {
        CheckOutcome(
            name: Check.noDuplicates.rawValue, passed: topics.doubled == 0,
            sentence: topics.doubled == 0
                ? "no message reached a subscriber twice" : "\(topics.doubled) times a message reached a subscriber again")
    }

    func topicOrderCheck(_ topics: TopicAccounting) -> CheckOutcome {
        CheckOutcome(
            name: Check.fifoPerProducer.rawValue, passed: topics.reordered == 0,
            sentence: topics.reordered == 0
                ? "each publisher's messages reached each subscriber in their order"
                : "\(topics.reordered) times a message reached a subscriber after a later one of its publisher")
    }

    func earlyCheck(_ queues: QueueAccounting?) -> CheckOutcome {
        let early = queues?.early
        return CheckOutcome(
            name: Check.notEarly.rawValue, passed: early.map { $0 == 0 },
            sentence: early.map {
                $0 == 0 ? "no task was taken before its delay was over" : "\($0) tasks were taken before their delay was over"
            } ?? "nobody takes tasks")
    }

    func exclusionCheck() -> CheckOutcome {
        let found = lockAccounting
        let name = Check.mutualExclusion.rawValue
        if found.heldByTwo + found.vanished > 0 {
            return CheckOutcome(
                name: name, passed: false,
                sentence: "\(found.heldByTwo) locks were held by two clients at once, \(found.vanished) contenders were gone "
                    + "although their session lived on")
        }
        guard found.acquired > 0 else { return CheckOutcome(name: name, passed: nil, sentence: "no lock was ever held") }
        let broken = found.givenUp > 0 ? "; \(found.givenUp) were given up as their holder's connection broke" : ""
        return CheckOutcome(
            name: name, passed: true, sentence: "no lock was held by two clients at once, in \(found.acquired) times\(broken)")
    }

    func sameResultsCheck() -> CheckOutcome {
        let found = replayAccounting ?? ReplayAccounting()
        let sentence =
            found.differences > 0
            ? "\(found.differences) of \(found.compared) replies differ from the trace's: \(found.differenceText)"
            : found.compared > 0 ? "all \(found.compared) replies say what the trace says" : "no reply could be compared"
        return CheckOutcome(
            name: Check.sameResults.rawValue, passed: found.compared > 0 ? found.differences == 0 : nil, sentence: sentence)
    }
}
