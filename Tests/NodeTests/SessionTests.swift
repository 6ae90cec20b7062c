// Sessions as clients live them, on whole members under virtual time: rules S1 to S7, order within a session, and who owns one.

import Batch
import ClientProtocol
import Jute
import Node
import NodeEnsemble
import StateMachine
import Testing
import Zab

@Suite struct SessionTests {
    private func serving(_ count: Int) throws -> VirtualEnsemble {
        let ensemble = try VirtualEnsemble(count)
        try ensemble.start()
        #expect(ensemble.run(within: 2_000) { ensemble.members.allSatisfy { $0.node?.isServing == true } })
        return ensemble
    }

    private func opened(_ ensemble: VirtualEnsemble, _ member: MemberID, timeout: Int32 = 2_000) -> VirtualClient {
        let client = ensemble.client(of: member)
        client.connect(timeout: timeout)
        #expect(ensemble.run(within: 1_000) { client.hasSession })
        return client
    }

    /// Lets time pass while a client keeps its session alive.
    private func pass(_ ensemble: VirtualEnsemble, milliseconds: Int, pinging client: VirtualClient) {
        for _ in 0..<milliseconds / 50 {
            client.ping()
            ensemble.run(milliseconds: 50)
        }
    }

    @Test("Founding, a session, a write and a read on 1 to 5 members", arguments: 1...5)
    func firstWrite(count: Int) throws {
        let ensemble = try serving(count)
        for member in ensemble.members {
            let client = opened(ensemble, member.id)
            client.create(1, "/n\(member.id)", "v")
            client.get(2, "/n\(member.id)")
            #expect(ensemble.run(within: 500) { client.isAnswered(2) })
            #expect(client.reply(1)?.error == 0)
            #expect(client.data(2) == "v")
        }
        ensemble.run(milliseconds: 200)
        let digests = Set(ensemble.members.compactMap { $0.node?.stateMachine.digest })
        #expect(digests.count == 1)
    }

    @Test("set, get with a watch, set in one packet: the get sees the first value and the second set fires its watch")
    func readsRunBetweenRecords() throws {
        let ensemble = try serving(3)
        let client = opened(ensemble, 1)
        client.create(1, "/x", "0")
        client.set(2, "/x", "1")
        client.get(3, "/x", watch: true)
        client.set(4, "/x", "2")
        client.get(5, "/x")
        #expect(ensemble.run(within: 500) { client.isAnswered(5) })
        #expect(client.data(3) == "1")
        #expect(client.data(5) == "2")
        let order = client.replies.map(\.xid)
        #expect(order == [1, 2, 3, -1, 4, 5])
        #expect(client.replies.compactMap(VirtualClient.event).map(\.type) == [3])
    }

    @Test("Nothing overtakes a sync: a write sent behind it is answered behind it")
    func syncKeepsOrder() throws {
        let ensemble = try serving(3)
        let follower = try #require(ensemble.members.first { $0.node?.currentRole == .following })
        let client = opened(ensemble, follower.id)
        client.create(1, "/s")
        client.sync(2, "/s")
        client.set(3, "/s", "a")
        client.get(4, "/s")
        client.sync(5)
        #expect(ensemble.run(within: 500) { client.isAnswered(5) })
        #expect(client.replies.map(\.xid) == [1, 2, 3, 4, 5])
        #expect(client.data(4) == "a")
    }

    @Test("A write that waited behind a sync is not overtaken by one that came after the sync was answered")
    func writesBehindASyncKeepOrder() throws {
        let ensemble = try serving(3)
        let client = opened(ensemble, 2)
        client.create(1, "/s", "0")
        #expect(ensemble.run(within: 500) { client.isAnswered(1) })
        for member in ensemble.members { member.isDiskStalled = true }
        client.sync(2)
        client.set(3, "/s", "1")
        client.get(4, "/s")
        client.set(5, "/s", "2")
        #expect(ensemble.run(within: 500) { client.isAnswered(2) })
        // The read waits for the write before it, and the write behind the read for the read.
        client.set(6, "/s", "3")
        client.get(7, "/s")
        ensemble.run(milliseconds: 5)
        for member in ensemble.members { member.isDiskStalled = false }
        #expect(ensemble.run(within: 500) { client.isAnswered(7) })
        #expect(client.replies.map(\.xid) == [1, 2, 3, 4, 5, 6, 7])
        #expect(client.data(4) == "1" && client.data(7) == "3")
    }

    @Test("Behind the end of a session nothing more is answered on its connection")
    func silentBehindTheEnd() throws {
        let ensemble = try serving(3)
        let client = opened(ensemble, 2)
        client.create(1, "/s", "0")
        client.close(2)
        client.get(3, "/s")
        client.set(4, "/s", "1")
        #expect(ensemble.run(within: 500) { client.isClosed })
        #expect(client.replies.map(\.xid) == [1, 2])
    }

