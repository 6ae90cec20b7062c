// Time-outs: how soon a new leader is looked for, and who is not blamed for a late loop.

import Batch
import Testing
import Zab

@Suite struct DeadlineTests {
    @Test func atStartTheFirstRoundBeginsAtOnce() {
        let member = Dialogue(2, Dialogue.durable(2))
        #expect(member.zab.nextDeadline == member.now)
        let outputs = member.feed(.tick)
        // The greater id dials.
        #expect(outputs.dials == [1])
        #expect(member.connect(1).prevotes.count == 1)
    }

    @Test func aLeaderWhoseConnectionsCloseIsReplacedWithinHalfAHeartbeat() {
        for seed in 1...50 {
            let follower = Dialogue.follower(seed: UInt64(seed))
            follower.connect(2)
            let first: Channel = seed % 2 == 0 ? .election : .data
            follower.feed(.connectionDown((first == .election ? follower.election : follower.data)[3]!))
            follower.feed(.connectionDown((first == .election ? follower.data : follower.election)[3]!))
            #expect(follower.zab.role == .looking)
            #expect(follower.zab.nextDeadline <= follower.now.advanced(byNanoseconds: Dialogue.heartbeat / 2))
        }
    }

    @Test func oneClosedConnectionIsNoDeath() {
        let follower = Dialogue.follower()
        follower.feed(.connectionDown(follower.election[3]!))
        #expect(follower.zab.role == .following)
        let other = Dialogue.follower()
        other.feed(.connectionDown(other.data[3]!))
        #expect(other.zab.nextDeadline >= other.now.advanced(byNanoseconds: Dialogue.silence))
        // The leader's next heartbeat takes it back.
        let outputs = other.hear(3, .heartbeat(Heartbeat(epoch: 2, commit: .zero, round: 9, sendTime: other.now)))
        #expect(outputs.dials == [3])
    }

    @Test func silenceIsWaitedForWhole() {
        let follower = Dialogue.follower()
        follower.wait(Dialogue.silence - 1)
        #expect(follower.zab.role == .following)
        #expect(follower.zab.nextDeadline == follower.now.advanced(byNanoseconds: 1))
        #expect(follower.wait(1).causes == [.leaderSilent])
    }

    @Test func framesOfTheEpochKeepAFollower() {
        let follower = Dialogue.follower()
        for _ in 1...5 {
            follower.wait(Dialogue.silence - 1)
            follower.feed(.heard(follower.data[3]!))
        }
        #expect(follower.zab.role == .following)
    }

    @Test func aFollowerThatGetsDataAndNoHeartbeatsMakesThatConnectionAnew() {
        let follower = Dialogue.follower()
        let mute = follower.election[3]!
        for _ in 1...3 {
            #expect(!closed(mute, in: follower.wait(Dialogue.silence / 2)))
            follower.feed(.heard(follower.data[3]!))
        }
        #expect(!closed(mute, in: follower.wait(Dialogue.silence / 2 - 1)))
        #expect(follower.zab.nextDeadline == follower.now.advanced(byNanoseconds: 1))
        let outputs = follower.wait(1)
        // The leader, whose id is the greater one, dials.
        #expect(closed(mute, in: outputs))
        #expect(follower.zab.role == .following && follower.zab.counters.silentLinks == 1)
        // One that hears them keeps it.
        let other = Dialogue.follower()
        for _ in 1...5 {
            other.wait(Dialogue.silence - 1)
            other.hear(3, .heartbeat(Heartbeat(epoch: 2, commit: .zero, round: 9, sendTime: other.now)))
        }
        #expect(other.zab.counters.silentLinks == 0)
    }

