// Prevotes, promises and candidacies, one core at a time.

import Batch
import Testing
import Zab

@Suite struct ElectionTests {
    private let level = History(epoch: 1, last: Zxid(epoch: 1, counter: 5))

    private func ask(_ epoch: UInt32, _ history: History, nonce: UInt64 = 9) -> Message {
        .prevote(Prevote(epoch: epoch, history: history, configurationZxid: Zxid(epoch: 1, counter: 1), nonce: nonce))
    }

    private func newEpoch(_ epoch: UInt32, _ history: History) -> Message {
        .newEpoch(NewEpoch(epoch: epoch, history: history, configurationZxid: Zxid(epoch: 1, counter: 1)))
    }

    @Test("Rule E1: a promise, and Rule D1, is durable before it is spoken")
    func promiseIsDurableFirst() {
        let voter = Dialogue(1, Dialogue.durable(1))
        voter.connect(2)
        let asked = voter.hear(2, newEpoch(4, level))
        #expect(asked.ackEpochs.isEmpty)
        #expect(asked.persisted.map(\.accepted) == [4])
        let answered = voter.epochsDurable()
        #expect(answered.ackEpochs == [AckEpoch(epoch: 4, counted: true, bound: level, last: level.last, acceptedEpoch: 4)])
    }

    @Test("Rules E1 and D1: a candidate counts itself and asks only once its epoch is durable")
    func candidacyIsDurableFirst() {
        let candidate = Dialogue(1, Dialogue.durable(1))
        candidate.connect(2)
        candidate.connect(3)
        candidate.feed(.tick)
        let nonce = Dialogue.nonce(in: candidate.last)
        let won = candidate.hear(
            2, .prevoteReply(PrevoteReply(nonce: nonce, reason: .granted, acceptedEpoch: 1, leaderHint: 0)))
        #expect(candidate.zab.role == .candidate)
        #expect(won.newEpochs.isEmpty)
        #expect(won.persisted.map(\.accepted) == [2])
        #expect(candidate.epochsDurable().newEpochs.map(\.epoch) == [2, 2])
    }

    @Test("Rule E2: one counted answer per epoch: repeated to the same candidate, refused to others")
    func onePromise() {
        let voter = Dialogue(1, Dialogue.durable(1))
        voter.connect(2)
        voter.connect(3)
        voter.hear(2, newEpoch(4, level))
        let first = voter.epochsDurable().ackEpochs
        #expect(voter.hear(3, newEpoch(4, level)).rejects.map(\.epoch) == [4])
        voter.connect(2)
        #expect(voter.hear(2, newEpoch(4, level)).ackEpochs == first)
        #expect(voter.hear(3, newEpoch(3, level)).rejects.map(\.reason) == [.epoch])
    }

    @Test("Rule E2: after a restart the same epoch is promised to nobody")
    func noPromiseAcrossRestarts() {
        let voter = Dialogue(1, Dialogue.durable(1, accepted: 4))
        voter.connect(2)
        let outputs = voter.hear(2, newEpoch(4, level))
        #expect(outputs.ackEpochs.isEmpty && outputs.persisted.isEmpty)
        #expect(outputs.rejects.map(\.epoch) == [4])
    }

    @Test("Rule E3: after a promise nothing is acknowledged for the epoch before")
    func promiseEndsFollowing() {
        let voter = Dialogue.follower()
        let zxid = Zxid(epoch: 2, counter: 1)
        voter.receive([Dialogue.batch(zxid, prev: level.last)])
        let role = voter.zab.roleNumber
        voter.connect(2)
        let left = voter.hear(2, newEpoch(3, History(epoch: 2, last: zxid)))
        #expect(left.causes == [.promised])
        #expect(voter.feed(.durable(log: zxid, role: role)).acks.isEmpty)
        #expect(voter.feed(.epochsDurable(seq: Dialogue.lastSeq(in: left)!)).ackEpochs.map(\.last) == [zxid])
        // The old leader's heartbeat is answered with the news only.
        let heartbeat = Heartbeat(epoch: 2, commit: zxid, round: 9, sendTime: voter.now)
        let late = voter.hear(3, .heartbeat(heartbeat))
        #expect(late.echoes.isEmpty && late.rejects.map(\.epoch) == [3])
    }

