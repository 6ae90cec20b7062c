// What clients see when members die, on real processes: how long writes stop, that sessions live on, and that expired ones take
// their ephemerals with them in time.

import Ensemble
import Foundation
import Testing

@Suite(.serialized) struct FailoverTests {
    @Test("The median write gap after kill -9 of the leader stays under 0.3 s over 10 kills")
    func writeGap() throws {
        try RealEnsemble.with(3) { ensemble in
            var gaps: [Double] = []
            for _ in 0..<10 {
                let leader = try RealEnsemble.leader(ensemble)
                var client = try RealEnsemble.client(ensemble)
                _ = try client.create("/gap")
                #expect(try client.set("/gap", "before") == 0)
                let begin = Date()
                leader.kill()
                var isWritten = false
                while !isWritten, Date().timeIntervalSince(begin) < 10 {
                    do {
                        isWritten = try client.set("/gap", "after") == 0
                    } catch {
                        client = try RealEnsemble.client(ensemble)
                    }
                }
                #expect(isWritten)
                gaps.append(Date().timeIntervalSince(begin))
                try leader.restart()
                #expect(RealEnsemble.agree(ensemble))
            }
            gaps.sort()
            print("write gaps after kill -9 of the leader, ms: \(gaps.map { Int($0 * 1_000) })")
            #expect((gaps[4] + gaps[5]) / 2 < 0.3)
        }
    }

    @Test("A session survives kill -9 of its server and of the leader")
    func sessionSurvives() throws {
        try RealEnsemble.with(3) { ensemble in
            let leader = try RealEnsemble.leader(ensemble)
            let follower = try #require(ensemble.members.first { $0 !== leader })
            let first = try WireClient(port: follower.ports.client)
            #expect(try first.create("/mine", flags: 1) == 0)
            follower.kill()
            let second = try RealEnsemble.client(ensemble, session: first.session, password: first.password)
            #expect(second.session == first.session)
            #expect(try second.exists("/mine") == 0)
            try follower.restart()
            #expect(RealEnsemble.agree(ensemble))
            leader.kill()
            let third = try RealEnsemble.client(ensemble, session: first.session, password: first.password)
            #expect(third.session == first.session)
            #expect(try third.exists("/mine") == 0)
        }
    }

    @Test("Rule S1: an expired session takes its ephemerals within its time-out and one tick, on every member")
    func expiry() throws {
        try RealEnsemble.with(3, settings: [(key: "tickTime", value: "500")]) { ensemble in
            let clients = try ensemble.members.map { try WireClient(port: $0.ports.client) }
            let lost = try WireClient(port: ensemble.members[0].ports.client, timeout: 1_000)
            #expect(try lost.create("/lost", flags: 1) == 0)
            lost.disconnect()
            let begin = Date()
            for client in clients { try client.sync() }
            #expect(try clients.allSatisfy { try $0.exists("/lost") == 0 })
            let isGone = try RealEnsemble.wait(seconds: 5) { try clients.allSatisfy { try $0.exists("/lost") != 0 } }
            let took = Date().timeIntervalSince(begin)
            #expect(isGone)
            #expect(took > 0.9 && took < 1.0 + 0.5 + 0.3)
        }
    }

    @Test("A member that can't get a quorum serves nobody, and the ensemble goes on when it is back")
    func noQuorum() throws {
        try RealEnsemble.with(3) { ensemble in
            let leader = try RealEnsemble.leader(ensemble)
            for member in ensemble.members where member !== leader { member.kill() }
            #expect(RealEnsemble.wait(seconds: 5) { (try? WireClient(port: leader.ports.client)) == nil })
            for member in ensemble.members where member !== leader { try member.restart() }
            let client = try RealEnsemble.client(ensemble)
            #expect(try client.create("/again") == 0)
        }
    }
}
