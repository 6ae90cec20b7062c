// Looks at the members while the load runs: their processor time at the borders of phases, and what the leader tells of itself
// twice a second, on a thread of its own so that the generator never waits for an answer.

import CLinux
import Ensemble
import Foundation
import Synchronization

final class MemberSampler: Sendable {
    struct Reading {
        let at: UInt64
        let metrics: MetricsText
        let leader: Int
    }

    private struct State {
        var isStopped = false
        var readings: [Reading] = []
        var cpu: [(at: UInt64, nanoseconds: UInt64, switches: UInt64)] = []
    }

    private let state: Mutex<State>
    private let ended = DispatchSemaphore(value: 0)

    init() { state = Mutex(State()) }

    /// At the border of a phase: two system calls a member.
    func noteBorder(_ members: [Member], at: UInt64) {
        var cpu: UInt64 = 0
        var switches: UInt64 = 0
        for member in members {
            guard let figures = member.figures() else { continue }
            cpu += figures.cpuNanoseconds
            switches += figures.voluntarySwitches + figures.involuntarySwitches
        }
        state.withLock { $0.cpu.append((at, cpu, switches)) }
    }

    func start(_ ensemble: Ensemble) {
        nonisolated(unsafe) let members = ensemble.members
        Thread.detachNewThread { [self] in
            while !state.withLock({ $0.isStopped }) {
                read(members)
                Thread.sleep(forTimeInterval: 0.4)
            }
            ended.signal()
        }
    }

    /// Asks the latest leader first, so that usually one member is asked, not all.
    private func read(_ members: [Member]) {
        let latest = state.withLock { $0.readings.last?.leader }
        for member in members.filter({ $0.id == latest }) + members.filter({ $0.id != latest }) {
            guard let metrics = member.metrics(), metrics.value("quorate_leading") == 1 else { continue }
            let reading = Reading(at: quorate_monotonic_ns(), metrics: metrics, leader: member.id)
            state.withLock { $0.readings.append(reading) }
            return
        }
    }

    func stop() {
        state.withLock { $0.isStopped = true }
        ended.wait()
    }

    /// The first and the last reading inside of a stretch, if the same member led in both.
    func readings(from begin: UInt64, to end: UInt64) -> (first: Reading, last: Reading)? {
        let inside = state.withLock { $0.readings.filter { $0.at >= begin && $0.at <= end } }
        guard let first = inside.first, let last = inside.last, last.at > first.at, first.leader == last.leader else {
            return nil
        }
        return (first, last)
    }

    /// Processor time and context switches between two borders.
    func cost(from begin: UInt64, to end: UInt64) -> (cpu: UInt64, switches: UInt64)? {
        let borders = state.withLock { $0.cpu }
        guard let first = borders.last(where: { $0.at <= begin + 1_000_000 }),
            let last = borders.first(where: { $0.at + 1_000_000 >= end }),
            last.nanoseconds >= first.nanoseconds, last.switches >= first.switches
        else { return nil }
        return (last.nanoseconds - first.nanoseconds, last.switches - first.switches)
    }
}
