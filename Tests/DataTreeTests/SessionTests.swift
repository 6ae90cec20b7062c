// Sessions as replicated state: who owns one, what another owner's requests come to, and what closing takes along.

import ApplyHarness
import Batch
import ClientProtocol
import DataTree
import Handlers
import StateMachine
import Testing

@Suite struct SessionTests {
    @Test func creation() {
        let a = Applier()
        #expect(a.openSession(5, timeout: 4000) == 0)
        #expect(a.lastSession == .created(id: 5, timeout: 4000))
        #expect(a.machine.session(5) == SessionInfo(id: 5, timeout: 4000, ownerServer: 1, ownerRun: 7))
        #expect(a.openSession(5) == ErrorCode.nodeExists)
        for id in [0, Int64.min, -1] as [Int64] { #expect(a.openSession(id) == ErrorCode.badArguments) }
        #expect(a.openSession(6, timeout: 0) == ErrorCode.badArguments)
        #expect(a.apply(OpCode.createSession, session: 6, [1]).error == ErrorCode.marshallingError)
        #expect(a.machine.sessionCount == 1)
    }

    @Test("Rule S3: behind an applied closeSession nothing of that session changes anything")
    func closedSessionsAreSilent() {
        let a = Applier()
        a.openSession(5)
        a.apply(OpCode.create, session: 5, Body.create("/t"))
        #expect(a.apply(OpCode.closeSession, session: 5, []).error == 0)
        #expect(a.lastSession == .closed(id: 5))
        let before = a.machine.wholeDigest()
        for (type, body) in [
            (OpCode.create, Body.create("/x")), (OpCode.setData, Body.setData("/t", [1])), (OpCode.delete, Body.versioned("/t")),
            (OpCode.setACL, Body.setACL("/t", Body.open)), (OpCode.multi, Body.multi([(OpCode.create, Body.create("/x"))])),
            (OpCode.attachSession, Body.timeout(1)), (OpCode.closeSession, []), (OpCode.closeSession, [1]),
        ] {
            #expect(a.apply(type, session: 5, body).error == ErrorCode.sessionExpired)
            #expect(a.lastSession == nil)
        }
        #expect(a.machine.wholeDigest() == before)
    }

    @Test func onlyTheOwnerMayWrite() {
        let a = Applier()
        a.openSession(5)
        a.origin.run = 8
        #expect(a.apply(OpCode.create, session: 5, Body.create("/t")).error == ErrorCode.sessionMoved)
        #expect(a.apply(OpCode.closeSession, session: 5, []).error == ErrorCode.sessionMoved)
        #expect(a.apply(OpCode.attachSession, session: 5, Body.timeout(6000)).error == 0)
        #expect(a.lastSession == .attached(id: 5, timeout: 6000, previousServer: 1, previousRun: 7))
        #expect(a.machine.session(5) == SessionInfo(id: 5, timeout: 6000, ownerServer: 1, ownerRun: 8))
        #expect(a.apply(OpCode.create, session: 5, Body.create("/t")).error == 0)
        a.origin = Origin(server: 2, run: 8, seq: 0)
        #expect(a.apply(OpCode.delete, session: 5, Body.versioned("/t")).error == ErrorCode.sessionMoved)
        // The leader's expiry needs no ownership.
        #expect(a.apply(OpCode.closeSession, session: 5, [1]).error == 0)
        #expect(a.machine.sessionCount == 0)
    }

    @Test("Rule S1: ephemerals go only with a closeSession record, in creation order")
    func ephemerals() {
        let a = Applier()
        a.openSession(5)
        a.openSession(6)
        a.apply(OpCode.create, session: 5, Body.create("/dir"))
        for name in ["c", "a", "d", "b"] {
            a.apply(OpCode.create, session: 5, Body.create("/dir/\(name)", flags: CreateMode.ephemeral))
        }
        a.apply(OpCode.create, session: 6, Body.create("/dir/other", flags: CreateMode.ephemeral))
        a.apply(OpCode.delete, session: 6, Body.versioned("/dir/d"))
        #expect(a.machine.ephemeralCount == 4)
        for name in ["a", "b", "c"] { a.read(OpCode.exists, Body.watched("/dir/\(name)", watch: true)) }
        a.read(OpCode.getChildren, connection: 2, Body.watched("/dir", watch: true))
        a.apply(OpCode.attachSession, session: 5, Body.timeout(100))
        #expect(a.machine.ephemeralCount == 4)
        let closed = a.apply(OpCode.closeSession, session: 5, [])
        #expect(
            closed.events == [
                .init(1, EventType.nodeDeleted, "/dir/c"), .init(2, EventType.nodeChildrenChanged, "/dir"),
                .init(1, EventType.nodeDeleted, "/dir/a"), .init(1, EventType.nodeDeleted, "/dir/b"),
            ])
        #expect(a.read(OpCode.getChildren, Body.watched("/dir")).names == ["other"])
        let stat = a.read(OpCode.exists, Body.watched("/dir")).stat
        #expect(stat.pzxid == a.zxid.wire && stat.cversion == 9 && stat.numChildren == 1)
        #expect(a.machine.ephemeralCount == 1)
    }
}
