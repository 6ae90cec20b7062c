// A batch that waits for more requests: until its first one has waited long enough, or until it is full.

import Node
import NodeEnsemble
import Testing

@Suite struct LingerTests {
    private func serving(_ change: @escaping (inout NodeSettings) -> Void) throws -> (VirtualEnsemble, VirtualClient) {
        let ensemble = try VirtualEnsemble(1)
        ensemble.configure = change
        try ensemble.start()
        #expect(ensemble.run(within: 2_000) { ensemble.leader?.node?.isServing == true })
        let client = ensemble.client(of: 1)
        client.connect()
        #expect(ensemble.run(within: 1_000) { client.session != 0 })
        return (ensemble, client)
    }

    @Test("a write is proposed when it has waited so long, together with those that came meanwhile")
    func waits() throws {
        let (ensemble, client) = try serving { $0.lingerNanoseconds = 40_000_000 }
        let before = try #require(ensemble.leader?.node?.counters.batchesProposed)
        client.create(1, "/a")
        ensemble.run(milliseconds: 20)
        client.create(2, "/b")
        ensemble.run(milliseconds: 15)
        #expect(client.reply(1) == nil)
        #expect(ensemble.run(within: 20) { client.reply(1)?.error == 0 && client.reply(2)?.error == 0 }, "\(ensemble.story)")
        #expect(ensemble.leader?.node?.counters.batchesProposed == before + 1)
    }

    @Test("a full batch waits for nothing")
    func full() throws {
        let (ensemble, client) = try serving {
            $0.lingerNanoseconds = 500_000_000
            $0.maxBatchRequests = 2
        }
        for number in 1...3 { client.create(Int32(number), "/n\(number)") }
        #expect(ensemble.run(within: 100) { client.reply(2)?.error == 0 }, "\(ensemble.story)")
        #expect(client.reply(3) == nil)
        #expect(ensemble.run(within: 600) { client.reply(3)?.error == 0 })
    }

    @Test("a leader that is to hand over holds nothing back")
    func handingOver() throws {
        let ensemble = try VirtualEnsemble(3)
        ensemble.configure = { $0.lingerNanoseconds = 1_000_000_000 }
        try ensemble.start()
        #expect(ensemble.run(within: 3_000) { ensemble.members.allSatisfy { $0.node?.bindsEverybody == true } })
        let leader = try #require(ensemble.leader)
        #expect(leader.node?.handOver(to: nil) == nil)
        #expect(ensemble.run(within: 500) { ensemble.leader.map { $0 !== leader } == true }, "\(ensemble.story)")
    }
}
