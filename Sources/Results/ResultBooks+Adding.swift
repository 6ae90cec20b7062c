// The books of several loads together.

internal import Statistics

extension ResultQueue {
    func adding(_ next: ResultQueue) -> ResultQueue {
        var sum = self
        sum.enqueued += next.enqueued
        sum.taken += next.taken
        sum.takenUnseen += next.takenUnseen
        sum.lost += next.lost
        sum.doubled += next.doubled
        sum.reordered = reordered.flatMap { own in next.reordered.map { own + $0 } }
        sum.unknownEnqueues += next.unknownEnqueues
        sum.unknownEnqueuesTaken += next.unknownEnqueuesTaken
        sum.damaged += next.damaged
        sum.refusedButTaken += next.refusedButTaken
        sum.foreign += next.foreign
        sum.missed += next.missed
        sum.early = early.map { $0 + (next.early ?? 0) }
        sum.isDrained = isDrained && next.isDrained
        sum.drainNanoseconds += next.drainNanoseconds
        return sum
    }
}

extension ResultSets {
    /// The same znodes are set again and again, so their number does not add up.
    func adding(_ next: ResultSets) -> ResultSets {
        ResultSets(
            acknowledged: acknowledged + next.acknowledged, znodes: max(znodes, next.znodes),
            verified: max(verified, next.verified), stale: stale + next.stale, lost: lost + next.lost)
    }
}

extension ResultReplies {
    func adding(_ next: ResultReplies) -> ResultReplies {
        ResultReplies(
            anomalies: anomalies.merging(next.anomalies, uniquingKeysWith: +), unanswered: unanswered + next.unanswered)
    }
}

extension ResultSessions {
    func adding(_ next: ResultSessions) -> ResultSessions {
        ResultSessions(
            opened: opened + next.opened, resumed: resumed + next.resumed, expired: expired + next.expired,
            connectionsLost: connectionsLost + next.connectionsLost, connectFailures: connectFailures + next.connectFailures)
    }
}

extension ResultGenerator {
    func adding(_ next: ResultGenerator) -> ResultGenerator {
        var sum = ResultGenerator(
            cpuNanoseconds: cpuNanoseconds + next.cpuNanoseconds, wallNanoseconds: wallNanoseconds + next.wallNanoseconds,
            requests: requests + next.requests, bytesSent: bytesSent + next.bytesSent,
            bytesReceived: bytesReceived + next.bytesReceived)
        sum.processes = processes
        return sum
    }
}

extension ResultReconnect {
    func adding(_ next: ResultReconnect) -> ResultReconnect {
        var sum = self
        sum.cut += next.cut
        sum.back += next.back
        sum.lastNanoseconds = max(lastNanoseconds, next.lastNanoseconds)
        sum.lasts = eachLast + next.eachLast
        sum.response = LatencyFigures.joined([response, next.response])
        return sum
    }

    private var eachLast: [UInt64] { lasts ?? [lastNanoseconds] }

    /// Nothing where not all came back.
    package var medianLast: Double? { back < cut ? nil : median(eachLast.map { Double($0) }) }
}

extension ResultHandshakes {
    func adding(_ next: ResultHandshakes) -> ResultHandshakes {
        let busy = Double(done) / max(perSecond, 1e-9) + Double(next.done) / max(next.perSecond, 1e-9)
        return ResultHandshakes(
            done: done + next.done, failed: failed + next.failed, perSecond: busy > 0 ? Double(done + next.done) / busy : 0,
            response: LatencyFigures.joined([response, next.response]))
    }
}
