// Watches: which change fires what and in which order, that each fires once, who is told, and what setWatches does for every
// case.

import ApplyHarness
import Batch
import ClientProtocol
import DataTree
import Handlers
import StateMachine
import Testing

@Suite struct WatchTests {
    private func started() -> Applier {
        let applier = Applier()
        #expect(applier.openSession() == 0)
        applier.apply(OpCode.create, Body.create("/t"))
        return applier
    }

    @Test func createFiresCreatedThenChildren() {
        let a = started()
        #expect(a.read(OpCode.exists, connection: 5, Body.watched("/t/x", watch: true)).error == ErrorCode.noNode)
        a.read(OpCode.getChildren, connection: 6, Body.watched("/t", watch: true))
        let made = a.apply(OpCode.create, Body.create("/t/x"))
        #expect(made.events == [.init(5, EventType.nodeCreated, "/t/x"), .init(6, EventType.nodeChildrenChanged, "/t")])
        #expect(a.apply(OpCode.create, Body.create("/t/y")).events == [])
        #expect(a.machine.watchCount == 0)
    }

    @Test func dataWatchesFireOnce() {
        let a = started()
        for connection in [3, 1, 2] as [UInt64] {
            a.read(OpCode.getData, connection: connection, Body.watched("/t", watch: true))
        }
        // Registered twice is registered once.
        a.read(OpCode.exists, connection: 3, Body.watched("/t", watch: true))
        #expect(a.machine.watchCount == 3)
        let events = a.apply(OpCode.setData, Body.setData("/t", [1])).events
        #expect(events == [3, 1, 2].map { .init($0, EventType.nodeDataChanged, "/t") })
        #expect(a.apply(OpCode.setData, Body.setData("/t", [2])).events == [])
        // A failing write fires nothing, and neither does setACL.
        a.read(OpCode.getData, Body.watched("/t", watch: true))
        #expect(a.apply(OpCode.setData, Body.setData("/t", [2], version: 99)).events == [])
        #expect(a.apply(OpCode.setACL, Body.setACL("/t", Body.open)).events == [])
        #expect(a.machine.watchCount == 1)
    }

