// How many requests are due a second where that changes with the time since a phase began. When each of them is due is the
// business of the load generator.

/// The course of a role's rate, anew in each phase. Rates are those of the whole role, a second.
package enum RateShape: Sendable, Equatable, Codable {
    /// For `on` nanoseconds so many, then for `off` nanoseconds none, and again.
    case burst(perSecond: Double, on: UInt64, off: UInt64)
    /// From the one to the other in a straight line over the phase.
    case ramp(from: Double, to: Double)
    /// A staircase: `by` more after every `every` nanoseconds.
    case stairs(from: Double, by: Double, every: UInt64)
    /// One after the other; the last one lasts until the phase is over.
    case steps([RateStep])

    /// True if a phase that is made shorter has the same course, only quicker.
    package var fitsAnyLength: Bool {
        if case .ramp = self { true } else { false }
    }
}

package struct RateStep: Sendable, Equatable, Codable {
    package var perSecond: Double
    /// nil only of the last one.
    package var nanoseconds: UInt64?

    package init(perSecond: Double, nanoseconds: UInt64? = nil) {
        self.perSecond = perSecond
        self.nanoseconds = nanoseconds
    }
}

extension Workload {
    /// True if the phase means something else when it lasts a part of its time: connections take as long to come back, and bursts
    /// and steps have lengths of their own.
    package func keepsItsLength(_ phase: Phase) -> Bool {
        phase.reconnects
            || phase.roles.contains {
                if case .shaped(let shape, _) = roles[$0].arrivals { !shape.fitsAnyLength } else { false }
            }
    }
}
