// Whether a phase was steady when its recording began: what was looked at, how much it still changed, how long that took.

package struct ResultSteadiness: Sendable, Equatable, Codable {
    /// `response.p50` or `rate`.
    package var metric: String
    package var isReached: Bool
    /// By how much of its mean the metric changed in `periodNanoseconds`, upwards or below 0 downwards; left out if no window of
    /// seconds was whole.
    package var slopePercent: Double?
    package var boundPercent: Double
    package var periodNanoseconds: UInt64
    /// From the beginning of the load in the phase until it was recorded.
    package var settledNanoseconds: UInt64

    package init(
        metric: String, isReached: Bool, slopePercent: Double?, boundPercent: Double, periodNanoseconds: UInt64,
        settledNanoseconds: UInt64
    ) {
        self.metric = metric
        self.isReached = isReached
        self.slopePercent = slopePercent
        self.boundPercent = boundPercent
        self.periodNanoseconds = periodNanoseconds
        self.settledNanoseconds = settledNanoseconds
    }

    private enum CodingKeys: String, CodingKey {
        case metric
        case isReached = "reached"
        case slopePercent = "slope_percent"
        case boundPercent = "bound_percent"
        case periodNanoseconds = "period_ns"
        case settledNanoseconds = "settled_ns"
    }

    /// What is said where it was not reached.
    package var objection: String {
        func shown(_ value: Double) -> String { "\((value * 10).rounded() / 10)" }
        let seconds = shown(Double(settledNanoseconds) / 1e9)
        let period = shown(Double(periodNanoseconds) / 1e9)
        guard let slopePercent else {
            return "did not reach steady state in \(seconds) s: there were never seconds enough in a row with answers"
        }
        return
            "did not reach steady state in \(seconds) s: \(metric) still changed by \(shown(slopePercent)) % in \(period) s, and "
            + "at most \(shown(boundPercent)) % was asked for"
    }

    /// Of several runs of a phase: the one that counts most against it, and the longest time that any took.
    static func joined(_ all: [ResultSteadiness]) -> ResultSteadiness? {
        func weight(_ one: ResultSteadiness) -> Double { (one.isReached ? 0 : 1e9) + abs(one.slopePercent ?? 1e8) }
        guard var worst = all.max(by: { weight($0) < weight($1) }) else { return nil }
        worst.settledNanoseconds = all.map(\.settledNanoseconds).max() ?? 0
        return worst
    }
}

extension ResultPhase {
    /// It waited for a steady state, and was recorded without.
    package var isUnsteady: Bool { steady?.isReached == false }
}
