// A deterministic ensemble of cores: virtual time, one seed per run, connections that delay, stall and break, disks that lose
// what was not flushed. It plays Node's part around each core and checks after every step what must hold; the checks are in
// Checks.swift.

package import Batch
package import Zab

struct Wire {
    var a: Int
    var b: Int
    var numberA: ConnectionNumber
    var numberB: ConnectionNumber
    var channel: Channel
    var isOpenA = true
    var isOpenB = true
    var arrivalAtA: UInt64 = 0
    var arrivalAtB: UInt64 = 0
    /// Messages that wait for a cut to heal.
    var stalled: [(toB: Bool, message: Message)] = []
}

package struct ClusterSettings {
    package var size: Int
    package var rule = CommitRule.half
    package var minCopies = 2
    package var timing = Timing(heartbeat: 10_000_000, silence: 60_000_000, initLimit: 400_000_000)
    /// A message takes this long, nanoseconds.
    package var delay: ClosedRange<UInt64> = 50_000...400_000
    package var isTracing = false

    package init(size: Int) { self.size = size }
}

package final class Cluster {
    package let settings: ClusterSettings
    package let configuration: Configuration
    package internal(set) var members: [Member] = []
    package internal(set) var now: UInt64 = 1_000_000_000
    package var dice: Dice
    var queue = EventQueue()
    var wires: [Wire] = []
    var nextConnection: UInt64 = 1
    /// Pairs (a, b), a below b, that hear nothing of each other.
    var cuts: Set<Int> = []
    var records: [Zxid: ConfigurationRecord] = [:]
    var snapshots: [Zxid: Base] = [:]
    package internal(set) var trace: [String] = []
    package internal(set) var refusals: [String] = []
    package internal(set) var alarms: [String] = []
    package var tracesHeartbeats = false
    package var checks = Checks()
    package internal(set) var steps = 0
    /// Called for `.action` events.
    package var onAction: ((Int) -> Void)?

    package init(_ settings: ClusterSettings, seed: UInt64) {
        self.settings = settings
        dice = Dice(seed: seed)
        let voters = (1...settings.size).map { EnsembleMember(id: MemberID($0), host: "host\($0)") }
        configuration = try! Configuration(members: voters, rule: settings.rule, minCopies: settings.minCopies)
        for id in 1...settings.size { members.append(Member(id: MemberID(id), disk: freshDisk())) }
    }

    private func freshDisk() -> Disk {
        var disk = Disk(incarnation: UInt128(dice.next()) << 64 | UInt128(dice.next()))
        disk.log.base.configurations = [ConfigurationRecord(zxid: .zero, configuration: configuration, clusterID: 0)]
        return disk
    }

    package var instant: Instant { Instant(nanoseconds: now) }

    // MARK: processes

    package func start(_ index: Int) {
        let member = members[index]
        precondition(!member.isUp, "started twice")
        member.life += 1
        member.log = member.disk.log
        member.commands = []
        member.isFlushing = false
        member.haltCode = nil
        member.haltReason = nil
        let durable = recover(member)
        member.released = durable.committedUpTo
        member.core = Core(
            Zab(member: member.id, timing: settings.timing, durable: durable, seed: dice.next(), now: instant))
        member.role = .looking
        if member.disk.isStateBad {
            member.applied = .zero
            member.appliedIndex = 0
        } else {
            replay(member, through: durable.committedUpTo)
            feed(index, .applied(member.applied))
        }
        note("\(member.id) starts: accepted \(durable.acceptedEpoch), current \(durable.currentEpoch), log to \(member.log.last)")
        feed(index, .tick)
    }

    private func recover(_ member: Member) -> Durable {
        let disk = member.disk
        var configurations = disk.log.base.configurations
        for batch in disk.log.batches where batch.header.isConfiguration { configurations.append(records[batch.lastZxid]!) }
        let committed = disk.committedUpTo
        while configurations.count > 1, configurations[1].zxid <= committed { configurations.removeFirst() }
        let newest = disk.newestStart ?? (disk.log.base.zxid == .zero ? nil : disk.log.base)
        return Durable(
            incarnation: disk.incarnation, acceptedEpoch: disk.acceptedEpoch, currentEpoch: disk.currentEpoch,
            lastLogged: disk.log.last, logStart: disk.log.base.zxid, epochEnds: disk.log.ends,
            newestStart: newest.map { Start(zxid: $0.zxid, byteCount: 1, digest: $0.digest) }, committedUpTo: committed,
            isStateBad: disk.isStateBad, configurations: configurations)
    }

    private func replay(_ member: Member, through committed: Zxid) {
        member.applied = member.log.base.zxid
        member.appliedIndex = member.log.base.index
        member.digest = member.log.base.digest
        for batch in member.log.batches where batch.lastZxid <= committed { applyOne(member, batch) }
    }

    func applyOne(_ member: Member, _ batch: SealedBatch) {
        member.applied = batch.lastZxid
        member.appliedIndex += 1
        member.digest = (member.digest ^ UInt64(batch.header.crc)) &* 0x9e37_79b9_7f4a_7c15
        if member.liesInDigests { member.digest ^= 1 }
    }

    /// The process is gone. Commands that were not flushed are lost, except for as many as `torn` says.
    package func crash(_ index: Int, torn: Int = 0) {
        let member = members[index]
        guard member.isUp else { return }
        note("\(member.id) crashes")
        for command in member.commands.prefix(torn) { _ = member.disk.perform(command) }
        member.core = nil
        member.role = .looking
        member.life += 1
        member.commands = []
        member.streams = []
        member.receiving = nil
        member.chunksArrived = []
        member.dialing = []
        member.serves = false
        member.tickAt = .max
        member.pausedUntil = 0
        member.reads = [:]
        for place in wires.indices { closeEnd(place, of: index) }
    }

    /// A new and empty directory under the same id.
    package func wipe(_ index: Int) {
        precondition(!members[index].isUp, "wiped under a running process")
        members[index].disk = freshDisk()
    }

    /// The member does nothing for this long, then learns that it was late.
    package func pause(_ index: Int, for nanoseconds: UInt64) {
        guard members[index].isUp else { return }
        if members[index].pausedUntil <= now { members[index].pausedFrom = now }
        members[index].pausedUntil = max(members[index].pausedUntil, now + nanoseconds)
    }

    // MARK: network

    private func pair(_ a: Int, _ b: Int) -> Int { min(a, b) * 16 + max(a, b) }

    package func isCut(_ a: Int, _ b: Int) -> Bool { cuts.contains(pair(a, b)) }

    package func cut(_ a: Int, _ b: Int) { cuts.insert(pair(a, b)) }

    package func heal() {
        cuts = []
        for place in wires.indices {
            let stalled = wires[place].stalled
            wires[place].stalled = []
            for entry in stalled { transmit(place, toB: entry.toB, entry.message) }
        }
    }

    /// Connections between the two break: both ends learn of it, what was under way is lost.
    package func breakWires(_ a: Int, _ b: Int) {
        for place in wires.indices where pair(wires[place].a, wires[place].b) == pair(a, b) {
            wires[place].stalled = []
            for atB in [false, true] { queue.add(now + delay(), .wireClosed(wire: place, atB: atB)) }
        }
    }

    func delay() -> UInt64 { dice.roll(settings.delay) }

    private func closeEnd(_ place: Int, of index: Int) {
        if wires[place].a == index, wires[place].isOpenA {
            wires[place].isOpenA = false
            if wires[place].isOpenB { scheduleClose(place, atB: true) }
        }
        if wires[place].b == index, wires[place].isOpenB {
            wires[place].isOpenB = false
            if wires[place].isOpenA { scheduleClose(place, atB: false) }
        }
    }

    /// The end of a connection arrives behind what was sent on it. Across a cut it arrives when the member dials anew.
    private func scheduleClose(_ place: Int, atB: Bool) {
        let earliest = atB ? wires[place].arrivalAtB : wires[place].arrivalAtA
        queue.add(max(now + delay(), earliest + 1), .wireClosed(wire: place, atB: atB))
    }

    func transmit(_ place: Int, toB: Bool, _ message: Message) {
        if isCut(wires[place].a, wires[place].b) {
            wires[place].stalled.append((toB, message))
            return
        }
        let arrival = max(now + delay(), (toB ? wires[place].arrivalAtB : wires[place].arrivalAtA) + 1)
        if toB { wires[place].arrivalAtB = arrival } else { wires[place].arrivalAtA = arrival }
        queue.add(arrival, .message(wire: place, toB: toB, message))
    }

    private func dial(_ index: Int, _ peer: MemberID, _ channel: Channel) {
        let member = members[index]
        guard member.dialing.contains(where: { $0.peer == peer && $0.channel == channel }) else { return }
        let other = Int(peer) - 1
        guard members[other].isUp, !isCut(index, other), members[other].pausedUntil <= now else {
            queue.add(now + 5_000_000 + delay(), .dial(member: index, life: member.life, peer: peer, channel: channel))
            return
        }
        let helloA = member.core!.zab.hello
        let helloB = members[other].core!.zab.hello
        if let reason = member.core!.zab.judge(helloB, expected: peer) ?? members[other].core!.zab.judge(helloA) {
            refusals.append(reason)
            queue.add(now + 20_000_000, .dial(member: index, life: member.life, peer: peer, channel: channel))
            return
        }
        member.dialing.removeAll { $0.peer == peer && $0.channel == channel }
        let wire = Wire(
            a: index, b: other, numberA: ConnectionNumber(rawValue: nextConnection),
            numberB: ConnectionNumber(rawValue: nextConnection + 1), channel: channel, arrivalAtA: now, arrivalAtB: now)
        nextConnection += 2
        wires.append(wire)
        feed(other, .connectionUp(wire.numberB, channel, peer: member.id, incarnation: helloA.incarnation, dialed: false))
        feed(index, .connectionUp(wire.numberA, channel, peer: peer, incarnation: helloB.incarnation, dialed: true))
    }

    /// The wire and the direction in which this member sends on this connection.
    func wire(_ index: Int, _ connection: ConnectionNumber) -> (place: Int, toB: Bool)? {
        for place in wires.indices.reversed() {
            if wires[place].a == index, wires[place].numberA == connection { return (place, true) }
            if wires[place].b == index, wires[place].numberB == connection { return (place, false) }
        }
        return nil
    }

    func closed(_ index: Int, _ connection: ConnectionNumber) {
        guard let (place, _) = wire(index, connection) else { return }
        closeEnd(place, of: index)
    }

    // MARK: running

    package func after(_ nanoseconds: UInt64, _ action: Int) { queue.add(now + nanoseconds, .action(action)) }

    package func run(for nanoseconds: UInt64) { _ = run(for: nanoseconds) { false } }

    /// - Returns: whether the condition came true in time.
    @discardableResult
    package func run(for nanoseconds: UInt64, until condition: () -> Bool) -> Bool {
        let end = now + nanoseconds
        while let time = queue.nextTime, time <= end {
            guard let (time, event) = queue.next() else { break }
            now = max(now, time)
            handle(event)
            if condition() { return true }
        }
        now = end
        return condition()
    }

    private func handle(_ event: Event) {
        switch event {
        case .message(let place, let toB, let message):
            let index = toB ? wires[place].b : wires[place].a
            guard toB ? wires[place].isOpenB : wires[place].isOpenA else { return }
            if isCut(wires[place].a, wires[place].b) { return wires[place].stalled.append((toB, message)) }
            if postpone(index, event) { return }
            receive(index, toB ? wires[place].numberB : wires[place].numberA, message)
        case .wireClosed(let place, let atB):
            guard atB ? wires[place].isOpenB : wires[place].isOpenA else { return }
            if postpone(atB ? wires[place].b : wires[place].a, event) { return }
            if atB { wires[place].isOpenB = false } else { wires[place].isOpenA = false }
            feed(atB ? wires[place].b : wires[place].a, .connectionDown(atB ? wires[place].numberB : wires[place].numberA))
        case .flush(let index, let life):
            if members[index].life == life { flush(index) }
        case .completed(let index, let life, let inputs):
            guard members[index].life == life, !postpone(index, event) else { return }
            for input in inputs { complete(index, input) }
        case .tick(let index, let life):
            guard members[index].life == life, members[index].tickAt <= now, !postpone(index, event) else { return }
            members[index].tickAt = .max
            feed(index, .tick)
        case .dial(let index, let life, let peer, let channel):
            if members[index].life == life, !postpone(index, event) { dial(index, peer, channel) }
        case .apply(let index, let life, let through):
            if members[index].life == life, !postpone(index, event) { apply(index, through: through) }
        case .snapshot(let index, let life):
            if members[index].life == life, !postpone(index, event) { takeStart(index, purging: false) }
        case .action(let action): onAction?(action)
        }
    }

    /// Whether the member sleeps; then the event comes when it wakes.
    private func postpone(_ index: Int, _ event: Event) -> Bool {
        guard members[index].isUp else { return true }
        guard members[index].pausedUntil > now else {
            if members[index].pausedUntil > 0 {
                // The first thing a loop does that slept: it says how late it is.
                let late = now - members[index].pausedFrom
                members[index].pausedUntil = 0
                feed(index, .lateBy(nanoseconds: late))
            }
            return false
        }
        queue.add(members[index].pausedUntil, event)
        return true
    }

    func note(_ text: @autoclosure () -> String) {
        if settings.isTracing { trace.append(text()) }
    }
}
