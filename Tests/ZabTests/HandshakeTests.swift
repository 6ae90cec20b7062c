// HELLO and founding: who may talk to whom, and how an ensemble comes to be.

import Batch
import Testing
import Zab

@Suite struct HandshakeTests {
    private func member(_ id: MemberID, size: Int = 3) -> Dialogue { Dialogue(id, Dialogue.durable(id, size: size)) }

    @Test func membersOfOneEnsembleAccept() {
        let one = member(1)
        let two = member(2)
        #expect(one.zab.judge(two.zab.hello, expected: 2) == nil && two.zab.judge(one.zab.hello) == nil)
        let fresh = Dialogue(1, Dialogue.fresh(1))
        #expect(fresh.zab.judge(Dialogue(2, Dialogue.fresh(2)).zab.hello) == nil)
    }

    @Test("Rule F7: another ensemble's member, or a member's directory in another's place, is refused")
    func otherEnsemble() {
        let one = member(1)
        var hello = member(2).zab.hello
        hello.clusterID = 8
        #expect(one.zab.judge(hello)!.contains("Rule F7"))
        hello = member(2).zab.hello
        hello.incarnation = 4
        #expect(one.zab.judge(hello)!.contains("another incarnation"))
        #expect(one.zab.counters.hellosRefused == 2)
    }

    @Test("Rule G6: a fresh directory under a bound id is refused by name, with the remedy")
    func wipedMember() {
        let one = member(1)
        var durable = Dialogue.fresh(2)
        durable.incarnation = 99
        let text = one.zab.judge(Dialogue(2, durable).zab.hello)!
        #expect(text.contains("member 2") && text.contains("dataDir") && text.contains("Rule G6"))
    }

    @Test("Rule G8: configurations that differ refuse each other, with both texts")
    func otherConfiguration() {
        for (mine, theirs) in [
            (Dialogue.configuration(5), Dialogue.configuration(3)),
            (Dialogue.configuration(5), Dialogue.configuration(5, minCopies: 4)),
            (Dialogue.configuration(4), Dialogue.configuration(4, rule: .majority)),
        ] {
            var durable = Dialogue.fresh(1)
            durable.configurations[0].configuration = mine
            let one = Dialogue(1, durable)
            durable = Dialogue.fresh(2)
            durable.configurations[0].configuration = theirs
            let text = one.zab.judge(Dialogue(2, durable).zab.hello)!
            #expect(text.contains("Rule G8") && text.contains(mine.text) && text.contains(theirs.text))
        }
    }

    @Test func strangersAndMistakesAreNamed() {
        let one = member(1)
        #expect(one.zab.judge(member(4, size: 5).zab.hello)!.contains("no member"))
        #expect(one.zab.judge(member(1).zab.hello)!.contains("myid"))
        #expect(one.zab.judge(member(2).zab.hello, expected: 3)!.contains("member 3 was expected"))
        var hello = member(2).zab.hello
        hello.wireVersion = 9
        #expect(one.zab.judge(hello)!.contains("wire version 9"))
    }

    // MARK: founding

    private func freshLeader(promises: [MemberID] = [2]) -> (Dialogue, [Output]) {
        let leader = Dialogue(1, Dialogue.fresh(1))
        leader.stand(voters: [2, 3])
        for peer in promises { leader.promise(peer) }
        leader.epochsDurable()
        leader.synchronize(2, ends: [])
        return (leader, leader.last)
    }

    @Test func theFirstBatchIsTheFoundingRecord() {
        let (leader, outputs) = freshLeader()
        let asked = outputs.compactMap { if case .needFounding(let configuration) = $0 { configuration } else { nil } }
        #expect(asked.map { $0.members.map(\.incarnation) } == [[Dialogue.incarnation(1), Dialogue.incarnation(2), nil]])
        #expect(leader.zab.role == .leading && !leader.zab.canPropose && !leader.zab.isServing)
        #expect(leader.propose() == nil)
        let batch = leader.propose(1, record: ConfigurationRecord(zxid: .zero, configuration: asked[0], clusterID: 77))!
        #expect(batch.firstZxid == Zxid(epoch: 1, counter: 1) && batch.count == 1)
        #expect(!leader.zab.canPropose && leader.zab.hello.clusterID == 0)
        _ = leader.durable(batch.lastZxid)
        let committed = leader.acknowledge(2, batch.lastZxid)
        #expect(committed.contains { if case .foundingCommitted(77) = $0 { true } else { false } })
        #expect(committed.contains { if case .configurationCommitted(batch.firstZxid) = $0 { true } else { false } })
        #expect(leader.zab.canPropose && leader.zab.hello.clusterID == 77)
        // Served once it is applied.
        #expect(leader.zab.isServing == false)
        leader.feed(.applied(batch.lastZxid))
        #expect(leader.zab.isServing == true)
    }

