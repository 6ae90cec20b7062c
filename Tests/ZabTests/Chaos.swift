// One run of random faults from one seed: a phase in which anything may break, then a phase in which everything heals and the
// ensemble must come level, answer and commit. Used by ChaosTests.

import Batch
import Zab
import ZabCluster

struct Chaos {
    enum Fault: Int, CaseIterable {
        case crash, powerLoss, cut, isolate, breakWires, pause, slowDisk, stuckDisk, purge, handOver
    }

    let cluster: Cluster
    let seed: UInt64
    private(set) var counters = ZabCounters()
    private let faults: [Fault]
    private let loadGap: UInt64
    private let faultGap: UInt64

    init(seed: UInt64, size: Int? = nil, isTracing: Bool = false) {
        self.seed = seed
        var dice = Dice(seed: seed ^ 0x5eed)
        let size = size ?? 1 + Int(seed % 6)
        var settings = ClusterSettings(size: size)
        settings.isTracing = isTracing
        if dice.chance(25) { settings.rule = .majority }
        if size == 2, dice.chance(30) { settings.minCopies = 1 }
        if dice.chance(30) { settings.delay = 50_000...8_000_000 }
        cluster = Cluster(settings, seed: seed)
        // Few families at a time: runs in which everything breaks at once hide what two faults do to each other.
        faults = Fault.allCases.filter { _ in dice.chance(40) }
        loadGap = dice.roll(300_000...6_000_000)
        faultGap = dice.roll(8_000_000...120_000_000)
    }

    /// - Returns: what was breached, or nil.
    func run(for nanoseconds: UInt64 = 1_200_000_000) -> String? {
        cluster.onAction = { [cluster] action in
            if action == 0 { load(cluster) } else { fault(cluster) }
        }
        for index in cluster.members.indices { cluster.start(index) }
        cluster.after(1_000_000, 0)
        cluster.after(faultGap, 1)
        cluster.run(for: nanoseconds)
        cluster.onAction = nil
        return verdict()
    }

    private func load(_ cluster: Cluster) {
        if let leader = cluster.leader, cluster.dice.chance(90) {
            cluster.propose(leader, count: 1 + cluster.dice.roll(4))
        } else {
            cluster.propose(cluster.dice.roll(cluster.members.count))
        }
        if cluster.dice.chance(30) {
            cluster.read(cluster.dice.roll(cluster.members.count), cluster.dice.chance(50) ? .sync : .read)
        }
        cluster.after(cluster.dice.roll(1...2 * loadGap), 0)
    }

    private func fault(_ cluster: Cluster) {
        cluster.after(cluster.dice.roll(1...2 * faultGap), 1)
        let count = cluster.members.count
        for index in 0..<count where !cluster.members[index].isUp && cluster.dice.chance(40) { cluster.start(index) }
        if cluster.dice.chance(25) { cluster.heal() }
        guard !faults.isEmpty else { return }
        let victim = cluster.dice.roll(count)
        switch faults[cluster.dice.roll(faults.count)] {
        case .crash: crash(cluster, victim)
        case .powerLoss: for index in 0..<count { crash(cluster, index) }
        case .cut: cluster.cut(victim, cluster.dice.roll(count))
        case .isolate: for other in 0..<count where other != victim { cluster.cut(victim, other) }
        case .breakWires: cluster.breakWires(victim, cluster.dice.roll(count))
        case .pause: cluster.pause(victim, for: cluster.dice.roll(1_000_000...300_000_000))
        case .slowDisk: cluster.members[victim].diskDelay = cluster.dice.roll(100_000...20_000_000)
        case .stuckDisk: cluster.members[victim].isDiskStuck.toggle()
        case .purge: cluster.takeStart(victim, purging: true)
        case .handOver: if let leader = cluster.leader { cluster.handOver(leader, to: handoverTarget(cluster, victim)) }
        }
    }

    private func handoverTarget(_ cluster: Cluster, _ victim: Int) -> MemberID? {
        cluster.dice.chance(30) ? nil : cluster.members[victim].id
    }

    private func crash(_ cluster: Cluster, _ index: Int) { cluster.crash(index, torn: cluster.dice.roll(4)) }

    /// Heals everything and demands that the ensemble comes level and commits something new.
    private func verdict() -> String? {
        cluster.heal()
        for member in cluster.members {
            if let code = member.haltCode {
                return "member \(member.id) halted with \(code.rawValue): \(member.haltReason ?? "")"
            }
            member.diskDelay = 300_000
            member.isDiskStuck = false
        }
        for index in cluster.members.indices where !cluster.members[index].isUp { cluster.start(index) }
        guard cluster.run(for: 2_500_000_000, until: { cluster.isSettled }) else { return "not level in time: \(picture)" }
        // A hand-over that came last may still be under way.
        cluster.run(for: 500_000_000) { cluster.isSettled && cluster.leader.map { cluster.members[$0].canPropose } == true }
        guard let leader = cluster.leader, let zxid = cluster.propose(leader) else { return "nothing can be proposed" }
        guard cluster.run(for: 500_000_000, until: { cluster.isSettled && cluster.members.allSatisfy { $0.applied >= zxid } })
        else {
            return "a last write was not applied by all: \(picture)"
        }
        let digests = Set(cluster.members.map(\.digest))
        if digests.count != 1 { return "states differ" }
        for member in cluster.members {
            if let code = member.haltCode {
                return "member \(member.id) halted with \(code.rawValue): \(member.haltReason ?? "")"
            }
        }
        if !cluster.alarms.isEmpty { return "alarm: \(cluster.alarms[0])" }
        if !cluster.refusals.isEmpty { return "refused: \(cluster.refusals[0])" }
        return cluster.checks.breaches.first
    }

    private var picture: String {
        cluster.members.map { member in
            guard let core = member.core else { return "\(member.id) down" }
            return "\(member.id) \(core.zab.role) e\(core.zab.epoch) accepted \(core.zab.acceptedEpoch) "
                + "log \(core.zab.lastLogged) durable \(core.zab.lastDurable) commit \(core.zab.commit) applied \(member.applied)"
        }.joined(separator: "; ")
    }
}
