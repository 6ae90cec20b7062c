// The queue workload on real members that are killed: nothing that was acknowledged is lost, nothing is taken twice.

import Ensemble
import Foundation
import Testing

@Suite(.serialized) struct TaskDispatchTests {
    @Test("kill -9 of leader and follower, three times each, during task-dispatch loses nothing that was acknowledged")
    func kills() throws {
        try RealEnsemble.with(3) { ensemble in
            let load = try BackgroundLoad(ensemble, workload: "task-dispatch", phase: "full", seconds: 26)
            usleep(2_000_000)
            for round in 0..<6 {
                let leader = try RealEnsemble.leader(ensemble)
                let victim = round % 2 == 0 ? leader : try #require(ensemble.members.first { $0 !== leader })
                victim.kill()
                usleep(1_500_000)
                try victim.restart()
                _ = RealEnsemble.wait(seconds: 10) { victim.status() != nil }
                usleep(1_500_000)
            }
            let code = try load.wait()
            print(load.text.split(separator: "\n").suffix(8).joined(separator: "\n"))
            #expect(code == 0)
            let enqueued = load.text.firstMatch(of: /queues: (\d+) enqueued/).flatMap { Int($0.1) }
            #expect(try #require(enqueued) >= 100_000, "10^5 items, as the promise has it")
            #expect(RealEnsemble.agree(ensemble, within: 30))
        }
    }
}
