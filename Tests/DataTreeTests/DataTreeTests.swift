// The order of checks of every write, as clients see it when several things are wrong at once, and the figures of a fresh tree.

import ApplyHarness
import Batch
import ClientProtocol
import DataTree
import Handlers
import StateMachine
import Testing

@Suite struct WriteCheckTests {
    private func started() -> Applier {
        let applier = Applier()
        #expect(applier.openSession() == 0)
        return applier
    }

    @Test func createChecks() {
        let a = started()
        let open = Body.open
        func create(_ path: String, acl: Body.ACL? = open, flags: Int32 = 0) -> Int32 {
            a.apply(OpCode.create, Body.create(path, acl: acl, flags: flags)).error
        }
        #expect(create("/t") == 0)
        #expect(create("/") == ErrorCode.nodeExists)
        for path in [
            "", "abc", "/t/", "/t/..", "/t/.", "/t/a\u{1}", "/t/a\u{0}b", "/t/\u{7f}", "/t/\u{e000}", "/t/😀", "/t/\u{fff0}",
        ] {
            #expect(create(path) == ErrorCode.badArguments, "\(path)")
        }
        #expect(create("/t//x") == ErrorCode.noNode)
        #expect(create("/none/x") == ErrorCode.noNode)
        #expect(create("/t/ü€") == 0)
        // A bad access list beats a missing parent, a bad flag beats both.
        #expect(create("/none/x", acl: nil) == ErrorCode.invalidACL)
        #expect(create("/none/x", acl: []) == ErrorCode.invalidACL)
        #expect(create("/none/x", acl: [(31, "world", "someone")]) == ErrorCode.invalidACL)
        #expect(create("/none/x", acl: [(31, "auth", "")]) == ErrorCode.invalidACL)
        #expect(create("/none/x", acl: nil, flags: 9) == ErrorCode.badArguments)
        #expect(create("/t/x", flags: -1) == ErrorCode.badArguments)
        #expect(create("/t/x", flags: CreateMode.container) == ErrorCode.badArguments)
        #expect(create("/t/x", flags: CreateMode.persistentTTL) == ErrorCode.unimplemented)
        #expect(create("/t") == ErrorCode.nodeExists)
        // The suffix makes "..": legal.
        #expect(create("/t/..", flags: CreateMode.persistentSequential) == 0)
        let last = a.apply(OpCode.create, Body.create("/t/", flags: CreateMode.persistentSequential))
        #expect(last.path == "/t/0000000002")
        #expect(create("/eph", flags: CreateMode.ephemeral) == 0)
        #expect(create("/eph/x") == ErrorCode.noChildrenForEphemerals)
        #expect(a.apply(OpCode.create, session: 99, Body.create("/x")).error == ErrorCode.sessionExpired)
        #expect(a.apply(OpCode.create, [0, 0, 0, 9]).error == ErrorCode.marshallingError)
        #expect(a.apply(OpCode.create, [0xff, 0xff, 0xff, 0xff]).error == ErrorCode.marshallingError)
    }

    @Test func createNeedsTheRightOnTheParent() {
        let a = started()
        #expect(a.apply(OpCode.create, Body.create("/r", acl: [(Permission.read, "world", "anyone")])).error == 0)
        #expect(a.apply(OpCode.create, Body.create("/r/x")).error == ErrorCode.noAuth)
        #expect(a.apply(OpCode.create, Body.create("/r/..")).error == ErrorCode.noAuth)
        #expect(a.apply(OpCode.create, Body.create("/r/x", acl: [])).error == ErrorCode.invalidACL)
    }

