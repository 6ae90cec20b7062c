// How fast the simulator is: steps a second of one core's time, with all checks, so that what else the machine
// does counts little.

import Foundation
import Histories
import Simulator

package struct SeedBenchmark {
    package static let leastStepsPerSecond = 300_000.0

    package struct Figure: Sendable {
        package var runs = 0
        package var steps: UInt64 = 0
        package var answers = 0
        package var faults = 0
        package var seconds = 0.0

        package var stepsPerSecond: Double { seconds > 0 ? Double(steps) / seconds : 0 }
        package var isFastEnough: Bool { stepsPerSecond >= SeedBenchmark.leastStepsPerSecond }
        package var text: String {
            func rate(_ count: Double) -> String { seconds > 0 ? "\(Int(count / seconds))" : "0" }
            return "\(runs) runs in \(Int(seconds * 1_000)) ms of processor time: \(rate(Double(steps))) steps/s, "
                + "\(rate(Double(answers))) answers/s, \(rate(Double(faults))) faults/s, \(rate(Double(runs) * 60)) runs a minute"
        }
    }

    package let seeds: Range<UInt64>

    package init(seeds: Range<UInt64>) { self.seeds = seeds }

    package func run() -> Figure {
        var figure = Figure()
        let begin = SeedBenchmark.processorSeconds()
        for seed in seeds {
            let run = Simulation(seed: seed)
            run.run()
            figure.runs += 1
            figure.steps += run.steps
            figure.answers += run.history.answered.count
            figure.faults += run.faultsInjected
        }
        figure.seconds = SeedBenchmark.processorSeconds() - begin
        return figure
    }

    private static func processorSeconds() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}
