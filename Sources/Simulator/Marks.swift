// Rare situations that a long run must have met: one that never was says that the simulator has stopped looking there.

import Zab

package enum Mark: Int, CaseIterable, Sendable {
    case elected
    case endedInFlush
    case requestLost
    case sessionLost
    case sessionResumed
    case watchFired
    case corruptedByte
    case tornTail
    case needsRepair
    case startRefused
    case haltedOnDiskError
}

package struct Marks: Sendable {
    package private(set) var counts = Array(repeating: UInt64(0), count: Mark.allCases.count)

    package init() {}

    package mutating func reach(_ mark: Mark) { counts[mark.rawValue] += 1 }

    package subscript(mark: Mark) -> UInt64 { counts[mark.rawValue] }

    package mutating func add(_ others: Marks) {
        for index in counts.indices { counts[index] += others.counts[index] }
    }

    mutating func note(_ fault: Fault.Kind) {}
    mutating func note(exit code: Int32) { if code == HaltCode.ioFailure.rawValue { reach(.haltedOnDiskError) } }
    mutating func noteEnd(of member: SimulatedMember) {}
}
