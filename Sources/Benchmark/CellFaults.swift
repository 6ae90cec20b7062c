// What a cell says of the faults that its workload asked for: what was done, when, to whom, and how long nobody's write was
// acknowledged around it.

import Ensemble
import Results
import Workload

extension ResultCell {
    /// What a fault has done may show a little after it is over.
    private static let aftermath: UInt64 = 1_000_000_000

    /// `start` is when the load began, on the monotonic clock.
    mutating func take(_ outcome: FaultTimeline.Outcome, since start: UInt64) {
        faults = outcome.strikes.map { strike in
            let at = strike.begin - min(start, strike.begin)
            let lasted = (strike.end ?? strike.begin) - strike.begin
            let end = at + lasted + Self.aftermath
            let gaps = writeGaps.filter { $0.startNanoseconds < end && $0.startNanoseconds + $0.nanoseconds > at }
            return ResultFault(
                atNanoseconds: at, nanoseconds: lasted, fault: strike.fault.kind.rawValue, role: strike.fault.role.description,
                members: strike.members, writeGapNanoseconds: gaps.map(\.nanoseconds).max())
        }
        faultProblems = outcome.problems.isEmpty ? nil : outcome.problems
    }
}
