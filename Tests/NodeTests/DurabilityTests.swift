// What leaves a member is on disks by then: every acknowledgement between members and every answer to a client is held against
// what a recovery would find if the power failed at that instant.

import ClientProtocol
import Node
import NodeEnsemble
import Testing
import Zab

@Suite struct DurabilityTests {
    @Test("Rules C1, D4, A2: no acknowledgement and no answer leaves before a completed flush that covers it", arguments: 1...4)
    func nothingLeavesBeforeItsFlush(count: Int) throws {
        let ensemble = try VirtualEnsemble(count)
        let watch = DurabilityWatch()
        ensemble.durability = watch
        try ensemble.start()
        #expect(ensemble.run(within: 2_000) { ensemble.members.allSatisfy { $0.node?.isServing == true } })
        let clients = ensemble.members.map { member in
            let client = ensemble.client(of: member.id)
            client.connect()
            return client
        }
        #expect(ensemble.run(within: 1_000) { clients.allSatisfy(\.hasSession) })
        for round in Int32(0)..<40 {
            // Disks stand still in turn, so that what is flushed differs from member to member.
            for (index, member) in ensemble.members.enumerated() { member.isDiskStalled = Int(round) % (count + 1) == index }
            for client in clients { client.create(round + 1, "/c\(client.id)-\(round)", "v") }
            ensemble.run(milliseconds: 2)
        }
        for member in ensemble.members { member.isDiskStalled = false }
        #expect(ensemble.run(within: 1_000) { clients.allSatisfy { $0.isAnswered(40) } })
        #expect(watch.breaches == [])
        #expect(watch.answers > 20)
        #expect(count == 1 || watch.acknowledgements > 20)
    }

    @Test("The power fails for all at once with unequal logs: everything that was answered is there")
    func powerLossOfAll() throws {
        let ensemble = try VirtualEnsemble(3)
        try ensemble.start()
        #expect(ensemble.run(within: 2_000) { ensemble.members.allSatisfy { $0.node?.isServing == true } })
        let client = ensemble.client(of: 1)
        client.connect()
        #expect(ensemble.run(within: 1_000) { client.hasSession })
        for xid in Int32(1)...60 {
            ensemble.member(2).isDiskStalled = xid % 3 == 0
            ensemble.member(3).isDiskStalled = xid % 5 == 0
            client.create(xid, "/p\(xid)", "v")
            ensemble.run(milliseconds: 1)
        }
        let answered = (Int32(1)...60).filter { client.reply($0)?.error == 0 }
        #expect(answered.count > 20)
        for member in ensemble.members { ensemble.losePower(member.id) }
        try ensemble.start()
        #expect(ensemble.run(within: 3_000) { ensemble.members.allSatisfy { $0.node?.isServing == true } })
        let second = ensemble.client(of: 2)
        second.connect()
        #expect(ensemble.run(within: 1_000) { second.hasSession })
        for xid in answered { second.exists(xid, "/p\(xid)") }
        #expect(ensemble.run(within: 1_000) { second.isAnswered(answered.last!) })
        for xid in answered { #expect(second.reply(xid)?.error == 0, "/p\(xid) was answered and is gone") }
    }
}
