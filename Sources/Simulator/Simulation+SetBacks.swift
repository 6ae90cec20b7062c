// A member whose directory holds less than it has called durable: it was set back to an older state, or its disk has said that it
// had flushed and had not. The member can't tell. Its leader can, as long as it leads (rule F8). Otherwise the ensemble bears it
// only where enough others elect; a run in which its lost word would count is over, because nothing is promised from there on.

import Batch
import Journal
import Node
import PeerProtocol
import Zab

/// What was durable, and is not any more.
struct LostWord {
    var accepted: UInt32
    var current: UInt32
    var durable: Zxid
    /// Its leader of `current` certainly has an ACK that lies behind what is left, and must not take it in again.
    var isKnown: Bool
}

extension Simulation {
    /// The fault is over: now its effect comes.
    func takeBack(_ fault: Fault) {
        guard let member = rotting(fault) else { return }
        if fault.kind == .lyingFlushes {
            if member.isUp, member.disk.faults.lies { _ = takeDownShortly(member, fault, losesPower: true) }
            return
        }
        guard let image = member.image else { return }
        member.image = nil
        // Of a member that was replaced since then, the directory is another's.
        guard image.incarnation == member.incarnation, takeDownShortly(member, fault, losesPower: false) else { return }
        tell("the directory of member \(member.id) is set back by \(fault.duration / 1_000_000) ms")
        member.disk.replace(with: image.disk)
        (member.holdsLess, member.isRotten) = (true, true)
    }

    /// At the start.
    func noteLoss(_ member: SimulatedMember, _ recovered: Recovered) {
        let shadow = member.shadow
        let old = member.loss ?? LostWord(accepted: 0, current: 0, durable: .zero, isKnown: false)
        guard
            recovered.epochs.acceptedEpoch < shadow.acceptedEpoch || recovered.epochs.currentEpoch < shadow.currentEpoch
                || recovered.lastLogged < shadow.durable
        else { return }
        marks.reach(.setBack)
        let isKnown =
            member.heardOf.epoch == shadow.currentEpoch && member.heardOf.last > recovered.lastLogged
            && !recovered.epochs.needsRepair
        member.loss = LostWord(
            accepted: max(old.accepted, shadow.acceptedEpoch), current: max(old.current, shadow.currentEpoch),
            durable: max(old.durable, shadow.durable), isKnown: isKnown)
        tell(
            "member \(member.id) has lost its word: epochs \(shadow.acceptedEpoch)/\(shadow.currentEpoch), log \(shadow.durable)")
        callOperator()
    }

    /// Whoever holds again all that it spoke for, or has taken over a later epoch, whose leader holds that, is like any other.
    func forgetLoss(_ member: SimulatedMember) {
        guard let loss = member.loss else { return }
        let (shadow, current) = (member.shadow, member.shadow.currentEpoch)
        guard shadow.acceptedEpoch >= loss.accepted,
            current > loss.current || current == loss.current && shadow.durable >= loss.durable
        else { return }
        tell("member \(member.id) holds again what it had lost")
        marks.reach(.caughtUpAfterSetBack)
        member.loss = nil
    }

    /// Without the members that have lost their word, too few have promised this epoch.
    func restsOnLostWord(_ epoch: UInt32) -> Bool {
        guard members.contains(where: { $0.loss != nil || $0.holdsLess }) else { return false }
        var promised: VoterSet = 0
        for member in members where member.loss == nil && !member.holdsLess && member.shadow.acceptedEpoch >= epoch {
            promised |= 1 << VoterSet(member.index)
        }
        return !configuration.quorum.elects(promised)
    }

    /// It confirms something to a leader whose successor it had already promised to.
    func speaksBehindLostWord(_ message: Message, _ member: SimulatedMember) -> Bool {
        guard isVoter(member), let loss = member.loss else { return false }
        return switch message {
        case .ack(let ack): ack.epoch < loss.accepted
        case .echo(let echo): echo.epoch < loss.accepted
        default: false
        }
    }

    func goBeyond() {
        guard !isBeyond else { return }
        tell("BEYOND what is promised: what a member has lost would count")
        marks.reach(.beyondTolerance)
        isBeyond = true
    }

    // MARK: rule F8

    /// What is committed by no fewer than those who hold it, each of them has acknowledged to the leader.
    func noteNeeded(_ holders: VoterSet, _ epoch: UInt32, _ commit: Zxid) {
        for member in members {
            let bit = VoterSet(1) << VoterSet(member.index)
            guard holders & bit != 0, !configuration.quorum.commits(holders & ~bit) else { continue }
            member.heardOf = (epoch, commit)
        }
    }

    func checkSetBack(_ member: SimulatedMember, in epoch: UInt32) {
        guard let loss = member.loss, loss.isKnown, loss.current == epoch else { return }
        breach("Rule F8: member \(member.id) takes part in epoch \(epoch) again and holds less than it has acknowledged there")
    }

    func isRefusedAsSetBack(_ member: SimulatedMember, by leader: Node) -> Bool {
        guard let loss = member.loss, member.isUp, let node = member.node else { return false }
        return loss.current == leader.epoch && node.leaderFollowed == nil && leader.zabCounters.setBacks > 0
    }
}
