// Snapshots taken while records go on being applied: what comes back is the state at the snapshot's zxid, to the last row, and
// goes on from there as the original did.

import ApplyHarness
import Batch
import ClientProtocol
import DataTree
import Handlers
import Jute
import StateMachine
import Testing

@Suite struct SnapshotTests {
    private func grown(_ work: inout RandomWork, _ count: Int) -> Applier {
        let a = Applier(handlers: [LedgerHandler()])
        a.apply(OpCode.founding, Body.founding())
        for session in 1...5 { a.openSession(Int64(session)) }
        for _ in 0..<count { step(a, &work) }
        return a
    }

    /// One request of the tree, and now and then one for the handler.
    private func step(_ a: Applier, _ work: inout RandomWork) {
        let request = work.next()
        a.apply(request)
        if request.head.origin.seq % 7 == 0 {
            a.apply(LedgerHandler.write, session: request.head.session, Body.setData("book", request.body))
        }
    }

    private func whole(_ machine: StateMachine) -> [UInt8] {
        var bytes = ByteBuffer()
        machine.beginSnapshot()
        while !machine.encodeSnapshotRows(budgetBytes: 1 << 16, into: &bytes) {}
        return [UInt8](bytes.bytes)
    }

    /// Restores into a machine of its own, in pieces of `piece` bytes.
    private func restored(_ bytes: [UInt8], piece: Int = Int.max) throws(SnapshotError) -> Applier {
        let b = Applier(handlers: [LedgerHandler()])
        b.machine.restoreBegin(bytes: bytes.count)
        var offset = 0
        while offset < bytes.count {
            let end = bytes.count - offset > piece ? offset + piece : bytes.count
            try b.machine.restore(chunk: bytes.span.bytes.extracting(offset..<end))
            offset = end
        }
        try b.machine.restoreEnd()
        b.epoch = b.machine.applied.epoch
        b.counter = b.machine.applied.counter
        return b
    }

