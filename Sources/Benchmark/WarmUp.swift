// Loads a target whose code gets faster while it runs until it no longer does: at least for a time, then until three stretches in
// a row are not faster than the best one before them. A single one may be slow by chance.

import CLinux
package import LoadGenerator
import Results
package import Workload

package struct WarmUp: Sendable {
    /// A stretch that is less than this much faster than the best one before is no faster.
    private static let growth = 1.05
    private static let stretch: UInt64 = 5_000_000_000
    private static let steadyStretches = 3
    private let least: UInt64
    private let most: UInt64

    /// A first look takes a quarter of the time.
    package init(isQuick: Bool) {
        least = isQuick ? 5_000_000_000 : 20_000_000_000
        most = isQuick ? 20_000_000_000 : 180_000_000_000
    }

    package struct Outcome: Sendable, Equatable {
        package var nanoseconds: UInt64
        /// Requests a second in each stretch.
        package var rates: [Double]
        /// The last stretch was no faster than those before.
        package var isSteady: Bool
    }

    /// The phase that warms: the last recorded one that goes as fast as answers come, else the last recorded one.
    package static func phase(of workload: Workload) -> Phase {
        let recorded = workload.phases.filter(\.isRecorded)
        let closed = recorded.last { phase in phase.roles.allSatisfy { workload.roles[$0].arrivals == .closed } }
        guard var phase = closed ?? recorded.last else { preconditionFailure("a workload has a recorded phase") }
        phase.nanoseconds = stretch
        return phase
    }

    /// `load` loads one stretch and returns requests a second; `now` is the monotonic clock.
    package func run(
        now: () -> UInt64 = quorate_monotonic_ns, load: () throws(LoadError) -> Double
    ) throws(LoadError) -> Outcome {
        let begin = now()
        var outcome = Outcome(nanoseconds: 0, rates: [], isSteady: false)
        while !outcome.isSteady && outcome.nanoseconds < most {
            outcome.rates.append(try load())
            outcome.nanoseconds = now() - begin
            outcome.isSteady = outcome.nanoseconds >= least && Self.hasStoppedRising(outcome.rates)
        }
        return outcome
    }

    private static func hasStoppedRising(_ rates: [Double]) -> Bool {
        guard rates.count > steadyStretches, let best = rates.dropLast(steadyStretches).max() else { return false }
        return rates.suffix(steadyStretches).allSatisfy { $0 <= best * growth }
    }
}

extension ResultWarmUp {
    init(_ outcome: WarmUp.Outcome) {
        self.init(nanoseconds: outcome.nanoseconds, rates: outcome.rates, isSteady: outcome.isSteady)
    }
}
