// Faults strike, end, and at last are mended.

import Batch
import Glibc
import Journal
import Node
import Zab

extension Simulation {
    private var leader: SimulatedMember? {
        members.filter { $0.node?.currentRole == .leading }.max { ($0.node?.epoch ?? 0) < ($1.node?.epoch ?? 0) }
    }

    /// It is down for a while that is seldom long.
    func takeDownShortly(_ member: SimulatedMember, _ fault: Fault, losesPower: Bool) -> Bool {
        var short = fault
        short.duration = 1_000_000 << (fault.chance >> 8 & 7)
        return takeDown(member, short, losesPower: losesPower)
    }

    func strike(_ number: Int) {
        guard !isHealing else { return }
        let fault = plan.faults[number]
        let member = members[fault.member]
        if strike(fault, member) {
            faultsInjected += 1
            marks.note(fault.kind)
            tell("FAULT: \(fault)")
            heap.add(.faultEnd, at: now + fault.duration, 0, UInt64(number))
        }
    }

    /// - Returns: whether there was something to strike.
    private func strike(_ fault: Fault, _ member: SimulatedMember) -> Bool {
        switch fault.kind {
        case .kill: return takeDown(member, fault, losesPower: false)
        case .losePower: return takeDown(member, fault, losesPower: true)
        case .killLeader: return leader.map { takeDown($0, fault, losesPower: false) } ?? false
        case .losePowerOfAll:
            var some = false
            for other in members where takeDown(other, fault, losesPower: true) { some = true }
            return some
        case .losePowerInFlush, .losePowerOfAllInFlush:
            guard member.isUp else { return false }
            member.falls = fault
            return true
        case .killInChange, .losePowerBehindChange, .killLeaderInChange, .garbledReceipt, .flipFreshEpochSlot:
            armed.append(fault)
            return members.count > 1
        case .isolateLeader:
            guard let leader else { return false }
            // What it goes on to propose is still on its way to the disk when it hears of its successor.
            if fault.chance >> 16 & 1 == 1 { leader.isDiskSlow = true }
            return isolate(leader, fault.chance)
        case .strandLeader: return leader.map { strand($0, fault) } ?? false
        case .pause: return pause(member, fault)
        case .slowLeader: return leader.map(slow) ?? false
        case .pauseLeader: return leader.map { pause($0, fault) } ?? false
        case .pauseLeaderUntilVote:
            guard let leader, pause(leader, fault) else { return false }
            leader.wakesAtVote = members.count > 1
            return true
        case .partition(let side): return partition { a, b in (side >> UInt64(a) ^ side >> UInt64(b)) & 1 == 1 }
        case .mute(let side): return partition { a, b in side >> UInt64(a) & 1 == 1 && side >> UInt64(b) & 1 == 0 }
        case .bridge:
            let middle = fault.member
            return partition { a, b in a != middle && b != middle && (a < middle) != (b < middle) }
        case .reset, .halfOpen, .halfOpenElection:
            guard member.isUp, !member.pipes.isEmpty else { return false }
            reset(member, onlyHere: fault.kind != .reset, of: fault.kind == .halfOpenElection ? .election : nil)
            return true
        case .slowLinks:
            member.areLinksSlow = true
            return true
        case .clog: return partition { a, b in b == member.index }
        case .corrupt:
            corrupt(member, fault.chance)
            return member.isUp
        case .dropClients: return dropClients(of: member, hears: true)
        case .vanishClients: return dropClients(of: member, hears: false)
        case .deafClients:
            member.isDeafToClients = true
            return member.isUp
        case .stallClients: return dropClients(of: member, hears: false) && pause(member, fault)
        case .handOver:
            guard let leader else { return false }
            let wanted = members[fault.member] === leader || fault.chance % 3 == 0 ? nil : members[fault.member].id
            return handOver(leader, to: wanted)
        case .newEpoch: return leader.map { handOver($0, to: $0.id) } ?? false
        case .wallClock(let jump):
            member.wallOffset += jump
            return true
        case .clockRate(let rate):
            member.setClockRate(UInt64(rate), at: now)
            return true
        default: return strikeDisk(fault, member)
        }
    }

