// The shipping core plays a schedule of the model: one core for each member, each with its own disk and clock, and every message
// and completion delivered when the schedule says so. A step that the core does not offer is a refusal.
//
// The model begins with nothing. Cores begin founded, with five records of epoch 1 on every disk, so the model's epoch e is e + 1
// here and its record k the one behind zxid (1, 5 + k).

import Batch
import Zab

struct Refusal: Hashable, CustomStringConvertible {
    var index: Int
    var step: ModelStep
    var reason: String

    var description: String { "step \(index + 1), \(step): \(reason)" }
}

final class Stage {
    let model: ProtocolModel
    let configuration: Configuration
    var actors: [Actor] = []
    /// As asked by the member with this index for this epoch.
    private var asked: [Asked: NewEpoch] = [:]
    private var nextConnection: UInt64 = 1
    private var content: UInt64 = 0

    private struct Asked: Hashable {
        var member: Int
        var epoch: UInt32
    }

    /// - Parameter configuration: of the voters; observers have no part here.
    init(_ model: ProtocolModel, _ configuration: Configuration) {
        self.model = model
        self.configuration = configuration
        for index in 0..<configuration.count { actors.append(Actor(index, configuration)) }
        for index in actors.indices { start(index) }
    }

    /// All members bound, ordinary quorums.
    static func configuration(_ size: Int) -> Configuration {
        let voters = (1...size).map {
            EnsembleMember(id: MemberID($0), host: "host\($0)", incarnation: Incarnation($0) << 64 | 0xabc)
        }
        return try! Configuration(members: voters)
    }

    /// - Returns: where the core did not go along; nil if it did everything.
    func play(_ schedule: [ModelStep]) -> Refusal? {
        var state = ModelState()
        for (index, step) in schedule.enumerated() {
            if let reason = play(step, before: state) ?? actors.compactMap(\.haltReason).first {
                return Refusal(index: index, step: step, reason: reason)
            }
            state = model.state(after: step, of: state)
            deliverAcknowledgements(state)
            if let reason = difference(from: state) { return Refusal(index: index, step: step, reason: reason) }
        }
        return nil
    }

    /// Whether the disks hold what the model's members hold, and as much was acknowledged.
    private func difference(from state: ModelState) -> String? {
        for index in actors.indices {
            let member = state[member: index]
            let disk = actors[index].disk
            let model = (member.acceptedEpoch + 1, member.currentEpoch + 1, member.log.recordCount)
            let real = (Int(disk.accepted), Int(disk.current), disk.batches.count)
            if model != real {
                return "member \(index) holds (accepted, current, records) \(real) where the model has \(model)"
            }
            if let reason = silence(of: index, state) { return reason }
        }
        return nil
    }

    private func silence(of index: Int, _ state: ModelState) -> String? {
        for attempt in 0..<model.mostAttempts where !state[member: index].isStarter(of: attempt) {
            guard let count = state[member: index].acknowledged(attempt) else { continue }
            let epoch = UInt32(state[attempt: attempt].epoch + 1)
            if actors[index].acknowledged[epoch] ?? -1 < count {
                return "member \(index) does not acknowledge \(count) records in epoch \(epoch)"
            }
        }
        return nil
    }

    private func deliverAcknowledgements(_ state: ModelState) {
        for actor in actors {
            let acks = actor.acks
            actor.acks = []
            for ack in acks {
                let count = Actor.count(ack.last, in: actor.log)
                actor.acknowledged[ack.epoch] = max(actor.acknowledged[ack.epoch] ?? -1, count)
                for leader in actors where leader.leads(ack.epoch) {
                    if let connection = leader.data[actor.index] { feed(leader.index, .received(connection, .ack(ack))) }
                }
            }
        }
    }

    private func play(_ step: ModelStep, before state: ModelState) -> String? {
        let epoch = UInt32(step.epoch + 1)
        let starter = actors.indices.first { state[member: $0].isStarter(of: step.attempt) } ?? step.member
        switch step.kind {
        case .start: return start(step.member, epoch)
        case .promise: return promise(step.member, to: starter, epoch)
        case .lead: return actors[step.member].leads(epoch) ? nil : "it does not lead epoch \(epoch)"
        case .accept: return accept(step.member, leader: starter, epoch)
        case .truncate: return truncate(step.member)
        case .append: return append(step.member, isLeader: step.member == starter)
        case .takeEpoch: return takeEpoch(step.member, isLeader: step.member == starter, epoch)
        case .acknowledge:
            // What has arrived is here, if not on the disk.
            deliver(step.member) { _ in false }
            return nil
        case .propose: return propose(step.member)
        case .crash:
            crash(step.member)
            return nil
        case .synchronize, .replicate: preconditionFailure("the coarse grain is not played")
        }
    }

    // MARK: members

    private func start(_ index: Int) {
        actors[index].start(seed: UInt64(index + 1))
        feed(index, .applied(Actor.founded))
        feed(index, .tick)
    }