    @Test func deleteChecks() {
        let a = started()
        a.apply(OpCode.create, Body.create("/t"))
        a.apply(OpCode.create, Body.create("/t/x"))
        func delete(_ path: String, _ version: Int32 = -1) -> Int32 {
            a.apply(OpCode.delete, Body.versioned(path, version: version)).error
        }
        for path in ["/", "/zookeeper", "/zookeeper/quota", "/zookeeper/config", "", "t", "/t\u{0}"] {
            #expect(delete(path) == ErrorCode.badArguments, "\(path)")
        }
        #expect(delete("/none/x") == ErrorCode.noNode)
        #expect(delete("/t/y") == ErrorCode.noNode)
        #expect(delete("/t/x/") == ErrorCode.noNode)
        #expect(delete("/t", 7) == ErrorCode.badVersion)
        #expect(delete("/t") == ErrorCode.notEmpty)
        #expect(delete("/t/x", 0) == 0)
        #expect(delete("/t") == 0)
        // The right is the parent's; what the znode's own list says does not matter.
        a.apply(OpCode.create, Body.create("/p", acl: [(Permission.create | Permission.read, "world", "anyone")]))
        #expect(a.apply(OpCode.create, Body.create("/p/x")).error == 0)
        #expect(delete("/p/x") == ErrorCode.noAuth)
        #expect(delete("/p/none") == ErrorCode.noAuth)
        a.apply(OpCode.create, Body.create("/q"))
        a.apply(OpCode.create, Body.create("/q/x", acl: [(0, "world", "anyone")]))
        #expect(delete("/q/x") == 0)
    }

    @Test func setDataChecks() {
        let a = started()
        a.apply(OpCode.create, Body.create("/t", Array("abc".utf8)))
        a.apply(OpCode.create, Body.create("/r", acl: [(Permission.read, "world", "anyone")]))
        func set(_ path: String, _ version: Int32 = -1) -> Answer {
            a.apply(OpCode.setData, Body.setData(path, [1], version: version))
        }
        #expect(set("").error == ErrorCode.badArguments)
        #expect(set("/t/").error == ErrorCode.badArguments)
        #expect(set("/none").error == ErrorCode.noNode)
        #expect(set("/r", 9).error == ErrorCode.noAuth)
        #expect(set("/t", 1).error == ErrorCode.badVersion)
        #expect(set("/t", 0).stat.version == 1)
        #expect(set("/").error == 0)
        #expect(set("/zookeeper/quota").error == 0)
        #expect(set("/zookeeper/config").error == ErrorCode.noAuth)
        // Null and empty data are different, and both come back.
        #expect(a.apply(OpCode.setData, Body.setData("/t", nil)).stat.dataLength == 0)
        #expect(a.read(OpCode.getData, Body.watched("/t")).data == nil)
        a.apply(OpCode.setData, Body.setData("/t", []))
        #expect(a.read(OpCode.getData, Body.watched("/t")).data == [])
    }

    @Test func setACLChecks() {
        let a = started()
        a.apply(OpCode.create, Body.create("/t"))
        func set(_ path: String, _ acl: Body.ACL?, _ version: Int32 = -1) -> Answer {
            a.apply(OpCode.setACL, Body.setACL(path, acl, version: version))
        }
        #expect(set("/t/", nil).error == ErrorCode.badArguments)
        #expect(set("/none", nil).error == ErrorCode.invalidACL)
        #expect(set("/none", Body.open).error == ErrorCode.noNode)
        #expect(set("/t", Body.open, 3).error == ErrorCode.badVersion)
        let before = a.read(OpCode.exists, Body.watched("/t")).stat
        let after = set("/t", [(Permission.read, "world", "anyone")], 0).stat
        #expect(after.aversion == 1)
        #expect(after.mzxid == before.mzxid && after.pzxid == before.pzxid && after.mtime == before.mtime)
        #expect(set("/t", Body.open).error == ErrorCode.noAuth)
    }

