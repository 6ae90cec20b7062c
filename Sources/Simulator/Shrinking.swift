// From a run that broke something to a small one that still does: faults are left out by halves, then the load and the ensemble
// are made smaller. The seed stays, and each part of a run has a stream of chance of its own, so what is left goes on as before.
// After Zeller and Hildebrandt, "Simplifying and isolating failure-inducing input", 2002.

package struct Shrinking {
    package private(set) var swarm: Swarm
    package private(set) var plan: FaultPlan
    package private(set) var breach: String
    package private(set) var runs = 0
    private let seed: UInt64
    private let most: Int

    /// - Parameter runs: how many runs it may take, at most.
    package init?(seed: UInt64, runs most: Int = 400) {
        self.seed = seed
        self.most = most
        swarm = Swarm(seed: seed)
        let first = Simulation(seed: seed)
        plan = first.plan
        first.run()
        guard let found = first.breaches.first else { return nil }
        breach = found
        leaveOutFaults()
        makeSmaller()
        leaveOutFaults()
    }

    /// Whether it still breaks; then it is kept.
    private mutating func keeps(_ swarm: Swarm, _ plan: FaultPlan) -> Bool {
        guard runs < most else { return false }
        runs += 1
        let run = Simulation(seed: seed, swarm: swarm, plan: plan)
        run.run()
        guard let found = run.breaches.first else { return false }
        (self.swarm, self.plan, breach) = (swarm, plan, found)
        return true
    }

    private mutating func leaveOutFaults() {
        var size = plan.faults.count
        while size > 0 {
            var start = 0
            var some = false
            while start < plan.faults.count {
                var fewer = plan
                fewer.faults.removeSubrange(start..<min(start + size, fewer.faults.count))
                if keeps(swarm, fewer) { some = true } else { start += size }
            }
            if !some || size > plan.faults.count { size /= 2 }
        }
    }

    private mutating func makeSmaller() {
        var changes: [(inout Swarm) -> Void] = [
            { $0.window = 1 }, { $0.payload = 8 }, { $0.keys = 1 }, { $0.snapshotRecords = 0 }, { $0.cutsFrames = false },
            { $0.holdsUnflushed = false }, { $0.applyBudget = 1 << 20 }, { $0.linkDelay = 100_000...100_000 },
            { $0.flushDelay = 100_000...100_000 },
        ]
        for clients in [1, 2, 3] { changes.append { $0.clients = min($0.clients, clients) } }
        for operations in [10, 20, 50, 100] { changes.append { $0.operations = min($0.operations, operations) } }
        for change in changes {
            var smaller = swarm
            change(&smaller)
            _ = keeps(smaller, plan)
        }
    }

    /// One screen: what the run is, and what happened in it that matters.
    package var timeline: String {
        let run = Simulation(seed: seed, swarm: swarm, plan: plan)
        run.isTelling = true
        run.run()
        let faults = plan.faults.map { "  \($0.time / 1_000_000) ms: \($0)" }
        return (["seed \(seed), \(swarm.description)", breach] + faults + ["the end of its story:"] + run.story.suffix(40))
            .joined(separator: "\n")
    }
}
