// `quorate simulate-part`: one of the processes that share the seeds of a simulation, or that carry a mutant.

import ArgumentParser
import Campaign

#if QUORATE_MUTANTS
import Rules
#endif

struct SimulatePart: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate-part", abstract: "Seeds that another process asked for.", shouldDisplay: false)

    @Option var from: UInt64 = 1
    @Option var seeds: UInt64 = 1
    @Flag var untilBroken = false
    #if QUORATE_MUTANTS
    @Option var mutant: Int?
    @Flag var onlyOutside = false
    #endif

    func run() throws {
        let (end, isTooFar) = from.addingReportingOverflow(seeds)
        guard !isTooFar else { throw ValidationError("--from and --seeds are too large") }
        var part = SeedPart(seeds: from..<end)
        part.stopsWhenBroken = untilBroken
        #if QUORATE_MUTANTS
        if let mutant {
            guard let chosen = Mutant(rawValue: mutant) else { throw ValidationError("--mutant \(mutant): there is none") }
            Mutant.chosen = chosen
        }
        Mutant.assertionsAreOff = onlyOutside
        part.heedsHalts = !onlyOutside
        #endif
        try part.run { try StandardOutput.write($0.line) }
    }
}
