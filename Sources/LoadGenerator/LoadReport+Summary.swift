// A report in a few lines for a terminal. Tables and files for keeping are the business of the room Report.

internal import Statistics
internal import Workload

extension LoadReport {
    /// Phases with their operations, then what was not in order.
    package var summary: String {
        var lines: [String] = []
        for phase in phases where phase.isRecorded {
            let shares = phase.generatorCPUByPart.map { "\($0 * 100 / max(1, phase.durationNanoseconds))" }
            lines.append(
                "\(phase.name): \(rounded(phase.seconds, 1)) s, \(rounded(phase.writesPerSecond, 0)) writes/s, "
                    + (phase.readsPerSecond > 0 ? "\(rounded(phase.readsPerSecond, 0)) reads/s, " : "")
                    + "generator\(shares.count > 1 ? "s" : "") at \(shares.joined(separator: " + ")) % of a core")
            if let steadiness = phase.steadiness { lines.append("  " + steadiness.line) }
            for operation in phase.operations where !operation.response.isEmpty || !operation.errors.isEmpty {
                lines.append("  " + operation.line(seconds: phase.seconds))
            }
        }
        if let gap = writeGaps.first {
            lines.append(
                "longest write gap: \(milliseconds(gap.nanoseconds)) ms "
                    + "at \(rounded(Double(gap.startNanoseconds) / 1e9, 2)) s, in \(gap.phase)")
        }
        if let queues {
            lines.append(
                "queues: \(queues.enqueued) enqueued, \(queues.taken) taken, \(queues.takenUnseen) taken unseen, "
                    + "\(queues.lost) lost, \(queues.doubled) doubled, \(queues.reordered.map(String.init) ?? "?") reordered, "
                    + "\(queues.damaged) damaged, \(queues.early) early, "
                    + "\(queues.unknownEnqueues) unknown (\(queues.unknownEnqueuesTaken) of them there), "
                    + "\(queues.foreign) foreign, "
                    + "drained \(queues.isDrained ? "in \(milliseconds(queues.drainNanoseconds)) ms" : "not")")
        }
        lines += recipeLines
        lines.append(
            "sessions: \(sessions.opened) opened, \(sessions.connectionsLost) connections lost, \(sessions.resumed) resumed, "
                + "\(sessions.expired) expired")
        if let handshakes {
            lines.append(
                "TLS handshakes: \(handshakes.done) done, \(handshakes.failed) failed, "
                    + "\(rounded(handshakes.perSecond, 0))/s while any were under way, \(spread(handshakes.response))")
        }
        for storm in reconnects {
            lines.append(
                "\(storm.phase): \(storm.cut) connections cut, \(storm.back) clients back, the last after "
                    + "\(milliseconds(storm.lastNanoseconds)) ms, \(spread(storm.response))")
        }
        lines.append(
            silences.count == 0
                ? "silences: none of a second or more while a reply was due"
                : "silences: \(silences.count) of a second or more while a reply was due, the longest "
                    + "\(milliseconds(silences.longestNanoseconds)) ms")
        for check in checks {
            let verdict = check.passed.map { $0 ? "ok" : "FAILED" } ?? (check.isPrevented ? "UNKNOWN" : "-")
            lines.append("\(check.name): \(verdict), \(check.sentence)")
        }
        if isInterrupted { lines.append("ended early: the figures hold for what there was") }
        return lines.joined(separator: "\n")
    }
}

extension SteadinessReport {
    fileprivate var line: String {
        let period = "\(rounded(Double(rule.per) / 1e9, 0)) s"
        let found = slope.map { "\($0 < 0 ? "-" : "")\(rounded(abs($0) * 100, 1)) % in \(period)" } ?? "no slope"
        let bound = "\(rounded(rule.slope * 100, 1)) % asked for"
        let time = "\(rounded(Double(nanoseconds) / 1e9, 1)) s"
        return isReached
            ? "steady after \(time): \(rule.metric.rawValue) with \(found), \(bound)"
            : "did not reach steady state in \(time): \(rule.metric.rawValue) with \(found), \(bound)"
    }
}

extension OperationReport {
    fileprivate func line(seconds: Double) -> String {
        let rate = seconds > 0 ? Double(answeredInside) / seconds : 0
        var text = "\(role) \(name): \(rounded(rate, 0))/s, p50 \(milliseconds(response.value(atPercentile: 50))) ms, "
        text +=
            "p99 \(milliseconds(response.value(atPercentile: 99))), p99.9 \(milliseconds(response.value(atPercentile: 99.9))), "
        text += "max \(milliseconds(response.max))"
        if let service, !service.isEmpty { text += ", service p99 \(milliseconds(service.value(atPercentile: 99)))" }
        if let slip, !slip.isEmpty { text += ", slip p99 \(milliseconds(slip.value(atPercentile: 99)))" }
        if notSent > 0 { text += ", \(notSent) not sent" }
        for (name, count) in errors.sorted(by: { $0.key < $1.key }) { text += ", \(count) \(name)" }
        return text
    }
}

extension LoadProgress {
    /// One line of progress.
    package var line: String {
        var text = "\(rounded(seconds, 0)) of \(rounded(plannedSeconds, 0)) s, \(phase): \(writes) writes/s, "
        if reads > 0 { text += "\(reads) reads/s, " }
        text += "p50 \(milliseconds(p50)) ms, p99 \(milliseconds(p99)) ms"
        if itemsTaken > 0 || backlog > 0 { text += ", \(itemsTaken) items/s, backlog \(backlog)" }
        if errors > 0 { text += ", \(errors) errors" }
        if connected < clients { text += ", \(connected) of \(clients) connected" }
        return text
    }
}

private func spread(_ times: LatencyHistogram) -> String {
    "p50 \(milliseconds(times.value(atPercentile: 50))) ms, p99 \(milliseconds(times.value(atPercentile: 99)))"
}

/// Milliseconds with three significant places after the point.
func milliseconds(_ nanoseconds: UInt64) -> String {
    let micro = (nanoseconds + 500) / 1_000
    let rest = String(micro % 1_000)
    return "\(micro / 1_000).\(String(repeating: "0", count: 3 - rest.count))\(rest)"
}

private func rounded(_ value: Double, _ places: Int) -> String {
    var scale: Int64 = 1
    for _ in 0..<places { scale *= 10 }
    let whole = Int64((value * Double(scale)).rounded())
    guard places > 0 else { return String(whole) }
    let rest = String(whole % scale)
    return "\(whole / scale).\(String(repeating: "0", count: places - rest.count))\(rest)"
}
