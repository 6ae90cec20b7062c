// Members compare their states; the odd one out stops.

import Batch
import Testing
import Zab

@Suite struct DigestTests {
    private let point = Zxid(epoch: 2, counter: 1)

    private func leader(size: Int = 3, with peers: [MemberID] = [2, 3]) -> Dialogue {
        let leader = Dialogue.leader(size: size, with: peers)
        leader.propose()
        for peer in peers { leader.acknowledge(peer, point) }
        _ = leader.durable(point)
        return leader
    }

    private func pair(_ digest: UInt64) -> DigestPair { DigestPair(zxid: point, digest: digest) }

    @Test("Rule A3: a member that differs from the majority is told so and stops with its state marked bad")
    func oddFollower() {
        let leader = leader()
        #expect(leader.feed(.digests([pair(5)])).isQuiet)
        #expect(leader.acknowledge(2, point, digests: [pair(5)]).rejects.isEmpty)
        let told = leader.acknowledge(3, point, digests: [pair(6)])
        #expect(told.rejects == [Reject(reason: .digest, epoch: 2, zxid: point, digest: 5, text: told.rejects[0].text)])
        // Once, not with every report.
        #expect(leader.acknowledge(3, point, digests: [pair(6)]).rejects.isEmpty)
        #expect(leader.zab.role == .leading)

        let follower = Dialogue.follower()
        let outputs = follower.hear(3, .reject(told.rejects[0]), on: .data)
        #expect(outputs.halts == [.stateBad])
        #expect(outputs.contains { if case .markStateBad = $0 { true } else { false } })
        #expect(follower.zab.isStateBad == true)
    }

    @Test("Rule A3: only the leader followed is believed")
    func onlyTheLeader() {
        let follower = Dialogue.follower()
        follower.connect(2)
        #expect(follower.hear(2, .reject(Reject(reason: .digest, epoch: 2, zxid: point, digest: 5))).halts.isEmpty)
    }

    @Test("Rule A3: the leader is no exception; it steps down first")
    func oddLeader() {
        let leader = leader()
        leader.feed(.digests([pair(6)]))
        leader.acknowledge(2, point, digests: [pair(5)])
        let outputs = leader.acknowledge(3, point, digests: [pair(5)])
        #expect(outputs.causes == [.stateBad] && outputs.halts == [.stateBad])
        #expect(outputs.rejects.isEmpty)
    }

    @Test("Rule A3: without a majority all go on, with one alarm")
    func noMajority() {
        let leader = leader(size: 4, with: [2, 3, 4])
        leader.feed(.digests([pair(5)]))
        leader.acknowledge(2, point, digests: [pair(5)])
        leader.acknowledge(3, point, digests: [pair(6)])
        let outputs = leader.acknowledge(4, point, digests: [pair(6)])
        #expect(outputs.count { if case .alarm = $0 { true } else { false } } == 1)
        #expect(outputs.halts.isEmpty && outputs.rejects.isEmpty)
        #expect(leader.acknowledge(4, point, digests: [pair(6)]).isQuiet)
    }

    @Test func ownDigestsRideOnAcksAndHeartbeats() {
        let follower = Dialogue.follower()
        follower.receive([Dialogue.batch(point, prev: Zxid(epoch: 1, counter: 5))])
        follower.feed(.digests([pair(9)]))
        #expect(follower.durable(point).acks.map(\.digests) == [[pair(9)]])
        let leader = leader()
        leader.feed(.digests([pair(9)]))
        #expect(leader.wait(Dialogue.heartbeat).heartbeats.map(\.digest) == [pair(9), pair(9)])
    }
}