    private func takeDown(_ member: SimulatedMember, _ fault: Fault, losesPower: Bool) -> Bool {
        guard member.isUp else { return false }
        tell("member \(member.id) is gone")
        end(member, losesPower: losesPower)
        member.downUntil = now + fault.duration
        heap.add(.start, at: member.downUntil, member.index)
        return true
    }

    private func pause(_ member: SimulatedMember, _ fault: Fault) -> Bool {
        guard member.isUp else { return false }
        tell("member \(member.id) stands still")
        member.pausedUntil = now + fault.duration
        // The turn that was planned comes when it goes on.
        member.turnAt = .max
        wake(member)
        return true
    }

    /// From everybody, or from all but one, whom the others still reach.
    private func isolate(_ leader: SimulatedMember, _ chance: UInt64) -> Bool {
        let leader = leader.index
        let friend = chance & 1 == 1 && members.count >= 5 ? Int((chance >> 8) % UInt64(members.count)) : leader
        return partition { a, b in a == leader && b != friend || b == leader && a != friend }
    }

    /// All but one don't reach it any more, and its time-outs last twice as long.
    private func slow(_ leader: SimulatedMember) -> Bool {
        guard isolate(leader, (leader.index == 0 ? 1 : 0) << 8 | 1) else { return false }
        leader.setClockRate(500, at: now)
        return true
    }

    /// Somebody stands: whoever was to stand still until then goes on, about when the others hear of it.
    func wakeOldLeader() {
        for member in members where member.wakesAtVote {
            member.wakesAtVote = false
            guard member.pausedUntil > now else { continue }
            member.pausedUntil = now + network.within(0...3 * swarm.linkDelay.upperBound + 2 * swarm.flushDelay.upperBound)
            member.turnAt = .max
            wake(member)
        }
    }

    private func strand(_ leader: SimulatedMember, _ fault: Fault) -> Bool {
        guard members.count > 1 else { return false }
        var still = fault
        still.duration = fault.duration / 2
        return partition { a, b in a == leader.index || b == leader.index } && pause(leader, still)
    }

    /// What was to strike when this member is at something strikes now.
    func fall(_ member: SimulatedMember) {
        guard let fault = member.falls, member.isUp else { return }
        switch fault.kind {
        case .killInChange: _ = takeDown(member, fault, losesPower: fault.chance & 1 == 1)
        case .losePowerBehindChange: _ = takeDown(member, fault, losesPower: fault.chance & 3 != 0)
        case .flipFreshEpochSlot:
            _ = takeDown(member, fault, losesPower: false)
            _ = flip(member, "epoch", fault.chance)
        case .killLeaderInChange: if let leader { _ = takeDown(leader, fault, losesPower: false) }
        case .losePowerInFlush where member.isFlushing: _ = takeDown(member, fault, losesPower: true)
        case .losePowerOfAllInFlush where member.isFlushing:
            for other in members { _ = takeDown(other, fault, losesPower: true) }
        default: return
        }
        member.falls = nil
    }

    /// The member begins to change its log, or has a snapshot that it is about to base it on.
    func strikeChange(_ member: SimulatedMember) {
        guard member.falls == nil, let place = armed.firstIndex(where: { $0.kind.strikesChange }) else { return }
        let fault = armed.remove(at: place)
        member.falls = fault
        // The change is to last until others ask what this log holds.
        if fault.kind == .killLeaderInChange { member.isDiskSlow = true }
        var soon = 2 * swarm.flushDelay.upperBound
        if fault.kind == .losePowerBehindChange { soon += 10_000_000 + 2 * swarm.linkDelay.upperBound }
        heap.add(.fall, at: now + disks.within(0...soon), member.index, member.life)
    }

    /// The member was asked to make an epoch durable.
    func strikePromise(_ member: SimulatedMember) {
        guard mayRot.contains(member.index), member.falls == nil, wasBound,
            let place = armed.firstIndex(where: { $0.kind == .flipFreshEpochSlot })
        else { return }
        member.falls = armed.remove(at: place)
        heap.add(.fall, at: now + disks.within(0...10_000_000 + 3 * swarm.flushDelay.upperBound), member.index, member.life)
    }