    @Test(
        "Rule E4: only an electing quorum makes a leader; at four members that is three",
        arguments: [(3, 1), (4, 2), (5, 2), (6, 3)])
    func electingQuorum(_ size: Int, _ others: Int) {
        let candidate = Dialogue(1, Dialogue.durable(1, size: size))
        candidate.stand(voters: (2...MemberID(size)).map { $0 })
        #expect(candidate.zab.role == .candidate)
        for peer in 2..<MemberID(others + 1) {
            candidate.promise(peer, bound: level)
            #expect(candidate.zab.role == .candidate)
        }
        candidate.promise(MemberID(others + 1), bound: level)
        #expect(candidate.zab.role == .leaderSync)
    }

    @Test("Rule E5: who may have acknowledged more than the candidate holds is not counted, whatever it says")
    func boundAboveTheCandidate() {
        let candidate = Dialogue(1, Dialogue.durable(1))
        candidate.stand(voters: [2, 3])
        candidate.promise(2, bound: History(epoch: 1, last: Zxid(epoch: 1, counter: 6)), counted: true)
        #expect(candidate.zab.role == .candidate)
        candidate.promise(3, bound: level, counted: false)
        #expect(candidate.zab.role == .looking)
    }

    @Test("Rule E5: the voter does not count itself for a candidate that is behind")
    func voterAhead() {
        let voter = Dialogue(1, Dialogue.durable(1))
        voter.connect(2)
        voter.hear(2, newEpoch(4, History(epoch: 1, last: Zxid(epoch: 1, counter: 4))))
        #expect(voter.epochsDurable().ackEpochs.map(\.counted) == [false])
    }

    @Test("Rule E6: a member with a bad state or a damaged log never asks to lead", arguments: [true, false])
    func onlyTheWholeLead(_ isStateBad: Bool) {
        var durable = Dialogue.durable(1)
        durable.isStateBad = isStateBad
        durable.needsRepair = !isStateBad
        let member = Dialogue(1, durable)
        member.connect(2)
        member.connect(3)
        let links = [member.election[2]!, member.election[3]!]
        let outputs = member.feed(.tick) + member.wait(10 * Dialogue.silence)
        // It only asks whether its connections still stand, and makes those anew on which nobody answers.
        #expect(outputs.prevotes.allSatisfy { $0.epoch == 0 } && !outputs.prevotes.isEmpty)
        for link in links {
            #expect(outputs.contains { if case .closeConnection(link, _) = $0 { true } else { false } })
        }
        #expect(member.zab.role == .looking)
        // It keeps its vote for others, and grants nothing to who asks for nothing.
        member.connect(2)
        #expect(member.hear(2, ask(2, level)).prevoteReplies.map(\.reason) == [.granted])
        let probe = Prevote(epoch: 0, history: level, configurationZxid: Zxid(epoch: 1, counter: 1), nonce: 3)
        #expect(member.hear(2, .prevote(probe)).prevoteReplies.map(\.reason) == [.cannotVote])
    }

    @Test("Rules E6, F7: a fresh member that hears of a founding while others grant its prevote does not stand")
    func hearsOfAFoundingWhileItAsks() throws {
        let member = Dialogue(3, Dialogue.fresh(3))
        member.connect(1)
        member.connect(2)
        let asked = (member.feed(.tick) + member.wait(4 * Dialogue.silence)).prevotes
        let nonce = try #require(asked.last?.nonce)
        #expect(member.zab.role == .looking)
        var founded = Dialogue(1, Dialogue.durable(1)).zab.hello
        founded.incarnation = Dialogue.incarnation(1)
        _ = member.zab.judge(founded)
        let hears = member.zab.hearsOfFounding
        #expect(hears)
        member.hear(
            1, .prevoteReply(PrevoteReply(nonce: nonce, reason: .granted, acceptedEpoch: 0, leaderHint: 0)))
        #expect(member.zab.role == .looking)
    }

