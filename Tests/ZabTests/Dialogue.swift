// One core alone, told what its peers, its journal and its clock would tell it: event, expected outputs.

import Batch
import Zab

final class Dialogue {
    var zab: Zab
    var now = Instant(nanoseconds: 1_000_000_000)
    private(set) var last: [Output] = []
    private var nextConnection: UInt64 = 1
    /// Connections by peer.
    var election: [MemberID: ConnectionNumber] = [:]
    var data: [MemberID: ConnectionNumber] = [:]

    static let heartbeat: UInt64 = 50_000_000
    static let silence: UInt64 = 500_000_000

    static func incarnation(_ id: MemberID) -> Incarnation { Incarnation(id) << 64 | 0xabc }

    static func configuration(_ size: Int, rule: CommitRule = .half, minCopies: Int = 2) -> Configuration {
        let voters = (1...size).map { EnsembleMember(id: MemberID($0), host: "host\($0)") }
        return try! Configuration(members: voters, rule: rule, minCopies: minCopies)
    }

    static func founded(_ size: Int, bound: [MemberID]? = nil, rule: CommitRule = .half, minCopies: Int = 2) -> Configuration {
        var configuration = configuration(size, rule: rule, minCopies: minCopies)
        for id in bound ?? (1...size).map({ MemberID($0) }) {
            configuration = configuration.binding(incarnation(id), to: id)
        }
        return configuration
    }

    /// A directory of a founded ensemble, with a log of batches of one request in the given epochs up to the given counters.
    static func durable(
        _ member: MemberID, size: Int = 3, accepted: UInt32 = 1, current: UInt32 = 1, ends: [(UInt32, UInt32)] = [(1, 5)],
        committed: Zxid? = nil, configurations: [ConfigurationRecord]? = nil
    ) -> Durable {
        let ends = ends.map { EpochEnd(epoch: $0.0, last: Zxid(epoch: $0.0, counter: $0.1)) }
        let founding = ConfigurationRecord(zxid: Zxid(epoch: 1, counter: 1), configuration: founded(size), clusterID: 7)
        let last = ends.last?.last ?? .zero
        return Durable(
            incarnation: incarnation(member), acceptedEpoch: accepted, currentEpoch: current, lastLogged: last,
            epochEnds: EpochEnds(ends), committedUpTo: committed ?? last, configurations: configurations ?? [founding])
    }

    static func fresh(_ member: MemberID, size: Int = 3) -> Durable {
        Durable(
            incarnation: incarnation(member),
            configurations: [ConfigurationRecord(zxid: .zero, configuration: configuration(size), clusterID: 0)])
    }

    init(_ member: MemberID, _ durable: Durable, seed: UInt64 = 1, limits: FlightLimits = FlightLimits()) {
        zab = Zab(
            member: member, timing: Timing(heartbeat: Dialogue.heartbeat, silence: Dialogue.silence), limits: limits,
            durable: durable, seed: seed, now: now)
    }

    @discardableResult
    func feed(_ input: Input) -> [Output] {
        last = []
        zab.step(input, now: now, outputs: &last)
        return last
    }

    func pass(_ nanoseconds: UInt64) { now = now.advanced(byNanoseconds: nanoseconds) }

    /// Time passes in steps of at most a quarter heartbeat, with a tick at each.
    @discardableResult
    func wait(_ nanoseconds: UInt64) -> [Output] {
        var outputs: [Output] = []
        var left = nanoseconds
        while left > 0 {
            let step = min(left, Dialogue.heartbeat / 4)
            pass(step)
            left -= step
            outputs += feed(.tick)
        }
        return outputs
    }

    @discardableResult
    func connect(_ peer: MemberID, _ channel: Channel = .election, dialed: Bool = false, incarnation: Incarnation? = nil)
        -> [Output]
    {
        let connection = ConnectionNumber(rawValue: nextConnection)
        nextConnection += 1
        if channel == .election { election[peer] = connection } else { data[peer] = connection }
        return feed(
            .connectionUp(
                connection, channel, peer: peer, incarnation: incarnation ?? Dialogue.incarnation(peer), dialed: dialed))
    }

    @discardableResult
    func hear(_ peer: MemberID, _ message: Message, on channel: Channel = .election) -> [Output] {
        feed(.received(channel == .election ? election[peer]! : data[peer]!, message))
    }

    /// The journal has done everything that was asked of the epoch file.
    @discardableResult
    func epochsDurable() -> [Output] {
        var outputs: [Output] = []
        while let seq = Dialogue.lastSeq(in: last) { outputs += feed(.epochsDurable(seq: seq)) }
        return outputs
    }

