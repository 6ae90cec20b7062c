// Looks at the members while the load runs, on a thread of its own so that the generator never waits for an answer: what each
// tells of itself, and its context switches. Processor time at the borders of phases, a few system calls, is taken where the
// border is.

import CLinux
import Ensemble
import Foundation
import Synchronization
import Transport

final class MemberSampler: Sendable {
    private let state = Mutex(MemberReadings())
    private let stopping = DispatchSemaphore(value: 0)
    private let ended = DispatchSemaphore(value: 0)
    private let period: DispatchTimeInterval
    private let members: [ObservedMember]

    /// - Parameter shortestPhase: in nanoseconds; at least three looks fall into it, if looking is cheap.
    init(_ members: [ObservedMember], shortestPhase: UInt64) {
        self.members = members
        // A look at one that has only `mntr` costs it some 30 ms of a CPU, which must not spoil what it is measured for.
        let least: UInt64 = members.allSatisfy(\.isCheapToAsk) ? 200_000_000 : 1_000_000_000
        period = .nanoseconds(Int(min(1_000_000_000, max(least, shortestPhase / 4))))
    }

    /// What has been seen so far.
    var readings: MemberReadings { state.withLock { $0 } }

    /// At the border of a phase, on the generator's thread.
    func noteBorder(at: UInt64) {
        let used = members.compactMap(\.cpuNanoseconds)
        let machine = MachineTime.read()
        state.withLock { readings in
            if used.count == members.count {
                readings.addCPU(used.reduce(0, +), at: at)
                readings.addCPU(ofEach: Dictionary(uniqueKeysWithValues: zip(members.map(\.id), used)), at: at)
            }
            if let machine { readings.addMachine(machine, at: at) }
        }
    }

    func start() {
        let isStarted = startDetachedThread(named: "quorate-look") { [self] in
            repeat { look() } while stopping.wait(timeout: .now() + period) == .timedOut
            ended.signal()
        }
        // Nobody looks then, which the result says, and nobody has to be waited for.
        if !isStarted { ended.signal() }
    }

    private func look() {
        var switches: UInt64 = 0
        for member in members {
            if let metrics = member.metrics() { state.withLock { $0.add(metrics, of: member.id) } }
            guard let figures = member.figures else { continue }
            switches += figures.voluntarySwitches + figures.involuntarySwitches
        }
        state.withLock { $0.addSwitches(switches, at: quorate_monotonic_ns()) }
    }

    func stop() {
        stopping.signal()
        ended.wait()
    }
}