    @Test func freshTree() {
        let a = started()
        let root = a.read(OpCode.exists, Body.watched("/")).stat
        #expect(root.czxid == 0 && root.cversion == -1 && root.numChildren == 1)
        #expect(a.read(OpCode.exists, Body.watched("")).stat == root)
        let zookeeper = a.read(OpCode.exists, Body.watched("/zookeeper")).stat
        #expect(zookeeper.cversion == -2 && zookeeper.numChildren == 2)
        #expect(a.read(OpCode.exists, Body.watched("/zookeeper/config")).stat.aversion == -1)
        #expect(a.machine.nodeCount == 5)
        #expect(a.read(OpCode.getChildren, Body.watched("/zookeeper")).names == ["quota", "config"])
        // The founding puts the configuration's text there.
        #expect(a.apply(OpCode.founding, Body.founding(text: "server.1=x")).error == 0)
        let config = a.read(OpCode.getData, Body.watched("/zookeeper/config"))
        #expect(config.data == Array("server.1=x".utf8) && config.stat.version == -1)
    }

    @Test func statArithmetic() {
        let a = started()
        a.wallTime = 5000
        a.apply(OpCode.create, Body.create("/t", [1, 2, 3]))
        let born = a.zxid.wire
        a.wallTime = 6000
        a.apply(OpCode.create, Body.create("/t/a"))
        var stat = a.read(OpCode.exists, Body.watched("/t")).stat
        #expect(stat.czxid == born && stat.mzxid == born && stat.pzxid == a.zxid.wire && stat.ctime == 5000 && stat.mtime == 5000)
        #expect(stat.cversion == 1 && stat.numChildren == 1 && stat.dataLength == 3 && stat.ephemeralOwner == 0)
        a.apply(OpCode.delete, Body.versioned("/t/a"))
        #expect(a.apply(OpCode.create, Body.create("/t/s-", flags: CreateMode.persistentSequential)).path == "/t/s-0000000001")
        stat = a.read(OpCode.exists, Body.watched("/t")).stat
        #expect(stat.cversion == 3 && stat.numChildren == 1 && stat.pzxid == a.zxid.wire)
        stat = a.apply(OpCode.setData, Body.setData("/t", [])).stat
        #expect(stat.version == 1 && stat.mzxid == a.zxid.wire && stat.mtime == 6000 && stat.ctime == 5000)
        let made = a.apply(OpCode.create2, session: 1, Body.create("/e", flags: CreateMode.ephemeralSequential))
        #expect(made.path == "/e0000000001" && made.stat.ephemeralOwner == 1)
        // A parent that is made anew counts from the start.
        a.apply(OpCode.delete, Body.versioned("/t/s-0000000001"))
        a.apply(OpCode.delete, Body.versioned("/t"))
        a.apply(OpCode.create, Body.create("/t"))
        #expect(a.apply(OpCode.create, Body.create("/t/s-", flags: CreateMode.persistentSequential)).path == "/t/s-0000000000")
    }

    @Test func readChecks() {
        let a = started()
        a.apply(OpCode.create, Body.create("/w", acl: [(Permission.write, "world", "anyone")]))
        #expect(a.read(OpCode.exists, Body.watched("/w")).error == ErrorCode.noAuth)
        #expect(a.read(OpCode.getData, Body.watched("/w")).error == ErrorCode.noAuth)
        #expect(a.read(OpCode.getChildren, Body.watched("/w")).error == ErrorCode.noAuth)
        #expect(a.read(OpCode.getACL, Body.path("/w")).error == ErrorCode.noAuth)
        #expect(a.read(OpCode.exists, Body.watched("/a\u{0}")).error == ErrorCode.badArguments)
        #expect(a.read(OpCode.getData, Body.watched("/a\u{0}")).error == ErrorCode.noNode)
        #expect(a.read(OpCode.getData, Body.watched("nonsense/")).error == ErrorCode.noNode)
        #expect(a.read(OpCode.getData, []).error == ErrorCode.marshallingError)
        #expect(a.read(OpCode.getData, [255, 255, 255, 255, 0]).error == ErrorCode.marshallingError)
        #expect(a.read(OpCode.getChildren, Body.watched("")).names == ["zookeeper", "w"])
        #expect(a.read(OpCode.getChildren2, Body.watched("/")).stat.numChildren == 2)
    }
}