    @Test("Rule S1, Rule S7: ephemerals stay when a connection is lost, and go with the record that ends the session")
    func ephemeralsGoWithTheSession() throws {
        let ensemble = try serving(3)
        let owner = opened(ensemble, 1, timeout: 400)
        owner.create(1, "/e", flags: 1)
        let other = opened(ensemble, 2)
        #expect(ensemble.run(within: 500) { owner.isAnswered(1) })
        ensemble.member(1).node?.clientClosed(owner.id)
        ensemble.clients[owner.id] = nil
        pass(ensemble, milliseconds: 300, pinging: other)
        other.exists(10, "/e")
        #expect(ensemble.run(within: 200) { other.isAnswered(10) })
        #expect(other.reply(10)?.error == 0)
        // Time-out and one tick of 100 ms after the last sign of life.
        pass(ensemble, milliseconds: 400, pinging: other)
        other.exists(11, "/e")
        #expect(ensemble.run(within: 200) { other.isAnswered(11) })
        #expect(other.reply(11)?.error == ErrorCode.noNode)
    }

    @Test("Rule S2: a session that pings, or whose answer is still due, does not expire")
    func signsOfLife() throws {
        let ensemble = try serving(3)
        let pinging = opened(ensemble, 1, timeout: 300)
        pinging.create(1, "/p", flags: 1)
        pass(ensemble, milliseconds: 3_000, pinging: pinging)
        #expect(!pinging.isClosed)
        pinging.exists(2, "/p")
        #expect(ensemble.run(within: 500) { pinging.isAnswered(2) })
        #expect(pinging.reply(2)?.error == 0)
    }

    @Test("Rule S2: a handshake with the right password is a sign of life, though its record waits for the disk")
    func handshakeIsASignOfLife() throws {
        let ensemble = try serving(1)
        let client = opened(ensemble, 1, timeout: 400)
        client.create(1, "/e", flags: 1)
        #expect(ensemble.run(within: 500) { client.isAnswered(1) })
        ensemble.run(milliseconds: 300)
        ensemble.member(1).isDiskStalled = true
        let again = ensemble.client(of: 1)
        again.connect(timeout: 400, session: client.session, password: client.password)
        // Past the old time-out and a tick, short of the new one.
        ensemble.run(milliseconds: 300)
        ensemble.member(1).isDiskStalled = false
        #expect(ensemble.run(within: 50) { again.timeout >= 0 })
        again.exists(2, "/e")
        #expect(ensemble.run(within: 50) { again.isAnswered(2) })
        #expect(again.reply(2)?.error == 0 && !again.isClosed)
    }

    @Test(
        "Rule S2: a session that waited for its server is silent only since it was answered", arguments: [1, 2, 3] as [MemberID])
    func silenceBeginsBehindTheAnswer(member: MemberID) throws {
        let ensemble = try serving(3)
        let client = opened(ensemble, member, timeout: 400)
        for id in 1...3 as ClosedRange<MemberID> { ensemble.member(id).isDiskStalled = true }
        client.create(1, "/e", flags: 1)
        // As long as its time-out, nearly to the tick behind it.
        ensemble.run(milliseconds: 390)
        for id in 1...3 as ClosedRange<MemberID> { ensemble.member(id).isDiskStalled = false }
        #expect(ensemble.run(within: 50) { client.isAnswered(1) })
        ensemble.run(milliseconds: 300)
        client.exists(2, "/e")
        #expect(ensemble.run(within: 50) { client.isAnswered(2) })
        #expect(client.reply(2)?.error == 0 && !client.isClosed)
    }

    @Test("Rule S7: the server of an expired session closes its connection as soon as the end is applied")
    func expiryClosesTheConnection() throws {
        let ensemble = try serving(3)
        let silent = opened(ensemble, 2, timeout: 300)
        #expect(ensemble.run(within: 600) { silent.isClosed })
    }

    @Test("Rule S3: behind its end nothing of a session changes anything")
    func nothingBehindTheEnd() throws {
        let ensemble = try serving(3)
        let client = opened(ensemble, 1)
        client.create(1, "/a")
        client.close(2)
        client.create(3, "/b")
        let other = opened(ensemble, 2)
        ensemble.run(milliseconds: 300)
        other.exists(1, "/b")
        #expect(ensemble.run(within: 200) { other.isAnswered(1) })
        #expect(other.reply(1)?.error == ErrorCode.noNode)
        #expect(client.reply(3)?.error != 0)
    }

    @Test("Rule S4: a new leader gives every session its whole time-out again, and sessions move to it")
    func leaderChangeKeepsSessions() throws {
        let ensemble = try serving(3)
        let leader = try #require(ensemble.leader)
        let follower = try #require(ensemble.members.first { $0.id != leader.id })
        let client = opened(ensemble, follower.id, timeout: 1_000)
        client.create(1, "/kept", flags: 1)
        #expect(ensemble.run(within: 500) { client.isAnswered(1) })
        ensemble.run(milliseconds: 700)
        ensemble.kill(leader.id)
        #expect(ensemble.run(within: 2_000) { ensemble.leader != nil })
        ensemble.run(milliseconds: 600)
        let again = ensemble.client(of: follower.id)
        again.connect(timeout: 1_000, session: client.session, password: client.password)
        #expect(ensemble.run(within: 1_000) { again.timeout >= 0 })
        #expect(again.session == client.session)
        again.exists(2, "/kept")
        #expect(ensemble.run(within: 500) { again.isAnswered(2) })
        #expect(again.reply(2)?.error == 0)
    }

