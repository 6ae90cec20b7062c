// The fast tree against the slow one: the same random requests give the same errors, replies and events.

import ApplyHarness
import Batch
import ClientProtocol
import DataTree
import Handlers
import Jute
import StateMachine
import Testing

@Suite struct ModelTests {
    /// Both trees, and the requests that go to both.
    private struct Pair {
        var chance: Chance
        let fast = Applier()
        var slow = SlowTree()
        var mismatch: String?

        static let names = ["a", "b", "c", "d", "..", "", "é"]

        mutating func path() -> String {
            if chance.oneIn(40) { return ["", "x", "/", "/zookeeper", "/zookeeper/config", "//a"][chance.below(6)] }
            var path = ""
            for _ in 0...chance.below(3) { path += "/" + Pair.names[chance.oneIn(30) ? chance.below(7) : chance.below(4)] }
            if chance.oneIn(3), let known = slow.nodes[path]?.children, !known.isEmpty { path = known[chance.below(known.count)] }
            return path
        }

        mutating func data() -> [UInt8]? {
            if chance.oneIn(10) { return nil }
            return [UInt8](repeating: UInt8(chance.below(256)), count: [0, 1, 15, 16, 17, 100, 130, 5000][chance.below(8)])
        }

        mutating func version(_ path: String) -> Int32 {
            if chance.oneIn(2) { return -1 }
            return chance.oneIn(5) ? Int32(chance.below(4)) : slow.nodes[path]?.stat.version ?? 0
        }

        mutating func expect(_ answer: Answer, _ error: Int32, _ what: String, _ body: (inout ByteBuffer) -> Void) {
            var expected = ByteBuffer()
            if error == 0 { body(&expected) }
            if answer.error != error || answer.body != [UInt8](expected.bytes)
                || perConnection(answer.events) != perConnection(slow.events)
            {
                mismatch = "\(what): got \(answer), expected \(error), \(expected.count) bytes, \(slow.events)"
            }
            slow.events = []
        }

        /// What each connection sees, in its order; between connections there is none.
        private func perConnection(_ events: [Answer.Event]) -> [[Answer.Event]] {
            (1...3).map { connection in events.filter { $0.connection == connection } }
        }

        mutating func begin() {
            if chance.oneIn(5) { fast.wallTime += Int64(chance.below(1000)) }
            slow.zxid = fast.zxid.wire + 1
            slow.time = fast.wallTime
        }

        /// One write; also as a part of a multi.
        mutating func make(_ session: Int64) -> (type: Int32, body: [UInt8], result: (inout SlowTree, inout ByteBuffer) -> Int32)
        {
            let path = path()
            let version = version(path)
            let data = data()
            switch chance.below(8) {
            case 0, 1, 2, 3:
                let flags = chance.oneIn(20) ? Int32(7) : Int32(chance.below(4))
                let type = chance.oneIn(2) ? OpCode.create : OpCode.create2
                return (
                    type, Body.create(path, data, flags: flags),
                    { slow, reply in
                        let (error, full) = slow.create(path, data, flags, session)
                        if error == 0 { reply.writeString(full) }
                        if error == 0, type == OpCode.create2 { reply.write(slow.stat(full)) }
                        return error
                    }
                )
            case 4, 5:
                return (OpCode.delete, Body.versioned(path, version: version), { slow, _ in slow.delete(path, version, session) })
            default:
                return (
                    OpCode.setData, Body.setData(path, data, version: version),
                    { slow, reply in
                        let error = slow.setData(path, data, version, session)
                        if error == 0 { reply.write(slow.stat(path)) }
                        return error
                    }
                )
            }
        }

        mutating func write() {
            begin()
            let session = Int64(1 + chance.below(3))
            let request = make(session)
            let answer = fast.apply(request.type, session: session, request.body)
            var expected = ByteBuffer()
            let error = request.result(&slow, &expected)
            expect(answer, error, "write \(request.type)") { $0.append(expected.bytes) }
        }