    @Test(
        "Rule P4: a state restored at z and the records behind z give the state of the log",
        arguments: [1, 7, 200, 4000, 1 << 20])
    func whileRecordsGoOn(budget: Int) throws {
        var work = RandomWork(seed: UInt64(budget))
        let a = grown(&work, 1500)
        for round in 0..<3 {
            let (zxid, digest, state) = (a.zxid, a.machine.digest, a.machine.wholeDigest())
            let (nodes, size, ephemerals) = (a.machine.nodeCount, a.machine.approximateDataSize, a.machine.ephemeralCount)
            var behind = work
            var bytes = ByteBuffer()
            a.machine.beginSnapshot()
            #expect(a.machine.isEncodingSnapshot)
            var steps = 0
            while !a.machine.encodeSnapshotRows(budgetBytes: budget, into: &bytes) {
                for _ in 0..<1 + round { step(a, &work) }
                steps += 1 + round
            }
            #expect(!a.machine.isEncodingSnapshot)
            let b = try restored([UInt8](bytes.bytes), piece: round == 0 ? 1 : 977)
            #expect(b.machine.applied == zxid && b.machine.digest == digest && b.machine.wholeDigest() == state)
            #expect(
                b.machine.nodeCount == nodes && b.machine.approximateDataSize == size && b.machine.ephemeralCount == ephemerals)
            #expect(b.machine.founding == a.machine.founding && b.machine.configuration == a.machine.configuration)
            for _ in 0..<steps { step(b, &behind) }
            #expect(
                b.zxid == a.zxid && b.machine.digest == a.machine.digest && b.machine.wholeDigest() == a.machine.wholeDigest())
        }
    }

    @Test func answersAreTheSame() throws {
        var work = RandomWork(seed: 99)
        let a = grown(&work, 1500)
        let b = try restored(whole(a.machine))
        var pending = ["/"]
        var seen = 0
        a.identities = Body.identities([(IdentityScheme.superuser, [])])
        b.identities = a.identities
        while let path = pending.popLast() {
            for type in [OpCode.getData, OpCode.getChildren2] {
                #expect(a.read(type, Body.watched(path)) == b.read(type, Body.watched(path)))
            }
            #expect(a.read(OpCode.getACL, Body.path(path)) == b.read(OpCode.getACL, Body.path(path)))
            pending += a.read(OpCode.getChildren, Body.watched(path)).names.map { path == "/" ? "/" + $0 : path + "/" + $0 }
            seen += 1
        }
        #expect(seen == a.machine.nodeCount - 1)
        let queries = Body.path("book")
        #expect(a.read(LedgerHandler.query, queries) == b.read(LedgerHandler.query, queries))
        #expect(
            a.machine.handlerDigest(operation: LedgerHandler.write) == b.machine.handlerDigest(operation: LedgerHandler.write))
        var sessions: [Int64] = []
        b.machine.forEachSession { id, timeout, server, run in
            #expect(a.machine.session(id) == SessionInfo(id: id, timeout: timeout, ownerServer: server, ownerRun: run))
            sessions.append(id)
        }
        #expect(sessions.count == a.machine.sessionCount)
    }

    @Test func givenUpAndTakenAgain() throws {
        var work = RandomWork(seed: 5)
        let a = grown(&work, 400)
        var bytes = ByteBuffer()
        a.machine.beginSnapshot()
        _ = a.machine.encodeSnapshotRows(budgetBytes: 500, into: &bytes)
        for _ in 0..<50 { step(a, &work) }
        a.machine.abandonSnapshot()
        for _ in 0..<50 { step(a, &work) }
        let b = try restored(whole(a.machine))
        #expect(b.machine.wholeDigest() == a.machine.wholeDigest())
        // Restoring over a state that is already there forgets it.
        let empty = whole(Applier(handlers: [LedgerHandler()]).machine)
        b.machine.restoreBegin(bytes: empty.count)
        try b.machine.restore(chunk: empty.span.bytes)
        try b.machine.restoreEnd()
        #expect(b.machine.nodeCount == 5 && b.machine.sessionCount == 0 && b.machine.founding == nil)
    }

    @Test("Rule B1: rows that the snapshot is too short for get no memory, whatever its tables announce")
    func announcedRows() throws {
        var work = RandomWork(seed: 5)
        var bytes = whole(grown(&work, 50).machine)
        // Behind the head come the tables, 24 bytes each: length, kind 3, table, number, rows, ...
        let table = 4 + 44
        #expect(bytes[table + 4] == 3)
        for place in 0..<4 { bytes[table + 12 + place] = place == 0 ? 0xf0 : 0xff }
        let error = try #require(throws: SnapshotError.self) { try restored(bytes) }
        #expect(error.description.contains("announces 4294967279 rows, for which the snapshot is too short"))
    }

    @Test("Rule B1: what is encoded early because it changes goes out by the budget, and what comes back is the state")
    func piecesOfTheBudget() throws {
        var work = RandomWork(seed: 31)
        let a = grown(&work, 6000)
        let (digest, state) = (a.machine.digest, a.machine.wholeDigest())
        a.machine.beginSnapshot()
        // The disk takes nothing for a while.
        for _ in 0..<6000 { step(a, &work) }
        var all: [UInt8] = []
        var largest = 0
        var isDone = false
        while !isDone {
            var piece = ByteBuffer()
            isDone = a.machine.encodeSnapshotRows(budgetBytes: 8192, into: &piece)
            largest = max(largest, piece.count)
            all += piece.bytes
            step(a, &work)
        }
        #expect(all.count > 10 * 8192)
        // The head, and the end behind the last piece.
        #expect(largest <= 8192 + 48 + 28)
        let b = try restored(all)
        #expect(b.machine.digest == digest && b.machine.wholeDigest() == state)
    }

    @Test("Rule B1: when more waits than may, the snapshot is given up and a later one is whole")
    func overfull() throws {
        var work = RandomWork(seed: 32)
        let a = grown(&work, 3000)
        a.machine.snapshotBacklogLimit = 20_000
        a.machine.beginSnapshot()
        var bytes = ByteBuffer()
        _ = a.machine.encodeSnapshotRows(budgetBytes: 1000, into: &bytes)
        #expect(!a.machine.snapshotIsOverfull)
        var steps = 0
        while !a.machine.snapshotIsOverfull, steps < 5000 {
            step(a, &work)
            steps += 1
        }
        #expect(a.machine.snapshotIsOverfull)
        for _ in 0..<100 { step(a, &work) }
        a.machine.abandonSnapshot()
        #expect(!a.machine.snapshotIsOverfull && !a.machine.isEncodingSnapshot)
        a.machine.snapshotBacklogLimit = 1 << 20
        let b = try restored(whole(a.machine))
        #expect(b.machine.wholeDigest() == a.machine.wholeDigest())
    }

    /// Damage is named, never trapped on: every byte changed, every length cut.
    @Test func damage() throws {
        let a = Applier(handlers: [LedgerHandler()])
        a.openSession()
        a.apply(OpCode.create, Body.create("/a", [1, 2, 3], flags: CreateMode.ephemeral))
        a.apply(OpCode.create, Body.create("/b", nil))
        a.apply(OpCode.delete, Body.versioned("/b"))
        let bytes = whole(a.machine)
        let headEnd = 48
        for place in headEnd..<bytes.count {
            var damaged = bytes
            damaged[place] ^= 0x41
            #expect(throws: SnapshotError.self, "byte \(place)") { _ = try restored(damaged) }
        }
        for place in 0..<headEnd {
            var damaged = bytes
            damaged[place] ^= 0x41
            _ = try? restored(damaged)
        }
        for length in stride(from: 0, to: bytes.count, by: 3) {
            #expect(throws: SnapshotError.self) { _ = try restored(Array(bytes[0..<length])) }
        }
        #expect(throws: SnapshotError.self) { _ = try restored(bytes + [0, 0, 0, 8, 1, 2, 3, 4]) }
        // A snapshot of a server with other handlers is refused by name.
        #expect(throws: SnapshotError.self) { _ = try restored(whole(Applier().machine)) }
    }
}
