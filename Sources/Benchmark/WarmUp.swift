// Loads a target whose code gets faster while it runs until it no longer does: at least for a time, then until three stretches in
// a row are not faster than the best one before them. A single one may be slow by chance. A stretch goes through all phases that
// will be measured: a compiler that works at run time has to see each of them, and what it made for one it may have to make anew
// when another comes.

import CLinux
import Foundation
package import LoadGenerator
import Results
package import Workload

package struct WarmUp: Sendable {
    /// A stretch that is less than this much faster than the best one before is no faster.
    private static let growth = 1.05
    private static let steadyStretches = 3
    private let stretch: UInt64
    private let shortestPhase: UInt64
    private let least: UInt64
    private let most: UInt64

    /// A first look takes a quarter of the time.
    package init(isQuick: Bool) {
        stretch = isQuick ? 1_250_000_000 : 5_000_000_000
        shortestPhase = isQuick ? 250_000_000 : 1_000_000_000
        least = isQuick ? 5_000_000_000 : 20_000_000_000
        most = isQuick ? 20_000_000_000 : 180_000_000_000
    }

    package struct Outcome: Sendable, Equatable {
        package var nanoseconds: UInt64
        /// Of each stretch the geometric mean of its phases' requests a second, so that each of them weighs the same.
        package var rates: [Double]
        /// The last stretch was no faster than those before.
        package var isSteady: Bool
    }

    /// The phases of a stretch: the recorded ones, cut short. No connections are lost in them: each stretch opens its own.
    package func phases(of workload: Workload) -> [Phase] {
        var recorded = workload.phases.filter(\.isRecorded)
        precondition(!recorded.isEmpty, "a workload has a recorded phase")
        let share = max(stretch / UInt64(recorded.count), shortestPhase)
        for place in recorded.indices {
            recorded[place].nanoseconds = share
            recorded[place].reconnects = false
            recorded[place].steady = nil
        }
        return recorded
    }

    /// `load` loads one stretch and returns the requests a second of each phase; `now` is the monotonic clock.
    package func run(
        now: () -> UInt64 = quorate_monotonic_ns, load: () throws(LoadError) -> [Double]
    ) throws(LoadError) -> Outcome {
        let begin = now()
        var outcome = Outcome(nanoseconds: 0, rates: [], isSteady: false)
        while !outcome.isSteady && outcome.nanoseconds < most {
            outcome.rates.append(Self.mean(try load()))
            outcome.nanoseconds = now() - begin
            outcome.isSteady = outcome.nanoseconds >= least && Self.hasStoppedRising(outcome.rates)
        }
        return outcome
    }

    /// 0 if a phase got nothing done.
    private static func mean(_ rates: [Double]) -> Double {
        rates.isEmpty || rates.contains { $0 <= 0 } ? 0 : exp(rates.reduce(0) { $0 + log($1) } / Double(rates.count))
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