    /// A piece of a snapshot is about to be written.
    func strikeReceipt(_ member: SimulatedMember) {
        guard let place = armed.firstIndex(where: { $0.kind == .garbledReceipt }) else { return }
        armed.remove(at: place)
        member.mayFail = true
        member.disk.faults.garbling = "snapshot.receiving"
    }

    private func handOver(_ leader: SimulatedMember, to wanted: MemberID?) -> Bool {
        guard leader.pausedUntil <= now, leader.node?.handOver(to: wanted) == nil else { return false }
        wake(leader)
        return true
    }

    private func partition(_ isCut: (Int, Int) -> Bool) -> Bool {
        for a in members.indices {
            for b in members.indices where a != b && isCut(a, b) { cut(a, b) }
        }
        return members.count > 1
    }

    private func dropClients(of member: SimulatedMember, hears: Bool) -> Bool {
        var some = false
        for client in clients where client.member == member.index {
            leave(client, hears: hears)
            some = true
        }
        return some
    }

    // MARK: disks

    private func strikeDisk(_ fault: Fault, _ asked: SimulatedMember) -> Bool {
        guard let member = fault.kind.isRot ? rotting(fault) : asked else { return false }
        switch fault.kind {
        case .slowDisk: member.isDiskSlow = true
        case .shortWrites: member.disk.faults.shortEvery = 3
        case .failedFlush: return failDisk(member) { $0.failingFlush = EIO }
        case .failedWrite: return failDisk(member) { $0.failingWrite = EIO }
        case .fullLog: return failDisk(member) { $0.isFull = "log-" }
        case .fullSnapshots: return failDisk(member) { $0.isFull = "snapshot" }
        case .noDescriptors: return failDisk(member) { $0.noDescriptors = "" }
        case .flipBit(let prefix): return rot(member, fault) { flip(member, prefix, fault.chance) }
        case .zeroSector, .staleSector, .misdirectedSector: return rot(member, fault) { spoilSector(member, fault) }
        case .cutLog: return rot(member, fault) { cutLog(member, fault.chance) }
        case .flipEpochSlot: return rot(member, fault) { flip(member, "epoch", fault.chance) }
        case .loseEpochFile: return rot(member, fault) { lose("epoch", of: member) }
        case .garbledSnapshot: return failDisk(member) { $0.garbling = "snapshot" }
        case .wipe: return rot(member, fault) { wipe(member) }
        case .loseSnapshot: return rot(member, fault) { loseSnapshot(member, fault.chance) }
        case .setBack:
            guard canRot(member) else { return false }
            tell("the directory of member \(member.id) is kept")
            member.image = (member.disk.image(survival: swarm.survival, &disks), member.incarnation)
        case .lyingFlushes:
            guard canRot(member) else { return false }
            tell("flushes of member \(member.id) lie")
            member.disk.faults.lies = true
        default: preconditionFailure("\(fault.kind) is no fault of a disk")
        }
        return true
    }

    private func failDisk(_ member: SimulatedMember, _ change: (inout SimulatedDisk.Faults) -> Void) -> Bool {
        guard member.isUp else { return false }
        member.mayFail = true
        change(&member.disk.faults)
        return true
    }

    /// One of those whose files may be damaged.
    func rotting(_ fault: Fault) -> SimulatedMember? {
        let some = mayRot.sorted()
        return some.isEmpty ? nil : members[some[Int((fault.chance >> 40) % UInt64(some.count))]]
    }

    /// Before everybody is bound, and those have it on their disks who stay whole, one that is lost may be one that an election
    /// waits for: who loses power before counts by the record before, too (rule G1).
    var areBound: Bool {
        members.allSatisfy { $0.knowsEverybody || mayRot.contains($0.index) } && leader?.node?.bindsEverybody == true
    }

    private func canRot(_ member: SimulatedMember) -> Bool { member.isUp && areBound }

