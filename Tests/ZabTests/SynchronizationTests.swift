// How a learner comes level, from both sides: the leader's decision, and what the learner makes durable in which order.

import Batch
import Testing
import Zab

@Suite struct SynchronizationTests {
    private let level = Zxid(epoch: 1, counter: 5)

    private func join(_ leader: Dialogue, ends: [(UInt32, UInt32)], isStateBad: Bool = false, needsRepair: Bool = false)
        -> [Output]
    {
        leader.connect(3, .data)
        let ends = ends.map { EpochEnd(epoch: $0.0, last: Zxid(epoch: $0.0, counter: $0.1)) }
        let last = ends.last?.last ?? .zero
        return leader.hear(
            3,
            .join(
                Join(
                    epoch: leader.zab.epoch, acceptedEpoch: 1, history: History(epoch: last.epoch, last: last), ends: ends,
                    isStateBad: isStateBad, needsRepair: needsRepair, applyVersion: 1)), on: .data)
    }

    // MARK: the leader's side

    @Test func aLearnerInStepGetsADiff() {
        let leader = Dialogue.leader()
        let outputs = join(leader, ends: [(1, 3)])
        #expect(
            outputs.syncs == [
                Sync(
                    epoch: 2, mode: .diff, truncateTo: Zxid(epoch: 1, counter: 3), from: Zxid(epoch: 1, counter: 3), zSync: level,
                    start: nil)
            ])
        #expect(leader.zab.counters.syncDiff == 2)
        #expect(join(leader, ends: []).syncs.map(\.from) == [.zero])
    }

    @Test("Rule L3: truncation goes to the last common point and no further")
    func truncationToTheCommonPoint() {
        let durable = Dialogue.durable(1, ends: [(1, 5), (3, 4), (5, 2)])
        #expect(durable.epochEnds.ends.count == 3)
        let cases: [(mine: [(UInt32, UInt32)], common: Zxid, mode: SyncMode)] = [
            ([(1, 9)], Zxid(epoch: 1, counter: 5), .truncateDiff),
            ([(1, 5), (2, 7)], Zxid(epoch: 1, counter: 5), .truncateDiff),
            ([(1, 5), (3, 9)], Zxid(epoch: 3, counter: 4), .truncateDiff),
            ([(1, 5), (3, 2)], Zxid(epoch: 3, counter: 2), .diff),
            ([(1, 5), (3, 2), (4, 9)], Zxid(epoch: 3, counter: 2), .truncateDiff),
            ([(1, 5), (3, 4), (5, 9)], Zxid(epoch: 5, counter: 2), .truncateDiff),
            ([(2, 9)], .zero, .truncateDiff),
        ]
        for (mine, common, mode) in cases {
            let leader = Dialogue(1, durable)
            leader.stand(voters: [2, 3])
            leader.promise(2)
            leader.epochsDurable()
            let sync = join(leader, ends: mine).syncs
            #expect(sync.map(\.mode) == [mode] && sync.map(\.from) == [common] && sync.map(\.truncateTo) == [common], "\(mine)")
        }
    }

    @Test func aLogTooShortMeansASnapshot() {
        let leader = Dialogue.leader()
        let start = Start(zxid: Zxid(epoch: 1, counter: 4), byteCount: 10, digest: 1)
        leader.feed(.startsChanged(logStart: Zxid(epoch: 1, counter: 4), newest: start))
        let outputs = join(leader, ends: [(1, 3)])
        #expect(outputs.syncs.map(\.mode) == [.snapshot] && outputs.syncs.map(\.start) == [start])
        #expect(outputs.syncs.map(\.from) == [start.zxid] && outputs.syncs.map(\.truncateTo) == [.zero])
        #expect(leader.zab.counters.syncSnapshotLogTooShort == 1)
        // The start itself is enough to stream from.
        #expect(join(leader, ends: [(1, 4)]).syncs.map(\.mode) == [.diff])
    }

    @Test func aBadStateGetsASnapshotAndKeepsItsLog() {
        let leader = Dialogue.leader()
        // There is none yet: one is asked for, and the learner waits.
        let first = join(leader, ends: [(1, 5)], isStateBad: true)
        #expect(first.syncs.isEmpty)
        #expect(first.contains { if case .needSnapshot = $0 { true } else { false } })
        let start = Start(zxid: Zxid(epoch: 1, counter: 4), byteCount: 10, digest: 1)
        let outputs = leader.feed(.startsChanged(logStart: .zero, newest: start))
        #expect(outputs.syncs.map(\.mode) == [.snapshot])
        #expect(outputs.syncs.map(\.from) == [level] && outputs.syncs.map(\.truncateTo) == [level])
        #expect(leader.zab.counters.syncSnapshotStateBad == 1)
    }

    @Test("Rule F3: a damaged log is repaired from where it can still be read; an empty one from the newest start")
    func aDamagedLogIsRepairedFromWhereItEnds() {
        let leader = Dialogue.leader()
        let damaged = join(leader, ends: [(1, 3)], needsRepair: true)
        #expect(damaged.syncs.map(\.mode) == [.diff] && damaged.syncs.map(\.from) == [Zxid(epoch: 1, counter: 3)])
        let start = Start(zxid: Zxid(epoch: 1, counter: 4), byteCount: 10, digest: 1)
        leader.feed(.startsChanged(logStart: start.zxid, newest: start))
        let emptied = join(leader, ends: [], needsRepair: true)
        #expect(emptied.syncs.map(\.mode) == [.snapshot] && emptied.syncs.map(\.from) == [start.zxid])
        #expect(leader.zab.counters.syncSnapshotDamaged == 1 && leader.zab.counters.syncRepairs == 2)
    }

    @Test("Rule L2: NEWLEADER goes out exactly when everything up to zSync has")
    func newLeaderAfterItsContent() {
        let leader = Dialogue.leader()
        #expect(join(leader, ends: [(1, 3)]).newLeaders.isEmpty)
        let connection = leader.data[3]!
        #expect(leader.feed(.streamMoved(connection, to: Zxid(epoch: 1, counter: 4))).newLeaders.isEmpty)
        // Live proposals do not move the point.
        leader.propose()
        let outputs = leader.feed(.streamMoved(connection, to: level))
        #expect(outputs.newLeaders.map(\.zSync) == [level])
        #expect(outputs.contains { if case .unlimitStream(connection) = $0 { true } else { false } })
        #expect(leader.feed(.streamMoved(connection, to: Zxid(epoch: 2, counter: 1))).newLeaders.isEmpty)
        // Nothing to send: at once.
        #expect(join(leader, ends: [(1, 5), (2, 1)]).newLeaders.count == 1)
    }

    @Test("Rule L4: a new connection of the learner ends the session on the old one")
    func oneSessionPerLearner() {
        let leader = Dialogue.leader(with: [])
        _ = join(leader, ends: [(1, 5)])
        let old = leader.data[3]!
        let outputs = join(leader, ends: [(1, 5)])
        #expect(outputs.contains { if case .closeConnection(old, _) = $0 { true } else { false } })
        leader.feed(.received(old, .ack(Ack(epoch: 2, last: level, round: 0, applied: .zero))))
        #expect(leader.zab.role == .leaderSync)
        leader.acknowledge(3, level)
        #expect(leader.zab.role == .leading)
    }

    @Test("Rule L5: a learner counts from its first acknowledgement at zSync, the leader from its own durable epoch")
    func whoCountsAsSynchronized() {
        let leader = Dialogue(1, Dialogue.durable(1))
        leader.stand(voters: [2, 3])
        leader.promise(2)
        let epochs = leader.last
        leader.synchronize(2)
        // The follower alone is no quorum: the leader's own epoch is not durable yet.
        #expect(leader.zab.role == .leaderSync)
        leader.feed(.epochsDurable(seq: Dialogue.lastSeq(in: epochs)!))
        #expect(leader.zab.role == .leading)
    }

    @Test("Rule F8: who comes back with less than it has acknowledged is refused by name, unless it knows of damage")
    func whoWasSetBack() {
        let leader = Dialogue.leader(with: [])
        _ = join(leader, ends: [(1, 5)])
        leader.acknowledge(3, level)
        #expect(leader.zab.role == .leading)
        let outputs = join(leader, ends: [(1, 4)])
        #expect(outputs.rejects.map(\.reason) == [.incarnation] && outputs.syncs.isEmpty)
        #expect(outputs.rejects.first?.text.contains("quorate replace 3") == true)
        #expect(leader.zab.counters.setBacks == 1)
        #expect(join(leader, ends: [(1, 4)], needsRepair: true).syncs.count == 1)
    }

    @Test func aJoinThatContradictsItselfIsRefused() {
        let leader = Dialogue.leader()
        leader.connect(3, .data)
        let outputs = leader.hear(
            3,
            .join(
                Join(
                    epoch: 2, acceptedEpoch: 1, history: History(epoch: 1, last: level),
                    ends: [EpochEnd(epoch: 1, last: Zxid(epoch: 1, counter: 2))], isStateBad: false, needsRepair: false,
                    applyVersion: 1)), on: .data)
        #expect(outputs.rejects.map(\.reason) == [.protocolError] && outputs.syncs.isEmpty)
    }

    // MARK: the learner's side

    private func learner(_ durable: Durable = Dialogue.durable(1), epoch: UInt32 = 2) -> Dialogue {
        let learner = Dialogue(1, durable)
        learner.feed(.applied(durable.isStateBad ? .zero : durable.committedUpTo))
        learner.feed(.tick)
        learner.join(leader: 3, epoch: epoch)
        return learner
    }

    @Test("Rule D1: a SYNC of an epoch that was never promised is accepted durably before anything else")
    func epochBeforeContent() {
        let learner = learner()
        let zxid = Zxid(epoch: 2, counter: 1)
        let asked = learner.hear(
            3, .sync(Sync(epoch: 2, mode: .diff, truncateTo: level, from: level, zSync: zxid, start: nil)), on: .data)
        #expect(asked.persisted.map(\.accepted) == [2] && asked.persisted.map(\.current) == [1])
        #expect(learner.receive([Dialogue.batch(zxid, prev: level)]).appended.isEmpty)
        let outputs = learner.feed(.epochsDurable(seq: Dialogue.lastSeq(in: asked)!))
        #expect(outputs.appended == [zxid])
    }

    @Test("Rules D2, D3 and D4: history, then current epoch, then the first acknowledgement")
    func theOrderOfDurability() {
        let learner = learner(Dialogue.durable(1, accepted: 2))
        let zSync = Zxid(epoch: 1, counter: 6)
        let beyond = Zxid(epoch: 2, counter: 1)
        learner.hear(3, .sync(Sync(epoch: 2, mode: .diff, truncateTo: level, from: level, zSync: zSync, start: nil)), on: .data)
        learner.receive([Dialogue.batch(zSync, prev: level)])
        let newLeader = learner.hear(
            3, .newLeader(NewLeader(epoch: 2, zSync: zSync, commit: level, configurationZxid: .zero)), on: .data)
        #expect(newLeader.persisted.isEmpty, "Rule D2: the history is not durable yet")
        learner.receive([Dialogue.batch(beyond, prev: zSync)])
        let durable = learner.durable(zSync)
        #expect(durable.acks.isEmpty, "Rule D3: the epoch is not durable yet")
        #expect(durable.persisted.map(\.current) == [2])
        let taken = learner.feed(.epochsDurable(seq: Dialogue.lastSeq(in: durable)!))
        #expect(taken.acks.map(\.last) == [zSync], "Rule D4: what is appended behind it is not durable yet")
        #expect(learner.durable(beyond).acks.map(\.last) == [beyond])
    }

    @Test func oneAckPerCompletion() {
        let follower = Dialogue.follower()
        let a = Zxid(epoch: 2, counter: 1)
        let b = Zxid(epoch: 2, counter: 2)
        follower.receive([Dialogue.batch(a, prev: level), Dialogue.batch(b, prev: a)])
        #expect(follower.durable(b).acks.map(\.last) == [b])
        #expect(follower.durable(b).isQuiet)
    }

    @Test("Rule L1: gaps, other bytes and jumps break the stream; an identical overlap is dropped")
    func contiguity() {
        let a = Zxid(epoch: 2, counter: 1)
        let b = Zxid(epoch: 2, counter: 2)
        let first = Dialogue.batch(a, prev: level)
        let broken: [SealedBatch] = [
            Dialogue.batch(Zxid(epoch: 2, counter: 3), prev: b),
            Dialogue.batch(a, prev: level, content: 99),
            Dialogue.batch(a, prev: Zxid(epoch: 1, counter: 4)),
            Dialogue.batch(Zxid(epoch: 2, counter: 3), prev: a),
            Dialogue.batch(Zxid(epoch: 3, counter: 1), prev: a),
        ]
        for batch in broken {
            let follower = Dialogue.follower()
            follower.receive([first])
            let outputs = follower.receive([batch])
            #expect(outputs.appended.isEmpty && outputs.causes == [.synchronizationFailed])
            #expect(follower.zab.lastLogged == a)
        }
        let follower = Dialogue.follower()
        follower.receive([first])
        #expect(follower.receive([first, Dialogue.batch(b, prev: a)]).appended == [b])
        #expect(follower.zab.counters.overlapsDropped == 1)
    }

    @Test("Rule L2: a learner takes nothing beyond zSync before NEWLEADER, and no NEWLEADER before its content")
    func contentBeforeNewLeader() {
        let zSync = Zxid(epoch: 1, counter: 6)
        let sync = Message.sync(Sync(epoch: 2, mode: .diff, truncateTo: level, from: level, zSync: zSync, start: nil))
        let eager = learner(Dialogue.durable(1, accepted: 2))
        eager.hear(3, sync, on: .data)
        eager.receive([Dialogue.batch(zSync, prev: level)])
        #expect(eager.receive([Dialogue.batch(Zxid(epoch: 2, counter: 1), prev: zSync)]).causes == [.synchronizationFailed])
        let hasty = learner(Dialogue.durable(1, accepted: 2))
        hasty.hear(3, sync, on: .data)
        let early = hasty.hear(
            3, .newLeader(NewLeader(epoch: 2, zSync: zSync, commit: level, configurationZxid: .zero)), on: .data)
        #expect(early.causes == [.synchronizationFailed] && early.persisted.isEmpty)
    }

    @Test("Rules L3 and P4: truncation below what is committed or applied is impossible and stops the member")
    func neverBelowCommit() {
        let durable = Dialogue.durable(1, accepted: 2, committed: Zxid(epoch: 1, counter: 4))
        for (to, halts) in [(UInt32(4), false), (3, true)] {
            let learner = learner(durable)
            let zxid = Zxid(epoch: 1, counter: to)
            let outputs = learner.hear(
                3, .sync(Sync(epoch: 2, mode: .truncateDiff, truncateTo: zxid, from: zxid, zSync: zxid, start: nil)), on: .data)
            #expect(outputs.halts == (halts ? [.impossible] : []))
            #expect(outputs.truncations == (halts ? [] : [zxid]))
        }
    }

    @Test func nothingIsAppendedBeforeTheTruncationIsDurable() {
        let learner = learner(Dialogue.durable(1, accepted: 2, committed: .zero))
        let cut = Zxid(epoch: 1, counter: 4)
        let zSync = Zxid(epoch: 2, counter: 1)
        learner.hear(
            3, .sync(Sync(epoch: 2, mode: .truncateDiff, truncateTo: cut, from: cut, zSync: zSync, start: nil)), on: .data)
        #expect(learner.receive([Dialogue.batch(zSync, prev: cut)]).appended.isEmpty)
        #expect(learner.feed(.truncated(to: cut, role: learner.zab.roleNumber)).appended == [zSync])
    }

    @Test("Rule V1: while the log is being cut the member promises nothing; the answer waits")
    func noPromiseWhileCutting() {
        let learner = learner(Dialogue.durable(1, accepted: 2, committed: .zero))
        learner.connect(2)
        let cut = Zxid(epoch: 1, counter: 4)
        learner.hear(3, .sync(Sync(epoch: 2, mode: .truncateDiff, truncateTo: cut, from: cut, zSync: cut, start: nil)), on: .data)
        let role = learner.zab.roleNumber
        let asked = NewEpoch(epoch: 9, history: History(epoch: 1, last: cut), configurationZxid: Zxid(epoch: 1, counter: 1))
        #expect(learner.hear(2, .newEpoch(asked)).isQuiet)
        #expect(learner.feed(.truncated(to: cut, role: role)).persisted.map(\.accepted) == [9])
        #expect(learner.epochsDurable().ackEpochs.map(\.last) == [cut])
    }

    @Test func aSnapshotReplacesTheLogAndItsConfiguration() {
        let learner = learner(Dialogue.durable(1, accepted: 2, ends: [(1, 2)]))
        let start = Start(zxid: Zxid(epoch: 1, counter: 90), byteCount: 1, digest: 2)
        let zSync = Zxid(epoch: 1, counter: 91)
        let outputs = learner.hear(
            3, .sync(Sync(epoch: 2, mode: .snapshot, truncateTo: .zero, from: start.zxid, zSync: zSync, start: start)), on: .data)
        let connection = learner.data[3]!
        #expect(
            outputs.contains {
                if case .beginSnapshotReceive(connection, start, _, keepLog: false) = $0 { true } else { false }
            })
        #expect(learner.receive([Dialogue.batch(zSync, prev: start.zxid)]).appended.isEmpty)
        let record = ConfigurationRecord(zxid: Zxid(epoch: 1, counter: 50), configuration: Dialogue.founded(3), clusterID: 7)
        let installed = learner.feed(
            .snapshotInstalled(start.zxid, role: learner.zab.roleNumber, configurations: [record]))
        #expect(installed.appended == [zSync])
        #expect(learner.zab.configuration.zxid == record.zxid)
        #expect(learner.zab.commit == start.zxid && learner.zab.applied == start.zxid)
    }

    @Test func aLeaderLostWhileASnapshotComesIsLeftAndTheJournalTold() {
        let learner = learner(Dialogue.durable(1, accepted: 2, ends: [(1, 2)]))
        let start = Start(zxid: Zxid(epoch: 1, counter: 90), byteCount: 1, digest: 2)
        learner.hear(
            3, .sync(Sync(epoch: 2, mode: .snapshot, truncateTo: .zero, from: start.zxid, zSync: start.zxid, start: start)),
            on: .data)
        let role = learner.zab.roleNumber
        let lost = learner.feed(.connectionDown(learner.data[3]!))
        #expect(lost.contains { if case .abortSnapshotReceive(role) = $0 { true } else { false } })
        // Until the journal has answered, the log is neither the old nor the new one.
        let beat = Message.heartbeat(Heartbeat(epoch: 2, commit: .zero, round: 2, sendTime: learner.now))
        #expect(learner.hear(3, beat).dials.isEmpty)
        learner.feed(.snapshotFailed(role: role, reason: "aborted"))
        #expect(learner.hear(3, beat).dials == [3])
    }

    @Test("Rule L6: a follower serves once it has applied what its leader began with and told first")
    func servingWaits() {
        let learner = learner(Dialogue.durable(1, accepted: 2, committed: Zxid(epoch: 1, counter: 2)))
        learner.hear(3, .sync(Sync(epoch: 2, mode: .diff, truncateTo: level, from: level, zSync: level, start: nil)), on: .data)
        learner.hear(3, .newLeader(NewLeader(epoch: 2, zSync: level, commit: .zero, configurationZxid: .zero)), on: .data)
        learner.epochsDurable()
        #expect(learner.zab.role == .following && !learner.zab.isServing)
        let told = learner.hear(3, .heartbeat(Heartbeat(epoch: 2, commit: level, round: 3, sendTime: learner.now)))
        #expect(told.committed == [level] && !learner.zab.isServing)
        learner.feed(.applied(Zxid(epoch: 1, counter: 4)))
        #expect(learner.zab.isServing == false)
        learner.feed(.applied(level))
        #expect(learner.zab.isServing == true)
    }

    @Test("Rule P6: completions of an earlier role, and messages of an earlier connection, change nothing")
    func staleInputs() {
        let follower = Dialogue.follower(Dialogue.durable(1, committed: .zero))
        let a = Zxid(epoch: 2, counter: 1)
        follower.receive([Dialogue.batch(a, prev: level)])
        let oldRole = follower.zab.roleNumber
        let oldData = follower.data[3]!
        follower.feed(.connectionDown(oldData))
        #expect(follower.zab.role == .looking)
        follower.feed(.durable(log: a, role: oldRole))
        follower.join(leader: 3, epoch: 3)
        let cut = Zxid(epoch: 1, counter: 5)
        follower.hear(
            3, .sync(Sync(epoch: 3, mode: .truncateDiff, truncateTo: cut, from: cut, zSync: cut, start: nil)), on: .data)
        let asked = follower.epochsDurable()
        #expect(asked.truncations == [cut])
        let before = follower.zab.counters.staleInputs
        #expect(follower.feed(.truncated(to: cut, role: oldRole)).isQuiet)
        #expect(follower.feed(.durable(log: a, role: oldRole)).isQuiet)
        let late = Message.proposal(Proposal(epoch: 2, commit: a, round: 1, batches: [Dialogue.batch(a, prev: level)]))
        #expect(follower.feed(.received(oldData, late)).isQuiet)
        #expect(follower.zab.counters.staleInputs == before + 3)
        #expect(follower.zab.lastDurable == cut)
    }

    @Test("Rule A4: a batch of an unknown version is refused at receipt, nothing is appended")
    func unknownVersion() {
        let follower = Dialogue.follower()
        let outputs = follower.receive([Dialogue.batch(Zxid(epoch: 2, counter: 1), prev: level, version: 2)])
        #expect(outputs.appended.isEmpty && outputs.causes == [.synchronizationFailed])
    }
}
