// Learners whose directory is not the one that is bound to their id, and numbers that somebody makes up.

import Batch
import Testing
import Zab

@Suite struct OtherDirectoryTests {
    private let other: Incarnation = 0x77
    private let level = Zxid(epoch: 1, counter: 5)

    private func join(_ leader: Dialogue, _ member: MemberID = 3, _ incarnation: Incarnation = 0x77) -> [Output] {
        leader.connect(member, .data, incarnation: incarnation)
        return leader.hear(
            member,
            .join(
                Join(
                    epoch: leader.zab.epoch, acceptedEpoch: 1, history: History(epoch: 1, last: level),
                    ends: [EpochEnd(epoch: 1, last: level)], isStateBad: false, needsRepair: false, applyVersion: 1)), on: .data)
    }

    @Test("Rule G6: a leader brings no directory level that is not bound to its id, whatever HELLO let in")
    func refused() {
        let leader = Dialogue.leader()
        #expect(leader.zab.unboundMembers.isEmpty)
        leader.connect(3, incarnation: other)
        #expect(leader.zab.unboundMembers == [3], "it is there, and nobody counts it")
        let outputs = join(leader)
        #expect(outputs.syncs.isEmpty && outputs.rejects.map(\.reason) == [.incarnation])
        #expect(outputs.rejects.first?.text.contains("quorate replace 3") == true)
        #expect(outputs.contains { if case .closeConnection = $0 { true } else { false } })
        #expect(leader.zab.counters.strangersRefused == 1)
        // By the operator's word it may learn; that is known to this leader alone.
        #expect(leader.zab.allowReplacement(of: 3) == nil)
        #expect(join(leader).syncs.count == 1 && leader.zab.unboundMembers == [3])
    }

    @Test("Rule G7: the record that binds one replaced member takes no other one's permission away")
    func twoPermissions() throws {
        let leader = Dialogue.leader(size: 5, with: [2, 3])
        for gone in [4, 5] as [MemberID] {
            leader.feed(.connectionDown(leader.election[gone]!))
            #expect(leader.zab.allowReplacement(of: gone) == nil)
        }
        #expect(leader.zab.unboundMembers == [4, 5])
        leader.connect(4, incarnation: other)
        #expect(join(leader, 4).syncs.count == 1)
        let synced = leader.feed(.streamMoved(try #require(leader.data[4]), to: leader.zab.lastLogged))
        let outputs = synced + leader.acknowledge(4, leader.zab.lastLogged)
        let asked = outputs.compactMap { if case .needConfiguration(let bound) = $0 { bound } else { nil } }
        let bound = try #require(asked.first)
        let batch = leader.propose(record: ConfigurationRecord(zxid: .zero, configuration: bound, clusterID: 7))
        let last = try #require(batch).lastZxid
        _ = leader.durable(last)
        for peer in [2, 3] as [MemberID] { leader.acknowledge(peer, last) }
        #expect(leader.zab.unboundMembers == [5], "its directory is still gone")
        #expect(join(leader, 5).syncs.count == 1)
    }

    @Test("Rule G7: a permission ends when the directory that was said to be gone joins")
    func permissionEnds() {
        let leader = Dialogue.leader()
        leader.feed(.connectionDown(leader.election[3]!))
        #expect(leader.zab.allowReplacement(of: 3) == nil)
        #expect(leader.zab.unboundMembers == [3])
        leader.connect(3)
        let outputs = join(leader, 3, Dialogue.incarnation(3))
        #expect(outputs.syncs.count == 1 && leader.zab.unboundMembers.isEmpty)
        #expect(
            outputs.contains {
                if case .warning(let text) = $0 {
                    text.contains("member 3 has come with the directory that was to be replaced")
                } else {
                    false
                }
            })
        // Another one in its place is a stranger again.
        leader.connect(3, incarnation: other)
        #expect(join(leader).rejects.map(\.reason) == [.incarnation])
    }

    @Test("Rule G6: who joined before its leader knew what is committed is refused as soon as that is known")
    func refusedLater() {
        let leader = Dialogue(1, Dialogue.durable(1))
        leader.feed(.applied(level))
        leader.stand(voters: [2, 3])
        leader.promise(2, bound: leader.zab.history)
        leader.epochsDurable()
        leader.connect(3, incarnation: other)
        _ = join(leader)
        #expect(leader.zab.role == .leaderSync)
        leader.synchronize(2)
        #expect(leader.zab.role == .leading)
        #expect(leader.zab.counters.strangersRefused == 1 && leader.zab.unboundMembers == [3])
    }

    @Test("A number that no ensemble reaches is no epoch that a member could have come to")
    func epochsThatNobodyReaches() {
        let leader = Dialogue.leader()
        let far = leader.zab.epoch + 1 << 24
        func join(_ accepted: UInt32) -> Message {
            .join(
                Join(
                    epoch: leader.zab.epoch, acceptedEpoch: accepted, history: .none, ends: [], isStateBad: false,
                    needsRepair: false, applyVersion: 1))
        }
        for epoch in [far + 1, .max - 2, .max - 1, .max] {
            let said = leader.zab.objection(
                to: .newEpoch(NewEpoch(epoch: epoch, history: .none, configurationZxid: .zero)), epoch: epoch)
            #expect(said?.contains("it names epoch \(epoch)") == true)
            #expect(leader.zab.objection(to: join(epoch), epoch: leader.zab.epoch) != nil)
        }
        for epoch in [0, 1, far] {
            #expect(leader.zab.objection(to: join(epoch), epoch: leader.zab.epoch) == nil)
        }
    }
}
