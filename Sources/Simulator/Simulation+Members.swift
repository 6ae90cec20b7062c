// Starting, turning and ending members, and the two threads beside each member's loop.

import Batch
import Journal
import Node
import StateMachine
import Zab

extension Simulation {
    func startIfDown(_ member: SimulatedMember) {
        guard !member.isUp, member.refusedToStart == nil || isHealing else { return }
        guard member.downUntil <= now else { return heap.add(.start, at: member.downUntil, member.index) }
        start(member)
    }

    private func start(_ member: SimulatedMember) {
        member.life += 1
        member.disk.time = now
        member.exit = nil
        member.ledSince = nil
        (member.decidedExpiries, member.countedExpiries) = ([], 0)
        var settings = JournalSettings()
        settings.segmentSize = swarm.segmentSize
        settings.keptStarts = 2
        settings.durableIsCommitted = configuration.voterCount == 1
        settings.repairsFromPeers = swarm.members > 1
        let incarnation = UInt128(member.id) << 64 | UInt128(lives.next())
        do {
            let recovered = try Journal.recover(
                disk: member.disk, nodeID: member.id, settings: settings, newIncarnation: incarnation)
            checkRecovery(member, recovered)
            member.incarnation = recovered.epochs.incarnation
            member.committedAtStart = recovered.committedUpTo
            let node = try Node.start(
                settings: nodeSettings(member), recovered: recovered, founding: configuration, handlers: [],
                snapshots: member.disk, now: Instant(nanoseconds: member.ownTime(now)))
            (member.node, member.journal) = (node, recovered.journal)
            member.background = BackgroundWork(for: recovered.journal)
            member.refusedToStart = nil
            tell("member \(member.id) starts: \(recovered.line)")
            noteApplied(member, node)
        } catch {
            member.refusedToStart = "\(error)"
            tell("member \(member.id) does not start: \(error)")
            startRefused(member, "\(error)")
            return
        }
        member.deadline = now
        wake(member)
    }

    private func nodeSettings(_ member: SimulatedMember) -> NodeSettings {
        var settings = NodeSettings(
            serverID: member.id, run: lives.next() | 1, seed: lives.next(),
            lastSession: Int64(member.id) << 56 | Int64(member.life) << 32, cryptography: .simulated(seed: lives.next()),
            versionText: "simulated")
        settings.timing = Timing(heartbeat: swarm.heartbeat, silence: swarm.silence, initLimit: swarm.initLimit)
        settings.flight = swarm.flight
        // A setting of its own that no result may depend on.
        settings.tickMs = 100 + 10 * Int(member.id % 3)
        settings.minSessionTimeoutMs = 200
        settings.maxSessionTimeoutMs = 10_000
        settings.maxBatchRequests = swarm.maxBatchRequests
        settings.ringBytes = swarm.ringBytes
        settings.backlogBytes = swarm.backlogBytes
        settings.holdsUnflushed = swarm.holdsUnflushed
        settings.lingerNanoseconds = swarm.linger
        settings.applyBudget = swarm.applyBudget
        settings.isStandalone = swarm.members == 1
        if swarm.snapshotRecords > 0 {
            settings.snapshotLogBytes = 1
            settings.snapshotRecords = swarm.snapshotRecords
        }
        return settings
    }

    // MARK: turns

    /// Something waits for the member's loop.
    func wake(_ member: SimulatedMember, at time: UInt64? = nil) {
        guard member.isUp else { return }
        let due = max(time ?? now, member.pausedUntil, now)
        guard due < member.turnAt else { return }
        member.turnAt = due
        heap.add(.turn, at: due, member.index, member.life)
    }