        mutating func multi() {
            begin()
            let session = Int64(1 + chance.below(3))
            var parts: [(Int32, [UInt8])] = []
            var copy = slow
            var failed: (Int, Int32)?
            var expected = ByteBuffer()
            for i in 0..<chance.below(7) {
                var request = make(session)
                if chance.oneIn(4) {
                    let path = path()
                    let version = version(path)
                    request = (OpCode.check, Body.versioned(path, version: version), { slow, _ in slow.check(path, version) })
                }
                parts.append((request.type, request.body))
                guard failed == nil else { continue }
                expected.write(MultiHeader(type: request.type, done: false, error: 0))
                let error = request.result(&copy, &expected)
                if error != 0 { failed = (i, error) }
            }
            let answer = fast.apply(OpCode.multi, session: session, Body.multi(parts))
            guard slow.sessions[session] != nil else { return expect(answer, ErrorCode.sessionExpired, "multi") { _ in } }
            if let (place, error) = failed {
                expected.removeAll()
                for i in parts.indices {
                    expected.writeMultiError(i < place ? 0 : i == place ? error : ErrorCode.runtimeInconsistency)
                }
            } else {
                slow = copy
            }
            expected.write(MultiHeader.end)
            expect(answer, 0, "multi") { $0.append(expected.bytes) }
        }

        mutating func read() {
            let path = path()
            let watch = chance.oneIn(3)
            let connection = UInt64(1 + chance.below(3))
            let key = path == "" ? "/" : path
            let node = slow.nodes[key]
            let error = node == nil ? ErrorCode.noNode : 0
            let slow = slow
            switch chance.below(3) {
            case 0:
                let answer = fast.read(OpCode.exists, connection: connection, Body.watched(path, watch: watch))
                if watch { self.slow.watch(\.dataWatches, connection, path) }
                expect(answer, error, "exists") { $0.write(slow.stat(key)) }
            case 1:
                let answer = fast.read(OpCode.getData, connection: connection, Body.watched(path, watch: watch))
                if watch, error == 0 { self.slow.watch(\.dataWatches, connection, path) }
                expect(answer, error, "getData") { reply in
                    if let data = node!.data { reply.writeBuffer(data) } else { reply.writeNull() }
                    reply.write(slow.stat(key))
                }
            default:
                let answer = fast.read(OpCode.getChildren2, connection: connection, Body.watched(path, watch: watch))
                if watch, error == 0 { self.slow.watch(\.childWatches, connection, path) }
                expect(answer, error, "getChildren2") { reply in
                    reply.writeInt(Int32(node!.children.count))
                    for child in node!.children { reply.writeString(String(child.split(separator: "/").last!)) }
                    reply.write(slow.stat(key))
                }
            }
        }

        mutating func session() {
            begin()
            let session = Int64(1 + chance.below(3))
            if slow.sessions[session] == nil {
                expect(fast.apply(OpCode.createSession, session: session, Body.timeout(9)), 0, "open") { _ in }
                slow.sessions[session] = []
            } else if chance.oneIn(10) {
                let error = slow.close(session)
                expect(fast.apply(OpCode.closeSession, session: session, []), error, "close") { _ in }
            } else {
                let connection = UInt64(1 + chance.below(3))
                slow.dataWatches.removeAll { $0.connection == connection }
                slow.childWatches.removeAll { $0.connection == connection }
                fast.machine.dropWatches(connection: connection)
            }
        }
    }

    @Test(arguments: 1...20) func agrees(seed: UInt64) {
        var pair = Pair(chance: Chance(seed: seed))
        for step in 0..<3000 {
            switch pair.chance.below(40) {
            case 0...1: pair.session()
            case 2...7: pair.multi()
            case 8...24: pair.write()
            default: pair.read()
            }
            if let mismatch = pair.mismatch {
                Issue.record("seed \(seed), step \(step): \(mismatch)")
                return
            }
        }
        #expect(pair.fast.machine.nodeCount == pair.slow.nodes.count + 1)
        #expect(pair.fast.machine.ephemeralCount == pair.slow.sessions.values.reduce(0) { $0 + $1.count })
        #expect(pair.fast.machine.watchCount == pair.slow.dataWatches.count + pair.slow.childWatches.count)
        let bytes = pair.slow.nodes.reduce(0) { $0 + $1.key.utf8.count + ($1.value.data?.count ?? 0) }
        #expect(pair.fast.machine.approximateDataSize == Int64(bytes))
    }
}
