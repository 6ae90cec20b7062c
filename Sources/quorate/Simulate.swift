// `quorate simulate`: the shipping member under virtual time and injected faults, seed after seed. The runs are Simulator's.

import ArgumentParser
import Dispatch
import Simulator

struct Simulate: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run members in virtual time under faults, one run for each seed.",
        discussion: """
            A seed is an ensemble of 1 to 7 members, its clients and a list of faults; the same seed is the same run. A run \
            in which something broke is named with its seed. Exit codes: 0 nothing broke, 3 something did, 64 usage.
            """)

    @Option(help: "How many seeds.")
    var seeds = 100

    @Option(help: "The first seed.")
    var from: UInt64 = 1

    @Flag(help: "Tell what happens in each run.")
    var trace = false

    @Flag(help: "Of a run that breaks, leave out what it does not need, and tell the rest.")
    var shrink = false

    func validate() throws {
        guard seeds >= 1, seeds <= 1_000_000_000 else { throw ValidationError("--seeds is \(seeds); give a number from 1 on") }
        guard from <= .max - UInt64(seeds) else { throw ValidationError("--from is \(from); give a smaller number") }
    }

    func run() throws {
        var total = SimulationTotal()
        let begin = DispatchTime.now().uptimeNanoseconds
        for seed in from..<from + UInt64(seeds) {
            let simulation = Simulation(seed: seed)
            simulation.isTelling = trace
            simulation.run()
            total.add(simulation)
            if trace { try StandardOutput.write(simulation.story.joined(separator: "\n") + "\n") }
            guard let breach = simulation.breaches.first else { continue }
            try StandardOutput.write("seed \(seed) (\(simulation.swarm.description)): \(breach)\n")
            if shrink, let small = Shrinking(seed: seed) { try StandardOutput.write(small.timeline + "\n") }
        }
        let seconds = Double(DispatchTime.now().uptimeNanoseconds - begin) / 1e9
        try StandardOutput.write(total.text(seconds: seconds) + "\n")
        if total.broken > 0 { throw ExitCode(3) }
    }
}