    /// Damage befalls a member that is down, and only as many members as may be lost for good.
    private func rot(_ member: SimulatedMember, _ fault: Fault, _ damage: () -> Bool) -> Bool {
        guard canRot(member) else { return false }
        _ = takeDown(member, fault, losesPower: false)
        return damage()
    }

    private func flip(_ member: SimulatedMember, _ prefix: String, _ chance: UInt64) -> Bool {
        let names = member.disk.names(like: prefix).filter { member.disk.count(of: $0) > 0 }
        guard !names.isEmpty else { return false }
        let name = names[Int(chance % UInt64(names.count))]
        let bit = bitInUse(of: member.disk.bytes(of: name), from: Int((chance >> 16) % UInt64(member.disk.count(of: name) * 8)))
        // Rule F2 leaves this open: nothing behind the last flush says that it ever returned.
        guard prefix != "log-" || !member.disk.isOfLastFlush(bit / 8..<bit / 8 + 1, of: name) else { return false }
        tell("bit \(bit) of \(name) of member \(member.id) changes")
        member.disk.tamper(name) { $0[bit / 8] ^= 1 << UInt8(bit % 8) }
        member.isRotten = true
        return true
    }

    /// A whole sector of the log, behind what was flushed last, which rule F2 leaves open.
    private func spoilSector(_ member: SimulatedMember, _ fault: Fault) -> Bool {
        let disk = member.disk
        let places = disk.names(like: "log-").flatMap { name in
            stride(from: 0, to: disk.count(of: name) - SimulatedDisk.sector + 1, by: SimulatedDisk.sector)
                .filter { disk.isInUse($0, of: name) }.map { (name: name, offset: $0) }
        }
        guard places.count > 1 else { return false }
        let place = places[Int(fault.chance % UInt64(places.count))]
        let other = places[Int((fault.chance >> 24) % UInt64(places.count))]
        guard !disk.isOfLastFlush(place.offset..<place.offset + SimulatedDisk.sector, of: place.name) else { return false }
        let old = disk.sector(at: place.offset, of: place.name)
        let new: [UInt8]
        switch fault.kind {
        case .staleSector: new = disk.formerSector(at: place.offset, of: place.name)
        case .misdirectedSector: new = disk.sector(at: other.offset, of: other.name)
        default: new = Array(repeating: 0, count: SimulatedDisk.sector)
        }
        guard new != old else { return false }
        tell("the sector at \(place.offset) of \(place.name) of member \(member.id) is another")
        disk.tamper(place.name) { $0.replaceSubrange(place.offset..<place.offset + new.count, with: new) }
        member.isRotten = true
        return true
    }

    /// A file that was filled before its use and did not grow is missed wherever it is cut; of another's end nothing may be left
    /// that tells of it, which rule F2 leaves open.
    private func cutLog(_ member: SimulatedMember, _ chance: UInt64) -> Bool {
        let disk = member.disk
        let names = disk.names(like: "log-").filter { disk.count(of: $0) >= 4_096 && hasFilledSize(disk.bytes(of: $0)) }
        guard !names.isEmpty else { return false }
        let name = names[Int(chance % UInt64(names.count))]
        let length = Int((chance >> 16) % UInt64(disk.count(of: name)))
        tell("\(name) of member \(member.id) is cut at \(length)")
        disk.cut(name, at: length)
        member.isRotten = true
        return true
    }

    /// Whether a segment is as large as its identity says (docs/FORMAT.md, *Segment*).
    private func hasFilledSize(_ bytes: [UInt8]) -> Bool {
        let filled = bytes[64..<72].reversed().reduce(0) { $0 << 8 | UInt64($1) }
        return filled == UInt64(bytes.count)
    }

    /// Most of a log is zeros that nobody reads.
    private func bitInUse(of bytes: [UInt8], from bit: Int) -> Int {
        guard let used = bytes[(bit / 8)...].firstIndex(where: { $0 != 0 }) else { return bit }
        return used * 8 + bit % 8
    }

