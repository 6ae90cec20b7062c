// The operator: in some runs a member that has lost its directory is replaced, by the command that operators have for it. Until
// then it must not take part; afterwards it has to.

import Node
import Zab

extension Simulation {
    private static let round: UInt64 = 250_000_000

    func isVoter(_ member: SimulatedMember) -> Bool { !configuration.members[member.index].isObserver }

    /// Looks every now and then from here on.
    func callOperator() {
        guard swarm.replaces, !hasOperator else { return }
        hasOperator = true
        heap.add(.operator, at: now + Simulation.round, 0)
    }

    func operate() {
        heap.add(.operator, at: now + Simulation.round, 0)
        guard let leader = members.first(where: { $0.isUp && $0.pausedUntil <= now && $0.node?.currentRole == .leading }),
            let node = leader.node
        else { return }
        for member in members where isRefusedAsSetBack(member, by: node) {
            tell("the operator empties the directory of member \(member.id), which holds less than it has acknowledged")
            empty(member)
        }
        for member in members where member.isWiped && isVoter(member) {
            if node.committedIncarnation(of: member.id) == member.incarnation {
                tell("member \(member.id) is replaced")
                marks.reach(.memberReplaced)
                (member.isWiped, member.isAllowed) = (false, false)
            } else if member.isUp, node.allowReplacement(of: member.id) == nil {
                tell("the operator has member \(member.id) replaced, by member \(leader.id)")
                marks.reach(.replacementAllowed)
                member.isAllowed = true
                wake(leader)
            }
        }
    }

    /// Whether the others can commit that without it.
    func canBeReplaced(_ member: SimulatedMember) -> Bool {
        guard swarm.replaces else { return false }
        let others = members.filter { $0 !== member && $0.refusedToStart == nil && !$0.isWiped && $0.loss == nil }
        return configuration.quorum.commits(others.reduce(0) { $0 | 1 << VoterSet($1.index) })
            && configuration.quorum.elects(others.reduce(0) { $0 | 1 << VoterSet($1.index) })
    }
}