    static func lastSeq(in outputs: [Output]) -> UInt64? {
        for case .persistEpochs(let seq, _, _) in outputs.reversed() { return seq }
        return nil
    }

    // MARK: what was said

    func messages(_ outputs: [Output]) -> [Message] {
        outputs.compactMap { if case .send(_, let message) = $0 { message } else { nil } }
    }

    // MARK: roads to a role

    /// From looking to candidate with the votes of `voters`, epoch durable.
    func stand(voters: [MemberID]) {
        feed(.tick)
        for peer in voters where election[peer] == nil { connect(peer) }
        guard zab.role == .looking else { return }
        if !messages(last).contains(where: { if case .prevote = $0 { true } else { false } }) {
            // Who is fresh and does not hear everybody waits before it founds.
            now = now.advanced(byNanoseconds: 2 * Dialogue.silence)
            feed(.tick)
        }
        let asked = last
        for peer in voters {
            guard zab.role == .looking else { break }
            hear(
                peer,
                .prevoteReply(PrevoteReply(nonce: Dialogue.nonce(in: asked), reason: .granted, acceptedEpoch: 0, leaderHint: 0)))
        }
        epochsDurable()
    }

    static func nonce(in outputs: [Output]) -> UInt64 {
        for case .send(_, .prevote(let prevote)) in outputs { return prevote.nonce }
        preconditionFailure("no prevote was asked")
    }

    func promise(_ peer: MemberID, bound: History = .none, counted: Bool = true) {
        hear(
            peer,
            .ackEpoch(
                AckEpoch(epoch: zab.epoch, counted: counted, bound: bound, last: bound.last, acceptedEpoch: zab.epoch)))
    }

    /// A learner joins and acknowledges everything.
    func synchronize(_ peer: MemberID, ends: [(UInt32, UInt32)] = [(1, 5)]) {
        if data[peer] == nil { connect(peer, .data) }
        let ends = ends.map { EpochEnd(epoch: $0.0, last: Zxid(epoch: $0.0, counter: $0.1)) }
        let last = ends.last?.last ?? .zero
        hear(
            peer,
            .join(
                Join(
                    epoch: zab.epoch, acceptedEpoch: zab.epoch, history: History(epoch: last.epoch, last: last), ends: ends,
                    isStateBad: false, needsRepair: false, applyVersion: 1)), on: .data)
        if last < zab.lastLogged { feed(.streamMoved(data[peer]!, to: zab.lastLogged)) }
        acknowledge(peer, zab.lastLogged)
    }

    @discardableResult
    func acknowledge(_ peer: MemberID, _ zxid: Zxid, round: UInt64 = 0, digests: [DigestPair] = []) -> [Output] {
        hear(peer, .ack(Ack(epoch: zab.epoch, last: zxid, round: round, applied: .zero, digests: digests)), on: .data)
    }

    /// Leading epoch 2 over a log to (1, 5), with the peers in `with` in step.
    static func leader(size: Int = 3, with peers: [MemberID] = [2], seed: UInt64 = 1, limits: FlightLimits = FlightLimits())
        -> Dialogue
    {
        let dialogue = Dialogue(1, durable(1, size: size), seed: seed, limits: limits)
        dialogue.feed(.applied(Zxid(epoch: 1, counter: 5)))
        let voters = (2...MemberID(size)).map { $0 }
        dialogue.stand(voters: voters)
        for peer in voters where dialogue.zab.role == .candidate { dialogue.promise(peer, bound: dialogue.zab.history) }
        dialogue.epochsDurable()
        for peer in peers { dialogue.synchronize(peer) }
        return dialogue
    }

    /// Numbers are asked for, the batch is sealed.
    @discardableResult
    func propose(_ count: Int = 1, record: ConfigurationRecord? = nil) -> SealedBatch? {
        var content: UInt64 = 0x1234_5678
        let outputs = feed(.propose(count: count, bytes: 8, isConfiguration: record != nil))
        guard case .assigned(let first, let prev)? = outputs.first else { return nil }
        var header = BatchHeader(firstZxid: first, prevZxid: prev, wallTime: 0, logTime: 0, count: UInt32(count))
        if record != nil { header.flags |= BatchHeader.flagConfiguration }
        let batch = withUnsafeBytes(of: &content) { SealedBatch(sealing: header, requests: $0) }
        feed(.sealed(batch))
        if var record {
            record.zxid = first
            feed(.noteConfiguration(record))
        }
        return batch
    }

    func durable(_ zxid: Zxid) -> [Output] { feed(.durable(log: zxid, role: zab.roleNumber)) }