    @Test("Rule G6: a fresh member in an open slot counts only once a configuration record has bound it")
    func bindingBeforeCounting() {
        let (leader, outputs) = freshLeader()
        guard case .needFounding(let founded)? = outputs.first(where: { if case .needFounding = $0 { true } else { false } })
        else {
            Issue.record("no founding was asked for")
            return
        }
        let first = leader.propose(1, record: ConfigurationRecord(zxid: .zero, configuration: founded, clusterID: 77))!
        _ = leader.durable(first.lastZxid)
        leader.acknowledge(2, first.lastZxid)
        leader.synchronize(3, ends: [])
        guard case .needConfiguration(let bound)? = leader.last.last else {
            Issue.record("no binding was asked for")
            return
        }
        #expect(bound.members.map(\.incarnation) == (1...3).map { Dialogue.incarnation(MemberID($0)) })
        let second = leader.propose(1, record: ConfigurationRecord(zxid: .zero, configuration: bound, clusterID: 77))!
        _ = leader.durable(second.lastZxid)
        #expect(leader.acknowledge(3, second.lastZxid).announced.isEmpty, "member 3 is not bound yet")
        #expect(leader.acknowledge(2, second.lastZxid).announced == [second.lastZxid])
        let third = leader.propose()!
        _ = leader.durable(third.lastZxid)
        #expect(leader.acknowledge(3, third.lastZxid).announced == [third.lastZxid])
    }

    @Test("Rule G6: the vote of an incarnation that is not bound counts for nothing")
    func unboundVotes() {
        let founding = ConfigurationRecord(
            zxid: Zxid(epoch: 1, counter: 1), configuration: Dialogue.founded(3, bound: [1, 2]), clusterID: 7)
        let candidate = Dialogue(1, Dialogue.durable(1, configurations: [founding]))
        candidate.connect(3)
        candidate.feed(.tick)
        candidate.hear(
            3,
            .prevoteReply(
                PrevoteReply(nonce: Dialogue.nonce(in: candidate.last), reason: .granted, acceptedEpoch: 0, leaderHint: 0)))
        #expect(candidate.zab.role == .looking)
        candidate.stand(voters: [2])
        #expect(candidate.zab.role == .candidate)
        candidate.promise(3)
        #expect(candidate.zab.role == .candidate)
        candidate.promise(2)
        #expect(candidate.zab.role == .leaderSync)
    }

    @Test func aFoundingThatNeverCommittedIsForgotten() {
        let uncommitted = [
            ConfigurationRecord(zxid: .zero, configuration: Dialogue.configuration(3), clusterID: 0),
            ConfigurationRecord(
                zxid: Zxid(epoch: 1, counter: 1), configuration: Dialogue.founded(3, bound: [1, 3]), clusterID: 5),
        ]
        let learner = Dialogue(1, Dialogue.durable(1, ends: [(1, 1)], committed: .zero, configurations: uncommitted))
        #expect(learner.zab.hello.clusterID == 0)
        learner.feed(.tick)
        learner.join(leader: 3, epoch: 2)
        learner.hear(
            3, .sync(Sync(epoch: 2, mode: .truncateDiff, truncateTo: .zero, from: .zero, zSync: .zero, start: nil)), on: .data)
        #expect(learner.epochsDurable().truncations == [.zero])
        #expect(learner.zab.configuration.zxid == .zero)
    }

    @Test func anotherIncarnationOnANewConnectionVoidsTheOldOnes() {
        let leader = Dialogue.leader()
        let old = leader.data[2]!
        let outputs = leader.connect(2, incarnation: 5)
        #expect(outputs.contains { if case .closeConnection(old, _) = $0 { true } else { false } })
        leader.propose()
        _ = leader.durable(Zxid(epoch: 2, counter: 1))
        #expect(
            leader.feed(.received(old, .ack(Ack(epoch: 2, last: Zxid(epoch: 2, counter: 1), round: 0, applied: .zero)))).isQuiet)
    }

    @Test("the last number is nobody's epoch: who claims to lead it is left, and the next election still has a number")
    func theLastEpochIsNobodys() {
        let one = member(1)
        one.connect(2)
        one.connect(3)
        let heartbeat = Heartbeat(
            epoch: .max, commit: .zero, round: 1, sendTime: one.now, digest: DigestPair(zxid: .zero, digest: 0))
        let outputs = one.hear(2, .heartbeat(heartbeat))
        #expect(outputs.contains { if case .closeConnection = $0 { true } else { false } })
        #expect(one.zab.role == .looking && one.zab.acceptedEpoch < .max)
        let asked = one.messages(one.wait(8 * Dialogue.heartbeat + one.zab.timing.silence))
        #expect(asked.contains { if case .prevote(let prevote) = $0 { prevote.epoch == .max } else { false } })
    }
}
