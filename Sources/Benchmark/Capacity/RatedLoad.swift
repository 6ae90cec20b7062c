// The open-loop part of a workload, with a rate that can be chosen: the first recorded phase in which requests are due at rates.
// All rates of it are scaled alike, and roles that only take or listen go along.

package import Workload

package struct RatedLoad: Sendable {
    /// With no other phase than those of one window.
    package let workload: Workload
    /// Requests that are due a second as the workload stands.
    package let usualRate: Double
    private let phase: Phase

    /// - Returns: nil if nothing is due at rates; `objection` says what to write.
    package init?(_ workload: Workload) {
        let candidates = workload.phases.filter { phase in
            phase.isRecorded && Self.rate(workload, phase) > 0 && !Self.hasFullLoad(workload, phase)
                && !Self.hasChangingRate(workload, phase)
        }
        guard let phase = candidates.first else { return nil }
        var rated = workload
        rated.phases = [phase]
        self.workload = rated
        self.phase = phase
        usualRate = Self.rate(workload, phase)
    }

    package static func objection(to workload: Workload) -> String {
        let closed = workload.roles.first { $0.arrivals == .closed && !follows($0) } ?? workload.roles[0]
        return
            "The workload '\(workload.name)' has no recorded phase in which requests are due at rates and nobody sends as much "
            + "as possible beside them; write --set roles.\(closed.name).arrivals='{rate: 1000/s}'."
    }

    private static func rate(_ workload: Workload, _ phase: Phase) -> Double {
        phase.roles.reduce(0) { $0 + (workload.roles[$1].arrivals.perSecond ?? 0) }
    }

    /// It sends on what others have put there.
    private static func follows(_ role: Role) -> Bool {
        role.operations.allSatisfy {
            switch $0 {
            case .take, .subscribe: true
            default: false
            }
        }
    }

    private static func hasFullLoad(_ workload: Workload, _ phase: Phase) -> Bool {
        phase.roles.contains { workload.roles[$0].arrivals == .closed && !follows(workload.roles[$0]) }
    }

    /// A window must find at its end what it had at its begin.
    private static func hasChangingRate(_ workload: Workload, _ phase: Phase) -> Bool {
        phase.roles.contains { if case .shaped = workload.roles[$0].arrivals { true } else { false } }
    }

    package static let windowName = "window"

    /// A stretch in which the rate settles, and the window.
    package func phases(rate: Double, settle: UInt64, window: UInt64) -> [Phase] {
        func stretch(_ name: String, _ nanoseconds: UInt64, isRecorded: Bool) -> Phase {
            Phase(
                name: name, nanoseconds: nanoseconds, isRecorded: isRecorded, roles: phase.roles,
                rateScale: rate / usualRate)
        }
        return [
            stretch("settle", settle, isRecorded: false), stretch(Self.windowName, window, isRecorded: true),
        ]
    }
}
