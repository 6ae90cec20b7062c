// What must hold after every step, whatever happened. A breach is reported with its text; the run goes on to its end.

import Batch
import Zab

package struct Checks {
    package private(set) var breaches: [String] = []
    private(set) var highestReleased = Zxid.zero
    package private(set) var readsChecked = 0
    package private(set) var commits = 0
    package private(set) var elections = 0
    package internal(set) var nextRead: UInt64 = 0
    /// Every committed batch in order: (last zxid, CRC).
    private var chain: [(last: Zxid, crc: UInt32)] = []
    private var leaderOf: [UInt32: MemberID] = [:]
    private var clusters: Set<ClusterID> = []

    package init() {}

    package mutating func breach(_ text: String) {
        if breaches.count < 20 { breaches.append(text) }
    }

    mutating func afterStep(_ cluster: Cluster, _ member: Member) {
        guard let core = member.core else { return }
        // Rule E4: one leader per epoch.
        if core.zab.role == .leaderSync || core.zab.role == .leading {
            if let other = leaderOf[core.zab.epoch], other != member.id {
                breach("Rule E4: members \(other) and \(member.id) both lead epoch \(core.zab.epoch)")
            } else if leaderOf.updateValue(member.id, forKey: core.zab.epoch) == nil {
                elections += 1
            }
        }
        if core.zab.acceptedEpoch < core.zab.currentEpoch { breach("Rule E7: member \(member.id)") }
        if core.zab.commit > core.zab.lastLogged { breach("Rule C2: member \(member.id) committed beyond its log") }
        if core.zab.applied > min(core.zab.commit, core.zab.lastDurable) {
            breach("Rules A1, A2: member \(member.id) applied too much")
        }
        if core.zab.lastDurable > core.zab.lastLogged { breach("Rule D4: member \(member.id)") }
    }

    /// What leaves a member says only what its disk holds at this moment.
    mutating func sending(_ member: Member, _ message: Message) {
        let disk = member.disk
        switch message {
        case .ack(let ack):
            if disk.acceptedEpoch < ack.epoch { breach("Rule E7: ACK of \(ack.epoch), accepted durably \(disk.acceptedEpoch)") }
            if disk.currentEpoch != ack.epoch { breach("Rule D3: ACK of \(ack.epoch), current durably \(disk.currentEpoch)") }
            if disk.log.last < ack.last { breach("Rule D4: ACK of \(ack.last), durable up to \(disk.log.last)") }
        case .newEpoch(let asked):
            if disk.acceptedEpoch < asked.epoch { breach("Rule D1: NEWEPOCH \(asked.epoch) before it is durable") }
        case .ackEpoch(let ack):
            if disk.acceptedEpoch < ack.epoch { breach("Rule D1: ACKEPOCH \(ack.epoch) before it is durable") }
            if ack.last > disk.log.last { breach("Rule V1: ACKEPOCH reports \(ack.last), durable up to \(disk.log.last)") }
        case .echo(let echo):
            if disk.acceptedEpoch < echo.epoch { breach("Rule E7: ECHO of \(echo.epoch) before it is durable") }
        case .join(let join):
            if join.history.last != disk.log.last { breach("Rule V1: JOIN reports \(join.history.last), not \(disk.log.last)") }
        default: break
        }
    }

    /// A leader says that everything up to here is committed.
    mutating func committed(_ cluster: Cluster, _ member: Member, _ commit: Zxid) {
        commits += 1
        guard let batch = member.log.batches.last(where: { $0.lastZxid == commit }) else {
            if commit != member.log.base.zxid { breach("Rule C2: commit \(commit) is no end of a batch") }
            return
        }
        let copies = cluster.members.count { $0.disk.log.holds(batch) }
        if copies < cluster.configuration.quorum.commitCopies {
            breach("Rule C2: \(commit) is committed with \(copies) durable copies")
        }
    }

    /// A member may apply everything up to here: it must be the same on all.
    mutating func released(_ cluster: Cluster, _ member: Member, through: Zxid) {
        let log = member.log
        var place = log.place(behind: max(member.released, log.base.zxid))
        while place < log.batches.count, log.batches[place].lastZxid <= through {
            let batch = log.batches[place]
            let index = log.base.index + place
            if index < chain.count {
                if chain[index].last != batch.lastZxid || chain[index].crc != batch.header.crc {
                    breach("member \(member.id) commits \(batch.lastZxid) where \(chain[index].last) was committed")
                }
            } else if index == chain.count {
                chain.append((batch.lastZxid, batch.header.crc))
            } else {
                breach("member \(member.id) commits \(batch.lastZxid) with a hole before it")
            }
            place += 1
        }
        if through > highestReleased { highestReleased = through }
    }

    /// Leader completeness: whoever leads an epoch holds everything committed in earlier ones.
    mutating func leads(_ cluster: Cluster, _ member: Member) {
        guard let epoch = member.core?.zab.epoch, let index = chain.lastIndex(where: { $0.last.epoch < epoch }) else { return }
        let last = chain[index]
        let log = member.log
        if index < log.base.index { return }
        let place = index - log.base.index
        guard place < log.batches.count, log.batches[place].lastZxid == last.last, log.batches[place].header.crc == last.crc
        else { return breach("member \(member.id) leads without the committed \(last.last)") }
    }

    mutating func founded(_ id: ClusterID) {
        clusters.insert(id)
        if clusters.count > 1 { breach("two foundings are committed") }
    }

    /// Rules R1 to R4: the answer is not older than anything known committed when the question was asked.
    mutating func readReady(_ member: Member, _ id: UInt64, _ zxid: Zxid) {
        guard let read = member.reads.removeValue(forKey: id) else { return breach("an answer to no question") }
        readsChecked += 1
        member.readsAnswered += 1
        if zxid < read.floor { breach("Rule R4: a read at \(zxid), but \(read.floor) was committed when it was asked") }
    }
}