    @Test func aFollowerThatIsToldOfMoreThanComesGivesUpItsLeader() {
        func told(_ follower: Dialogue) -> [Output] {
            let ahead = Zxid(epoch: 2, counter: 5)
            return follower.hear(3, .heartbeat(Heartbeat(epoch: 2, commit: ahead, round: 9, sendTime: follower.now)))
        }
        let follower = Dialogue.follower()
        _ = told(follower)
        // Heartbeats, which come on the other connection, change nothing: the rest of a frame may never come.
        for _ in 1...3 {
            follower.wait(Dialogue.silence / 2)
            _ = told(follower)
        }
        #expect(follower.wait(Dialogue.silence / 2 - 1).causes.isEmpty)
        #expect(follower.wait(1).causes == [.dataConnectionLost])
        // One whose own disk is at it waits for that.
        let slow = Dialogue.follower()
        slow.receive([Dialogue.batch(Zxid(epoch: 2, counter: 1), prev: slow.zab.lastLogged)])
        _ = told(slow)
        for _ in 1...8 {
            slow.wait(Dialogue.silence / 2)
            _ = told(slow)
        }
        #expect(slow.zab.role == .following)
    }

    @Test func aLateLoopBlamesNobody() {
        let follower = Dialogue.follower()
        follower.pass(10 * Dialogue.silence)
        follower.feed(.lateBy(nanoseconds: 10 * Dialogue.silence))
        follower.feed(.tick)
        #expect(follower.zab.role == .following)
        let leader = Dialogue.leader()
        leader.pass(10 * Dialogue.silence)
        leader.feed(.lateBy(nanoseconds: 10 * Dialogue.silence))
        leader.feed(.tick)
        #expect(leader.zab.role == .leading)
        // Not even in an election.
        let candidate = Dialogue(1, Dialogue.durable(1))
        candidate.stand(voters: [2, 3])
        candidate.pass(10 * Dialogue.silence)
        candidate.feed(.lateBy(nanoseconds: 10 * Dialogue.silence))
        candidate.feed(.tick)
        #expect(candidate.zab.role == .candidate)
    }

    private func closed(_ connection: ConnectionNumber, in outputs: [Output]) -> Bool {
        outputs.contains { if case .closeConnection(connection, _) = $0 { true } else { false } }
    }

