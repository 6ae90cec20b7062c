// The load before a recorded phase that waits for its steady state: each whole second is looked at, and the wait ends with the
// second that keeps the rule, or when its time is up.

internal import Statistics
internal import Workload

extension LoadDriver {
    /// Whether the second that is about to be closed brings the steady state. Seconds in which the wait began do not count.
    func becomesSteady(second: Int) -> Bool {
        guard settling != nil, currentPhase >= 0, startedAt + UInt64(second) * Self.second >= settlingSince else { return false }
        return settling!.add(settling!.measures(.rate) ? answeredThisSecond : medianOfThisSecond)
    }

    /// The wait is over: what follows it comes earlier by what is left of its time.
    func endSettling(now: UInt64) {
        guard settling != nil, currentPhase >= 0, phaseEnds[currentPhase] > now else { return }
        let left = phaseEnds[currentPhase] - now
        for phase in currentPhase..<phaseEnds.count { phaseEnds[phase] -= left }
    }

    /// The phase that waited is over, and the recorded one is next.
    func noteSteadiness(at instant: UInt64) {
        guard let watch = settling.take(), let rule = workload.phases[currentPhase].steady else { return }
        steadiness[currentPhase + 1] = SteadinessReport(
            rule: rule, slope: watch.slope, isReached: watch.isSteady, nanoseconds: instant - settlingSince)
    }

    private var answeredThisSecond: Double {
        Double(streams.reduce(0) { $0 + ($1.kind.isRequest ? $1.second.count : 0) })
    }

    private var medianOfThisSecond: Double? {
        let requests = streams.filter { $0.kind.isRequest && !$0.second.isEmpty }
        let due = requests.filter(\.isOpenLoop)
        var all = LatencyHistogram()
        for stream in due.isEmpty ? requests : due { all.merge(stream.second) }
        return all.isEmpty ? nil : Double(all.value(atPercentile: 50))
    }
}