    private func crash(_ index: Int) {
        // What is under way on data connections may still arrive, so those of the others stay.
        for actor in actors { actor.election[index] = nil }
        start(index)
    }

    /// The election of `index`, with the others' consent to its prevotes made up: a prevote makes nothing durable.
    private func start(_ index: Int, _ epoch: UInt32) -> String? {
        loseUnfinished(index)
        let actor = actors[index]
        for _ in 0..<400 {
            // Time passes for this member alone, so it takes the others for silent and its connections for lost.
            for other in actors.indices where other != index { connect(index, other) }
            if actor.zab.role == .candidate, actor.zab.epoch == epoch {
                completeAll(index)
                return asked[Asked(member: index, epoch: epoch)] == nil && actors.count > 1 ? "it asks for no promise" : nil
            }
            actor.prevoteNonce = nil
            actor.now = actor.now.advanced(byNanoseconds: Actor.timing.heartbeat / 2)
            feed(index, .tick)
            guard let nonce = actor.prevoteNonce else { continue }
            for other in actors.indices where other != index && actor.zab.role == .looking {
                let reply = PrevoteReply(nonce: nonce, reason: .granted, acceptedEpoch: epoch - 1, leaderHint: 0)
                hear(index, from: other, .prevoteReply(reply))
            }
        }
        return "it becomes no candidate of epoch \(epoch)"
    }

    private func promise(_ index: Int, to starter: Int, _ epoch: UInt32) -> String? {
        guard let question = asked[Asked(member: starter, epoch: epoch)] else { return "nobody asks for epoch \(epoch)" }
        loseUnfinished(index)
        connect(index, starter)
        let actor = actors[index]
        actor.promise = nil
        hear(index, from: starter, .newEpoch(question))
        completeAll(index)
        guard let answer = actor.promise, answer.epoch == epoch else { return "it promises nothing" }
        hear(starter, from: index, .ackEpoch(answer))
        // A leader's currentEpoch is a step of its own.
        return nil
    }

    private func accept(_ index: Int, leader: Int, _ epoch: UInt32) -> String? {
        guard actors[leader].leads(epoch) else { return "nobody leads epoch \(epoch)" }
        loseUnfinished(index)
        let actor = actors[index]
        connect(index, leader)
        actor.inbox = []
        actor.acks = []
        hear(index, from: leader, actors[leader].zab.heartbeatMessage())
        guard actor.zab.role == .followerSync, actor.zab.epoch == epoch else { return "it does not follow" }
        connectData(index, leader)
        guard let join = actor.join else { return "it does not join" }
        actor.join = nil
        guard let there = actors[leader].data[index], let here = actor.data[leader] else { return "no data connection stands" }
        feed(leader, .received(there, .join(join)))
        pump(leader)
        guard case .sync? = actor.inbox.first else { return "the leader sends no SYNC" }
        feed(index, .received(here, actor.inbox.removeFirst()))
        while case .epochs? = actor.pending.first { complete(index) }
        return nil
    }

    private func truncate(_ index: Int) -> String? {
        while case .truncate? = actors[index].pending.first { complete(index) }
        return nil
    }

    private func append(_ index: Int, isLeader: Bool) -> String? {
        let actor = actors[index]
        if !isLeader, !actor.pending.contains(where: \.isAppend) { deliver(index, until: Stage.isRecord) }
        guard case .append? = actor.pending.first else { return "it appends nothing" }
        complete(index)
        return nil
    }

    private func takeEpoch(_ index: Int, isLeader: Bool, _ epoch: UInt32) -> String? {
        let actor = actors[index]
        if !isLeader { deliver(index, until: Stage.isNewLeader) }
        // Back in the same epoch there is nothing to make durable.
        if actor.pending.isEmpty, actor.zab.role == .following, actor.zab.epoch == epoch { return nil }
        guard case .epochs(_, _, let current)? = actor.pending.first, current == epoch else {
            return "it does not ask for currentEpoch \(epoch) to be made durable"
        }
        complete(index)
        return nil
    }

    private func propose(_ index: Int) -> String? {
        let actor = actors[index]
        guard actor.zab.canPropose else { return "it can't propose" }
        actor.assigned = nil
        feed(index, .propose(count: 1, bytes: 8, isConfiguration: false))
        guard let (first, prev) = actor.assigned else { return "it gets no zxid" }
        content += 1
        let header = BatchHeader(firstZxid: first, prevZxid: prev, wallTime: 0, logTime: 0, count: 1)
        let batch = withUnsafeBytes(of: &content) { SealedBatch(sealing: header, requests: $0) }
        feed(index, .sealed(batch))
        pump(index)
        return nil
    }

    // MARK: connections

    private func connect(_ a: Int, _ b: Int) {
        if actors[a].election[b] != nil { return }
        join(a, b, .election, dialer: max(a, b))
    }

    private func connectData(_ learner: Int, _ leader: Int) { join(learner, leader, .data, dialer: learner) }

