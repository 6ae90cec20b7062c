// The faults of a run, an explicit list made before it begins, so that some can be left out to see which matter.

package struct Fault: Sendable, Hashable, CustomStringConvertible {
    package enum Kind: Sendable, Hashable {
        case kill
        case losePower
        case losePowerOfAll
        /// While the log is being flushed.
        case losePowerInFlush
        case losePowerOfAllInFlush
        /// Whoever leads then.
        case killLeader
        /// Whoever next cuts its log, or bases it on a snapshot, while it does.
        case killInChange
        /// Whoever next has done so, a while behind that.
        case losePowerBehindChange
        /// Whoever leads while somebody does.
        case killLeaderInChange
        /// A bit changes of what somebody takes in next as a snapshot.
        case garbledReceipt
        case pause
        case pauseLeader
        /// Whoever leads is cut off and stands still, while others go on without it; then it goes on, and knows nothing of that.
        case strandLeader
        /// Whoever leads reaches one other only, and its clock runs at half, so that it leads on while others elect.
        case slowLeader
        /// Whoever leads stands still until somebody stands against it.
        case pauseLeaderUntilVote
        /// Whoever leads is cut off.
        case isolateLeader
        /// Bit i: on this side.
        case partition(side: UInt64)
        /// Bit i: can't be heard by the others.
        case mute(UInt64)
        case bridge
        case reset
        case halfOpen
        /// Only those for votes and heartbeats.
        case halfOpenElection
        case slowLinks
        case clog
        case corrupt
        case slowDisk
        case shortWrites
        case failedFlush
        case failedWrite
        case fullLog
        case fullSnapshots
        /// A bit of the next piece of a snapshot changes on its way to the disk.
        case garbledSnapshot
        case noDescriptors
        case flipBit(file: String)
        /// Of a log, like those that follow.
        case zeroSector
        /// It holds what it held before it was written last.
        case staleSector
        /// A file of the log loses its end.
        case cutLog
        /// It holds what was meant for another place.
        case misdirectedSector
        case flipEpochSlot
        /// Soon after somebody was asked to make an epoch durable.
        case flipFreshEpochSlot
        case loseEpochFile
        case loseSnapshot
        /// The directory is empty when the member starts again.
        case wipe
        /// The directory is again what it was a while ago.
        case setBack
        /// For a while flushes do nothing and say that they are done; then the power goes.
        case lyingFlushes
        case wallClock(milliseconds: Int64)
        case clockRate(perMille: Int)
        case dropClients
        /// They go elsewhere, and their member hears nothing of it.
        case vanishClients
        case deafClients
        /// They go elsewhere while their member stands still, and what they asked for waits for it.
        case stallClients
        /// No fault, but a time in which faults may strike: the lead goes to another member, or to a new epoch.
        case handOver
        case newEpoch
    }

    package var time: UInt64
    package var kind: Kind
    package var member: Int
    /// How long it lasts.
    package var duration: UInt64
    /// Further chance that the fault needs.
    package var chance: UInt64

    package init(time: UInt64, kind: Kind, member: Int, duration: UInt64, chance: UInt64) {
        self.time = time
        self.kind = kind
        self.member = member
        self.duration = duration
        self.chance = chance
    }

    package var description: String {
        let ms = "\(duration / 1_000_000) ms"
        return switch kind {
        case .kill: "kill member \(member + 1) for \(ms)"
        case .losePower: "member \(member + 1) loses power for \(ms)"
        case .losePowerOfAll: "all members lose power for \(ms)"
        case .losePowerInFlush: "member \(member + 1) loses power in its next flush, for \(ms)"
        case .losePowerOfAllInFlush: "all members lose power in the next flush of member \(member + 1), for \(ms)"
        case .killLeader: "kill the leader for \(ms)"
        case .killInChange: "kill the member that next changes its log, for \(ms)"
        case .killLeaderInChange: "kill the leader when a member next changes its log, for \(ms)"
        case .losePowerBehindChange: "the member that next changes its log loses power a while later, for \(ms)"
        case .garbledReceipt: "a bit of the snapshot that is taken in next changes on its way to the disk"
        case .pause: "member \(member + 1) stands still for \(ms)"
        case .pauseLeader: "the leader stands still for \(ms)"
        case .strandLeader: "the leader is cut off for \(ms), and stands still for half of that"
        case .isolateLeader: "the leader is cut off for \(ms)"
        case .slowLeader: "the leader reaches one member only, and its clock runs at half, for \(ms)"
        case .pauseLeaderUntilVote: "the leader stands still until another stands, or for \(ms)"
        case .partition(let side): "partition \(String(side, radix: 2)) for \(ms)"
        case .mute(let side): "nobody hears \(String(side, radix: 2)) for \(ms)"
        case .bridge: "only member \(member + 1) reaches everybody for \(ms)"
        case .reset: "connections of member \(member + 1) break"
        case .halfOpen: "connections of member \(member + 1) break, and only it hears so"
        case .halfOpenElection: "election connections of member \(member + 1) break, and only it hears so"
        case .slowLinks: "links of member \(member + 1) are slow for \(ms)"
        case .clog: "links to member \(member + 1) stand still for \(ms)"
        case .corrupt: "a byte for member \(member + 1) changes"
        case .slowDisk: "the disk of member \(member + 1) is slow for \(ms)"
        case .shortWrites: "writes of member \(member + 1) are cut short for \(ms)"
        case .failedFlush: "a flush of member \(member + 1) fails"
        case .failedWrite: "a write of member \(member + 1) fails"
        case .fullLog: "no room for the log of member \(member + 1) for \(ms)"
        case .fullSnapshots: "no room for snapshots of member \(member + 1) for \(ms)"
        case .noDescriptors: "no descriptors at member \(member + 1) for \(ms)"
        case .flipBit(let file): "member \(member + 1) is killed, and a bit of its \(file) changes, for \(ms)"
        case .zeroSector: "member \(member + 1) is killed, and a sector of its log is zero, for \(ms)"
        case .cutLog: "member \(member + 1) is killed, and a file of its log is cut short, for \(ms)"
        case .staleSector: "member \(member + 1) is killed, and a sector of its log is an old one, for \(ms)"
        case .misdirectedSector: "member \(member + 1) is killed, and a sector of its log is another one, for \(ms)"
        case .flipEpochSlot: "member \(member + 1) is killed, and a bit of its epoch file changes, for \(ms)"
        case .flipFreshEpochSlot: "whoever next promises is killed, and a bit of its epoch file changes, for \(ms)"
        case .loseEpochFile: "member \(member + 1) is killed, and its epoch file vanishes, for \(ms)"
        case .loseSnapshot: "member \(member + 1) is killed, and a snapshot vanishes, for \(ms)"
        case .wallClock(let jump): "the wall clock of member \(member + 1) jumps by \(jump) ms"
        case .clockRate(let rate): "the clock of member \(member + 1) runs at \(rate)/1000"
        case .wipe: "member \(member + 1) is killed, and its directory is empty, for \(ms)"
        case .setBack: "member \(member + 1) is killed in \(ms), and its directory is again what it is now"
        case .lyingFlushes: "flushes of member \(member + 1) do nothing for \(ms), then it loses power"
        case .garbledSnapshot: "a bit of a snapshot of member \(member + 1) changes on its way to the disk"
        case .vanishClients: "clients of member \(member + 1) go elsewhere without a word"
        case .dropClients: "clients of member \(member + 1) lose their connections"
        case .stallClients: "member \(member + 1) stands still for \(ms), and its clients go elsewhere"
        case .deafClients: "clients of member \(member + 1) read nothing for \(ms)"
        case .handOver: "the lead is handed over, to member \(member + 1) if it can"
        case .newEpoch: "the leader begins a new epoch"
        }
    }
}

