// What belongs to the whole: kinds of requests, digests and their points, batches in order, system records, handlers.

import ApplyHarness
import Batch
import ClientProtocol
import DataTree
import Handlers
import Jute
import StateMachine
import Testing

@Suite struct StateMachineTests {
    @Test func kinds() {
        let machine = StateMachine(handlers: [LedgerHandler()])
        for type in [
            OpCode.create, OpCode.create2, OpCode.delete, OpCode.setData, OpCode.setACL, OpCode.multi, LedgerHandler.write,
        ] {
            #expect(machine.kind(of: type) == .write)
        }
        for type in [
            OpCode.exists, OpCode.getData, OpCode.getACL, OpCode.getChildren, OpCode.getChildren2, OpCode.setWatches, 1101,
        ] {
            #expect(machine.kind(of: type) == .read)
        }
        for type in [0, 10, 13, 20, 100, -1, -9, -10, -11, -20, -21, 999, 1000, 1102, Int32.min, Int32.max] as [Int32] {
            #expect(machine.kind(of: type) == .other, "\(type)")
        }
    }

    @Test("Rule A3: apply depends on nothing but state, record and times") func twoMembersAgree() {
        var work = RandomWork(seed: 4)
        let (a, b) = (Applier(), Applier())
        // The other member has watchers, reads in between, a snapshot under way, and no one waiting for answers.
        b.isOwn = false
        var sink = ByteBuffer()
        for step in 0..<4000 {
            let request = work.next()
            let answer = a.apply(request)
            if step % 3 == 0 {
                b.read(OpCode.exists, connection: UInt64(step % 5), Body.watched("/d1/n\(step % 40)", watch: true))
            }
            if step % 500 == 100 { b.machine.beginSnapshot() }
            if b.machine.isEncodingSnapshot { _ = b.machine.encodeSnapshotRows(budgetBytes: 300, into: &sink) }
            let other = b.apply(request)
            #expect(other.body.isEmpty && answer.events.isEmpty)
            guard answer.error == other.error, a.machine.digest == b.machine.digest else {
                Issue.record("the members differ after step \(step)")
                return
            }
        }
        b.machine.abandonSnapshot()
        #expect(a.machine.wholeDigest() == b.machine.wholeDigest())
    }

    @Test("Rule A3: a member whose state differs shows it") func differencesShow() {
        for change in 0..<3 {
            let (a, b) = (Applier(), Applier())
            for one in [a, b] { one.openSession() }
            a.apply(OpCode.create, Body.create("/t", [1]))
            switch change {
            case 0: b.apply(OpCode.create, Body.create("/t", [2]))
            case 1: b.apply(OpCode.create, Body.create("/u", [1]))
            default: b.apply(OpCode.create, Body.create("/t", [1], acl: [(1, "world", "anyone")]))
            }
            #expect(a.machine.digest != b.machine.digest)
        }
    }

    @Test("Rule A3: digests are noted at the first batch end at or behind each multiple of 1,024") func digestPoints() {
        let machine = StateMachine()
        var reply = ByteBuffer()
        var effects = Effects()
        var previous = Zxid.zero
        func batch(_ count: Int, epoch: UInt32 = 1) {
            let first = previous.epoch == epoch ? previous.advanced(by: 1) : Zxid(epoch: epoch, counter: 1)
            let header = BatchHeader(firstZxid: first, prevZxid: previous, wallTime: 5, logTime: 6, count: UInt32(count))
            machine.beginBatch(header)
            for i in 0..<count {
                let head = RequestHead(type: OpCode.create, xid: 1, session: 3, origin: Origin(server: 1, run: 1, seq: 1))
                let context = ApplyContext(
                    zxid: first.advanced(by: i), wallTime: 5, logTime: 6, version: 1, head: head, isOwn: false)
                _ = machine.apply(context, identities: RawSpan(), body: RawSpan(), reply: &reply, effects: &effects)
            }
            machine.endBatch(header)
            previous = header.lastZxid
        }
        // The first batch of an epoch lies behind multiples that the epoch before did not reach.
        batch(1000)
        #expect(machine.digestPoints.points.map { $0.zxid.counter } == [1000])
        batch(23)
        #expect(machine.digestPoints.points.count == 1)
        batch(1)
        #expect(machine.digestPoints.newest == DigestPoint(zxid: Zxid(epoch: 1, counter: 1024), digest: machine.digest))
        batch(1023)
        #expect(machine.digestPoints.points.count == 2)
        batch(3000)
        #expect(machine.digestPoints.points.map { $0.zxid.counter } == [1000, 1024, 5047])
        batch(2, epoch: 2)
        #expect(machine.digestPoints.newest?.zxid == Zxid(epoch: 2, counter: 2))
        #expect(machine.wallTime == 5 && machine.logTime == 6)
    }

