// The lead changes hands in order: what the leader waits for, whom it tells, what a follower needs to take over, and what happens
// when it can't.

import Batch
import Testing
import Zab

@Suite struct HandoverTests {
    private func zxid(_ counter: UInt32) -> Zxid { Zxid(epoch: 2, counter: counter) }

    private func notices(_ dialogue: Dialogue, _ outputs: [Output]) -> [HandoverNotice] {
        dialogue.messages(outputs).compactMap { if case .handover(let notice) = $0 { notice } else { nil } }
    }

    private func failures(_ outputs: [Output]) -> [String] {
        outputs.compactMap { if case .handoverFailed(let reason) = $0 { reason } else { nil } }
    }

    // MARK: the leader

    @Test("Rule H1: the successor is told when everything is committed and it holds all of it, and nothing is proposed meanwhile")
    func toldInTheEnd() {
        let leader = Dialogue.leader(with: [2, 3])
        leader.propose()
        #expect(notices(leader, leader.feed(.handOver(to: 3))).isEmpty)
        #expect(leader.zab.canPropose == false && leader.propose() == nil)
        // Committed by this member and the other one; the successor is not that far.
        _ = leader.durable(zxid(1))
        #expect(notices(leader, leader.acknowledge(2, zxid(1))).isEmpty)
        let told = leader.acknowledge(3, zxid(1))
        #expect(notices(leader, told) == [HandoverNotice(epoch: 2, step: .takeOver, last: zxid(1))])
        // It still leads until somebody else is promised an epoch.
        #expect(leader.zab.role == .leading)
        let gone = leader.hear(3, .newEpoch(NewEpoch(epoch: 3, history: leader.zab.history, configurationZxid: .zero)))
        #expect(gone.causes == [.promised])
    }

    @Test func theNearestIsChosen() {
        let leader = Dialogue.leader(size: 5, with: [2, 3, 4])
        leader.propose()
        _ = leader.durable(zxid(1))
        leader.acknowledge(4, zxid(1))
        let begun = leader.feed(.handOver(to: nil))
        #expect(notices(leader, begun).isEmpty)
        let told = leader.acknowledge(2, zxid(1))
        #expect(notices(leader, told).count == 1)
        guard
            case .send(let connection, .handover)? = told.last(where: { if case .send(_, .handover) = $0 { true } else { false } }
            )
        else {
            Issue.record("nobody was told")
            return
        }
        #expect(connection == leader.data[4])
    }

    @Test func refused() {
        let alone = Dialogue.leader(with: [2])
        #expect(failures(alone.feed(.handOver(to: 3))).count == 1)
        #expect(alone.zab.canPropose == true)
        let follower = Dialogue.follower()
        #expect(failures(follower.feed(.handOver(to: nil))).count == 1)
    }

    @Test("A successor that does not lead in time, declines or is lost leaves the lead where it was")
    func fallback() {
        for way in 0..<3 {
            let leader = Dialogue.leader(with: [2, 3])
            leader.propose()
            leader.feed(.handOver(to: 3))
            #expect(leader.zab.canPropose == false)
            _ = leader.durable(zxid(1))
            var outputs: [Output] = []
            switch way {
            case 0:
                leader.acknowledge(2, zxid(1))
                leader.acknowledge(3, zxid(1))
                for _ in 0..<60 where leader.zab.canPropose == false {
                    leader.hear(2, .echo(Echo(epoch: 2, round: leader.zab.round, sendTime: leader.now, applied: .zero)))
                    outputs += leader.wait(Dialogue.heartbeat / 4)
                }
            case 1:
                leader.acknowledge(2, zxid(1))
                leader.acknowledge(3, zxid(1))
                outputs = leader.hear(3, .handover(HandoverNotice(epoch: 2, step: .declined)), on: .data)
            default:
                outputs = leader.feed(.connectionDown(leader.data[3]!))
            }
            #expect(failures(outputs).count == 1)
            #expect(leader.zab.role == .leading && leader.zab.canPropose == true, "way \(way)")
        }
    }

    // MARK: the successor

    @Test("Rule H1: a follower that holds everything stands at once, without a prevote, and asks for an ordinary promise")
    func takesOver() {
        let follower = Dialogue.follower()
        follower.connect(2)
        let outputs = follower.hear(
            3, .handover(HandoverNotice(epoch: 2, step: .takeOver, last: follower.zab.lastLogged)), on: .data)
        #expect(outputs.causes == [.handedOver] && outputs.prevotes.isEmpty)
        #expect(outputs.persisted.map(\.accepted) == [3] && outputs.newEpochs.isEmpty)
        let asked = follower.epochsDurable().newEpochs
        #expect(asked.map(\.epoch) == [3, 3])
        #expect(asked.allSatisfy { $0.history == follower.zab.history })
    }

    @Test("Whoever lacks something, or what is said of an earlier epoch, is no successor")
    func declines() {
        let follower = Dialogue.follower()
        follower.receive([Dialogue.batch(zxid(1), prev: Zxid(epoch: 1, counter: 5))])
        // Not durable yet.
        let early = follower.hear(3, .handover(HandoverNotice(epoch: 2, step: .takeOver, last: zxid(1))), on: .data)
        #expect(follower.zab.role == .following)
        #expect(notices(follower, early).map(\.step) == [.declined])
        _ = follower.durable(zxid(1))
        follower.hear(3, .handover(HandoverNotice(epoch: 2, step: .takeOver, last: zxid(2))), on: .data)
        #expect(follower.zab.role == .following)
        follower.hear(3, .handover(HandoverNotice(epoch: 1, step: .takeOver, last: zxid(1))), on: .data)
        #expect(follower.zab.role == .following)
        follower.hear(3, .handover(HandoverNotice(epoch: 2, step: .takeOver, last: zxid(1))), on: .data)
        #expect(follower.zab.role == .candidate)
    }

    // MARK: a new epoch under the same leader

    @Test("Rule E8: long before the counter ends a new epoch is wanted, and the leader itself stands for it")
    func newEpoch() {
        var limits = FlightLimits()
        limits.newEpochCounter = 3
        let leader = Dialogue.leader(with: [2, 3], limits: limits)
        #expect(leader.zab.wantsNewEpoch == false)
        leader.propose(3)
        #expect(leader.zab.wantsNewEpoch == true)
        leader.feed(.handOver(to: 1))
        // Committed, but its own copy is not durable.
        leader.acknowledge(2, zxid(3))
        #expect(leader.acknowledge(3, zxid(3)).causes.isEmpty && leader.zab.role == .leading)
        let outputs = leader.durable(zxid(3))
        #expect(outputs.causes == [.handedOver] && leader.zab.role == .candidate)
        leader.epochsDurable()
        leader.promise(2, bound: leader.zab.history)
        #expect(leader.zab.role == .leaderSync && leader.zab.epoch == 3)
    }
}