    @Test("Rule E7: no echo of an epoch before it is durable as accepted")
    func echoWaits() {
        let learner = Dialogue(1, Dialogue.durable(1))
        learner.feed(.tick)
        learner.connect(3)
        let beat = Message.heartbeat(Heartbeat(epoch: 2, commit: .zero, round: 1, sendTime: learner.now))
        #expect(learner.hear(3, beat).echoes.isEmpty)
        learner.connect(3, .data, dialed: true)
        let sync = Sync(epoch: 2, mode: .diff, truncateTo: level.last, from: level.last, zSync: level.last, start: nil)
        let asked = learner.hear(3, .sync(sync), on: .data)
        #expect(asked.persisted.map(\.accepted) == [2])
        #expect(learner.hear(3, beat).echoes.isEmpty)
        learner.feed(.epochsDurable(seq: Dialogue.lastSeq(in: asked)!))
        #expect(learner.hear(3, beat).echoes.map(\.round) == [1])
    }

    @Test("Rule V1: reports speak of the durable log, not of what is appended")
    func reportsAreDurable() {
        let voter = Dialogue.follower()
        voter.receive([Dialogue.batch(Zxid(epoch: 2, counter: 1), prev: level.last)])
        #expect(voter.zab.lastLogged == Zxid(epoch: 2, counter: 1))
        #expect(voter.zab.history == History(epoch: 2, last: level.last))
        voter.connect(2)
        voter.hear(2, newEpoch(3, level))
        let answer = voter.epochsDurable().ackEpochs
        #expect(answer.map(\.last) == [level.last])
        #expect(answer.map(\.bound) == [History(epoch: 2, last: level.last)])
    }

    @Test("Rule V2: who may have acknowledged more than it can read is led by nobody below that")
    func upperBound() {
        var durable = Dialogue.durable(1)
        durable.bound = History(epoch: 1, last: Zxid(epoch: 1, counter: 8))
        let voter = Dialogue(1, durable)
        voter.connect(2)
        #expect(voter.hear(2, ask(2, level)).prevoteReplies.map(\.reason) == [.historyBehind])
        voter.hear(2, newEpoch(2, level))
        #expect(voter.epochsDurable().ackEpochs.map(\.counted) == [false])
        voter.hear(2, newEpoch(3, History(epoch: 1, last: Zxid(epoch: 1, counter: 8))))
        #expect(voter.epochsDurable().ackEpochs.map(\.counted) == [true])
        var blind = Dialogue.durable(1)
        blind.bound = .unbounded
        let lost = Dialogue(1, blind)
        lost.connect(2)
        #expect(lost.hear(2, ask(2, level)).prevoteReplies.map(\.reason) == [.cannotVote])
    }

    @Test func prevotesChangeNothingDurable() {
        let voter = Dialogue(1, Dialogue.durable(1))
        voter.connect(2)
        #expect(voter.hear(2, ask(9, level)).persisted.isEmpty)
        #expect(voter.zab.acceptedEpoch == 1)
    }

    @Test func prevotesAreRefusedForReasons() {
        let behind = History(epoch: 1, last: Zxid(epoch: 1, counter: 4))
        let voter = Dialogue(1, Dialogue.durable(1))
        voter.connect(2)
        #expect(voter.hear(2, ask(2, behind)).prevoteReplies.map(\.reason) == [.historyBehind])
        let stranger = Message.prevote(Prevote(epoch: 2, history: level, configurationZxid: .zero, nonce: 1))
        #expect(voter.hear(2, stranger).prevoteReplies.map(\.reason) == [.configurationBehind])
        let follower = Dialogue.follower()
        follower.connect(2)
        let heard = follower.hear(2, ask(2, History(epoch: 2, last: level.last))).prevoteReplies
        #expect(heard.map(\.reason) == [.hearsLeader] && heard.map(\.leaderHint) == [3])
        follower.pass(Dialogue.silence)
        #expect(follower.hear(2, ask(2, History(epoch: 2, last: level.last))).prevoteReplies.map(\.reason) == [.granted])
    }

