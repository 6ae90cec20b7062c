// Whether an ensemble held a rate for a window: the objective was kept, and what was due was answered. If not, whether the load
// generator may be the cause.

package import Results

package struct WindowVerdict: Sendable, Equatable {
    /// Less than this share of what was due is answered only if a backlog grows. A growing one shows in the latency first, where
    /// the objective is a latency of a few milliseconds; this finds it where the objective allows for seconds.
    static let answeredShare = 0.99
    /// From here on the generator's thread has no time to be punctual.
    static let busyGenerator = 0.9

    package let outcome: RateSearch.Outcome
    /// Why it did not hold.
    package let reason: String?

    package init(_ phase: ResultPhase, isVoid: Bool, _ objective: Objective) {
        self.init(
            WindowFigures(phase), itemsPerSecond: phase.itemsPerSecond,
            seconds: Double(phase.durationNanoseconds) / 1e9,
            isGeneratorsDoing: isVoid || phase.generatorShare > Self.busyGenerator, objective)
    }

    package init(
        _ window: WindowFigures, itemsPerSecond: Double?, seconds: Double, isGeneratorsDoing: Bool, _ objective: Objective
    ) {
        let share = window.answeredShare
        let items = (itemsPerSecond ?? 0) * seconds
        reason =
            window.offered == 0
            ? "nothing was due"
            : share < Self.answeredShare
                ? "\(Objective.percent(share)) of what was due was answered"
                : itemsPerSecond != nil && items < Self.answeredShare * Double(window.offered)
                    ? "queues filled up" : objective.breach(window)
        // A generator that is late makes response times longer, so what held in spite of it did hold.
        outcome = reason == nil ? .held : isGeneratorsDoing ? .spoilt : .failed
    }
}
