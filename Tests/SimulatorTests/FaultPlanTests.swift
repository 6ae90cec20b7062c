// Each kind of fault strikes and shows in the count of situations; and a run without faults meets none.

import Journal
import Simulator
import Testing

@Suite struct FaultPlanTests {
    private func run(_ plan: [Fault], members: Int = 3) -> Simulation {
        var swarm = Swarm(seed: 5)
        swarm.members = members
        let run = Simulation(seed: 5, swarm: swarm, plan: FaultPlan(faults: plan))
        run.run()
        return run
    }

    private func count(_ name: String, _ run: Simulation) -> UInt64 {
        zip(Marks.names, run.marks.counts).first { $0.0 == name }?.1 ?? 0
    }

    private func fault(_ kind: Fault.Kind, member: Int = 0, duration: UInt64 = 1_500_000_000) -> Fault {
        Fault(time: 1_000_000_000, kind: kind, member: member, duration: duration, chance: 77)
    }

    @Test func aRunWithoutFaultsMeetsNone() {
        let run = run([])
        #expect(run.breaches.isEmpty && run.faultsInjected == 0)
        #expect(count("looking: leaderSilent", run) == 0 && count("session expired", run) == 0)
    }

    @Test(arguments: [
        (Fault.Kind.killLeader, "looking: dataConnectionLost"), (.pauseLeader, "looking: leaderSilent"),
        (.losePowerOfAll, "elected"), (.failedFlush, "haltedOnDiskError"), (.fullLog, "fault: fullLog"),
        (.halfOpen, "fault: halfOpen"), (.partition(side: 1), "fault: partition"), (.dropClients, "sessionResumed"),
    ])
    func aFaultHasItsEffect(_ kind: Fault.Kind, _ mark: String) {
        // A member may have no client to lose just then.
        let plan = kind == .dropClients ? (0..<3).map { fault(kind, member: $0) } : [fault(kind)]
        let run = run(plan)
        #expect(run.breaches.isEmpty, "\(run.breaches)")
        #expect(run.faultsInjected >= 1 && run.faultsInjected <= UInt64(plan.count))
        #expect(count(mark, run) > 0, "\(mark)")
    }

    @Test("Rule F8: a member that holds less than it has acknowledged is refused by its leader, and replaced by the operator")
    func lostWordIsRefused() {
        for kind in [Fault.Kind.setBack, .lyingFlushes] {
            let run = run([fault(kind, duration: 300_000_000)])
            #expect(run.breaches.isEmpty, "\(run.breaches)")
            #expect(
                count("setBack", run) == 1 && count("set-back member refused", run) == 1 && count("beyondTolerance", run) == 0)
            // Unless a new epoch came first, whose leader it can follow like anyone who was away.
            #expect(count("memberReplaced", run) + count("caughtUpAfterSetBack", run) == 1)
        }
    }

    @Test func whereLostWordWouldCountNothingIsPromised() {
        // Its leader dies with it, so that nobody knows any more what it had acknowledged.
        var leaderDies = fault(.losePowerOfAll, duration: 50_000_000)
        leaderDies.time += 299_000_000
        let run = run([fault(.setBack, duration: 300_000_000), leaderDies])
        #expect(run.breaches.isEmpty, "\(run.breaches)")
        #expect(run.faultsInjected == 2)
    }

    @Test func aFlushThatLiesKeepsNothing() throws {
        let disk = SimulatedDisk()
        var dice = Dice(seed: 1, stream: .disks)
        func write(_ byte: UInt8) throws {
            let file = try disk.open("a", byte == 1 ? .new : .existing)
            try withUnsafeBytes(of: byte) { try disk.writeAll(file, at: 0, $0) }
            try disk.flush(file)
            try disk.flushDirectory()
        }
        try write(1)
        disk.faults.lies = true
        try write(2)
        #expect(disk.bytes(of: "a") == [2] && !disk.takeBrokenWord())
        disk.losePower(survival: 0, &dice)
        #expect(disk.bytes(of: "a") == [1] && disk.takeBrokenWord())
        try write(3)
        disk.losePower(survival: 0, &dice)
        #expect(disk.bytes(of: "a") == [3] && !disk.takeBrokenWord())
    }

    @Test func everyKindHasAName() {
        #expect(Set(Marks.names).count == Marks.names.count)
        #expect(Marks.names.count > 90)
    }
}
