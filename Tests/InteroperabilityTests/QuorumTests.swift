// Observers, weights and groups on real processes: who may fail, and who may not (protocol section 2.5).

import Ensemble
import Foundation
import Testing

@Suite(.serialized) struct QuorumTests {
    /// Whether some member that runs takes a write within the time.
    private func canWrite(_ ensemble: Ensemble, within seconds: Double) -> Bool {
        RealEnsemble.wait(seconds: seconds) {
            for member in ensemble.members where member.isRunning {
                guard let client = try? WireClient(port: member.ports.client) else { continue }
                if (try? client.create("/w-", flags: 2)) == 0 { return true }
            }
            return false
        }
    }

    /// Who is not bound yet counts in no election, so that fewer may fail than the files say.
    private func everybodyIsBound(_ ensemble: Ensemble) -> Bool {
        RealEnsemble.wait(seconds: 10) { ensemble.members.allSatisfy { $0.monitor()["zk_unbound_members"] == "0" } }
    }

    private func kill(_ ids: [Int], of ensemble: Ensemble) { for id in ids { ensemble.members[id - 1].kill() } }

    private func restart(_ ids: [Int], of ensemble: Ensemble) throws {
        for id in ids { try ensemble.members[id - 1].restart() }
    }

    @Test("3 voters and an observer: it serves reads and writes, and counts nowhere")
    func observer() throws {
        try RealEnsemble.with(4, observers: 1) { ensemble in
            let observer = ensemble.members[3]
            #expect(observer.monitor()["zk_server_state"] == "observer")
            let leader = try RealEnsemble.leader(ensemble)
            #expect(leader.monitor()["zk_synced_observers"] == "1" && leader.monitor()["zk_synced_followers"] == "2")
            #expect(leader.monitor()["zk_quorum_size"] == "3")
            let client = try WireClient(port: observer.ports.client)
            #expect(try client.create("/seen", "by the observer") == 0)
            #expect(try client.data("/seen") == "by the observer")
            #expect(RealEnsemble.agree(ensemble))
            #expect(everybodyIsBound(ensemble))
            // With one voter down everything goes on; with two nothing does, observer or not.
            let followers = ensemble.members[..<3].filter { $0 !== leader }
            followers[0].kill()
            #expect(canWrite(ensemble, within: 5))
            followers[1].kill()
            #expect(!canWrite(ensemble, within: 2))
            for follower in followers { try follower.restart() }
            #expect(canWrite(ensemble, within: 10))
            // Behind a new leader, too.
            try RealEnsemble.leader(ensemble).kill()
            #expect(canWrite(ensemble, within: 10))
            let again = RealEnsemble.wait(seconds: 10) { observer.monitor()["zk_server_state"] == "observer" }
            #expect(again)
            observer.kill()
            #expect(canWrite(ensemble, within: 5))
            try observer.restart()
            #expect(RealEnsemble.agree(ensemble))
        }
    }

    @Test("Weights 2, 1, 1: three of four weigh enough, whoever they are; without the heavy one nothing goes on")
    func weights() throws {
        try RealEnsemble.with(3, settings: [(key: "weight.1", value: "2")]) { ensemble in
            #expect(canWrite(ensemble, within: 5))
            #expect(everybodyIsBound(ensemble))
            kill([3], of: ensemble)
            #expect(canWrite(ensemble, within: 10))
            try restart([3], of: ensemble)
            #expect(RealEnsemble.agree(ensemble))
            kill([1], of: ensemble)
            #expect(!canWrite(ensemble, within: 3))
            try restart([1], of: ensemble)
            #expect(canWrite(ensemble, within: 10))
            #expect(RealEnsemble.agree(ensemble))
        }
    }

    @Test("3 groups of 3: a whole group and one more may fail, of two groups only one member each")
    func groups() throws {
        let lines = [(key: "group.1", value: "1:2:3"), (key: "group.2", value: "4:5:6"), (key: "group.3", value: "7:8:9")]
        try RealEnsemble.with(9, settings: lines) { ensemble in
            #expect(canWrite(ensemble, within: 10))
            #expect(everybodyIsBound(ensemble))
            kill([7, 8, 9, 4], of: ensemble)
            #expect(canWrite(ensemble, within: 15))
            kill([5], of: ensemble)
            #expect(!canWrite(ensemble, within: 3), "one group of three is left")
            try restart([4, 5], of: ensemble)
            #expect(canWrite(ensemble, within: 15))
            try restart([7, 8, 9], of: ensemble)
            #expect(RealEnsemble.agree(ensemble, within: 20))
        }
    }
}
