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
                || recovered.lastLogged < max(shadow.durable, member.heardOf.last)
        else { return }
        marks.reach(.setBack)
        let isKnown = member.heardOf.epoch == shadow.currentEpoch && member.heardOf.last > recovered.lastLogged
        member.loss = LostWord(
            accepted: max(old.accepted, shadow.acceptedEpoch), current: max(old.current, shadow.currentEpoch),
            durable: max(old.durable, shadow.durable, member.heardOf.last), isKnown: isKnown)
        tell(
            "member \(member.id) has lost its word: epochs \(shadow.acceptedEpoch)/\(shadow.currentEpoch), log \(shadow.durable)")
        callOperator()
    }

    /// Whoever holds again all that it spoke for, or has taken over a later epoch, whose leader holds that, is like any other.
    func forgetLoss(_ member: SimulatedMember) {
        guard let loss = member.loss else { return }
        let (shadow, current) = (member.shadow, member.shadow.currentEpoch)
        let followsOther = leaders[current].map { $0 != member.index } ?? false
        guard shadow.acceptedEpoch >= loss.accepted,
            current > loss.current && followsOther || current == loss.current && shadow.durable >= loss.durable
        else { return }
        if shadow.acceptedEpoch == loss.current, loss.isKnown {
            breach("Rule F8: epoch \(current) has given member \(member.id) again what it had acknowledged there and lost")
        }
        tell("member \(member.id) holds again what it had lost")
        marks.reach(.caughtUpAfterSetBack)
        member.loss = nil
    }

    /// Without the members that have lost their word, too few have promised this epoch.
    func restsOnLostWord(_ leader: SimulatedMember, _ epoch: UInt32) -> Bool {
        var lost: VoterSet = 0
        for member in members where member.loss != nil || member.holdsLess { lost |= 1 << VoterSet(member.index) }
        return lost != 0 && !configuration.quorum.elects(promised(leader, epoch) & ~lost)
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

    /// What the node at this end has taken, it knows.
    func noteHeard(_ pipe: Pipe, _ end: Int) {
        guard !pipe.isGarbled else { return }
        let sender = members[pipe[1 - end].member]
        while let ack = pipe[1 - end].acks.first, ack.sent <= pipe[end].taken {
            sender.heardOf = (ack.epoch, ack.last)
            pipe[1 - end].acks.removeFirst()
        }
    }

    func isRefusedAsSetBack(_ member: SimulatedMember, by leader: Node) -> Bool {
        guard let loss = member.loss, member.isUp, let node = member.node else { return false }
        return loss.current == leader.epoch && !node.isServing && leader.zabCounters.setBacks > 0
    }
}
