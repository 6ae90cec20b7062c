// Many sessions at a time when time itself is uneven: processes that stand still, one by one or all at once, do not end sessions
// whose clients live; and when very many end at once, the leader stays and the others are served.

import Batch
import Node
import NodeEnsemble
import StateMachine
import Testing
import Zab

@Suite struct SessionStormTests {
    private func serving() throws -> VirtualEnsemble {
        let ensemble = try VirtualEnsemble(3)
        try ensemble.start()
        #expect(ensemble.run(within: 2_000) { ensemble.members.allSatisfy { $0.node?.isServing == true } })
        return ensemble
    }

    private func opened(_ ensemble: VirtualEnsemble, _ count: Int, timeout: Int32) -> [VirtualClient] {
        let clients = (0..<count).map { number in
            let client = ensemble.client(of: MemberID(number % 3 + 1))
            client.connect(timeout: timeout)
            return client
        }
        #expect(ensemble.run(within: 5_000) { clients.allSatisfy(\.hasSession) })
        return clients
    }

    private func expired(_ ensemble: VirtualEnsemble) -> UInt64 {
        ensemble.members.reduce(0) { $0 + ($1.node?.counters.sessionsExpired ?? 0) }
    }

    /// Pings at a third of the time-out while `milliseconds` pass.
    private func live(_ ensemble: VirtualEnsemble, _ clients: [VirtualClient], milliseconds: Int) {
        for _ in 0..<max(1, milliseconds / 300) {
            for client in clients where !client.isClosed { client.ping() }
            ensemble.run(milliseconds: 300)
        }
    }

    @Test("Rule S5: all members stand still for ten times the time-out, as one machine that sleeps, and no session ends")
    func allSleep() throws {
        let ensemble = try serving()
        let clients = opened(ensemble, 300, timeout: 1_000)
        live(ensemble, clients, milliseconds: 600)
        for round in 1...3 {
            for member in ensemble.members { member.isPaused = true }
            ensemble.run(milliseconds: 10_000)
            for member in ensemble.members { member.isPaused = false }
            live(ensemble, clients, milliseconds: 3_000)
            #expect(expired(ensemble) == 0, "round \(round)")
            #expect(ensemble.members.allSatisfy { $0.node?.isServing == true }, "\(ensemble.story)")
            #expect(ensemble.leader?.node?.stateMachine.sessionCount == 300)
        }
    }

    @Test("Rules S4, S5: the leader alone stands still and wakes again and again, and no session of a live client ends")
    func leaderSleeps() throws {
        let ensemble = try serving()
        let clients = opened(ensemble, 300, timeout: 2_000)
        for round in 1...4 {
            let leader = try #require(ensemble.leader)
            leader.isPaused = true
            let others = clients.filter { $0.member != leader.id }
            live(ensemble, others, milliseconds: 1_500)
            leader.isPaused = false
            live(ensemble, clients, milliseconds: 1_500)
            #expect(expired(ensemble) == 0, "round \(round)")
            #expect(ensemble.run(within: 3_000) { ensemble.members.allSatisfy { $0.node?.isServing == true } })
        }
        #expect(ensemble.leader?.node?.stateMachine.sessionCount == 300)
    }

    @Test("Rule S2: 5,000 sessions that end at once end within moments, the leader stays, and who lives is served meanwhile")
    func storm() throws {
        let ensemble = try serving()
        let lost = opened(ensemble, 5_000, timeout: 1_000)
        for (number, client) in lost.enumerated() { client.create(1, "/e-\(number)", flags: 1) }
        #expect(ensemble.run(within: 5_000) { lost.allSatisfy { $0.isAnswered(1) || $0.isClosed } })
        let alive = opened(ensemble, 30, timeout: 1_000)
        let leader = try #require(ensemble.leader)
        let epoch = leader.node?.epoch
        for client in lost {
            ensemble.member(client.member).node?.clientClosed(client.id)
            ensemble.clients[client.id] = nil
        }
        var xid: Int32 = 0
        var slowest: UInt64 = 0
        for _ in 0..<10 {
            xid += 1
            let asked = ensemble.now
            for client in alive { client.set(xid, "/", "x") }
            #expect(ensemble.run(within: 1_000) { alive.allSatisfy { $0.isAnswered(xid) } })
            slowest = max(slowest, ensemble.now - asked)
            ensemble.run(milliseconds: 200)
        }
        #expect(leader.node?.stateMachine.sessionCount == 30 && leader.node?.stateMachine.ephemeralCount == 0)
        #expect(leader.node?.currentRole == .leading && leader.node?.epoch == epoch)
        #expect(alive.allSatisfy { !$0.isClosed } && slowest < 100_000_000)
    }
}