    @Test("Rule S5: a leader that slept blames nobody for the time")
    func pausedLeaderExpiresNobody() throws {
        let ensemble = try serving(1)
        let client = opened(ensemble, 1, timeout: 500)
        client.create(1, "/e", flags: 1)
        #expect(ensemble.run(within: 500) { client.isAnswered(1) })
        ensemble.member(1).isPaused = true
        ensemble.run(milliseconds: 5_000)
        ensemble.member(1).isPaused = false
        ensemble.run(milliseconds: 100)
        client.exists(2, "/e")
        #expect(ensemble.run(within: 300) { client.isAnswered(2) })
        #expect(client.reply(2)?.error == 0)
    }

    @Test("Rule S6: wall time never decreases from batch to batch, whatever the clock of the next leader says")
    func wallTimeNeverDecreases() throws {
        let ensemble = try serving(3)
        let client = opened(ensemble, 1)
        client.create(1, "/t")
        #expect(ensemble.run(within: 500) { client.isAnswered(1) })
        let before = try #require(ensemble.member(2).node?.stateMachine.wallTime)
        let leader = try #require(ensemble.leader)
        ensemble.kill(leader.id)
        #expect(ensemble.run(within: 3_000) { ensemble.leader != nil })
        let next = try #require(ensemble.leader?.node)
        next.beginTurn(now: next.now, wallTime: 5, lateByNanoseconds: 0)
        let other = opened(ensemble, try #require(ensemble.leader).id)
        other.set(1, "/t", "x")
        #expect(ensemble.run(within: 500) { other.isAnswered(1) })
        #expect(next.stateMachine.wallTime >= before)
    }

    @Test("A session moves: the new server answers, the old connection is closed and can change nothing")
    func sessionMoves() throws {
        let ensemble = try serving(3)
        let first = opened(ensemble, 1)
        let second = ensemble.client(of: 2)
        second.connect(session: first.session, password: first.password)
        #expect(ensemble.run(within: 500) { second.hasSession })
        #expect(second.session == first.session)
        first.create(1, "/moved")
        #expect(ensemble.run(within: 500) { first.isClosed })
        second.exists(2, "/moved")
        #expect(ensemble.run(within: 500) { second.isAnswered(2) })
        #expect(second.reply(2)?.error == ErrorCode.noNode)
    }

    @Test("Rule B1: beyond its limit of unanswered requests a connection is not read, and goes on when they are answered")
    func backPressure() throws {
        let ensemble = try VirtualEnsemble(1)
        ensemble.configure = { $0.maxUnansweredRequests = 4 }
        try ensemble.start()
        #expect(ensemble.run(within: 1_000) { ensemble.member(1).node?.isServing == true })
        let client = opened(ensemble, 1)
        ensemble.member(1).isDiskStalled = true
        for xid in Int32(1)...20 { client.create(xid, "/b\(xid)") }
        ensemble.run(milliseconds: 20)
        #expect(client.unsent > 0)
        #expect(!client.isAnswered(1))
        ensemble.member(1).isDiskStalled = false
        #expect(ensemble.run(within: 500) { client.isAnswered(20) })
        #expect(client.replies.map(\.xid) == Array(1...20))
    }

    @Test("A leader that lets one request at a time be in flight still takes what followers forward")
    func smallFlight() throws {
        let ensemble = try VirtualEnsemble(5)
        ensemble.configure = { $0.flight = FlightLimits(requests: 1, bytes: 1 << 10) }
        try ensemble.start()
        #expect(ensemble.run(within: 2_000) { ensemble.members.allSatisfy { $0.node?.isServing == true } })
        for member in ensemble.members {
            let client = opened(ensemble, member.id)
            client.create(1, "/n\(member.id)", "v")
            #expect(ensemble.run(within: 1_000) { client.isAnswered(1) })
        }
    }

    @Test("A wrong password is answered as an invalid session and does not disturb the owner")
    func wrongPassword() throws {
        let ensemble = try serving(1)
        let owner = opened(ensemble, 1)
        let thief = ensemble.client(of: 1)
        thief.connect(session: owner.session, password: Array(repeating: 9, count: 16))
        #expect(ensemble.run(within: 500) { thief.isClosed })
        #expect(thief.timeout == 0)
        owner.create(1, "/still")
        #expect(ensemble.run(within: 500) { owner.isAnswered(1) })
        #expect(owner.reply(1)?.error == 0)
    }
}
