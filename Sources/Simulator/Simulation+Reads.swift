// Rule R1 from outside: a read that promises to be of the present was answered because a committing quorum has echoed a heartbeat
// that its leader sent behind the question. Echoes and acknowledgements, which carry the round, are seen as they leave.

import ClientProtocol
import Histories
import Zab

/// The rounds of one leader, and how far each member has echoed them.
struct LeaderRounds {
    /// When each began; the first one is 1.
    private var begun: [UInt64] = []
    /// When the newest round began that each member has echoed; 0: none.
    private(set) var echoed: [UInt64]

    init(members: Int) { echoed = Array(repeating: 0, count: members) }

    mutating func begin(_ round: UInt64, at time: UInt64) {
        while begun.count < round { begun.append(time) }
    }

    mutating func echo(_ round: UInt64, by member: Int) {
        guard round > 0, round <= begun.count else { return }
        echoed[member] = max(echoed[member], begun[Int(round) - 1])
    }
}

extension Simulation {
    func noteRound(_ round: UInt64, in epoch: UInt32) {
        rounds[epoch, default: LeaderRounds(members: members.count)].begin(round, at: now)
    }

    /// - Parameter round: the newest that the member knows of, when it echoes or acknowledges.
    func noteEcho(of round: UInt64, in epoch: UInt32, by member: SimulatedMember) {
        rounds[epoch]?.echo(round, by: member.index)
    }

    func checkConfirmed(_ number: Int) {
        let operation = history.operations[number]
        guard operation.kind == .sync || operation.isConfirmed else { return }
        guard operation.error == 0 || operation.error == ErrorCode.noNode else { return }
        for (epoch, leader) in leaders {
            var confirming: VoterSet = 1 << VoterSet(leader)
            for (index, begun) in (rounds[epoch]?.echoed ?? []).enumerated() where begun >= operation.invoked {
                confirming |= 1 << VoterSet(index)
            }
            if configuration.quorum.commits(confirming) { return }
        }
        breach(
            "Rule R1: \(operation.kind) of client \(operation.client) was answered, and no quorum echoed what came behind it",
            by: .reads)
    }
}