    @Test func deleteTellsEachConnectionOnce() {
        let a = started()
        a.apply(OpCode.create, Body.create("/t/x"))
        a.read(OpCode.getChildren, connection: 1, Body.watched("/t/x", watch: true))
        a.read(OpCode.getData, connection: 2, Body.watched("/t/x", watch: true))
        a.read(OpCode.getChildren, connection: 2, Body.watched("/t/x", watch: true))
        a.read(OpCode.getChildren, connection: 2, Body.watched("/t", watch: true))
        let events = a.apply(OpCode.delete, Body.versioned("/t/x")).events
        #expect(
            events == [
                .init(2, EventType.nodeDeleted, "/t/x"), .init(1, EventType.nodeDeleted, "/t/x"),
                .init(2, EventType.nodeChildrenChanged, "/t"),
            ])
        #expect(a.machine.watchCount == 0)
    }

    @Test func failedReadsRegisterNothing() {
        let a = started()
        a.apply(OpCode.create, Body.create("/secret", acl: [(Permission.write, "world", "anyone")]))
        for type in [OpCode.getData, OpCode.getChildren, OpCode.exists] { a.read(type, Body.watched("/secret", watch: true)) }
        for type in [OpCode.getData, OpCode.getChildren] { a.read(type, Body.watched("/none", watch: true)) }
        #expect(a.machine.watchCount == 0)
    }

    /// Whoever may not read a znode is not told of its changes, yet a one-shot watch is used up.
    @Test func eventsAreFilteredByTheList() {
        let a = started()
        let ann = Body.identities([(IdentityScheme.digest, Array("ann:1".utf8))])
        a.identities = ann
        a.read(OpCode.getData, connection: 1, Body.watched("/t", watch: true))
        a.identities = []
        a.read(OpCode.getData, connection: 2, Body.watched("/t", watch: true))
        a.read(OpCode.exists, connection: 3, Body.watched("/t", watch: true))
        a.identities = ann
        a.apply(OpCode.setACL, Body.setACL("/t", [(Permission.all, "auth", "")]))
        a.machine.setIdentities(connection: 3, ann.span.bytes)
        let events = a.apply(OpCode.setData, Body.setData("/t", [1])).events
        #expect(events == [.init(1, EventType.nodeDataChanged, "/t"), .init(3, EventType.nodeDataChanged, "/t")])
        #expect(a.machine.watchCount == 0)
    }

    @Test func setWatchesRows() {
        let a = started()
        let seen = a.zxid.wire
        a.apply(OpCode.create, Body.create("/kept"))
        let kept = a.zxid.wire
        a.apply(OpCode.setData, Body.setData("/t", [1]))
        a.apply(OpCode.create, Body.create("/t/x"))
        func set(_ body: [UInt8]) -> [Answer.Event] {
            a.machine.dropWatches(connection: 1)
            let answer = a.read(OpCode.setWatches, body)
            #expect(answer.error == 0 && answer.body == [])
            return answer.events
        }
        #expect(set(Body.setWatches(seen, data: ["/none"])) == [.init(1, EventType.nodeDeleted, "/none")])
        #expect(set(Body.setWatches(seen, data: ["/t"])) == [.init(1, EventType.nodeDataChanged, "/t")])
        #expect(a.machine.watchCount == 0)
        #expect(set(Body.setWatches(kept, data: ["/kept"])) == [])
        #expect(a.machine.watchCount == 1)
        #expect(set(Body.setWatches(seen, exist: ["/none"])) == [])
        #expect(a.machine.watchCount == 1)
        #expect(set(Body.setWatches(seen, exist: ["/kept"])) == [.init(1, EventType.nodeCreated, "/kept")])
        #expect(set(Body.setWatches(seen, child: ["/none"])) == [.init(1, EventType.nodeDeleted, "/none")])
        #expect(set(Body.setWatches(seen, child: ["/t"])) == [.init(1, EventType.nodeChildrenChanged, "/t")])
        #expect(set(Body.setWatches(a.zxid.wire, child: ["/t"])) == [])
        #expect(a.machine.watchCount == 1)
        // Lists are worked off in order.
        let all = set(Body.setWatches(seen, data: ["/t", "/none"], exist: ["/kept"], child: ["/t"]))
        #expect(
            all.map { $0.type } == [
                EventType.nodeDataChanged, EventType.nodeDeleted, EventType.nodeCreated, EventType.nodeChildrenChanged,
            ])
        #expect(a.read(OpCode.setWatches, [1, 2]).error == ErrorCode.marshallingError)
    }

    @Test func connectionsGoWithAllTheirWatches() {
        let a = started()
        for i in 0..<50 { a.read(OpCode.exists, connection: UInt64(1 + i % 2), Body.watched("/t/\(i)", watch: true)) }
        a.read(OpCode.getData, connection: 1, Body.watched("/t", watch: true))
        a.read(OpCode.getData, connection: 2, Body.watched("/t", watch: true))
        a.machine.dropWatches(connection: 1)
        a.machine.dropWatches(connection: 9)
        #expect(a.machine.watchCount == 26)
        #expect(a.apply(OpCode.setData, Body.setData("/t", [1])).events == [.init(2, EventType.nodeDataChanged, "/t")])
        a.machine.dropWatches(connection: 2)
        #expect(a.machine.watchCount == 0 && a.machine.tree.watches.pathCount == 0 && a.machine.tree.watches.connectionCount == 0)
    }

    /// A cap is reported as an error, never by silence.
    @Test func caps() {
        let a = started()
        a.machine.tree.watches.limits.total = 2
        #expect(a.read(OpCode.getData, Body.watched("/t", watch: true)).error == 0)
        #expect(a.read(OpCode.getChildren, Body.watched("/t", watch: true)).error == 0)
        a.read(OpCode.exists, Body.watched("/t/a", watch: true))
        #expect(a.read(OpCode.exists, Body.watched("/t/b", watch: true)).error == ErrorCode.systemError)
        a.machine.dropWatches(connection: 1)
        a.machine.tree.watches.limits.total = 100
        a.machine.tree.watches.limits.bytesPerConnection = 10
        #expect(a.read(OpCode.exists, Body.watched("/t/1234", watch: true)).error == ErrorCode.noNode)
        #expect(a.read(OpCode.exists, Body.watched("/t/5678", watch: true)).error == ErrorCode.systemError)
        #expect(a.read(OpCode.exists, connection: 2, Body.watched("/t/5678", watch: true)).error == ErrorCode.noNode)
    }
}
