// In which order targets take turns. In every round each of them is loaded once, and every other round goes backwards, so that
// none of them always comes first and what changes slowly hits all alike: with two targets A B, B A, A B, B A.

package import Workload

package enum Rounds {
    /// The shortest a recorded phase, and any other one, may become by being cut.
    private static let recordedLeast: UInt64 = 1_000_000_000
    private static let otherLeast: UInt64 = 500_000_000

    package struct Turn: Sendable, Equatable {
        package let round: Int
        /// Index of the target.
        package let target: Int
    }

    package static func turns(targets: Int, rounds: Int) -> [Turn] {
        (0..<rounds).flatMap { round in
            (0..<targets).map { Turn(round: round, target: round % 2 == 0 ? $0 : targets - 1 - $0) }
        }
    }

    /// Overrides that cut a workload into slices of which `rounds` together last as long as the whole. A phase that begins with
    /// the loss of all connections stays as it is: it doesn't take less time until all are back for being cut. So does one with
    /// bursts or steps, of which a slice would have the first alone. A trace is played whole.
    package static func cut(_ workload: Workload, rounds: Int) -> [String] {
        guard workload.replay == nil else { return [] }
        return workload.phases.filter { !workload.keepsItsLength($0) }.map { phase in
            let least = min(phase.nanoseconds, phase.isRecorded ? recordedLeast : otherLeast)
            return "phases.\(phase.name).for=\(max(phase.nanoseconds / UInt64(rounds), least) / 1_000_000)ms"
        }
    }
}
