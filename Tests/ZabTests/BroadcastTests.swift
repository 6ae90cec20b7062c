// Numbers, acknowledgements, the commit watermark, and how a lead ends.

import Batch
import Testing
import Zab
import ZabCluster

@Suite struct BroadcastTests {
    private func zxid(_ counter: UInt32, epoch: UInt32 = 2) -> Zxid { Zxid(epoch: epoch, counter: counter) }

    @Test("Rule D5: a batch may go out before the leader's own disk has it; committed it is by copies")
    func theLeaderMayBeTheSlowest() {
        let leader = Dialogue.leader(size: 5, with: [2, 3, 4])
        let batch = leader.propose(3)!
        #expect(batch.firstZxid == zxid(1) && batch.lastZxid == zxid(3))
        #expect(leader.acknowledge(2, zxid(3)).announced.isEmpty)
        #expect(leader.acknowledge(3, zxid(3)).announced.isEmpty)
        let third = leader.acknowledge(4, zxid(3))
        #expect(third.announced == [zxid(3)])
        // Rule A2: not applied here before it is durable here.
        #expect(third.committed.isEmpty)
        #expect(leader.durable(zxid(3)).committed == [zxid(3)])
    }

    @Test("Rule D4: the leader's own copy counts only when durable")
    func ownCopy() {
        let leader = Dialogue.leader()
        leader.propose()
        #expect(leader.acknowledge(2, zxid(1)).announced.isEmpty)
        #expect(leader.durable(zxid(1)).announced == [zxid(1)])
    }

    @Test("Rule C1: acknowledgements are cumulative, a lower one is ignored, an impossible one ends the session")
    func cumulativeAcks() {
        let leader = Dialogue.leader()
        for _ in 1...5 { leader.propose() }
        _ = leader.durable(zxid(5))
        #expect(leader.acknowledge(2, zxid(3)).announced == [zxid(3)])
        #expect(leader.acknowledge(2, zxid(1)).announced.isEmpty)
        #expect(leader.acknowledge(2, zxid(5)).announced == [zxid(5)])
        let outputs = leader.acknowledge(2, zxid(6))
        #expect(outputs.rejects.map(\.reason) == [.protocolError])
        #expect(leader.zab.commit == zxid(5))
    }

    @Test("Rule C2: the commit only grows, and takes whole batches with all before them")
    func commitGrows() {
        let leader = Dialogue.leader(size: 5, with: [2, 3, 4, 5])
        for count in [2, 3, 1] { leader.propose(count) }
        _ = leader.durable(zxid(6))
        leader.acknowledge(2, zxid(2))
        #expect(leader.acknowledge(3, zxid(6)).announced == [zxid(2)])
        #expect(leader.acknowledge(4, zxid(5)).announced == [zxid(5)])
        #expect(leader.zab.batchesInFlight == 1 && leader.zab.requestsInFlight == 1)
    }

    /// The watermark against a slow and obvious count, over random acknowledgements.
    @Test(arguments: 1...6)
    func commitIsTheSlowCount(_ size: Int) {
        var random = Dice(seed: UInt64(size))
        let peers = (2...MemberID(max(size, 2))).filter { $0 <= size }
        let leader = size == 1 ? Dialogue(1, Dialogue.durable(1, size: 1)) : Dialogue.leader(size: size, with: peers)
        if size == 1 {
            leader.feed(.tick)
            leader.epochsDurable()
        }
        #expect(leader.zab.role == .leading)
        for _ in 1...200 { leader.propose() }
        var held = [UInt32](repeating: 0, count: size)
        let copies = Quorum(voters: size, rule: .half, minCopies: 2).commitCopies
        while held.contains(where: { $0 < 200 }) {
            let who = Int.random(in: 0..<size, using: &random)
            held[who] = min(200, held[who] + UInt32.random(in: 0...20, using: &random))
            if held[who] > 0 {
                if who == 0 { _ = leader.durable(zxid(held[0])) } else { leader.acknowledge(MemberID(who + 1), zxid(held[who])) }
            }
            let expected = held.sorted(by: >)[copies - 1]
            #expect(leader.zab.commit == (expected == 0 ? Zxid(epoch: 1, counter: 5) : zxid(expected)))
        }
    }

    @Test("Rule C3: a commit ahead of its batches is held, and none is used before the epoch is taken over")
    func commitAhead() {
        let follower = Dialogue.follower()
        let beat = Message.heartbeat(Heartbeat(epoch: 2, commit: zxid(2), round: 5, sendTime: follower.now))
        #expect(follower.hear(3, beat).committed.isEmpty)
        follower.receive([Dialogue.batch(zxid(1), prev: Zxid(epoch: 1, counter: 5))])
        #expect(follower.durable(zxid(1)).committed == [zxid(1)])
        follower.receive([Dialogue.batch(zxid(2), prev: zxid(1)), Dialogue.batch(zxid(3), prev: zxid(2))])
        #expect(follower.durable(zxid(3)).committed == [zxid(2)])
    }

