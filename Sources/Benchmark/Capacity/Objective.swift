// What a service promises, as in `p99<=10ms,errors<=0.1%`, and whether a window of load kept it.

package import Results
internal import Statistics
internal import Workload

package struct Objective: Sendable, Equatable {
    private static let percentiles: [(name: String, value: Double)] = [("p50", 50), ("p90", 90), ("p99", 99), ("p999", 99.9)]
    package static let form =
        "p50, p90, p99 or p999 <= a duration, or errors <= a percentage, joined by commas, such as p99<=10ms"

    package enum Clause: Sendable, Equatable {
        /// Response times from the instant a request was due.
        case latency(percentile: Double, nanoseconds: UInt64)
        /// The share of what was due that failed or had no reply.
        case errors(share: Double)
    }

    package let clauses: [Clause]
    /// As it was given.
    package let text: String

    /// nil if it is none.
    package init?(_ text: String) {
        self.text = text.filter { $0 != " " }
        var found: [Clause] = []
        for part in self.text.split(separator: ",", omittingEmptySubsequences: false) {
            let sides = part.split(separator: "<=", omittingEmptySubsequences: false)
            guard sides.count == 2, let clause = Self.clause(String(sides[0]), String(sides[1])) else { return nil }
            found.append(clause)
        }
        guard !found.isEmpty else { return nil }
        clauses = found
    }

    private static func clause(_ name: String, _ limit: String) -> Clause? {
        if name == "errors" {
            guard limit.hasSuffix("%"), let percent = Double(limit.dropLast()), (0...100).contains(percent) else { return nil }
            return .errors(share: percent / 100)
        }
        guard let percentile = percentiles.first(where: { $0.name == name })?.value, let time = parseDuration(limit), time > 0
        else { return nil }
        return .latency(percentile: percentile, nanoseconds: time)
    }

    /// The percentile that a verdict is told by: the highest that has a limit, else the 99th.
    package var toldPercentile: Double {
        let named = clauses.compactMap { clause -> Double? in
            if case .latency(let percentile, _) = clause { percentile } else { nil }
        }
        return named.max() ?? 99
    }

    /// Why a window did not keep it; nil if it did.
    package func breach(_ window: WindowFigures) -> String? {
        for clause in clauses {
            switch clause {
            case .latency(let percentile, let limit):
                guard let found = window.response?.percentile(percentile) else { return "nothing was answered" }
                if found > limit { return "\(Self.name(percentile)) was \(Self.shown(found))" }
            case .errors(let share):
                if window.failedShare > share { return "\(Self.percent(window.failedShare)) failed" }
            }
        }
        return nil
    }

    package static func name(_ percentile: Double) -> String {
        percentiles.first { $0.value == percentile }?.name ?? "p\(percentile)"
    }

    static func shown(_ nanoseconds: UInt64) -> String {
        let tenths = (nanoseconds + 50_000) / 100_000
        return "\(tenths / 10).\(tenths % 10) ms"
    }

    static func percent(_ share: Double) -> String {
        let hundredths = Int((share * 10_000).rounded())
        let rest = hundredths % 100
        return "\(hundredths / 100).\(rest < 10 ? "0" : "")\(rest) %"
    }
}

/// What counts of a window: of all requests that were due at fixed instants.
package struct WindowFigures: Sendable, Equatable {
    package var offered: UInt64
    /// Answered without an error while it lasted, including what had been due before: in a steady state as many as are due.
    package var answered: UInt64
    package var failed: UInt64
    package var response: LatencyFigures?

    package init(offered: UInt64, answered: UInt64, failed: UInt64, response: LatencyFigures?) {
        self.offered = offered
        self.answered = answered
        self.failed = failed
        self.response = response
    }

    package init(_ phase: ResultPhase) {
        // A lock that is wanted is due itself; when an item is taken or a message read follows from others.
        let due = phase.operations.filter { $0.isOpenLoop && ($0.op == "lock" || !$0.isStretch) }
        var all = LatencyHistogram()
        for operation in due { if let response = operation.response { all.merge(response.histogram) } }
        self.init(
            offered: due.reduce(0) { $0 + $1.offered }, answered: due.reduce(0) { $0 + $1.acknowledgedInside },
            failed: due.reduce(0) { sum, operation in
                sum + operation.errors.values.reduce(0, +) + operation.notSent + operation.unanswered
            }, response: LatencyFigures(all))
    }

    package var failedShare: Double { Double(failed) / Double(max(offered, 1)) }
    package var answeredShare: Double { Double(answered) / Double(max(offered, 1)) }
}
