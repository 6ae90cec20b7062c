// What many runs come to.

import Histories

package struct SimulationTotal {
    package private(set) var runs = 0
    package private(set) var broken = 0
    package private(set) var steps: UInt64 = 0
    package private(set) var faults = 0
    package private(set) var answers = 0
    package private(set) var marks = Marks()
    /// Of all traces, in the order of the runs.
    package private(set) var trace: UInt64 = 0

    package init() {}

    package mutating func add(_ run: Simulation) {
        runs += 1
        if !run.breaches.isEmpty { broken += 1 }
        steps += run.steps
        faults += run.faultsInjected
        answers += run.history.answered.count
        marks.add(run.marks)
        trace = trace &* 31 &+ run.trace
    }

    package func text(seconds: Double) -> String {
        let rate = seconds > 0 ? Int(Double(steps) / seconds) : 0
        let met = zip(Marks.names, marks.counts).map { "  \($0) \($1)" }.joined(separator: "\n")
        return "\(runs) runs, \(broken) broken; \(steps) steps (\(steps / UInt64(max(runs, 1))) a run, \(rate) a second), "
            + "\(faults) faults, \(answers) answers; trace \(String(trace, radix: 16))\nsituations met:\n\(met)"
    }
}
