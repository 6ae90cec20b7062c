// Many seeds, each a run of whole members under faults; a breach names its seed, and `quorate simulate --seeds 1 --from SEED
// --trace` tells its story.

import Foundation
import Histories
import Simulator
import Testing

@Suite struct SeedTests {
    static let all = ProcessInfo.processInfo.environment["QUORATE_QUICK"] == nil ? 2_000 : 200
    static let share = 100

    @Test(arguments: 0..<all / share) func nothingBreaks(_ part: Int) {
        var (steps, faults): (UInt64, Int) = (0, 0)
        for seed in UInt64(part * SeedTests.share + 1)...UInt64((part + 1) * SeedTests.share) {
            let run = Simulation(seed: seed)
            run.run()
            steps += run.steps
            faults += run.faultsInjected
            #expect(run.breaches.isEmpty, "seed \(seed), \(run.swarm.description): \(run.breaches.first ?? "")")
            // A run whose faults went beyond what is promised is over early.
            let isWhole = run.marks[.beyondTolerance] == 0
            #expect(
                !isWhole || run.history.operations.count >= 200, "seed \(seed) has only \(run.history.operations.count) requests")
        }
        #expect(steps >= 5_000 * UInt64(SeedTests.share) && faults >= 3 * SeedTests.share)
    }
}
