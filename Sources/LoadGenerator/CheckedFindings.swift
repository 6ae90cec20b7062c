// The verdicts over a run: were the replies in order, was anything refused, is anything that was acknowledged lost.

internal import Workload

/// What one part of a check has found.
struct Finding {
    var passed: Bool?
    var sentence: String?
    /// Nobody could be asked: neither passed nor failed.
    var isPrevented = false
}

/// What the verdicts rest on, of one generator or of several together.
protocol CheckedFindings {
    var workload: Workload { get }
    var anomalies: ReplyAnomalies { get }
    /// Refused requests by what is said of them.
    var refusals: [String: UInt64] { get }
    var lockAccounting: LockAccounting { get }
    /// nil unless a trace was played.
    var replayAccounting: ReplayAccounting? { get }
    var isInterrupted: Bool { get }
    var cutOffTakers: Int { get }
    var cutOffReaders: Int { get }
    var lastTrouble: String { get }
}

extension LoadDriver: CheckedFindings {
    var lockAccounting: LockAccounting { lockLedger.accounting }
    var replayAccounting: ReplayAccounting? { book?.settled }

    var refusals: [String: UInt64] {
        var refused: [String: UInt64] = [:]
        for stream in streams {
            for (code, count) in stream.phases.flatMap(\.errors)
            where code != ClientError.connectionLoss && code != ClientError.noReply {
                refused["\(errorName(code)) for \(stream.kind.rawValue) of \(roles[stream.role].name)", default: 0] += count
            }
        }
        return refused
    }
}

extension CheckedFindings {
    func checkOutcomes(_ queues: QueueAccounting?, _ sets: SetAccounting?, _ topics: TopicAccounting?) -> [CheckOutcome] {
        var outcomes = [repliesCheck()]
        // a trace may ask for what is refused, as its clients have
        if workload.replay == nil { outcomes.append(acceptedCheck()) }
        for check in workload.checks {
            switch check {
            case .noLoss: outcomes.append(lossCheck(queues, sets, topics))
            case .noDuplicates: outcomes.append(duplicatesCheck(queues, topics))
            case .fifoPerProducer: outcomes.append(orderCheck(queues, topics))
            case .mutualExclusion: outcomes.append(exclusionCheck())
            case .notEarly: outcomes.append(earlyCheck(queues))
            case .sameResults: outcomes.append(sameResultsCheck())
            case .replicasAgree:
                outcomes.append(
                    CheckOutcome(name: check.rawValue, passed: nil, sentence: "the members' states are compared by the benchmark")
                )
            }
        }
        return outcomes
    }

    private func repliesCheck() -> CheckOutcome {
        let found = anomalies
        let sentence =
            found.total == 0
            ? "every reply came once, in order, and fitted its request"
            : "replies: \(found.swapped) swapped, \(found.lost) lost, \(found.doubled) doubled, \(found.stray) stray, "
                + "\(found.malformed) unreadable, \(found.wrongContent) with wrong content, "
                + "\(found.wrongError) with an impossible error, \(found.zxidBack) with a zxid that went back, "
                + "\(found.missedWatch) watches missed"
        return CheckOutcome(name: "replies", passed: found.total == 0, sentence: sentence)
    }