    private func join(_ a: Int, _ b: Int, _ channel: Channel, dialer: Int) {
        for (one, other) in [(a, b), (b, a)].sorted(by: { $0.0 != dialer && $1.0 == dialer }) {
            let number = ConnectionNumber(rawValue: nextConnection)
            nextConnection += 1
            if channel == .election { actors[one].election[other] = number } else { actors[one].data[other] = number }
            let peer = actors[other]
            feed(
                one,
                .connectionUp(number, channel, peer: peer.id, incarnation: peer.incarnation, dialed: one == dialer))
        }
    }

    /// What the leader's stream has brought, in order, up to and with a message of this kind; everything if there is none.
    private func deliver(_ index: Int, until isLast: (Message) -> Bool) {
        let actor = actors[index]
        while !actor.inbox.isEmpty, let connection = actor.currentLeaderConnection {
            let message = actor.inbox.removeFirst()
            feed(index, .received(connection, message))
            if isLast(message) { return }
        }
    }

    private static func isRecord(_ message: Message) -> Bool { if case .proposal = message { true } else { false } }
    private static func isNewLeader(_ message: Message) -> Bool { if case .newLeader = message { true } else { false } }

    /// What has become possible to send, into the learners' inboxes.
    private func pump(_ leader: Int) {
        let actor = actors[leader]
        var moved = true
        while moved {
            moved = false
            for place in actor.streams.indices {
                let stream = actor.streams[place]
                guard
                    let batch = actor.log.first(where: { $0.firstZxid > stream.cursor }),
                    batch.lastZxid <= stream.limit ?? batch.lastZxid,
                    let connection = actor.data[stream.learner]
                else { continue }
                actor.streams[place].cursor = batch.lastZxid
                actors[stream.learner].inbox.append(
                    .proposal(Proposal(epoch: actor.zab.epoch, commit: actor.zab.commit, round: 0, batches: [batch])))
                feed(leader, .streamMoved(connection, to: batch.lastZxid))
                moved = true
                break
            }
        }
    }

    // MARK: the core's surroundings

    /// What the old role has under way and the schedule leaves unfinished is lost in a crash that is not told of.
    private func loseUnfinished(_ index: Int) {
        if !actors[index].pending.isEmpty { crash(index) }
    }

    private func completeAll(_ index: Int) {
        while !actors[index].pending.isEmpty, !actors[index].holdsOwnEpoch { complete(index) }
    }

    /// On the election connection, unless the core has closed it.
    private func hear(_ index: Int, from other: Int, _ message: Message) {
        if let connection = actors[index].election[other] { feed(index, .received(connection, message)) }
    }

    private func complete(_ index: Int) { feed(index, actors[index].completeFirst()) }

    private func feed(_ index: Int, _ input: Input) {
        let actor = actors[index]
        var outputs: [Output] = []
        actor.zab.step(input, now: actor.now, outputs: &outputs)
        for output in outputs { perform(index, output) }
    }

    private func perform(_ index: Int, _ output: Output) {
        let actor = actors[index]
        switch output {
        case .send(let connection, let message): send(index, connection, message)
        case .closeConnection(let connection, _): actor.forget(connection)
        case .append(let batch, let role):
            actor.log.append(batch)
            actor.pending.append(.append(batch, role))
        case .persistEpochs(let seq, let accepted, let current):
            actor.pending.append(.epochs(seq: seq, accepted: accepted, current: current))
        case .truncate(let zxid, let role):
            actor.log.removeAll { $0.lastZxid > zxid }
            actor.pending.append(.truncate(zxid, role))
        case .startStream(let connection, let from, _, let limit):
            guard let learner = actor.data.first(where: { $0.value == connection })?.key else { return }
            actor.streams.removeAll { $0.learner == learner }
            actor.streams.append(Actor.Stream(learner: learner, cursor: from, limit: limit))
        case .unlimitStream(let connection):
            for place in actor.streams.indices where actor.data[actor.streams[place].learner] == connection {
                actor.streams[place].limit = nil
            }
        case .limitStream(let connection, let zxid):
            for place in actor.streams.indices where actor.data[actor.streams[place].learner] == connection {
                actor.streams[place].limit = zxid
            }
        case .stopStream(let connection): actor.streams.removeAll { actor.data[$0.learner] == connection }
        case .committed(let zxid): feed(index, .applied(zxid))
        case .assigned(let first, let prev): actor.assigned = (first, prev)
        case .halt(_, let reason): actor.haltReason = reason
        default: break
        }
    }

    private func send(_ index: Int, _ connection: ConnectionNumber, _ message: Message) {
        let actor = actors[index]
        switch message {
        case .prevote(let prevote): actor.prevoteNonce = prevote.nonce
        case .newEpoch(let question): asked[Asked(member: index, epoch: question.epoch)] = question
        case .ackEpoch(let answer): actor.promise = answer
        case .join(let join): actor.join = join
        case .ack(let ack): actor.acks.append(ack)
        case .sync, .newLeader:
            guard let learner = actor.data.first(where: { $0.value == connection })?.key else { return }
            actors[learner].inbox.append(message)
        default: break
        }
    }
}
