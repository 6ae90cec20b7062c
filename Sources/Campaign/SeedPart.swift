// Seeds run one after the other in this process, each told of before and behind it, so that whoever reads along knows in which
// one the process ended.

import Histories
import Simulator

package struct SeedPart: Sendable {
    package var seeds: Range<UInt64>
    /// Nothing more behind the first one that breaks.
    package var stopsWhenBroken = false
    /// As `Simulation.heedsHalts`.
    package var heedsHalts = true
    /// Each run's story is kept and told.
    package var isTelling = false

    package init(seeds: Range<UInt64>) { self.seeds = seeds }

    package func run(_ report: (SeedReport) throws -> Void, story: ([String]) throws -> Void = { _ in }) rethrows {
        for seed in seeds {
            try report(.begun(seed))
            let run = Simulation(seed: seed)
            run.heedsHalts = heedsHalts
            run.isTelling = isTelling
            run.run()
            if isTelling { try story(run.story) }
            for (text, check) in zip(run.breaches, run.finders) {
                try report(.broken(seed, check: check.rawValue, "\(text) (\(run.swarm.description))"))
            }
            if stopsWhenBroken, !run.breaches.isEmpty { break }
            // Each seed's with its own end: what ends the process later takes nothing of it along.
            try report(.marks(run.marks.counts))
            try report(.done(seed, SeedFigures(run)))
        }
    }
}

extension SeedFigures {
    init(_ run: Simulation) {
        steps = run.steps
        faults = UInt64(run.faultsInjected)
        answers = UInt64(run.history.answered.count)
        trace = run.trace
    }
}
