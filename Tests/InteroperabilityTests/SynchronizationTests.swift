// Each way in which a member comes level again, on real processes: from the log, by cutting off what was never committed, by a
// snapshot; and a member that stops while the others go on.

import Ensemble
import Foundation
import Testing

@Suite(.serialized) struct SynchronizationTests {
    private func write(_ client: WireClient, _ count: Int, size: Int = 10, prefix: String = "v") throws {
        let data = String(repeating: "x", count: size)
        for number in 0..<count { #expect(try client.set("/k", "\(prefix)\(number)\(data)") == 0) }
    }

    @Test("DIFF: a restarted follower gets from the log what it missed")
    func diff() throws {
        try RealEnsemble.with(3) { ensemble in
            let leader = try RealEnsemble.leader(ensemble)
            let follower = try #require(ensemble.members.first { $0 !== leader })
            let client = try WireClient(port: leader.ports.client)
            try client.create("/k")
            follower.kill()
            try write(client, 200)
            try follower.restart()
            #expect(RealEnsemble.agree(ensemble))
            #expect(RealEnsemble.wait(seconds: 3) { RealEnsemble.syncs(ensemble, way: "diff") >= 1 })
            #expect(RealEnsemble.syncs(ensemble, way: "snap") == 0)
        }
    }

    @Test("TRUNC: what a dead leader alone had logged is cut off when it comes back")
    func truncate() throws {
        try RealEnsemble.with(3) { ensemble in
            let old = try RealEnsemble.leader(ensemble)
            let others = ensemble.members.filter { $0 !== old }
            let client = try WireClient(port: old.ports.client)
            try client.create("/k")
            for other in others { other.kill() }
            // The leader has not missed the others yet: it logs this alone, and can answer nobody.
            #expect(throws: WireFailure.self) { try client.set("/k", "lost") }
            old.kill()
            for other in others { try other.restart() }
            let second = try RealEnsemble.client(ensemble)
            try write(second, 20)
            try old.restart()
            #expect(RealEnsemble.agree(ensemble))
            #expect(RealEnsemble.wait(seconds: 3) { RealEnsemble.syncs(ensemble, way: "trunc") >= 1 })
            #expect(try RealEnsemble.client(ensemble).data("/k")?.hasPrefix("lost") == false)
        }
    }

    @Test("SNAP: a member whose missing part of the log was purged gets a snapshot, then the rest")
    func snapshot() throws {
        let settings = [
            (key: "quorate.segmentMb", value: "1"), (key: "quorate.snapshotLogMb", value: "2"),
            (key: "autopurge.snapRetainCount", value: "3"),
        ]
        try RealEnsemble.with(3, settings: settings) { ensemble in
            let leader = try RealEnsemble.leader(ensemble)
            let follower = try #require(ensemble.members.first { $0 !== leader })
            let client = try WireClient(port: leader.ports.client)
            try client.create("/k")
            follower.kill()
            try write(client, 300, size: 100_000)
            #expect(RealEnsemble.wait(seconds: 10) { (leader.metrics()?.value("quorate_snapshots_taken_total") ?? 0) >= 3 })
            try follower.restart()
            #expect(RealEnsemble.agree(ensemble))
            #expect(RealEnsemble.wait(seconds: 3) { RealEnsemble.syncs(ensemble, way: "snap") >= 1 })
            try write(client, 20)
            #expect(RealEnsemble.agree(ensemble))
        }
    }

    @Test(
        "A follower stopped for 10 s under full load costs the leader at most 128 MiB and comes level from the log"
    )
    func stoppedFollower() throws {
        try RealEnsemble.with(3) { ensemble in
            let leader = try RealEnsemble.leader(ensemble)
            let follower = try #require(ensemble.members.first { $0 !== leader })
            let load = try BackgroundLoad(ensemble, seconds: 18)
            #expect(RealEnsemble.wait(seconds: 10) { (leader.metrics()?.value("quorate_requests_proposed_total") ?? 0) > 20_000 })
            // What the load costs while everybody follows is no price of the stop.
            let before = highestMemory(of: leader, seconds: 3)
            follower.pause()
            let highest = highestMemory(of: leader, seconds: 10)
            let during = leader.metrics()?.value("quorate_requests_proposed_total") ?? 0
            follower.resume()
            #expect(try load.wait() == 0)
            #expect(RealEnsemble.agree(ensemble, within: 60))
            #expect((leader.metrics()?.value("quorate_requests_proposed_total") ?? 0) > during)
            print("leader's memory while a follower stood still: \(before >> 20) to \(highest >> 20) MiB, \(Int(during)) writes")
            #expect(highest < before + 128 << 20)
            #expect(RealEnsemble.syncs(ensemble, way: "snap") == 0, "\(RealEnsemble.syncStory(ensemble))")
        }
    }

    private func highestMemory(of member: Member, seconds: Double) -> UInt64 {
        var highest: UInt64 = 0
        let end = Date().addingTimeInterval(seconds)
        while Date() < end {
            highest = max(highest, member.figures()?.residentBytes ?? 0)
            usleep(100_000)
        }
        return highest
    }

    @Test("A request of several MiB passes through members and their TLS, live and when a member catches up")
    func largeRequests() throws {
        let settings = [(key: "jute.maxbuffer", value: "12582912"), (key: "quorate.maxBatchKb", value: "8192")]
        try RealEnsemble.with(3, settings: settings) { ensemble in
            let leader = try RealEnsemble.leader(ensemble)
            let follower = try #require(ensemble.members.first { $0 !== leader })
            let data = String(repeating: "x", count: 10 << 20)
            let client = try WireClient(port: follower.ports.client)
            try client.create("/k")
            #expect(try client.set("/k", data) == 0)
            #expect(RealEnsemble.agree(ensemble))
            follower.kill()
            let second = try WireClient(port: leader.ports.client)
            for _ in 0..<3 { #expect(try second.set("/k", data) == 0) }
            try follower.restart()
            #expect(RealEnsemble.agree(ensemble))
        }
    }

    @Test("All members killed at once come back with everything that was acknowledged")
    func allKilled() throws {
        try RealEnsemble.with(3) { ensemble in
            let client = try RealEnsemble.client(ensemble)
            for number in 0..<100 { #expect(try client.create("/n\(number)", "v") == 0) }
            for member in ensemble.members { member.kill() }
            for member in ensemble.members { try member.restart() }
            let second = try RealEnsemble.client(ensemble)
            for number in 0..<100 { #expect(try second.exists("/n\(number)") == 0) }
            #expect(RealEnsemble.agree(ensemble))
        }
    }
}
