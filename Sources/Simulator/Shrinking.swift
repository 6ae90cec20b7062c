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
    /// What was made smaller.
    private var made: [String] = []

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

    private struct Change: Sendable {
        var text: String
        var make: @Sendable (inout Swarm) -> Void

        init(_ text: String, _ make: @escaping @Sendable (inout Swarm) -> Void) { (self.text, self.make) = (text, make) }
    }

    /// With their words in Swift.
    private static let changes: [Change] = {
        var changes = [
            Change("window = 1") { $0.window = 1 }, Change("payload = 8") { $0.payload = 8 }, Change("keys = 1") { $0.keys = 1 },
            Change("snapshotRecords = 0") { $0.snapshotRecords = 0 }, Change("cutsFrames = false") { $0.cutsFrames = false },
            Change("holdsUnflushed = false") { $0.holdsUnflushed = false }, Change("linger = 0") { $0.linger = 0 },
            Change("applyBudget = 1 << 20") { $0.applyBudget = 1 << 20 },
            Change("linkDelay = 100_000...100_000") { $0.linkDelay = 100_000...100_000 },
            Change("flushDelay = 100_000...100_000") { $0.flushDelay = 100_000...100_000 },
        ]
        for clients in [3, 2, 1] { changes.append(Change("clients = \(clients)") { $0.clients = min($0.clients, clients) }) }
        for operations in [100, 50, 20, 10] {
            changes.append(Change("operations = \(operations)") { $0.operations = min($0.operations, operations) })
        }
        return changes
    }()

    private mutating func makeSmaller() {
        for change in Shrinking.changes {
            var smaller = swarm
            change.make(&smaller)
            if keeps(smaller, plan) { made.append(change.text) }
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

    /// The same as a test, for Tests/SimulatorTests.
    package var test: String {
        let faults = plan.faults.map {
            "        Fault(time: \($0.time), kind: .\($0.kind), member: \($0.member), duration: \($0.duration), chance: \($0.chance)),"
        }
        let changes = made.map { "    swarm.\($0)" }
        let head = [
            "/// \(breach)", "@Test func seed\(seed)() {", "    \(made.isEmpty ? "let" : "var") swarm = Swarm(seed: \(seed))",
        ]
        let plan = ["    let plan = FaultPlan(faults: ["] + faults + ["    ])"]
        let end = [
            "    let run = Simulation(seed: \(seed), swarm: swarm, plan: plan)", "    run.run()",
            "    #expect(run.breaches.isEmpty, \"\\(run.breaches)\")", "}",
        ]
        return (head + changes + plan + end).joined(separator: "\n")
    }
}
