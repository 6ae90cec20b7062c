// Rules about epochs, sessions and time that need more than a look at one member: what a leader began with, how long a session
// was silent, what lay unread when somebody was called silent, and that nothing is done twice.

import Batch
import ClientProtocol
import Jute
import Node
import PeerProtocol
import StateMachine
import Zab

/// Where a log ends, and with which batch.
struct LogEnd {
    var last: Zxid
    var crc: UInt32
}

/// A moment on a member's own clock, and for how much of the time before it nobody was blamed.
struct LivelyTime {
    var own: UInt64
    var late: UInt64

    func since(_ earlier: LivelyTime) -> UInt64 { own - earlier.own - (late - earlier.late) }
}

extension Simulation {
    func livelyTime(_ member: SimulatedMember) -> LivelyTime {
        LivelyTime(own: member.ownTime(now), late: member.lateTotal)
    }

    // MARK: epochs

    /// Rule D2: who has taken over an epoch holds what its leader began with.
    func checkEpoch(_ member: SimulatedMember) {
        forgetLoss(member)
        let epoch = member.shadow.currentEpoch
        guard epoch > member.checkedEpoch else { return }
        member.checkedEpoch = epoch
        // An observer holds what is committed, and begins with as much.
        guard isVoter(member), let initial = initialHistories[epoch] else { return }
        if !member.shadow.holdsDurably(last: initial.last, crc: initial.crc) {
            breach("Rule D2: member \(member.id) has taken over epoch \(epoch) without \(initial.last), which belongs to it")
        }
    }

    // MARK: silence

    /// Whole frames of the leader's epoch that lie unread on the connection for heartbeats, and how often this member has
    /// called its leader silent before.
    func framesOfLeader(_ member: SimulatedMember, _ node: Node) -> UInt64? {
        guard node.currentRole != .leading, let leader = node.leaderFollowed else { return nil }
        for pipe in member.pipes where pipe.channel == .election {
            let end = pipe.ends.0.member == member.index ? 0 : 1
            guard pipe[end].isOpen, !pipe[end].hasEnded, pipe[1 - end].member == Int(leader) - 1,
                holdsHeartbeat(pipe[end].received, of: node.epoch)
            else { continue }
            return node.zabCounters.lookingByCause[Int(LookingCause.leaderSilent.rawValue)]
        }
        return nil
    }

    private func holdsHeartbeat(_ bytes: [UInt8], of epoch: UInt32) -> Bool {
        bytes.withUnsafeBytes { all in
            let length = (try? PeerFrame.length(at: all.bytes)) ?? nil
            guard let length, length <= all.count else { return false }
            let frame = UnsafeRawBufferPointer(rebasing: all[..<length])
            guard case .heartbeat(let heartbeat)? = try? PeerDecoder.decode(frame: frame.bytes).1 else { return false }
            return heartbeat.epoch == epoch
        }
    }

    /// B.5: a time-out is judged only after a turn that has read every ready socket.
    func checkSilence(_ member: SimulatedMember, _ node: Node, _ before: UInt64) {
        guard node.zabCounters.lookingByCause[Int(LookingCause.leaderSilent.rawValue)] > before else { return }
        breach("member \(member.id) calls its leader silent, whose heartbeat lay unread before it", by: .silence)
    }

    // MARK: sessions

    func noteLeading(_ member: SimulatedMember, _ node: Node) {
        guard member.ledSince?.epoch != node.epoch else { return }
        member.ledSince = (node.epoch, livelyTime(member))
        member.decidedExpiries = []
    }

    /// A decision may have to wait before it is proposed.
    func noteExpiries(_ member: SimulatedMember, _ node: Node) {
        let count = node.counters.sessionsExpired
        while member.countedExpiries < count {
            member.countedExpiries += 1
            member.decidedExpiries.append(now)
        }
    }

    /// A leader proposes the end of sessions that were silent: for as long as their time-out, on its own clock.
    func checkExpiries(_ member: SimulatedMember, _ node: Node, _ batch: SealedBatch) {
        noteExpiries(member, node)
        var reader = RecordReader(batch.requests.bytes)
        for _ in 0..<batch.count {
            guard let head = (try? reader.next()) ?? nil else { return }
            guard head.type == OpCode.closeSession, head.origin.server == member.id, SystemRecord.isExpiry(reader.body) else {
                continue
            }
            let decided = member.decidedExpiries.isEmpty ? now : member.decidedExpiries.removeFirst()
            checkExpiry(member, head.session, decided)
        }
    }

    private func checkExpiry(_ member: SimulatedMember, _ session: Int64, _ decided: UInt64) {
        let limit = UInt64(min(max(swarm.sessionTimeoutMs, 200), 10_000)) * 1_000_000
        let name = String(session, radix: 16)
        let time = livelyTime(member)
        if let led = member.ledSince, time.since(led.at) < limit {
            breach(
                "Rule S4: member \(member.id) has led for \(time.since(led.at) / 1_000) us and ends session \(name)",
                by: .sessions)
        }
        guard let client = clients.first(where: { $0.session == session }), let heard = client.heard, heard.at <= decided else {
            return
        }
        // Rules S2, S5: its own clients it has heard itself, and its own lateness is not their silence.
        if heard.member == member.index, heard.life == member.life, heard.wasLeading, time.since(heard.own) < limit {
            breach(
                "Rules S2, S5: member \(member.id) ends session \(name), which it heard \(time.since(heard.own) / 1_000) us ago",
                by: .sessions)
        }
        // Others report theirs; as long as nothing was in the way, that can't have been lost.
        if faultsInjected == 0, client.isConnected, now - heard.at < limit / 4 {
            breach(
                "Rule S2: session \(name) ends, which member \(heard.member + 1) heard \((now - heard.at) / 1_000) us ago",
                by: .sessions)
        }
    }

    // MARK: once

    /// B.5: no request of an origin is done twice, and those of one process in the order in which it gave them numbers.
    func checkOrigins() {
        var newest: [[UInt64]: UInt64] = [:]
        for batch in chain.batches {
            var reader = RecordReader(batch.requests.bytes)
            for index in 0..<batch.count {
                guard let head = (try? reader.next()) ?? nil, head.origin.seq > 0 else { continue }
                let origin = [UInt64(head.origin.server), head.origin.run]
                if let last = newest[origin], head.origin.seq <= last {
                    let zxid = batch.firstZxid.advanced(by: index)
                    return breach(
                        "request \(head.origin.seq) of server \(head.origin.server) is done again at \(zxid), behind \(last)",
                        by: .chain)
                }
                newest[origin] = head.origin.seq
            }
        }
    }
}