    /// The operator's remedy for one that is refused.
    func empty(_ member: SimulatedMember) {
        end(member, losesPower: false)
        _ = wipe(member)
        member.downUntil = now + 1_000_000
        heap.add(.start, at: member.downUntil, member.index)
    }

    private func wipe(_ member: SimulatedMember) -> Bool {
        member.disk.wipe()
        (member.holdsLess, member.loss, member.image) = (false, nil, nil)
        member.shadow.suffersDamage(behind: .zero)
        member.shadow.restart(with: [], base: .zero, last: .zero, accepted: 0, current: 0)
        (member.isRotten, member.isWiped, member.isAllowed, member.checkedEpoch) = (true, true, false, 0)
        member.incarnation = 0
        callOperator()
        return true
    }

    private func lose(_ name: String, of member: SimulatedMember) -> Bool {
        member.disk.lose(name)
        member.isRotten = true
        return true
    }

    private func loseSnapshot(_ member: SimulatedMember, _ chance: UInt64) -> Bool {
        let names = member.disk.names(like: "snapshot")
        guard !names.isEmpty else { return false }
        member.disk.lose(names[Int(chance % UInt64(names.count))])
        member.isRotten = true
        return true
    }

    // MARK: what a member does about it

    func halted(_ member: SimulatedMember, _ code: Int32, _ reason: String) {
        member.exit = (code, reason)
        marks.note(exit: code)
        let isExpected = code == HaltCode.ioFailure.rawValue && member.mayFail
        if !isExpected, heedsHalts || !reason.hasPrefix("Rule ") {
            breach("member \(member.id) ends with code \(code): \(reason)", by: .halt)
        }
        end(member, losesPower: false)
        // Whoever looks after it starts it again.
        member.downUntil = now + 200_000_000
        heap.add(.start, at: member.downUntil, member.index)
    }

    /// Only damage excuses that.
    func startRefused(_ member: SimulatedMember, _ reason: String) {
        marks.reach(.startRefused)
        guard !member.isRotten, !member.mayFail else {
            if !isHealing { heap.add(.start, at: now + 500_000_000, member.index) }
            return
        }
        breach("member \(member.id) does not start: \(reason)", by: .start)
    }

    // MARK: ends

    func endFault(_ number: Int) {
        guard !isHealing else { return }
        let fault = plan.faults[number]
        let member = members[fault.member]
        switch fault.kind {
        case .partition, .mute, .bridge, .strandLeader: healLinks()
        case .isolateLeader:
            healLinks()
            for member in members { member.isDiskSlow = false }
        case .slowLeader:
            healLinks()
            for member in members where member.clockRate == 500 { member.setClockRate(1_000, at: now) }
        case .clog: for other in members.indices where other != member.index { heal(other, member.index) }
        case .slowLinks: member.areLinksSlow = false
        case .slowDisk, .killLeaderInChange: member.isDiskSlow = false
        case .shortWrites: member.disk.faults.shortEvery = 0
        case .fullLog, .fullSnapshots: member.disk.faults.isFull = nil
        case .noDescriptors: member.disk.faults.noDescriptors = nil
        case .deafClients:
            member.isDeafToClients = false
            wake(member)
        case .clockRate: member.setClockRate(1_000, at: now)
        case .setBack, .lyingFlushes: return takeBack(fault)
        default: return
        }
        tell("mended: \(fault)")
    }

    /// Everything is mended; whoever is down starts.
    func heal() {
        tell("HEALING")
        isHealing = true
        armed = []
        healLinks()
        for member in members {
            member.areLinksSlow = false
            member.isDiskSlow = false
            member.isDeafToClients = false
            member.pausedUntil = 0
            member.wakesAtVote = false
            member.falls = nil
            member.disk.faults = SimulatedDisk.Faults()
            member.image = nil
            member.setClockRate(1_000, at: now)
            member.downUntil = 0
            if member.isUp {
                member.turnAt = .max
                wake(member)
            } else {
                heap.add(.start, at: now, member.index)
            }
        }
        for client in clients { planAct(client, in: 1_000) }
    }
}
