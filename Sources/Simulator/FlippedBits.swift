// Bits of what members have stored change, one after another, while an ensemble of three goes on: each is noticed or without
// effect, and what it took the leader sends again.

import Batch
import Journal
import Zab

package struct FlippedBits: Sendable {
    /// What came of each.
    package struct Tally: Sendable, Equatable {
        /// Nothing reads it, or not before something newer takes its place.
        package var withoutEffect = 0
        /// Noticed by the start, which had the same twice: a slot of the epoch file, an older start.
        package var mended = 0
        /// Of the last flush, which can't be told from one that never returned (rule F2): cut like a torn end. The run goes on
        /// with the file as it was, as the leader may know better (rule F8).
        package var cut = 0
        /// Noticed by the start; repaired by the leader (rule F3).
        package var repaired = 0
        /// The start was refused by name.
        package var refused = 0

        package var all: Int { withoutEffect + mended + cut + repaired + refused }

        package init() {}

        package var text: String {
            "\(all) bits flipped: \(withoutEffect) without effect, \(mended) mended at the start, \(cut) of the last flush cut "
                + "as a torn end, \(repaired) repaired by the leader, \(refused) refused by name"
        }
    }

    package private(set) var tally = Tally()
    /// What was lost, passed over or not repaired, with the seed of the ensemble.
    package private(set) var breach: String?
    package private(set) var seed: UInt64
    /// Whether `story` is to be told, of the ensemble in which something broke.
    package var isTelling = false
    package private(set) var story: [String] = []

    /// - Parameter seed: of the first ensemble; each has `flipsOfOne` flips.
    package init(seed: UInt64) { self.seed = seed }

    private static let flipsOfOne = 500

    /// Goes on with the next ensemble, for `most` flips at most.
    package mutating func run(most: Int) {
        let run = Simulation(seed: seed, swarm: FlippedBits.swarm(seed), plan: FaultPlan(faults: []))
        run.isTelling = isTelling
        run.run()
        var dice = Dice(seed: seed, stream: .faults)
        for number in 0..<min(most, FlippedBits.flipsOfOne) {
            guard run.breaches.isEmpty else { break }
            run.flipOne(&dice, &tally)
            if let text = run.breaches.first { breach = "seed \(seed), flip \(number + 1): \(text)" }
        }
        if breach == nil {
            run.finish()
            breach = run.breaches.first.map { "seed \(seed): \($0)" }
        }
        if breach != nil { story = run.story }
        seed += 1
    }

    private static func swarm(_ seed: UInt64) -> Swarm {
        var swarm = Swarm(seed: seed)
        swarm.members = 3
        swarm.families = []
        swarm.clients = 2
        swarm.keys = 1
        swarm.span = 400_000_000
        swarm.segmentSize = 16 << 10
        swarm.snapshotRecords = 20
        swarm.replaces = false
        return swarm
    }
}

extension Simulation {
    fileprivate func flipOne(_ dice: inout Dice, _ tally: inout FlippedBits.Tally) {
        let member = members[dice.below(members.count)]
        end(member, losesPower: false)
        let (whole, durable) = (member.disk.copy(), member.shadow.durable)
        let (name, bit) = pickBit(of: member.disk, &dice)
        member.isRotten = true
        member.mayCutLastFlush = name.hasPrefix("log-") && member.disk.isOfLastFlush(bit / 8..<bit / 8 + 1, of: name)
        member.disk.tamper(name) { $0[bit / 8] ^= 1 << UInt8(bit % 8) }
        tell("bit \(bit) of \(name) of member \(member.id) changes")
        startIfDown(member)
        if let refusal = member.refusedToStart {
            tally.refused += 1
            if !refusal.contains(name), !refusal.contains("log segment of use") {
                breach("a refusal that does not name \(name): \(refusal)")
            }
            startAnew(member, whole, durable)
        } else if member.found.needsRepair {
            tally.repaired += 1
        } else if member.found.last < durable {
            tally.cut += 1
            end(member, losesPower: false)
            startAnew(member, whole, durable)
        } else if member.found.line.contains("rewrote") || member.journal?.counters.damagedStarts ?? 0 > 0 {
            tally.mended += 1
        } else {
            tally.withoutEffect += 1
        }
        member.mayCutLastFlush = false
        rest()
        checkStates()
    }

    private func startAnew(_ member: SimulatedMember, _ disk: SimulatedDisk, _ durable: Zxid) {
        member.disk.replace(with: disk)
        startIfDown(member)
        if member.found.last < durable { breach("the file as it was is found otherwise") }
    }

    private func pickBit(of disk: SimulatedDisk, _ dice: inout Dice) -> (name: String, bit: Int) {
        let names = disk.names(like: "")
        var place = dice.below(names.reduce(0) { $0 + disk.count(of: $1) })
        for name in names {
            if place < disk.count(of: name) { return (name, 8 * place + dice.below(8)) }
            place -= disk.count(of: name)
        }
        preconditionFailure("a place behind all files")
    }
}
