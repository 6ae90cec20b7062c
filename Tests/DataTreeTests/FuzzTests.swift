// Rule A4: apply is total. A million random, damaged and extreme requests get a result each, and the state stays one that can be
// walked, digested and restored.

import ApplyHarness
import Batch
import ClientProtocol
import DataTree
import Handlers
import Jute
import StateMachine
import Testing

@Suite struct FuzzTests {
    #if DEBUG
    private static let requests = 30_000
    #else
    private static let requests = 1_000_000
    #endif

    private static let types: [Int32] = [
        0, 1, 1, 1, 2, 2, 3, 4, 5, 5, 6, 7, 7, 8, 9, 11, 12, 13, 14, 14, 14, 15, 15, 16, 17, 18, 19, 20, 21, 22, 100, 101, 102,
        103, 104, 105,
        106, 107, -1, -9, -10, -10, -11, -20, -21, 999, 1000, 1001, 1100, Int32.min, Int32.max,
    ]

    private static let extremes: [Int32] = [
        0, 1, -1, -2, 2, 7, 8, 255, 256, 0xffff, 0x10000, Int32.max, Int32.max - 1, Int32.min,
        Int32.min + 1,
    ]

    private struct Source {
        var chance: Chance

        mutating func path() -> String {
            let names = [
                "a", "b", "zookeeper", "config", ".", "..", "", "\u{0}", "\u{1f}", "é", "😀", String(repeating: "x", count: 300),
            ]
            var path = chance.oneIn(20) ? "" : "/"
            for i in 0..<chance.below(4) {
                path += (i > 0 ? "/" : "") + names[chance.oneIn(4) ? chance.below(names.count) : chance.below(2)]
            }
            return path
        }

        mutating func data() -> [UInt8]? {
            if chance.oneIn(6) { return nil }
            return [UInt8](repeating: 1, count: chance.oneIn(50) ? 70_000 : chance.below(300))
        }

        mutating func acl() -> Body.ACL? {
            if chance.oneIn(2) { return Body.open }
            if chance.oneIn(10) { return nil }
            let schemes = ["world", "auth", "digest", "ip", "x509", "super", ""]
            let ids = ["anyone", "", "u:p", "u", "1.2.3.4", "1.2.3.4/33", "::1/64", "::", ":::", "a:b:c"]
            return (0..<chance.below(4)).map { _ in
                (Int32(truncatingIfNeeded: chance.next()), schemes[chance.below(schemes.count)], ids[chance.below(ids.count)])
            }
        }

        mutating func number() -> Int32 {
            chance.oneIn(3) ? extremes[chance.below(extremes.count)] : Int32(chance.below(8)) - 1
        }

        mutating func body(_ type: Int32) -> [UInt8] {
            switch type {
            case OpCode.create, OpCode.create2: return Body.create(path(), data(), acl: acl(), flags: number())
            case OpCode.setData: return Body.setData(path(), data(), version: number())
            case OpCode.setACL: return Body.setACL(path(), acl(), version: number())
            case OpCode.delete, OpCode.check: return Body.versioned(path(), version: number())
            case OpCode.multi:
                let types = [OpCode.create, OpCode.create2, OpCode.setData, OpCode.delete, OpCode.check, number()]
                return Body.multi(
                    (0..<chance.below(6)).map { _ in
                        let part = types[chance.below(chance.oneIn(10) ? 6 : 5)]
                        return (part, part == OpCode.multi ? [] : body(part))
                    })
            case OpCode.setWatches:
                return Body.setWatches(Int64(number()), data: [path()], exist: [path()], child: [path(), path()])
            case OpCode.createSession, OpCode.attachSession: return Body.timeout(number())
            case OpCode.founding: return chance.oneIn(50) ? Body.founding() : noise()
            case OpCode.exists, OpCode.getData, OpCode.getChildren, OpCode.getChildren2:
                return Body.watched(path(), watch: chance.oneIn(2))
            case OpCode.closeSession: return chance.oneIn(2) ? [] : [1]
            default: return noise()
            }
        }