    @Test("Rule C4: nothing is proposed before the initial history is synchronized, or after a higher epoch was seen")
    func onlyWhileLeading() {
        let leader = Dialogue.leader(with: [])
        #expect(leader.zab.role == .leaderSync)
        #expect(leader.propose() == nil)
        leader.synchronize(2)
        #expect(leader.propose() != nil)
        let outputs = leader.hear(2, .reject(Reject(reason: .epoch, epoch: 3)))
        #expect(outputs.causes == [.higherEpoch])
        #expect(leader.propose() == nil)
        #expect(leader.zab.counters.stepDownsByCause[Int(LookingCause.higherEpoch.rawValue)] == 1)
    }

    @Test("Rule A1: what the leader began with is committed when a quorum has it, and nothing is released before")
    func initialHistory() {
        let leader = Dialogue(1, Dialogue.durable(1, committed: Zxid(epoch: 1, counter: 2)))
        leader.stand(voters: [2, 3])
        leader.promise(2)
        leader.epochsDurable()
        #expect(leader.zab.commit == Zxid(epoch: 1, counter: 2))
        leader.synchronize(2)
        #expect(leader.last.committed == [Zxid(epoch: 1, counter: 5)])
    }

    @Test("Rule E8: near the end of the counter everything commits, then the leader steps down and the next epoch begins")
    func endOfTheCounter() {
        let leader = Dialogue.leader(limits: FlightLimits(requests: .max))
        let limit = Int(Zab.counterLimit)
        leader.propose(limit - 10)
        leader.propose(9)
        #expect(leader.zab.canPropose == true)
        let final = leader.propose(4096)!
        #expect(!leader.zab.canPropose && leader.propose() == nil)
        _ = leader.durable(final.lastZxid)
        let outputs = leader.acknowledge(2, final.lastZxid)
        #expect(outputs.announced == [final.lastZxid] && outputs.causes == [.counterEnd])
        #expect(leader.zab.commit == final.lastZxid)
        // It stands again at once.
        #expect(leader.feed(.tick).prevotes.map(\.epoch) == [3, 3])
    }

    @Test func flightIsBounded() {
        let leader = Dialogue.leader(limits: FlightLimits(requests: 10, bytes: 1 << 20))
        #expect(leader.propose(6) != nil && leader.propose(6) != nil)
        #expect(!leader.zab.canPropose && leader.propose() == nil)
        _ = leader.durable(zxid(12))
        leader.acknowledge(2, zxid(6))
        #expect(leader.zab.canPropose == true)
    }

    @Test func withoutAQuorumTheLeaderStepsDown() {
        let leader = Dialogue.leader()
        leader.wait(Dialogue.silence - Dialogue.heartbeat)
        #expect(leader.zab.role == .leading)
        // Any frame of one follower is enough at three members.
        leader.feed(.heard(leader.data[2]!))
        leader.wait(Dialogue.silence - Dialogue.heartbeat)
        #expect(leader.zab.role == .leading)
        let outputs = leader.wait(2 * Dialogue.heartbeat)
        #expect(outputs.causes == [.quorumLost])
    }

    @Test func aLeaderOfFourGoesOnWithOneFollower() {
        let leader = Dialogue.leader(size: 4, with: [2])
        for _ in 1...20 {
            leader.feed(.heard(leader.data[2]!))
            leader.wait(Dialogue.heartbeat)
        }
        #expect(leader.zab.role == .leading)
        leader.propose()
        _ = leader.durable(zxid(1))
        #expect(leader.acknowledge(2, zxid(1)).announced == [zxid(1)])
    }

    @Test("Rule F1: after a failed write nothing leaves any more")
    func failedWrite() {
        let leader = Dialogue.leader()
        leader.propose()
        #expect(leader.feed(.ioFailed("fdatasync: EIO")).halts == [.ioFailure])
        #expect(leader.durable(zxid(1)).isQuiet)
        #expect(leader.wait(4 * Dialogue.heartbeat).isQuiet)
        #expect(leader.hear(2, .newEpoch(NewEpoch(epoch: 9, history: .unbounded, configurationZxid: .zero))).isQuiet)
    }

    @Test func twoLeadersOfOneEpochStopTheWitness() {
        let follower = Dialogue.follower()
        follower.connect(2)
        let outputs = follower.hear(2, .heartbeat(Heartbeat(epoch: 2, commit: .zero, round: 1, sendTime: follower.now)))
        #expect(outputs.halts == [.impossible])
    }
}