    /// The load asks for nothing that a server may refuse, so a refusal is a failure even where the figures look fine: to say no
    /// is quick. Connections that break are counted elsewhere, and what then has no reply is unknown, not refused.
    private func acceptedCheck() -> CheckOutcome {
        let refused = refusals
        let list = refused.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }.joined(separator: ", ")
        return CheckOutcome(
            name: "accepted", passed: refused.isEmpty,
            sentence: refused.isEmpty ? "no request was refused" : "requests were refused: \(list)")
    }

    /// What is known to be lost outweighs what could not be looked at, and that what is in order.
    private func lossCheck(
        _ queues: QueueAccounting?, _ sets: SetAccounting?, _ topics: TopicAccounting?
    ) -> CheckOutcome {
        let parts = [queueLoss(queues), setLoss(sets), topicLoss(topics), replyLoss()]
        let isLost = parts.contains { $0.passed == false }
        let isPrevented = !isLost && parts.contains(where: \.isPrevented)
        let isKnown = parts.allSatisfy { $0.passed != nil }
        let told = parts.filter { isLost ? $0.passed == false : isPrevented ? $0.isPrevented : true }.compactMap(\.sentence)
        return CheckOutcome(
            name: Check.noLoss.rawValue, passed: isLost ? false : isKnown ? true : nil, sentence: told.joined(separator: "; "),
            isPrevented: isPrevented)
    }

    private func replyLoss() -> Finding {
        let missing = anomalies.lost + (isInterrupted ? 0 : anomalies.unanswered)
        if missing > 0 { return Finding(passed: false, sentence: "\(missing) requests got no reply") }
        return Finding(
            passed: true,
            sentence: workload.hasQueues || workload.hasTopics ? nil : "every request was answered or broke with its connection")
    }

    private func queueLoss(_ queues: QueueAccounting?) -> Finding {
        guard let queues else { return Finding(passed: true) }
        let lost = queues.isDrained ? queues.lost : 0
        if lost + queues.damaged + queues.refusedButTaken > 0 {
            return Finding(
                passed: false,
                sentence: "\(lost) acknowledged items lost, \(queues.damaged) damaged, "
                    + "\(queues.refusedButTaken) there though refused")
        }
        if queues.isDrained { return Finding(passed: true, sentence: "all \(queues.enqueued) acknowledged items were taken") }
        if cutOffTakers > 0 {
            return prevented(
                "\(queues.lost) of \(queues.enqueued) acknowledged items were not taken", cutOffTakers, "workers")
        }
        return Finding(
            passed: isInterrupted ? nil : false,
            sentence: "the queues were not emptied, so \(queues.lost) acknowledged items are unaccounted for")
    }

    private func setLoss(_ sets: SetAccounting?) -> Finding {
        guard let sets, sets.znodes > 0 else { return Finding(passed: true) }
        if sets.lost + sets.stale > 0 {
            return Finding(
                passed: false,
                sentence: "\(sets.lost) acknowledged sets lost, \(sets.stale) znodes older than their last acknowledged set")
        }
        if sets.verified == sets.znodes {
            return Finding(
                passed: true, sentence: "all \(sets.znodes) znodes that were set hold their last acknowledged set or a later one")
        }
        let found = "only \(sets.verified) of the \(sets.znodes) znodes that were set could be read again"
        if cutOffReaders > 0 { return prevented(found, cutOffReaders, "clients") }
        let isLate = !isInterrupted
        return Finding(
            passed: nil,
            sentence: isLate
                ? "could not be checked in time, so whether anything is lost is not known: \(found); run it with less beside it"
                : found,
            isPrevented: isLate)
    }

    func prevented(_ found: String, _ count: Int, _ who: String) -> Finding {
        let trouble = lastTrouble.hasSuffix(".") ? lastTrouble.dropLast() : lastTrouble[...]
        return Finding(
            passed: nil,
            sentence: "could not be checked, so whether anything is lost is not known: \(found), as \(count) \(who) had no "
                + "server in the end (\(trouble)); keep the servers up, or run it again",
            isPrevented: true)
    }

    private func duplicatesCheck(_ queues: QueueAccounting?, _ topics: TopicAccounting?) -> CheckOutcome {
        if let topics, queues == nil || topics.doubled > 0 { return topicDuplicatesCheck(topics) }
        let doubled = queues?.doubled ?? 0
        return CheckOutcome(
            name: Check.noDuplicates.rawValue, passed: doubled == 0,
            sentence: doubled == 0 ? "no item was taken twice" : "\(doubled) items were taken twice")
    }

    private func orderCheck(_ queues: QueueAccounting?, _ topics: TopicAccounting?) -> CheckOutcome {
        if let topics, queues == nil || topics.reordered > 0 { return topicOrderCheck(topics) }
        let reordered = queues?.reordered
        return CheckOutcome(
            name: Check.fifoPerProducer.rawValue, passed: reordered.map { $0 == 0 },
            sentence: reordered.map {
                $0 == 0
                    ? "each producer's items were taken in their order"
                    : "\($0) items were taken after a later one of their producer"
            } ?? "the order can't be seen where several workers share a queue")
    }
}
