// Carries out the faults of a workload while its load runs, each at its moment, on a thread of its own: the generator's must not
// wait for a member's end.

import CLinux
import Dispatch
import Ensemble
import Foundation
import Synchronization
import Transport
import Workload

final class FaultTimeline: Sendable {
    /// What was done, and what could not be.
    struct Outcome: Sendable {
        var strikes: [FaultInjector.Strike] = []
        /// One sentence each.
        var problems: [String] = []
    }

    private let faults: [Fault]
    private let begin = Mutex<UInt64?>(nil)
    private let hasBegun = DispatchSemaphore(value: 0)
    private let stopping = DispatchSemaphore(value: 0)
    private let ended = DispatchSemaphore(value: 0)
    private let outcome = Mutex(Outcome())
    private let isEnding = Atomic<Bool>(false)

    /// The ensemble belongs to the timeline until `stop` has returned.
    init(_ faults: [Fault], on ensemble: Ensemble) {
        self.faults = faults
        // Safe because only this thread touches the ensemble from here until `stop` has waited for its end.
        nonisolated(unsafe) let lent = ensemble
        let isStarted = startDetachedThread(named: "quorate-faults") { [self] in
            hasBegun.wait()
            if let time = begin.withLock({ $0 }) { run(FaultInjector(lent), since: time) }
            ended.signal()
        }
        if !isStarted {
            outcome.withLock { $0.problems = ["no thread could be started for the faults, so none was carried out"] }
            ended.signal()
        }
    }

    /// The load's first phase begins; later calls change nothing.
    func start(at nanoseconds: UInt64) {
        let isFirst = begin.withLock { begin in
            defer { begin = begin ?? nanoseconds }
            return begin == nil
        }
        if isFirst { hasBegun.signal() }
    }

    /// Takes back whatever lasts, and returns what was done.
    func stop() -> Outcome {
        isEnding.store(true, ordering: .releasing)
        stopping.signal()
        // If the load never began nobody else says so.
        hasBegun.signal()
        ended.wait()
        return outcome.withLock { $0 }
    }

    private func run(_ injector: FaultInjector, since begin: UInt64) {
        var due = faults.map { (time: begin + $0.at, fault: Optional($0), strike: 0) }
        while !isEnding.load(ordering: .acquiring), let place = due.indices.min(by: { due[$0].time < due[$1].time }) {
            let next = due[place]
            let now = quorate_monotonic_ns()
            if next.time > now {
                _ = stopping.wait(timeout: .now() + .nanoseconds(Int(next.time - now)))
                continue
            }
            due.remove(at: place)
            do throws(EnsembleError) {
                guard let fault = next.fault else {
                    try injector.end(next.strike)
                    continue
                }
                guard let strike = try injector.begin(fault) else {
                    note("\(fault.kind.rawValue) of \(fault.role), due after \(seconds(fault.at)), found nobody who was that")
                    continue
                }
                if fault.nanoseconds > 0 { due.append((now + fault.nanoseconds, nil, strike)) }
            } catch {
                note(error.description)
            }
        }
        do throws(EnsembleError) { try injector.endAll() } catch { note(error.description) }
        let strikes = injector.strikes
        outcome.withLock { $0.strikes = strikes }
    }

    private func note(_ text: String) { outcome.withLock { $0.problems.append(text) } }
    private func seconds(_ nanoseconds: UInt64) -> String { String(format: "%.2f s", Double(nanoseconds) / 1e9) }
}