    func turn(_ member: SimulatedMember) {
        guard let node = member.node else { return }
        guard member.pausedUntil <= now else { return wake(member, at: member.pausedUntil) }
        member.disk.time = now
        let own = Instant(nanoseconds: member.ownTime(now))
        let late = now > member.deadline && member.deadline > 0 ? member.ownTime(now) - member.ownTime(member.deadline) : 0
        let waiting = late > 1_000_000 ? framesOfLeader(member, node) : nil
        if late > swarm.heartbeat { member.lateTotal += late }
        node.beginTurn(
            now: own, wallTime: Int64(now / 1_000_000) + 1_700_000_000_000 + member.wallOffset, lateByNanoseconds: late)
        receive(member, node)
        takeCompletions(member, node)
        receiveRequests(member, node)
        node.sealTurn()
        carryOut(member, node)
        guard member.isUp else { return }
        node.applyTurn(now: own)
        carryOut(member, node)
        guard member.isUp else { return }
        answerClients(member, node)
        carryOut(member, node)
        guard member.isUp else { return }
        node.noteApplyEnd(own)
        node.endTurn(now: own)
        noteExpiries(member, node)
        if let waiting { checkSilence(member, node, waiting) }
        checkTurn(member, node)
        startFlush(member)
        startChore(member)
        plan(member, node)
    }

    private func plan(_ member: SimulatedMember, _ node: Node) {
        let due = max(member.realTime(node.nextDeadline().nanoseconds), now + 1_000)
        member.deadline = due
        // A loop that is called again at once has something left to do, but not for ever.
        member.hurries = due == now + 1_000 ? member.hurries + 1 : 0
        if member.hurries == 20_000 { breach("member \(member.id) turns again and again and does nothing", by: .rest) }
        if due != .max { wake(member, at: due) }
    }

    private func takeCompletions(_ member: SimulatedMember, _ node: Node) {
        let completions = member.completions
        member.completions = []
        for completion in completions { node.completed(completion) }
        let done = member.done
        member.done = []
        for completion in done { node.completed(completion) }
        if !completions.isEmpty || !done.isEmpty { carryOut(member, node) }
    }

    func carryOut(_ member: SimulatedMember, _ node: Node) {
        while !node.outputs.isEmpty {
            let outputs = node.outputs
            node.outputs = []
            for output in outputs where member.isUp { carryOut(output, member, node) }
        }
        guard member.isUp else { return }
        while let link = node.takeDirtyPeer() { send(member, link) }
    }

    private func carryOut(_ output: NodeOutput, _ member: SimulatedMember, _ node: Node) {
        switch output {
        case .setReading: break
        case .setPeerReading(let connection, let isReading): setReading(member, connection, isReading)
        case .closeClient(let connection, let reason):
            tell("member \(member.id) closes the connection of client \(connection & 0xffff): \(reason)")
            clientLoses(connection)
        case .dialPeer(let peer, let channel): dial(member, node, Int(peer) - 1, channel)
        case .closePeer(let connection, let reason):
            tell("member \(member.id) closes connection \(connection): \(reason)")
            close(member, connection)
        case .journal(let command):
            member.commands.append(command)
            member.shadow.note(command)
            switch command {
            case .append(let batch, _, _): if node.currentRole == .leading { checkExpiries(member, node, batch) }
            case .truncate, .installSnapshot: strikeChange(member)
            case .persistEpochs: strikePromise(member)
            default: break
            }
        case .background(let command):
            member.chores.append(command)
            if case .finishReceive = command { strikeChange(member) }
            if case .receiveChunk = command { strikeReceipt(member) }
        case .halt(let code, let reason):
            tell("member \(member.id) ends with \(code): \(reason)")
            halted(member, code, reason)
        case .peerGreeted: break
        case .log(let text), .warning(let text), .serving(let text), .stoppedServing(let text):
            tell("member \(member.id): \(text)")
        }
    }

    // MARK: the journal's thread

