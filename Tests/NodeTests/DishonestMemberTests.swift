// Members that ask without reading and send what can't be: they hold bounded memory and end nothing but their own connection.

import Batch
import Journal
import Jute
import Node
import NodeEnsemble
import PeerProtocol
import Testing
import Zab

@Suite struct DishonestMemberTests {
    private func frame(_ message: Message, from member: MemberID, payload: [UInt8] = []) -> [UInt8] {
        var buffer = ByteBuffer()
        payload.withUnsafeBytes { PeerEncoder(source: member, incarnation: 77).encode(message, payload: $0, into: &buffer) }
        return Array(buffer.bytes)
    }

    private func receive(_ node: Node, _ connection: UInt64, _ bytes: [UInt8]) {
        bytes.withUnsafeBytes { _ = node.peerReceived(connection, $0) }
    }

    @Test("Rule B1: whoever asks and reads no answers is closed before they fill the memory")
    func deaf() throws {
        let ensemble = try VirtualEnsemble(3)
        try ensemble.start([1, 2])
        try #require(ensemble.run(within: 3_000) { [1, 2].allSatisfy { ensemble.member($0).node?.isServing == true } })
        let node = try #require(ensemble.member(1).node)
        let hello = Hello(
            clusterID: 0, member: 3, incarnation: 77, configurationZxid: .zero,
            configurationDigest: ensemble.configuration.digest, configurationText: ensemble.configuration.text)
        node.peerAccepted(1_000_000, .election)
        receive(node, 1_000_000, frame(.hello(hello), from: 3))
        let asked = frame(.prevote(Prevote(epoch: 0, history: .none, configurationZxid: .zero, nonce: 1)), from: 3)
        let many = Array(repeatElement(asked, count: 1_000).joined())
        for _ in 0..<40 { receive(node, 1_000_000, many) }
        #expect(node.counters.deafPeers == 0)
        for _ in 0..<160 { receive(node, 1_000_000, many) }
        ensemble.run(milliseconds: 30)
        #expect(node.counters.deafPeers == 1 && node.isServing, "\(ensemble.story)")
    }

    @Test("A piece of a snapshot beyond its end, or a proposal in its middle, ends the connection and nothing else")
    func impossiblePieces() throws {
        let ensemble = try VirtualEnsemble(3)
        ensemble.configure = {
            $0.snapshotLogBytes = 64 << 10
            $0.ringBytes = 16 << 10
            $0.snapshotSendRate = 20 << 20
        }
        ensemble.configureJournal = {
            $0.segmentSize = 64 << 10
            $0.keptStarts = 2
        }
        try ensemble.start()
        try #require(ensemble.run(within: 3_000) { ensemble.members.allSatisfy { $0.node?.isServing == true } })
        let leader = try #require(ensemble.leader)
        let away = try #require(ensemble.members.first { $0.id != leader.id })
        let client = ensemble.client(of: leader.id)
        client.connect()
        try #require(ensemble.run(within: 1_000) { client.hasSession })
        ensemble.kill(away.id)
        let data = String(repeating: "d", count: 500_000)
        for xid in Int32(2)...25 {
            client.create(xid, "/large-\(xid)", data)
            try #require(ensemble.run(within: 1_000) { client.isAnswered(xid) })
        }
        ensemble.run(milliseconds: 3_000)
        let epoch = try #require(leader.node?.epoch)
        func chunk(_ offset: UInt64) -> [UInt8] {
            frame(
                .snapshotChunk(SnapshotChunk(epoch: epoch, offset: offset, isLast: false, body: 0..<0)), from: leader.id,
                payload: Array(repeating: 1, count: 100))
        }
        let proposal = Proposal(epoch: epoch, commit: .zero, round: 0, credit: Credit(), batches: [])
        let wrong = [chunk(.max), chunk(UInt64(Int64.max)), chunk(1 << 40), frame(.proposal(proposal), from: leader.id)]
        try ensemble.start(away)
        for (place, bytes) in wrong.enumerated() {
            let before = leader.node?.counters.snapshotBytesSent ?? 0
            try #require(ensemble.run(within: 3_000) { leader.node?.counters.snapshotBytesSent ?? 0 >= before + 2 << 20 })
            let node = try #require(away.node)
            for (connection, link) in away.links where link.peer == leader.id { receive(node, connection, bytes) }
            #expect(node.counters.badPeerFrames >= UInt64(place + 1), "\(place)")
        }
        #expect(ensemble.run(within: 8_000) { away.node?.counters.snapshotsInstalled == 1 }, "\(ensemble.story)")
        #expect(away.exit == nil)
    }

    @Test("A number that no ensemble reaches ends the connection it came on")
    func impossibleEpoch() throws {
        let ensemble = try VirtualEnsemble(3)
        try ensemble.start()
        try #require(ensemble.run(within: 3_000) { ensemble.members.allSatisfy { $0.node?.isServing == true } })
        let leader = try #require(ensemble.leader)
        let node = try #require(leader.node)
        let from = try #require(ensemble.members.first { $0.id != leader.id })
        let asked = frame(
            .newEpoch(NewEpoch(epoch: .max - 1, history: .unbounded, configurationZxid: .zero)), from: from.id)
        for (connection, link) in leader.links where link.peer == from.id { receive(node, connection, asked) }
        #expect(node.counters.badPeerFrames > 0)
        #expect(ensemble.run(within: 3_000) { ensemble.members.allSatisfy { $0.node?.isServing == true } }, "\(ensemble.story)")
        #expect(ensemble.members.allSatisfy { $0.node?.epoch ?? .max < 10 && $0.exit == nil }, "\(ensemble.story)")
    }
}