    @Test func ofTwoThatAskEachOtherTheBetterGoesFirst() {
        for (peer, goesFirst) in [(MemberID(1), true), (MemberID(3), false)] {
            let member = Dialogue(2, Dialogue.durable(2))
            member.connect(peer)
            member.feed(.tick)
            let nonce = Dialogue.nonce(in: member.last)
            member.hear(peer, ask(2, level))
            member.hear(peer, .prevoteReply(PrevoteReply(nonce: nonce, reason: .granted, acceptedEpoch: 1, leaderHint: 0)))
            #expect((member.zab.role == .candidate) == goesFirst)
            // If the better one does not come, the other does not wait for ever.
            member.wait(Dialogue.heartbeat)
            #expect(member.zab.role == .candidate)
        }
    }

    @Test func aRejectedCandidateTriesAboveWhatItHeard() {
        let candidate = Dialogue(1, Dialogue.durable(1))
        candidate.stand(voters: [2, 3])
        candidate.hear(2, .reject(Reject(reason: .epoch, epoch: 9)))
        #expect(candidate.zab.role == .looking)
        var outputs: [Output] = []
        while outputs.prevotes.isEmpty { outputs = candidate.wait(Dialogue.heartbeat / 4) }
        #expect(outputs.prevotes.allSatisfy { $0.epoch == 10 })
        outputs = candidate.hear(
            2, .prevoteReply(PrevoteReply(nonce: outputs.prevotes.last!.nonce, reason: .granted, acceptedEpoch: 9, leaderHint: 0))
        )
        #expect(outputs.persisted.map(\.accepted) == [10])
    }

    @Test func aCandidateWithoutAnswersGivesUpAfterTwoSilences() {
        let candidate = Dialogue(1, Dialogue.durable(1))
        candidate.stand(voters: [2, 3])
        candidate.wait(2 * Dialogue.silence - 1)
        #expect(candidate.zab.role == .candidate)
        candidate.wait(1)
        #expect(candidate.zab.role == .looking)
    }

    @Test func aMemberAloneLeadsItself() {
        let alone = Dialogue(1, Dialogue.fresh(1, size: 1))
        alone.feed(.tick)
        #expect(alone.zab.role == .candidate)
        alone.epochsDurable()
        #expect(alone.zab.role == .leading && alone.zab.epoch == 1)
        #expect(!alone.zab.canPropose && !alone.zab.isServing)
    }

    @Test("Rule F3: a member whom nobody elects says who may have acknowledged more")
    func obstacles() {
        let member = Dialogue(1, Dialogue.durable(1))
        member.feed(.tick)
        for peer in [2, 3] as [MemberID] { member.connect(peer) }
        #expect(member.zab.electionObstacles.isEmpty)
        var outputs: [Output] = []
        while outputs.prevotes.isEmpty { outputs = member.wait(Dialogue.heartbeat / 4) }
        let nonce = Dialogue.nonce(in: outputs)
        for (peer, reason) in [(2, .historyBehind), (3, .cannotVote)] as [(MemberID, PrevoteReason)] {
            member.hear(peer, .prevoteReply(PrevoteReply(nonce: nonce, reason: reason, acceptedEpoch: 1, leaderHint: 0)))
        }
        let said = member.zab.electionObstacles
        #expect(said.count == 2 && said[0].hasPrefix("member 2 may have acknowledged more than this one holds"))
        #expect(said[1].hasPrefix("member 3 can't vote"))
    }
}