    /// Following member 3 in epoch 2: SYNC said `sync`, everything up to zSync durable and taken over.
    static func follower(_ durable: Durable = durable(1), seed: UInt64 = 1) -> Dialogue {
        let dialogue = Dialogue(1, durable, seed: seed)
        dialogue.feed(.applied(durable.committedUpTo))
        dialogue.feed(.tick)
        dialogue.join(leader: 3, epoch: 2)
        let last = dialogue.zab.lastLogged
        dialogue.hear(3, .sync(Sync(epoch: 2, mode: .diff, truncateTo: last, from: last, zSync: last, start: nil)), on: .data)
        dialogue.epochsDurable()
        dialogue.hear(3, .newLeader(NewLeader(epoch: 2, zSync: last, commit: last, configurationZxid: .zero)), on: .data)
        dialogue.epochsDurable()
        return dialogue
    }

    /// Up to JOIN.
    func join(leader: MemberID, epoch: UInt32) {
        if election[leader] == nil { connect(leader) }
        hear(leader, .heartbeat(Heartbeat(epoch: epoch, commit: .zero, round: 1, sendTime: now)))
        connect(leader, .data, dialed: true)
    }

    static func batch(_ first: Zxid, prev: Zxid, count: UInt32 = 1, content: UInt64 = 1, version: UInt16 = 1) -> SealedBatch {
        var content = content
        var header = BatchHeader(firstZxid: first, prevZxid: prev, wallTime: 0, logTime: 0, count: count)
        header.version = version
        return withUnsafeBytes(of: &content) { SealedBatch(sealing: header, requests: $0) }
    }

    @discardableResult
    func receive(_ batches: [SealedBatch], commit: Zxid = .zero, from leader: MemberID = 3) -> [Output] {
        hear(
            leader, .proposal(Proposal(epoch: zab.epoch, commit: commit, round: 1, batches: batches)), on: .data)
    }
}

extension [Output] {
    var acks: [Ack] { compactMap { if case .send(_, .ack(let ack)) = $0 { ack } else { nil } } }
    var ackEpochs: [AckEpoch] { compactMap { if case .send(_, .ackEpoch(let ack)) = $0 { ack } else { nil } } }
    var newEpochs: [NewEpoch] { compactMap { if case .send(_, .newEpoch(let asked)) = $0 { asked } else { nil } } }
    var prevotes: [Prevote] { compactMap { if case .send(_, .prevote(let asked)) = $0 { asked } else { nil } } }
    var prevoteReplies: [PrevoteReply] { compactMap { if case .send(_, .prevoteReply(let reply)) = $0 { reply } else { nil } } }
    var rejects: [Reject] { compactMap { if case .send(_, .reject(let reject)) = $0 { reject } else { nil } } }
    var echoes: [Echo] { compactMap { if case .send(_, .echo(let echo)) = $0 { echo } else { nil } } }
    var syncs: [Sync] { compactMap { if case .send(_, .sync(let sync)) = $0 { sync } else { nil } } }
    var newLeaders: [NewLeader] { compactMap { if case .send(_, .newLeader(let asked)) = $0 { asked } else { nil } } }
    var heartbeats: [Heartbeat] { compactMap { if case .send(_, .heartbeat(let beat)) = $0 { beat } else { nil } } }
    var joins: [Join] { compactMap { if case .send(_, .join(let join)) = $0 { join } else { nil } } }
    var persisted: [(accepted: UInt32, current: UInt32)] {
        compactMap { if case .persistEpochs(_, let accepted, let current) = $0 { (accepted, current) } else { nil } }
    }
    var appended: [Zxid] { compactMap { if case .append(let batch, _) = $0 { batch.lastZxid } else { nil } } }
    var truncations: [Zxid] { compactMap { if case .truncate(let zxid, _) = $0 { zxid } else { nil } } }
    var committed: [Zxid] { compactMap { if case .committed(let zxid) = $0 { zxid } else { nil } } }
    var announced: [Zxid] { compactMap { if case .announceCommit(let zxid) = $0 { zxid } else { nil } } }
    var causes: [LookingCause] { compactMap { if case .becameLooking(let cause) = $0 { cause } else { nil } } }
    var halts: [HaltCode] { compactMap { if case .halt(let code, _) = $0 { code } else { nil } } }
    var ready: [(id: UInt64, zxid: Zxid)] { compactMap { if case .readReady(let id, let zxid) = $0 { (id, zxid) } else { nil } } }
    var failed: [UInt64] { compactMap { if case .readFailed(let id) = $0 { id } else { nil } } }
    var dials: [MemberID] { compactMap { if case .dial(let peer, _) = $0 { peer } else { nil } } }
    var isQuiet: Bool { isEmpty }
}