    private func startFlush(_ member: SimulatedMember) {
        guard !member.isFlushing, !member.commands.isEmpty else { return }
        member.isFlushing = true
        swap(&member.flushing, &member.commands)
        let delay = disks.within(swarm.flushDelay) * (member.isDiskSlow ? 100 : 1)
        heap.add(.flushed, at: now + delay, member.index, member.life)
        if let fault = member.falls, !fault.kind.strikesLater { heap.add(.fall, at: now + delay / 2, member.index, member.life) }
    }

    func flushed(_ member: SimulatedMember) {
        guard let journal = member.journal else { return }
        guard member.pausedUntil <= now else {
            return heap.add(.flushed, at: member.pausedUntil, member.index, member.life)
        }
        member.disk.time = now
        let commands = member.flushing
        member.flushing = []
        member.isFlushing = false
        let before = member.completions.count
        journal.process(commands, into: &member.completions)
        for place in before..<member.completions.count {
            member.shadow.note(member.completions[place], logEnd: journal.lastLogged)
        }
        checkEpoch(member)
        member.chores += journal.jobs
        journal.jobs = []
        startFlush(member)
        startChore(member)
        wake(member)
    }

    // MARK: the background thread

    private func startChore(_ member: SimulatedMember) {
        guard !member.isWorking, let background = member.background, !member.chores.isEmpty || background.hasSteps else { return }
        member.isWorking = true
        let delay = disks.within(20_000...500_000) * (member.isDiskSlow ? 20 : 1)
        heap.add(.chore, at: now + delay, member.index, member.life)
    }

    func chore(_ member: SimulatedMember) {
        guard let background = member.background else { return }
        guard member.pausedUntil <= now else {
            return heap.add(.chore, at: member.pausedUntil, member.index, member.life)
        }
        member.disk.time = now
        member.isWorking = false
        if !member.chores.isEmpty { background.perform(member.chores.removeFirst()) } else { background.step() }
        member.done += background.completions
        background.completions = []
        if !background.answers.isEmpty {
            member.commands += background.answers
            background.answers = []
            startFlush(member)
        }
        startChore(member)
        if !member.done.isEmpty { wake(member) }
    }

    // MARK: ends

    /// The process is gone. What it had given to the disk is done in part: so many calls of it as the dice say.
    func end(_ member: SimulatedMember, losesPower: Bool) {
        guard member.isUp else { return }
        marks.noteEnd(of: member)
        if member.isFlushing, let journal = member.journal {
            member.disk.faults.callsLeft = disks.below(disks.pick([2, 2, 4, 12]))
            var lost: [JournalCompletion] = []
            journal.process(member.flushing, into: &lost)
            marks.reach(.endedInFlush)
        }
        member.life += 1
        (member.node, member.journal, member.background) = (nil, nil, nil)
        member.commands = []
        member.flushing = []
        member.completions = []
        member.chores = []
        member.done = []
        member.left = []
        (member.isFlushing, member.isWorking) = (false, false)
        member.turnAt = .max
        member.pausedUntil = 0
        if losesPower {
            member.disk.losePower(survival: swarm.survival, &disks)
        } else {
            member.disk.endProcess()
        }
        if member.disk.takeBrokenWord() { (member.holdsLess, member.isRotten) = (true, true) }
        closeAll(member, silently: losesPower)
        for client in clients where client.member == member.index { clientLoses(client.connection) }
    }
}

extension NodeCryptography {
    /// In no way secret, and the same in every run of a seed.
    static func simulated(seed: UInt64) -> NodeCryptography {
        let dice = SharedDice(seed: seed)
        return NodeCryptography(
            hmacSHA256: { key, message in (key + message + Array(repeating: 0, count: 32)).suffix(32).map { $0 &+ 1 } },
            sha1: { Array(($0 + Array(repeating: 7, count: 20)).prefix(20)) },
            randomBytes: { count in (0..<count).map { _ in UInt8(truncatingIfNeeded: dice.dice.next()) } })
    }
}

private final class SharedDice {
    var dice: Dice

    init(seed: UInt64) { dice = Dice(seed: seed) }
}
