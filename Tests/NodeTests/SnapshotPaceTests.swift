// How fast a member takes its own snapshot: slowly by itself, at once when a learner waits, and not all members together.

import Batch
import ClientProtocol
import Journal
import Node
import NodeEnsemble
import Testing
import Zab

@Suite struct SnapshotPaceTests {
    @Test func largeOnesTakeNoLongerThanAMinute() {
        #expect(SnapshotPace.nanoseconds(for: 32 << 20, of: 0) == 1_000_000_000)
        #expect(SnapshotPace.nanoseconds(for: 1 << 20, of: 1 << 30) == 31_250_000)
        #expect(SnapshotPace.nanoseconds(for: 60 << 30, of: 60 << 30) == 60_000_000_000)
    }

    /// Three members with some four mebibytes of state each, of which a snapshot is due behind 1 MiB of log.
    private func ensemble() throws -> (VirtualEnsemble, VirtualClient) {
        let ensemble = try VirtualEnsemble(3)
        ensemble.configure = { $0.snapshotLogBytes = 1 << 20 }
        try ensemble.start()
        #expect(ensemble.run(within: 3_000) { ensemble.members.allSatisfy { $0.node?.isServing == true } })
        let client = ensemble.client(of: try #require(ensemble.leader).id)
        client.connect()
        #expect(ensemble.run(within: 1_000) { client.hasSession })
        return (ensemble, client)
    }

    private func fill(_ ensemble: VirtualEnsemble, _ client: VirtualClient, _ numbers: ClosedRange<Int32>) {
        let data = String(repeating: "d", count: 64_000)
        for xid in numbers {
            client.create(xid, "/n\(xid)")
            #expect(ensemble.run(within: 1_000) { client.isAnswered(xid) })
            client.set(1_000 + xid, "/n\(xid)", data)
            #expect(ensemble.run(within: 1_000) { client.isAnswered(1_000 + xid) })
        }
    }

    @Test func noRushWithoutALearner() throws {
        let (ensemble, client) = try ensemble()
        // The first ones are due behind 1 to 1.5 MiB; the next when as many bytes have come as they were large, and more.
        fill(ensemble, client, 1...64)
        let taken = ensemble.members.map { $0.node!.counters.snapshotsTaken }
        #expect(ensemble.run(within: 20_000) { ensemble.members.allSatisfy { !$0.node!.isTakingSnapshot } })
        fill(ensemble, client, 65...160)
        #expect(ensemble.run(within: 3_000) { ensemble.members.contains { $0.node!.isTakingSnapshot } }, "\(taken)")
        let member = try #require(ensemble.members.first { $0.node!.isTakingSnapshot })
        let (before, began) = (member.node!.counters.snapshotsTaken, ensemble.now)
        #expect(ensemble.run(within: 20_000) { member.node!.counters.snapshotsTaken > before })
        let took = ensemble.now - began
        // At least 4 MiB at 32 MiB a second, some of which have gone already when it is seen; far below what no pace would do.
        #expect(took > 30_000_000, "\(took) ns")
        #expect(took < 2_000_000_000, "\(took) ns")
    }
}