        mutating func noise() -> [UInt8] { (0..<chance.below(60)).map { _ in UInt8(truncatingIfNeeded: chance.next()) } }

        /// Damages a body: cut, flipped, a length replaced by an extreme.
        mutating func damaged(_ body: [UInt8]) -> [UInt8] {
            var body = body
            guard !body.isEmpty else { return noise() }
            switch chance.below(4) {
            case 0: body.removeLast(chance.below(body.count) + 1)
            case 1: body[chance.below(body.count)] ^= 1 << UInt8(chance.below(8))
            case 2:
                let place = chance.below(body.count) & ~3
                let extreme = UInt32(bitPattern: extremes[chance.below(extremes.count)])
                for i in 0..<4 where place + i < body.count {
                    body[place + i] = UInt8(truncatingIfNeeded: extreme >> UInt32(24 - 8 * i))
                }
            default: return noise()
            }
            return body
        }
    }

    @Test("Rule A4: apply is total on any bytes") func everyRequestHasAResult() throws {
        let a = Applier()
        let watched = a.machine
        var source = Source(chance: Chance(seed: 20))
        var errors: [Int32: Int] = [:]
        for session in 1...4 { a.openSession(Int64(session)) }
        for step in 0..<FuzzTests.requests {
            if step % 1000 == 0 {
                a.identities =
                    source.chance.oneIn(2) ? source.noise() : Body.identities([(IdentityScheme.digest, Array("u:p".utf8))])
                for session in 1...4 { a.openSession(Int64(session)) }
                watched.dropWatches(connection: UInt64(source.chance.below(4)))
            }
            // A long run of only growing trees would test less.
            if step % 50_000 == 49_999 { prune(a) }
            let type = FuzzTests.types[source.chance.below(FuzzTests.types.count)]
            var body = source.body(type)
            if source.chance.oneIn(4) { body = source.damaged(body) }
            let session = source.chance.oneIn(50) ? Int64(source.number()) : Int64(1 + source.chance.below(4))
            a.isOwn = source.chance.oneIn(2)
            let answer: Answer
            if source.chance.oneIn(3) {
                answer = a.read(type, connection: UInt64(source.chance.below(4)), session: session, body)
            } else {
                answer = a.apply(type, session: session, body)
            }
            errors[answer.error, default: 0] += 1
        }
        // Not all of it bounced off the first check.
        for error in [
            0, ErrorCode.marshallingError, ErrorCode.badArguments, ErrorCode.noNode, ErrorCode.badVersion, ErrorCode.nodeExists,
        ] {
            #expect(errors[error, default: 0] > FuzzTests.requests / 1000, "error \(error)")
        }
        try restored(a)
    }

    private func prune(_ a: Applier) {
        a.identities = Body.identities([(IdentityScheme.superuser, [])])
        func prune(_ path: String) {
            for name in a.read(OpCode.getChildren, Body.watched(path)).names {
                let child = path == "/" ? "/" + name : path + "/" + name
                if child.hasPrefix("/zookeeper") { continue }
                prune(child)
                #expect(a.apply(OpCode.delete, Body.versioned(child)).error == 0)
            }
        }
        a.openSession(1)
        prune("/")
    }

    /// The state after all that is whole: its snapshot restores to the same digest.
    private func restored(_ a: Applier) throws {
        var snapshot = ByteBuffer()
        a.machine.beginSnapshot()
        while !a.machine.encodeSnapshotRows(budgetBytes: 1 << 16, into: &snapshot) {}
        let other = StateMachine()
        other.restoreBegin(bytes: snapshot.count)
        try other.restore(chunk: snapshot.span)
        try other.restoreEnd()
        #expect(other.wholeDigest() == a.machine.wholeDigest())
        #expect(other.digest == a.machine.digest)
        #expect(other.nodeCount == a.machine.nodeCount && other.approximateDataSize == a.machine.approximateDataSize)
        #expect(other.ephemeralCount == a.machine.ephemeralCount && other.sessionCount == a.machine.sessionCount)
    }
}