    @Test("Rule A4: only versions that this program knows may be applied") func versions() {
        #expect(StateMachine.knows(version: 1) && StateMachine.knows(version: BatchHeader.currentVersion))
        #expect(!StateMachine.knows(version: 0) && !StateMachine.knows(version: StateMachine.newestVersion + 1))
    }

    @Test func foundingIsOnce() {
        let a = Applier()
        #expect(a.apply(OpCode.founding, [1, 2, 3]).error == ErrorCode.marshallingError)
        a.read(OpCode.getData, Body.watched("/zookeeper/config", watch: true))
        #expect(a.apply(OpCode.founding, Body.founding()).events == [.init(1, EventType.nodeDataChanged, "/zookeeper/config")])
        #expect(a.machine.founding?.clusterID == [UInt8](0..<16) && a.machine.configuration == [1, 2, 3])
        #expect(a.apply(OpCode.founding, Body.founding(text: "x")).error == ErrorCode.nodeExists)
        var body = ByteBuffer()
        SystemRecord.writeConfiguration([9], text: Array("server.2=y".utf8), to: &body)
        #expect(a.apply(OpCode.configuration, [UInt8](body.bytes)).error == 0)
        #expect(a.machine.configuration == [9])
        #expect(a.read(OpCode.getData, Body.watched("/zookeeper/config")).data == Array("server.2=y".utf8))
    }

    @Test func handlers() {
        let a = Applier(handlers: [LedgerHandler()])
        func add(_ book: String, _ entry: [UInt8], _ version: Int32 = 0, session: Int64 = 1) -> Answer {
            a.apply(LedgerHandler.write, session: session, Body.setData(book, entry, version: version))
        }
        #expect(add("b", [1]).error == ErrorCode.sessionExpired)
        a.openSession()
        let empty = a.machine.handlerDigest(operation: LedgerHandler.write)
        #expect(add("b", [1]).body == [0, 0, 0, 0, 0, 0, 0, 1])
        #expect(add("b", [2, 3]).body == [0, 0, 0, 0, 0, 0, 0, 2])
        let before = a.machine.wholeDigest()
        #expect(add("b", [UInt8](repeating: 0, count: 1000)).error == ErrorCode.badArguments)
        #expect(a.apply(LedgerHandler.write, [0]).error == ErrorCode.badArguments)
        #expect(a.machine.wholeDigest() == before)
        #expect(a.read(LedgerHandler.query, Body.path("b")).body == [0, 0, 0, 2, 0, 0, 0, 1, 1, 0, 0, 0, 2, 2, 3])
        #expect(a.read(LedgerHandler.query, Body.path("none")).error == ErrorCode.noNode)
        #expect(a.read(LedgerHandler.write, Body.path("b")).error == ErrorCode.unimplemented)
        #expect(a.apply(LedgerHandler.query, Body.path("b")).error == ErrorCode.unimplemented)
        a.isOwn = false
        #expect(add("b", [4]).body == [])
        #expect(add("b", [], 7).error == 0)
        #expect(a.machine.handlerDigest(operation: LedgerHandler.write) == empty)
        #expect(a.machine.handlerDigest(operation: 5000) == nil)
    }
}
