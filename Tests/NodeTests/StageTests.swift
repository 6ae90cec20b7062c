// Stages on whole members under virtual time: those of a member's own writes follow each other without a gap, and what a new
// leader took in before it led is not its quorum's time.

import Node
import NodeEnsemble
import Testing
import Zab

@Suite struct StageTests {
    private func serving(_ count: Int) throws -> VirtualEnsemble {
        let ensemble = try VirtualEnsemble(count)
        try ensemble.start()
        #expect(ensemble.run(within: 2_000) { ensemble.members.allSatisfy { $0.node?.isServing == true } })
        return ensemble
    }

    private func write(_ count: Int32, on ensemble: VirtualEnsemble, _ member: MemberID, _ name: String) {
        let client = ensemble.client(of: member)
        client.connect(timeout: 10_000)
        #expect(ensemble.run(within: 1_000) { client.hasSession })
        for xid in 1...count {
            client.create(xid, "/\(name)-\(xid)", "v")
            if xid % 3 == 0 { ensemble.run(milliseconds: 1) }
        }
        #expect(ensemble.run(within: 2_000) { client.isAnswered(count) })
    }

    @Test("Own writes' stages add up to their total, to the nanosecond, on leader and follower", arguments: [1, 3])
    func sums(count: Int) throws {
        let ensemble = try serving(count)
        for member in ensemble.members { write(20, on: ensemble, member.id, "n\(member.id)") }
        ensemble.run(milliseconds: 200)
        for member in ensemble.members {
            let own = try #require(member.node).histograms.own
            #expect(own.total.count == 20, "its own clients' writes, nobody else's")
            for stage in [own.proposed, own.quorum, own.applied, own.replied] { #expect(stage.count == 20) }
            #expect(own.proposed.sum + own.quorum.sum + own.applied.sum + own.replied.sum == own.total.sum)
            #expect(count == 1 || own.quorum.sum > 0, "others are waited for")
        }
    }

    @Test("An acknowledgement counts the batches since the one before it")
    func acknowledged() throws {
        let ensemble = try serving(3)
        let leader = try #require(ensemble.leader)
        write(30, on: ensemble, leader.id, "a")
        ensemble.run(milliseconds: 200)
        let proposed = try #require(leader.node).counters.batchesProposed
        for member in ensemble.members where member.id != leader.id {
            let acks = try #require(member.node).histograms.batchesPerAck
            #expect(acks.count > 0 && acks.sum <= proposed && acks.sum >= 10)
        }
    }

    @Test("What a new leader took in as a follower does not count as its quorum's time")
    func reigns() throws {
        let ensemble = try serving(3)
        let old = try #require(ensemble.leader)
        write(9, on: ensemble, old.id, "before")
        ensemble.kill(old.id)
        #expect(ensemble.run(within: 5_000) { ensemble.leader != nil })
        let new = try #require(ensemble.leader)
        ensemble.run(milliseconds: 200)
        let node = try #require(new.node)
        #expect(node.histograms.quorum.count <= node.counters.requestsProposed)
        #expect(node.histograms.quorum.count == node.histograms.proposed.count, "each request it sealed, once, and no other")
    }
}