extension Fault.Kind {
    /// It strikes a while behind what it waited for, not in the next flush.
    var strikesLater: Bool { self == .losePowerBehindChange || self == .flipFreshEpochSlot }

    /// It waits for somebody to change its log.
    var strikesChange: Bool {
        self == .killInChange || self == .losePowerBehindChange || self == .killLeaderInChange
    }

    /// Lasting damage to stored files.
    var isRot: Bool {
        switch self {
        case .flipBit, .zeroSector, .staleSector, .misdirectedSector, .cutLog, .flipEpochSlot, .loseEpochFile, .loseSnapshot,
            .wipe, .setBack, .lyingFlushes:
            true
        default: false
        }
    }
}

package struct FaultPlan: Sendable {
    package var faults: [Fault]

    package init(faults: [Fault]) { self.faults = faults }

    /// Some of each family that is on, spread over the time in which the load runs.
    package init(seed: UInt64, swarm: Swarm, until end: UInt64) {
        var dice = Dice(seed: seed, stream: .faults)
        let families = swarm.families.sorted { $0.rawValue < $1.rawValue }
        faults = []
        guard !families.isEmpty else { return }
        for _ in 0..<swarm.faults {
            let family = dice.pick(families)
            guard let kind = FaultPlan.kind(family, swarm, &dice) else { continue }
            let duration = FaultPlan.duration(kind, end, &dice)
            faults.append(
                Fault(
                    time: dice.within(100_000_000...end), kind: kind, member: dice.below(swarm.members), duration: duration,
                    chance: dice.next()))
            if family == .handover, dice.chance(1, in: 2) { disturb(faults[faults.count - 1], swarm, &dice) }
        }
        faults.sort { $0.time < $1.time }
    }

    /// A hand-over is over in moments, so that a fault seldom meets one by chance.
    private mutating func disturb(_ handover: Fault, _ swarm: Swarm, _ dice: inout Dice) {
        let soon = swarm.linkDelay.upperBound + swarm.flushDelay.upperBound
        let some = dice.within(1...max(1, (1 << UInt64(swarm.members)) - 2))
        let kinds: [Fault.Kind] =
            swarm.members == 1 ? [.kill, .pause] : [.kill, .killLeader, .pause, .pauseLeader, .reset, .partition(side: some)]
        faults.append(
            Fault(
                time: handover.time + dice.within(0...8 * soon), kind: dice.pick(kinds), member: dice.below(swarm.members),
                duration: dice.logarithmic(5_000_000...1_000_000_000), chance: dice.next()))
    }

    /// Short ones, or some that the load feels.
    private static func duration(_ kind: Fault.Kind, _ end: UInt64, _ dice: inout Dice) -> UInt64 {
        // Long enough for another leader to be found and to commit something.
        if kind == .strandLeader || kind == .pauseLeaderUntilVote { return dice.within(2_000_000_000...4_000_000_000) }
        if kind == .slowLeader { return dice.within(1_000_000_000...2_000_000_000) }
        // Shorter than silence, so that it goes on in the same role.
        if kind == .stallClients { return dice.logarithmic(5_000_000...400_000_000) }
        if dice.chance(1, in: 2) { return dice.logarithmic(5_000_000...3_000_000_000) }
        return dice.within(end / 8...max(end / 2, 1_000_000_000))
    }

    private static func kind(_ family: FaultFamily, _ swarm: Swarm, _ dice: inout Dice) -> Fault.Kind? {
        let some = dice.within(1...max(1, (1 << UInt64(swarm.members)) - 2))
        switch family {
        case .kill: return dice.pick([.kill, .kill, .killLeader, .killInChange, .losePowerBehindChange, .killLeaderInChange])
        case .power:
            return dice.pick([.losePower, .losePowerOfAll, .losePowerInFlush, .losePowerInFlush, .losePowerOfAllInFlush])
        case .pause: return dice.pick([.pause, .pauseLeader, .pauseLeaderUntilVote, .strandLeader])
        case .partition:
            return swarm.members == 1
                ? nil : dice.pick([.partition(side: some), .mute(some), .bridge, .isolateLeader, .slowLeader])
        case .reset: return dice.pick([.reset, .halfOpen, .halfOpenElection])
        case .delay: return dice.pick([.slowLinks, .clog])
        case .corruption: return .corrupt
        case .slowDisk: return .slowDisk
        case .diskError:
            return dice.pick([
                .shortWrites, .failedFlush, .failedWrite, .fullLog, .fullSnapshots, .garbledSnapshot, .garbledReceipt,
                .noDescriptors,
            ])
        case .rot:
            return dice.pick([
                .flipBit(file: "log-"), .zeroSector, .staleSector, .misdirectedSector, .cutLog, .flipBit(file: "snapshot"),
                .flipEpochSlot, .flipFreshEpochSlot, .loseEpochFile, .loseSnapshot, .wipe, .setBack, .lyingFlushes,
            ])
        case .clock:
            return dice.pick([
                .wallClock(milliseconds: dice.pick([3_600_000, -3_600_000, 315_360_000_000, -315_360_000_000])),
                .clockRate(perMille: dice.pick([500, 900, 1_100, 2_000])),
            ])
        case .clients: return dice.pick([.dropClients, .vanishClients, .deafClients, .stallClients])
        case .handover: return dice.pick([.handOver, .handOver, .newEpoch])
        }
    }
}
