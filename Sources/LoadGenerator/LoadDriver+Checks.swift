// The verdicts over a run: were the replies in order, was anything refused, is anything that was acknowledged lost.

internal import Workload

extension LoadDriver {
    func checkOutcomes(_ queues: QueueAccounting?, _ sets: SetAccounting?) -> [CheckOutcome] {
        var outcomes = [repliesCheck(), acceptedCheck()]
        for check in workload.checks {
            switch check {
            case .noLoss: outcomes.append(lossCheck(queues, sets))
            case .noDuplicates: outcomes.append(duplicatesCheck(queues))
            case .fifoPerProducer: outcomes.append(orderCheck(queues))
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
        var refused: [String: UInt64] = [:]
        for stream in streams {
            for (code, count) in stream.phases.flatMap(\.errors)
            where code != ClientError.connectionLoss && code != ClientError.noReply {
                refused["\(errorName(code)) for \(stream.kind.rawValue) of \(roles[stream.role].name)", default: 0] += count
            }
        }
        let list = refused.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }.joined(separator: ", ")
        return CheckOutcome(
            name: "accepted", passed: refused.isEmpty,
            sentence: refused.isEmpty ? "no request was refused" : "requests were refused: \(list)")
    }

    private func lossCheck(_ queues: QueueAccounting?, _ sets: SetAccounting?) -> CheckOutcome {
        let parts = [queueLoss(queues), setLoss(sets), replyLoss()]
        let isLost = parts.contains { $0.passed == false }
        let told = parts.filter { isLost ? $0.passed == false : $0.sentence != nil }.compactMap(\.sentence)
        let isKnown = parts.allSatisfy { $0.passed != nil }
        return CheckOutcome(
            name: Check.noLoss.rawValue, passed: isLost ? false : isKnown ? true : nil, sentence: told.joined(separator: "; "))
    }

    private func replyLoss() -> (passed: Bool?, sentence: String?) {
        let missing = anomalies.lost + (isInterrupted ? 0 : anomalies.unanswered)
        if missing > 0 { return (false, "\(missing) requests got no reply") }
        return (true, workload.hasQueues ? nil : "every request was answered or broke with its connection")
    }

    private func queueLoss(_ queues: QueueAccounting?) -> (passed: Bool?, sentence: String?) {
        guard let queues else { return (true, nil) }
        guard queues.isDrained else {
            return (
                isInterrupted ? nil : false,
                "the queues were not emptied, so \(queues.lost) acknowledged items are unaccounted for"
            )
        }
        if queues.lost + queues.damaged + queues.refusedButTaken > 0 {
            return (
                false,
                "\(queues.lost) acknowledged items lost, \(queues.damaged) damaged, "
                    + "\(queues.refusedButTaken) there though refused"
            )
        }
        return (true, "all \(queues.enqueued) acknowledged items were taken")
    }

    private func setLoss(_ sets: SetAccounting?) -> (passed: Bool?, sentence: String?) {
        guard let sets, sets.znodes > 0 else { return (true, nil) }
        if sets.lost + sets.stale > 0 {
            return (false, "\(sets.lost) acknowledged sets lost, \(sets.stale) znodes older than their last acknowledged set")
        }
        guard sets.verified == sets.znodes else {
            return (
                isInterrupted ? nil : false,
                "only \(sets.verified) of the \(sets.znodes) znodes that were set could be read again"
            )
        }
        return (true, "all \(sets.znodes) znodes that were set hold their last acknowledged set or a later one")
    }

    private func duplicatesCheck(_ queues: QueueAccounting?) -> CheckOutcome {
        let doubled = queues?.doubled ?? 0
        return CheckOutcome(
            name: Check.noDuplicates.rawValue, passed: doubled == 0,
            sentence: doubled == 0 ? "no item was taken twice" : "\(doubled) items were taken twice")
    }

    private func orderCheck(_ queues: QueueAccounting?) -> CheckOutcome {
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
