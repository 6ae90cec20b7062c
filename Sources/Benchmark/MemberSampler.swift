// Looks at the members while the load runs, on a thread of its own so that the generator never waits for an answer: what each
// tells of itself, and its context switches. Processor time at the borders of phases, two system calls a member, is taken
// where the border is.

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

    /// - Parameter shortestPhase: in nanoseconds; at least three looks fall into it.
    init(shortestPhase: UInt64) {
        period = .nanoseconds(Int(clamping: min(1_000_000_000, max(200_000_000, shortestPhase / 4))))
    }

    /// What has been seen so far.
    var readings: MemberReadings { state.withLock { $0 } }

    /// At the border of a phase, on the generator's thread.
    func noteBorder(_ members: [Member], at: UInt64) {
        var cpu: UInt64 = 0
        for member in members {
            if let pid = member.pid, let used = ProcessFigures.cpuNanoseconds(pid: pid) { cpu += used }
        }
        state.withLock { $0.addCPU(cpu, at: at) }
    }

    func start(_ ensemble: Ensemble) {
        // Members are started before `start` and ended after `stop`; in between they are only read, by any thread.
        nonisolated(unsafe) let members = ensemble.members
        let isStarted = startDetachedThread(named: "quorate-look") { [self] in
            repeat { look(members) } while stopping.wait(timeout: .now() + period) == .timedOut
            ended.signal()
        }
        // Nobody looks then, which the result says, and nobody has to be waited for.
        if !isStarted { ended.signal() }
    }

    private func look(_ members: [Member]) {
        var switches: UInt64 = 0
        for member in members {
            if let metrics = member.metrics() { state.withLock { $0.add(metrics, of: member.id) } }
            guard let figures = member.figures() else { continue }
            switches += figures.voluntarySwitches + figures.involuntarySwitches
        }
        state.withLock { $0.addSwitches(switches, at: quorate_monotonic_ns()) }
    }

    func stop() {
        stopping.signal()
        ended.wait()
    }
}
