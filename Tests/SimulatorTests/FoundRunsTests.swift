// Runs that once broke, made small by `quorate simulate --shrink`.

import Simulator
import Testing

@Suite struct FoundRunsTests {
    /// What shrinking has left out of both.
    private func small(_ seed: UInt64) -> Swarm {
        var swarm = Swarm(seed: seed)
        (swarm.payload, swarm.keys, swarm.applyBudget) = (8, 1, 1 << 20)
        (swarm.cutsFrames, swarm.holdsUnflushed, swarm.linger) = (false, false, 0)
        return swarm
    }

    private func expectSound(_ seed: UInt64, _ swarm: Swarm, _ plan: FaultPlan) {
        let run = Simulation(seed: seed, swarm: swarm, plan: plan)
        run.run()
        #expect(run.breaches.isEmpty, "\(run.breaches)")
    }

    /// Every write waited for a configuration record that the new leader had thrown away with the requests of a lost hand-over.
    @Test func aConfigurationThatWasAskedForIsProposed() {
        var swarm = small(408_433)
        swarm.window = 1
        swarm.snapshotRecords = 0
        swarm.operations = 10
        let plan = FaultPlan(faults: [
            Fault(time: 117_441_050, kind: .slowDisk, member: 6, duration: 752_090_773, chance: 420_738_703_958_581_542),
            Fault(time: 143_765_943, kind: .slowLinks, member: 4, duration: 88_825_674, chance: 1_277_383_665_259_227_408),
            Fault(time: 281_874_681, kind: .slowLinks, member: 3, duration: 562_019_666, chance: 12_066_682_391_421_487_467),
            Fault(time: 346_046_814, kind: .kill, member: 0, duration: 103_677_216, chance: 4_786_718_782_000_846_405),
            Fault(time: 449_748_249, kind: .newEpoch, member: 5, duration: 290_937_768, chance: 2_149_143_044_300_738_510),
            Fault(time: 485_557_119, kind: .strandLeader, member: 4, duration: 3_518_366_005, chance: 7_369_690_939_212_332_328),
        ])
        expectSound(408_433, swarm, plan)
    }

    /// The last number of the epoch was committed while a hand-over was under way, which failed; nobody ended the epoch then.
    @Test("Rule E8: an epoch whose numbers are used up ends behind a hand-over that failed, too")
    func anEpochEndsBehindAFailedHandover() {
        var swarm = small(420_545)
        swarm.clients = 3
        swarm.operations = 100
        let plan = FaultPlan(faults: [
            Fault(time: 298_178_715, kind: .slowDisk, member: 4, duration: 243_663_585, chance: 7_962_031_256_838_443_752)
        ])
        expectSound(420_545, swarm, plan)
    }

    /// Everybody was bound, and nobody had it on its disk: all lost power, a log was cut, and the other two waited for it, as by
    /// the record before the third one did not count yet.
    @Test("Rule G1: that a record is committed outlives a loss of power in an ensemble where nothing else is written")
    func bindingOutlivesPowerLoss() {
        var swarm = small(844_501)
        (swarm.window, swarm.snapshotRecords, swarm.clients, swarm.operations) = (1, 0, 1, 10)
        swarm.linkDelay = 100_000...100_000
        var plan = FaultPlan(faults: [
            Fault(
                time: 196_936_280, kind: .losePowerOfAllInFlush, member: 0, duration: 16_363_313,
                chance: 8_441_598_617_146_328_223),
            Fault(
                time: 325_258_637, kind: .losePowerOfAllInFlush, member: 1, duration: 46_910_715,
                chance: 16_069_126_256_971_665_928),
            Fault(time: 351_890_157, kind: .cutLog, member: 1, duration: 137_126_306, chance: 5_214_111_083_373_644_498),
        ])
        expectSound(844_501, swarm, plan)

        swarm = small(888_782)
        (swarm.window, swarm.clients, swarm.operations) = (1, 1, 10)
        swarm.linkDelay = 100_000...100_000
        plan = FaultPlan(faults: [
            Fault(
                time: 208_869_691, kind: .losePowerOfAllInFlush, member: 1, duration: 426_393_568,
                chance: 11_671_638_608_349_616_245),
            Fault(
                time: 247_391_682, kind: .pauseLeaderUntilVote, member: 1, duration: 2_060_593_028,
                chance: 2_251_594_073_944_973_792),
            Fault(time: 571_610_925, kind: .cutLog, member: 1, duration: 443_354_976, chance: 1_329_752_113_243_721_450),
        ])
        expectSound(888_782, swarm, plan)
    }

    /// A member had acknowledged, its disk had lied, and its leader committed with that word: no leader could know better, but
    /// the disks were asked for what they hold now.
    @Test("Rule C2: an acknowledgement counts however late it is read, though the disk behind it has lied")
    func aWordThatWasLostWasGiven() {
        var swarm = Swarm(seed: 925_248)
        (swarm.keys, swarm.snapshotRecords, swarm.applyBudget, swarm.operations) = (1, 0, 1 << 20, 100)
        (swarm.holdsUnflushed, swarm.linger) = (false, 0)
        let plan = FaultPlan(faults: [
            Fault(
                time: 678_834_141, kind: .losePowerInFlush, member: 4, duration: 423_765_282, chance: 14_495_001_895_680_781_276),
            Fault(time: 807_085_863, kind: .strandLeader, member: 3, duration: 2_324_530_150, chance: 14_815_197_924_813_581_273),
            Fault(time: 1_312_708_981, kind: .lyingFlushes, member: 3, duration: 418_704_476, chance: 13_901_464_375_753_537_833),
        ])
        expectSound(925_248, swarm, plan)
    }
}
