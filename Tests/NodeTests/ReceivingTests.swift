// A member that is brought level by a snapshot, on whole members under virtual time: what its clients see, a leader that goes
// away in the middle, a state that was found bad, and memory that stays bounded on a long way.

import Batch
import ClientProtocol
import Handlers
import Journal
import Node
import NodeEnsemble
import StateMachine
import Testing
import Zab

@Suite struct ReceivingTests {
    /// Small segments and early snapshots, so that a little work purges a log.
    private func ensemble(_ count: Int = 3) throws -> VirtualEnsemble {
        let ensemble = try VirtualEnsemble(count)
        ensemble.configure = {
            $0.snapshotLogBytes = 64 << 10
            $0.ringBytes = 16 << 10
        }
        ensemble.configureJournal = {
            $0.segmentSize = 64 << 10
            $0.keptStarts = 2
        }
        return ensemble
    }

    private func serving(_ ensemble: VirtualEnsemble, _ ids: [MemberID]? = nil) throws {
        try ensemble.start(ids)
        #expect(isServing(ensemble, ids))
    }

    private func isServing(_ ensemble: VirtualEnsemble, _ ids: [MemberID]? = nil) -> Bool {
        ensemble.run(within: 3_000) {
            ensemble.members.allSatisfy { !(ids?.contains($0.id) ?? true) || $0.node?.isServing == true }
        }
    }

    private func opened(_ ensemble: VirtualEnsemble, _ member: MemberID) -> VirtualClient {
        let client = ensemble.client(of: member)
        client.connect()
        #expect(ensemble.run(within: 1_000) { client.hasSession })
        return client
    }

