// Several generators begin together: znodes are laid out by the first one, then all join, and the first phase begins for all at
// one instant of the machine's monotonic clock. Who carries the words between them stands in SharedLoad.swift.

internal import Synchronization

/// What one generator says and is told before its load begins. The flags may be set from any thread.
package final class JointStart: Sendable {
    package enum Step: Sendable {
        case laidOut, joined
    }

    let tell: @Sendable (Step) -> Void
    private let joining = Atomic<Bool>(false)
    private let beginning = Atomic<UInt64>(0)

    package init(tell: @escaping @Sendable (Step) -> Void) { self.tell = tell }

    /// The znodes are there.
    package func allowJoining() { joining.store(true, ordering: .relaxed) }
    /// Everybody has joined; the first phase begins at this instant.
    package func begin(at instant: UInt64) { beginning.store(instant, ordering: .relaxed) }

    var mayJoin: Bool { joining.load(ordering: .relaxed) }
    var beginsAt: UInt64? {
        let instant = beginning.load(ordering: .relaxed)
        return instant == 0 ? nil : instant
    }
}

extension LoadDriver {
    static let jointInterval: UInt64 = 5_000_000

    /// Whether the znodes are there for every part; others may take their time for it.
    func isLaidOutForAll(ready: Int, now: UInt64) -> Bool {
        guard let joint else { return isLaidOut }
        if isLaidOut && !hasToldLayout {
            hasToldLayout = true
            joint.tell(.laidOut)
        }
        let waitsForAnother = (options.share?.index ?? 0) > 0 && ready == loadClients.count
        if joint.mayJoin { isLaidOut = true } else if waitsForAnother || hasToldLayout { setupHeard = now }
        return joint.mayJoin
    }

    /// When the first phase begins, once that is now or was; every client of this part has joined.
    func beginning(now: UInt64) -> UInt64? {
        guard let joint else { return now }
        if !hasToldJoining {
            hasToldJoining = true
            joint.tell(.joined)
        }
        guard let instant = joint.beginsAt, instant <= now else { return nil }
        return instant
    }
}
