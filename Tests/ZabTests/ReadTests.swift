// The read index: what a leader vouches for, and when.

import Batch
import Testing
import Zab

@Suite struct ReadTests {
    private func zxid(_ counter: UInt32) -> Zxid { Zxid(epoch: 2, counter: counter) }

    private func echo(_ leader: Dialogue, _ peer: MemberID, _ round: UInt64) -> [Output] {
        leader.hear(peer, .echo(Echo(epoch: leader.zab.epoch, round: round, sendTime: leader.now, applied: .zero)))
    }

    @Test("Rules R1 and R2: only echoes of a round that began after the question count")
    func roundsAfterTheQuestion() {
        let leader = Dialogue.leader()
        leader.wait(Dialogue.heartbeat)
        let before = leader.zab.round
        let asked = leader.feed(.readIndex(id: 7, .read))
        #expect(asked.heartbeats.map(\.round) == [before + 1, before + 1])
        #expect(echo(leader, 2, before).ready.isEmpty)
        let ready = echo(leader, 2, before + 1).ready
        #expect(ready.map(\.id) == [7] && ready.map(\.zxid) == [Zxid(epoch: 1, counter: 5)])
    }

    @Test("Rule R1: a question that arrives during a round waits for the next")
    func nextRound() {
        let leader = Dialogue.leader()
        leader.feed(.readIndex(id: 1, .read))
        let first = leader.zab.round
        #expect(leader.feed(.readIndex(id: 2, .read)).isQuiet)
        let outputs = echo(leader, 2, first)
        #expect(outputs.ready.map(\.id) == [1])
        #expect(outputs.heartbeats.map(\.round) == [first + 1, first + 1])
        #expect(echo(leader, 2, first + 1).ready.map(\.id) == [2])
    }

    @Test func syncVouchesForWhatIsProposed() {
        let leader = Dialogue.leader()
        leader.propose()
        leader.feed(.readIndex(id: 1, .sync))
        #expect(echo(leader, 3, leader.zab.round).ready.map(\.zxid) == [zxid(1)])
    }

    @Test func acknowledgementsEchoRoundsToo() {
        let leader = Dialogue.leader()
        leader.propose()
        leader.feed(.readIndex(id: 1, .sync))
        #expect(leader.acknowledge(2, zxid(1), round: leader.zab.round).ready.map(\.id) == [1])
    }

    @Test("Rule R3: only who leads answers, and with the lead all questions fail")
    func onlyLeaders() {
        let leader = Dialogue.leader(with: [])
        #expect(leader.feed(.readIndex(id: 1, .read)).failed == [1])
        leader.synchronize(2)
        leader.feed(.readIndex(id: 2, .read))
        let outputs = leader.hear(2, .newEpoch(NewEpoch(epoch: 5, history: leader.zab.history, configurationZxid: .zero)))
        #expect(outputs.failed == [2])
        #expect(leader.feed(.readIndex(id: 3, .read)).failed == [3])
    }

    @Test("Rule R4: a leader that slept can fail, but not answer by what it heard before")
    func noClock() {
        let leader = Dialogue.leader()
        leader.wait(Dialogue.heartbeat)
        _ = echo(leader, 2, leader.zab.round)
        leader.pass(1_000 * Dialogue.silence)
        // The first thing it is asked after waking: the echo of the time before does not serve.
        #expect(leader.feed(.readIndex(id: 1, .read)).ready.isEmpty)
        #expect(leader.feed(.tick).failed == [1])
    }

    @Test func aFollowerAsksItsLeader() {
        let follower = Dialogue.follower()
        let asked = follower.feed(.readIndex(id: 40, .sync))
        guard case .send(let connection, .readIndex(let question))? = asked.first else {
            Issue.record("no question was sent")
            return
        }
        #expect(connection == follower.data[3] && question.kind == .sync)
        follower.feed(.readIndex(id: 41, .read))
        // Rule R2: an answer to a number that was never asked serves nobody.
        let strange = ReadIndexReply(epoch: 2, nonce: question.nonce + 77, index: zxid(9))
        #expect(follower.hear(3, .readIndexReply(strange), on: .data).isQuiet)
        let ready = follower.hear(
            3, .readIndexReply(ReadIndexReply(epoch: 2, nonce: question.nonce, index: zxid(9))), on: .data
        ).ready
        #expect(ready.map(\.id) == [40] && ready.map(\.zxid) == [zxid(9)])
        #expect(follower.feed(.connectionDown(follower.data[3]!)).failed == [41])
    }

    @Test func aLeaderAnswersItsFollowers() {
        let leader = Dialogue.leader()
        leader.hear(2, .readIndex(ReadIndex(epoch: 2, nonce: 5, kind: .read)), on: .data)
        let outputs = echo(leader, 3, leader.zab.round)
        let replies = leader.messages(outputs).compactMap { if case .readIndexReply(let reply) = $0 { reply } else { nil } }
        #expect(replies == [ReadIndexReply(epoch: 2, nonce: 5, index: Zxid(epoch: 1, counter: 5))])
    }

    @Test func aMemberAloneAnswersAtOnce() {
        let alone = Dialogue(1, Dialogue.durable(1, size: 1))
        alone.feed(.tick)
        alone.epochsDurable()
        #expect(alone.feed(.readIndex(id: 1, .sync)).ready.map(\.id) == [1])
    }
}