    @Test func aLeaderGivesUpALinkOnWhichNobodyAnswers() {
        let leader = Dialogue.leader()
        leader.connect(3)
        let (answering, silent) = (leader.election[2]!, leader.election[3]!)
        var outputs: [Output] = []
        for _ in 0..<30 {
            outputs += leader.wait(Dialogue.heartbeat)
            leader.hear(2, .echo(Echo(epoch: 2, round: leader.zab.round, sendTime: leader.now, applied: .zero)))
            if leader.now.nanoseconds < 1_000_000_000 + 2 * Dialogue.silence { #expect(!closed(silent, in: outputs)) }
        }
        #expect(closed(silent, in: outputs) && !closed(answering, in: outputs))
        #expect(leader.zab.counters.silentLinks == 1)
    }

    @Test func whoLooksGivesUpALinkOnWhichNobodyAnswersAndDialsAnew() {
        let member = Dialogue(3, Dialogue.durable(3))
        member.connect(1)
        member.connect(2)
        let silent = member.election[1]!
        var outputs = member.feed(.tick)
        for _ in 0..<40 {
            for asked in outputs.prevotes.prefix(1) {
                member.hear(
                    2, .prevoteReply(PrevoteReply(nonce: asked.nonce, reason: .hearsLeader, acceptedEpoch: 1, leaderHint: 1)))
            }
            outputs = member.wait(Dialogue.heartbeat)
            if closed(silent, in: outputs) {
                #expect(outputs.dials.contains(1))
                return
            }
        }
        Issue.record("the silent link is kept")
    }

    @Test func timeThatTheLoopSleptIsNoSilenceOnALink() {
        let leader = Dialogue.leader()
        leader.connect(3)
        leader.pass(3 * Dialogue.silence)
        leader.feed(.lateBy(nanoseconds: 3 * Dialogue.silence))
        leader.feed(.tick)
        #expect(leader.zab.counters.silentLinks == 0 && leader.zab.role == .leading)
    }

    @Test func aFollowerWhoseDataConnectionHasEndedElsewhereHearsSo() {
        let leader = Dialogue.leader()
        leader.feed(.connectionDown(leader.data[2]!))
        let echo = Message.echo(Echo(epoch: 2, round: 1, sendTime: leader.now, applied: .zero))
        #expect(leader.hear(2, echo).rejects.isEmpty)
        leader.pass(Dialogue.silence)
        #expect(leader.hear(2, echo).rejects.map(\.reason) == [.notLearner])

        let news = Message.reject(Reject(reason: .notLearner, epoch: 2))
        let follower = Dialogue.follower()
        #expect(follower.hear(3, news).causes == [.dataConnectionLost])
        // While the connection is being made the leader can't know of it.
        let joining = Dialogue(1, Dialogue.durable(1))
        joining.feed(.tick)
        joining.join(leader: 3, epoch: 2)
        #expect(joining.hear(3, news).causes.isEmpty)
        joining.pass(Dialogue.silence)
        #expect(joining.hear(3, news).causes == [.dataConnectionLost])
    }

    @Test func aFollowerThatIsToldOfMoreThanComesJoinsAnew() {
        func beat(_ follower: Dialogue, _ commit: Zxid) -> [Output] {
            follower.hear(3, .heartbeat(Heartbeat(epoch: 2, commit: commit, round: 9, sendTime: follower.now)))
        }
        let follower = Dialogue.follower()
        let first = Zxid(epoch: 2, counter: 1)
        var causes: [LookingCause] = []
        // Nothing is told of: the data connection may be silent for ever.
        for _ in 0..<100 { causes += (follower.wait(Dialogue.heartbeat) + beat(follower, follower.zab.lastLogged)).causes }
        #expect(causes.isEmpty)
        for count in 0..<60 where causes.isEmpty {
            causes += (beat(follower, first) + follower.wait(Dialogue.heartbeat)).causes
            // Pieces of a large frame are coming.
            if count < 30 { follower.feed(.heard(follower.data[3]!)) }
            if count < 45 { #expect(causes.isEmpty) }
        }
        #expect(causes == [.dataConnectionLost])

        // What has come and is not written yet holds the connection up by itself.
        let slow = Dialogue.follower()
        slow.receive([Dialogue.batch(first, prev: slow.zab.lastLogged)])
        causes = []
        for _ in 0..<60 {
            causes += (beat(slow, Zxid(epoch: 2, counter: 2)) + slow.wait(Dialogue.heartbeat)).causes
        }
        #expect(causes.isEmpty)
    }

    @Test func aSynchronizationThatDoesNotMoveIsGivenUp() {
        let leader = Dialogue.leader()
        leader.connect(3, .data)
        leader.hear(
            3,
            .join(
                Join(epoch: 2, acceptedEpoch: 2, history: .none, ends: [], isStateBad: false, needsRepair: false, applyVersion: 1)
            ),
            on: .data)
        let connection = leader.data[3]!
        var outputs: [Output] = []
        for _ in 0..<46 {
            leader.feed(.heard(leader.data[2]!))
            outputs += leader.wait(Dialogue.silence - Dialogue.heartbeat)
        }
        #expect(outputs.contains { if case .closeConnection(connection, _) = $0 { true } else { false } })
        #expect(leader.zab.role == .leading)
    }

    @Test func roundsThatFailDriftApart() {
        let member = Dialogue(1, Dialogue.durable(1))
        member.connect(2)
        member.connect(3)
        member.feed(.tick)
        var waits: Set<UInt64> = []
        for _ in 1...20 {
            let outputs = member.last
            guard !outputs.prevotes.isEmpty else { break }
            let nonce = outputs.prevotes[0].nonce
            for peer in [MemberID(2), 3] {
                member.hear(
                    peer, .prevoteReply(PrevoteReply(nonce: nonce, reason: .hearsLeader, acceptedEpoch: 1, leaderHint: 3)))
            }
            let wait = member.zab.nextDeadline.since(member.now)
            #expect(wait <= Dialogue.silence + Dialogue.heartbeat)
            waits.insert(wait)
            member.now = member.zab.nextDeadline
            member.feed(.tick)
        }
        #expect(waits.count == 20)
    }
}
