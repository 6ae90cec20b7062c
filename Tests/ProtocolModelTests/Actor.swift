// One member on the stage: the shipping core, and around it a disk that keeps what the schedule lets it finish.

import Batch
import Zab

final class Actor {
    struct Disk {
        var accepted: UInt32 = 1
        var current: UInt32 = 1
        /// Behind the founded ones.
        var batches: [SealedBatch] = []
    }

    enum Command {
        case append(SealedBatch, RoleNumber)
        case epochs(seq: UInt64, accepted: UInt32, current: UInt32)
        case truncate(Zxid, RoleNumber)

        var isAppend: Bool { if case .append = self { true } else { false } }
    }

    struct Stream {
        var learner: Int
        var cursor: Zxid
        var limit: Zxid?
    }

    static let founded = Zxid(epoch: 1, counter: 5)
    static let timing = Timing(heartbeat: 50_000_000, silence: 500_000_000)

    let index: Int
    let id: MemberID
    let incarnation: Incarnation
    private let founding: ConfigurationRecord
    var zab: Zab
    var now = Instant(nanoseconds: 1_000_000_000)
    var disk = Disk()
    /// In the order in which the core asked; the disk carries them out in it.
    var pending: [Command] = []
    /// What was appended, durable or not.
    var log: [SealedBatch] = []
    var streams: [Stream] = []
    var election: [Int: ConnectionNumber] = [:]
    var data: [Int: ConnectionNumber] = [:]
    var inbox: [Message] = []
    var acks: [Ack] = []
    /// By epoch: the most records ever acknowledged.
    var acknowledged: [UInt32: Int] = [:]
    var join: Join?
    var promise: AckEpoch?
    var prevoteNonce: UInt64?
    var assigned: (first: Zxid, prev: Zxid)?
    var haltReason: String?

    init(_ index: Int, _ configuration: Configuration) {
        self.index = index
        id = configuration.members[index].id
        incarnation = configuration.members[index].incarnation!
        founding = ConfigurationRecord(zxid: Zxid(epoch: 1, counter: 1), configuration: configuration, clusterID: 7)
        zab = Actor.core(id, incarnation, Disk(), founding, seed: 1, now: now)
    }

    /// A new process over the same disk.
    func start(seed: UInt64) {
        pending = []
        log = disk.batches
        streams = []
        election = [:]
        data = [:]
        inbox = []
        acks = []
        join = nil
        zab = Actor.core(id, incarnation, disk, founding, seed: seed, now: now)
    }

    private static func core(
        _ id: MemberID, _ incarnation: Incarnation, _ disk: Disk, _ founding: ConfigurationRecord, seed: UInt64, now: Instant
    ) -> Zab {
        var ends = [EpochEnd(epoch: 1, last: founded)]
        for batch in disk.batches {
            if ends.last!.epoch == batch.lastZxid.epoch { ends.removeLast() }
            ends.append(EpochEnd(epoch: batch.lastZxid.epoch, last: batch.lastZxid))
        }
        let durable = Durable(
            incarnation: incarnation, acceptedEpoch: disk.accepted, currentEpoch: disk.current, lastLogged: ends.last!.last,
            epochEnds: EpochEnds(ends), committedUpTo: founded, configurations: [founding])
        return Zab(member: id, timing: timing, durable: durable, seed: seed, now: now)
    }

    func leads(_ epoch: UInt32) -> Bool { (zab.role == .leaderSync || zab.role == .leading) && zab.epoch == epoch }

    /// What a new leader is about to make durable is a step of its own.
    var holdsOwnEpoch: Bool {
        guard case .epochs(_, _, let current)? = pending.first else { return false }
        return current > disk.current
    }

    /// The first command reaches the disk.
    /// - Returns: its completion.
    func completeFirst() -> Input {
        switch pending.removeFirst() {
        case .append(let batch, let role):
            disk.batches.append(batch)
            return .durable(log: batch.lastZxid, role: role)
        case .epochs(let seq, let accepted, let current):
            disk.accepted = accepted
            disk.current = current
            return .epochsDurable(seq: seq)
        case .truncate(let zxid, let role):
            disk.batches.removeAll { $0.lastZxid > zxid }
            return .truncated(to: zxid, role: role)
        }
    }

    func forget(_ connection: ConnectionNumber) {
        for (peer, number) in election where number == connection { election[peer] = nil }
        for (peer, number) in data where number == connection { data[peer] = nil }
    }

    /// The connection that batches come on.
    var currentLeaderConnection: ConnectionNumber? {
        guard zab.role == .followerSync || zab.role == .following, let leader = zab.leader else { return nil }
        return data.first { $0.key == Int(leader) - 1 }?.value
    }

    /// How many records behind the founded ones lie up to here.
    static func count(_ zxid: Zxid, in log: [SealedBatch]) -> Int { log.count { $0.lastZxid <= zxid } }
}