    private func write(_ ensemble: VirtualEnsemble, _ client: VirtualClient, _ xids: ClosedRange<Int32>, bytes: Int = 4_000) {
        let data = String(repeating: "d", count: bytes)
        for xid in xids {
            client.set(xid, "/k", "\(xid)\(data)")
            if xid % 16 == 0 { #expect(ensemble.run(within: 1_000) { client.isAnswered(xid) }) }
        }
        #expect(ensemble.run(within: 1_000) { client.isAnswered(xids.upperBound) })
        #expect(client.reply(xids.upperBound)?.error == 0, "\(ensemble.story)")
    }

    private func agree(_ ensemble: VirtualEnsemble) -> Bool {
        ensemble.run(within: 3_000) {
            let up = ensemble.members.compactMap(\.node)
            return up.count == ensemble.members.count && Set(up.map { $0.stateMachine.applied }).count == 1
                && Set(up.map { $0.stateMachine.digest }).count == 1
        }
    }

    private func away(_ ensemble: VirtualEnsemble) throws -> (client: VirtualClient, away: VirtualMember) {
        try serving(ensemble)
        let leader = try #require(ensemble.leader)
        let away = try #require(ensemble.members.first { $0.id != leader.id })
        let client = opened(ensemble, leader.id)
        client.create(1, "/k")
        return (client, away)
    }

    @Test("Rule D6: who was away too long gets a snapshot and closes its clients, whose watches would miss what changed")
    func clientsOfAReplacedState() throws {
        let ensemble = try ensemble()
        let (client, away) = try away(ensemble)
        let watcher = opened(ensemble, away.id)
        watcher.get(1, "/k", watch: true)
        #expect(ensemble.run(within: 500) { watcher.isAnswered(1) })
        ensemble.cut(away.id)
        // Both sides have given each other up, and the clients of the one that is cut off are still there.
        ensemble.run(milliseconds: 700)
        write(ensemble, client, 2...120)
        #expect(!watcher.isClosed)
        ensemble.heal()
        #expect(ensemble.run(within: 3_000) { away.node?.counters.snapshotsInstalled == 1 }, "\(ensemble.story)")
        #expect(watcher.isClosed)
        #expect(watcher.replies.allSatisfy { $0.xid > 0 })
        write(ensemble, client, 121...140)
        #expect(agree(ensemble), "\(ensemble.story)")
        #expect(away.exit == nil)
    }

    @Test("Rules L4, P6: a leader dies while the journal goes over to its snapshot; that is finished, and another one goes on")
    func leaderDiesDuringInstall() throws {
        let ensemble = try ensemble()
        let (client, away) = try away(ensemble)
        ensemble.kill(away.id)
        write(ensemble, client, 2...120)
        try ensemble.start(away)
        #expect(ensemble.run(within: 3_000) { away.commands.contains { if case .installSnapshot = $0 { true } else { false } } })
        away.isDiskStalled = true
        let leader = try #require(ensemble.leader)
        ensemble.kill(leader.id)
        ensemble.run(milliseconds: 20)
        away.isDiskStalled = false
        #expect(ensemble.run(within: 3_000) { ensemble.leader != nil })
        try ensemble.start(leader)
        #expect(isServing(ensemble))
        #expect(agree(ensemble))
        let second = opened(ensemble, away.id)
        second.exists(1, "/k")
        #expect(ensemble.run(within: 500) { second.isAnswered(1) })
        #expect(second.reply(1)?.error == 0)
        #expect(ensemble.members.allSatisfy { $0.exit == nil })
    }

    @Test("Rule D1: pieces of a snapshot that come while the new epoch is made durable wait for it, and none is lost")
    func piecesBeforeTheEpoch() throws {
        let ensemble = try ensemble()
        let (client, away) = try away(ensemble)
        ensemble.kill(away.id)
        write(ensemble, client, 2...120)
        // Another epoch, of which the one that was away has promised nothing.
        let leader = try #require(ensemble.leader)
        ensemble.kill(leader.id)
        try ensemble.start(leader)
        let others = ensemble.members.map(\.id).filter { $0 != away.id }
        #expect(isServing(ensemble, others))
        try ensemble.start(away)
        away.isDiskStalled = true
        ensemble.run(milliseconds: 200)
        #expect(away.commands.contains { if case .persistEpochs = $0 { true } else { false } }, "\(ensemble.story)")
        away.isDiskStalled = false
        #expect(ensemble.run(within: 2_000) { away.node?.counters.snapshotsInstalled == 1 }, "\(ensemble.story)")
        #expect(!away.log.contains { $0.contains("broken") }, "\(away.log)")
        #expect(agree(ensemble))
    }

    @Test("Rule A3: a member whose state was found bad stops, comes back through a snapshot over its own log, and is sound again")
    func badState() throws {
        let ensemble = try ensemble()
        let liar: MemberID = 1
        let lie = Lie()
        ensemble.handlers = { id in [LyingHandler(id == liar ? lie : Lie())] }
        try serving(ensemble)
        let leader = try #require(ensemble.leader)
        #expect(leader.id != liar)
        let client = opened(ensemble, leader.id)
        client.create(1, "/k")
        lie.isTold = true
        client.request(2, LyingHandler.write)
        #expect(ensemble.run(within: 500) { client.isAnswered(2) })
        // The liar applies it a moment after the leader has answered.
        ensemble.run(milliseconds: 20)
        lie.isTold = false
        let member = ensemble.member(liar)
        write(ensemble, client, 3...1_200, bytes: 10)
        #expect(ensemble.run(within: 500) { member.exit?.code == 75 }, "\(ensemble.story)")
        write(ensemble, client, 1_201...1_300, bytes: 10)

        try #require(!member.isUp)
        try ensemble.start(member)
        #expect(isServing(ensemble), "\(ensemble.story)")
        #expect(member.node?.counters.snapshotsInstalled == 1)
        #expect(agree(ensemble))
        // The mark is gone: own snapshots are starts again, and a restart needs none of a leader's.
        write(ensemble, client, 1_301...1_400)
        #expect(ensemble.run(within: 2_000) { (member.node?.counters.snapshotsTaken ?? 0) >= 1 })
        ensemble.kill(liar)
        try ensemble.start(member)
        #expect(isServing(ensemble))
        #expect(agree(ensemble))
        #expect(member.node?.counters.snapshotsInstalled == 0)
    }

    @Test("Rule B1: a long way to catch up is applied from the log; the memory holds a bounded part of it")
    func backlogInTheLog() throws {
        let ensemble = try ensemble()
        ensemble.configure = {
            $0.backlogBytes = 64 << 10
            $0.ringBytes = 16 << 10
        }
        let (client, away) = try away(ensemble)
        ensemble.kill(away.id)
        write(ensemble, client, 2...120)
        try ensemble.start(away)
        #expect(isServing(ensemble))
        #expect(agree(ensemble))
        #expect((away.node?.counters.backlogPieces ?? 0) > 0)
        #expect(away.node?.counters.snapshotsInstalled == 0)
    }

    @Test("Rule B1: a member whose disk does not follow takes in no more than its bound; the others go on, and it comes level")
    func slowDisk() throws {
        let ensemble = try ensemble()
        ensemble.configure = {
            $0.unflushedBytes = 64 << 10
            $0.ringBytes = 64 << 10
        }
        let (client, away) = try away(ensemble)
        #expect(ensemble.run(within: 500) { client.isAnswered(1) })
        away.isDiskStalled = true
        write(ensemble, client, 2...120)
        let waiting = away.commands.reduce(0) { if case .append(let batch, _, _) = $1 { $0 + batch.byteCount } else { $0 } }
        #expect(waiting > 0 && waiting < 256 << 10)
        #expect((away.node?.counters.peerPauses ?? 0) > 0)
        away.isDiskStalled = false
        #expect(agree(ensemble))
        #expect(away.node?.counters.snapshotsInstalled == 0)
    }

    @Test("Rule G6: members that come one after another are bound and serve, whatever they find in the log at once")
    func oneAfterAnother() throws {
        let ensemble = try ensemble(5)
        try serving(ensemble, [1, 2, 3])
        try serving(ensemble, [4])
        ensemble.run(milliseconds: 200)
        try serving(ensemble, [5])
        #expect(isServing(ensemble))
        let leader = try #require(ensemble.leader)
        ensemble.kill(leader.id)
        #expect(ensemble.run(within: 3_000) { ensemble.leader != nil })
        try ensemble.start(leader)
        #expect(isServing(ensemble))
    }

    @Test("Rule F7: a wiped member and one that was never there found no second ensemble beside the one that holds everything")
    func noSecondFounding() throws {
        let ensemble = try ensemble()
        try serving(ensemble, [1, 3])
        let client = opened(ensemble, 3)
        client.create(1, "/kept")
        #expect(ensemble.run(within: 500) { client.reply(1)?.error == 0 })
        ensemble.kill(1)
        ensemble.member(1).disk.wipe()
        try ensemble.start([1, 2])
        // The one that has everything can't go on alone; the two that have nothing do not go on without it.
        #expect(ensemble.run(within: 2_000) { ensemble.leader == nil }, "\(ensemble.story)")
        #expect(!ensemble.run(within: 4_000) { ensemble.leader != nil }, "\(ensemble.story)")
        #expect(ensemble.member(2).log.contains { $0.contains("founds no other") })
        #expect(ensemble.members.allSatisfy { $0.exit == nil })
    }

    @Test("A log with requests of a handler is refused by a program that has none")
    func handlersBelongToTheLog() throws {
        let ensemble = try ensemble(1)
        ensemble.handlers = { _ in [LyingHandler(Lie())] }
        try serving(ensemble)
        let client = opened(ensemble, 1)
        client.request(1, LyingHandler.write)
        #expect(ensemble.run(within: 500) { client.isAnswered(1) })
        ensemble.kill(1)
        ensemble.handlers = { _ in [] }
        #expect(throws: StartError.self) { try ensemble.start() }
        ensemble.handlers = { _ in [LyingHandler(Lie())] }
        try serving(ensemble)
    }

    @Test("A snapshot whose transfer breaks off goes on where it stopped, however often")
    func resumedSnapshot() throws {
        let ensemble = try ensemble()
        let (client, away) = try away(ensemble)
        ensemble.kill(away.id)
        let data = String(repeating: "d", count: 500_000)
        for xid in Int32(2)...25 {
            client.create(xid, "/large-\(xid)", data)
            #expect(ensemble.run(within: 1_000) { client.isAnswered(xid) })
        }
        // Read back, too: only then the log behind it may go.
        ensemble.run(milliseconds: 3_000)
        let leader = try #require(ensemble.leader?.node)
        let size = UInt64(leader.stateMachine.approximateDataSize)
        try ensemble.start(away)
        var breaks = 0
        for _ in 0..<4 {
            let before = leader.counters.snapshotBytesSent
            guard ensemble.run(within: 3_000, until: { leader.counters.snapshotBytesSent >= before + 2 << 20 }) else { break }
            ensemble.breakLinks(away.id, ensemble.leader?.id ?? 0)
            breaks += 1
        }
        #expect(ensemble.run(within: 5_000) { away.node?.counters.snapshotsInstalled == 1 }, "\(ensemble.story)")
        let sent = leader.counters.snapshotBytesSent
        print("a snapshot of \(size >> 20) MiB, broken off \(breaks) times: \(sent >> 20) MiB were sent")
        #expect(breaks == 4 && leader.counters.snapshotsResumed == 4)
        // What was on its way each time comes again, four MiB at most.
        #expect(sent < size + UInt64(breaks) * (5 << 20))
        #expect(agree(ensemble), "\(ensemble.story)")
    }

    @Test("A snapshot is sent at the rate that is allowed, and no faster")
    func throttledSnapshot() throws {
        let ensemble = try ensemble()
        let earlier = ensemble.configure
        ensemble.configure = {
            earlier(&$0)
            $0.snapshotSendRate = 20 << 20
        }
        let (client, away) = try away(ensemble)
        ensemble.kill(away.id)
        let data = String(repeating: "d", count: 500_000)
        for xid in Int32(2)...25 {
            client.create(xid, "/large-\(xid)", data)
            #expect(ensemble.run(within: 1_000) { client.isAnswered(xid) })
        }
        ensemble.run(milliseconds: 3_000)
        try ensemble.start(away)
        let begin = ensemble.now
        #expect(ensemble.run(within: 5_000) { away.node?.counters.snapshotsInstalled == 1 }, "\(ensemble.story)")
        let took = Double(ensemble.now - begin) / 1e9
        let bytes = Double(ensemble.leader?.node?.counters.snapshotBytesSent ?? 0)
        print("a snapshot of \(Int(bytes) >> 20) MiB at 20 MiB/s took \(took) s")
        #expect(bytes > 10e6 && took > bytes / Double(20 << 20) * 0.85)
    }

    @Test("A client whose sync is confirmed and not yet applied is closed when the leader is lost")
    func syncOfALostLeader() throws {
        let ensemble = try ensemble()
        let (client, other) = try away(ensemble)
        #expect(ensemble.run(within: 500) { client.isAnswered(1) })
        let asking = opened(ensemble, other.id)
        other.isDiskStalled = true
        client.set(2, "/k", "x")
        #expect(ensemble.run(within: 500) { client.isAnswered(2) })
        asking.sync(1)
        ensemble.run(milliseconds: 100)
        #expect(!asking.isAnswered(1))
        ensemble.kill(try #require(ensemble.leader).id)
        #expect(ensemble.run(within: 1_000) { asking.isClosed })
    }
}

/// Whether a handler answers with something that the others do not.
private final class Lie {
    var isTold = false
}

/// Breaks determinism when told to.
private final class LyingHandler: RequestHandler {
    static let write: Int32 = 1200

    let writes = LyingHandler.write...LyingHandler.write
    let queries: ClosedRange<Int32> = 1201...1201
    let tables = [TableShape(words: 1)]
    private let lie: Lie

    init(_ lie: Lie) { self.lie = lie }

    func apply(_ requests: inout RequestSegment) {
        while requests.next() {
            let row = requests.tables[0].insert()
            requests.tables[0][row, 0] = lie.isTold ? 1 : 0
        }
    }

    func query(_ requests: inout RequestSegment) { while requests.next() {} }
}
