// A stream of random but sensible requests over several sessions, as tests of snapshots, digests and golden logs need it. What it
// makes depends on its seed alone, never on what came of the requests.

package import Batch
import ClientProtocol
import Handlers
import StateMachine

package struct RandomWork {
    package struct Request {
        package var head: RequestHead
        package var identities: [UInt8]
        package var body: [UInt8]
    }

    private var chance: Chance
    private var seq: UInt64 = 0
    private let directories: Int

    package init(seed: UInt64, directories: Int = 6) {
        chance = Chance(seed: seed)
        self.directories = directories
    }

    private mutating func directory() -> String { "/d\(chance.below(directories))" }

    private mutating func leaf() -> String { directory() + "/n\(chance.below(40))" }

    private mutating func data() -> [UInt8]? {
        if chance.oneIn(15) { return nil }
        let size = [0, 3, 16, 17, 100, 100, 100, 700][chance.below(8)]
        return (0..<size).map { _ in UInt8(truncatingIfNeeded: chance.next()) }
    }

    private mutating func version() -> Int32 { chance.oneIn(3) ? Int32(chance.below(3)) : -1 }

    private mutating func acl() -> Body.ACL {
        switch chance.below(12) {
        case 0: [(Permission.all, "auth", ""), (Permission.read, "world", "anyone")]
        case 1: [(Permission.all, "digest", "user\(chance.below(3)):secret")]
        case 2: [(Permission.all, "ip", "10.0.\(chance.below(3)).0/24")]
        default: Body.open
        }
    }

    /// One operation that may stand in a multi.
    private mutating func change() -> (Int32, [UInt8]) {
        switch chance.below(10) {
        case 0: (OpCode.create, Body.create(directory(), data()))
        case 1, 2, 3:
            (
                chance.oneIn(2) ? OpCode.create : OpCode.create2,
                Body.create(leaf(), data(), acl: acl(), flags: Int32(chance.below(4)))
            )
        case 4, 5: (OpCode.delete, Body.versioned(chance.oneIn(12) ? directory() : leaf(), version: version()))
        default: (OpCode.setData, Body.setData(leaf(), data(), version: version()))
        }
    }

    package mutating func next() -> Request {
        let session = Int64(1 + chance.below(5))
        var type: Int32
        var body: [UInt8]
        switch chance.below(40) {
        case 0: (type, body) = (OpCode.createSession, Body.timeout(Int32(1000 * (1 + chance.below(9)))))
        case 1: (type, body) = (OpCode.attachSession, Body.timeout(Int32(1000 * (1 + chance.below(9)))))
        case 2: (type, body) = (OpCode.closeSession, chance.oneIn(2) ? [] : [1])
        case 3: (type, body) = (OpCode.setACL, Body.setACL(leaf(), acl(), version: version()))
        case 4, 5, 6:
            let count = chance.below(6)
            (type, body) = (OpCode.multi, Body.multi((0..<count).map { _ in change() }))
        case 7: (type, body) = (OpCode.create, Array(Body.create(leaf(), data()).dropLast(chance.below(30))))
        default: (type, body) = change()
        }
        seq += 1
        let origin = Origin(server: UInt32(1 + (session & 1)), run: chance.oneIn(60) ? 8 : 7, seq: seq)
        let user = Body.identities([
            (IdentityScheme.ip, [10, 0, UInt8(chance.below(3)), 1]),
            (IdentityScheme.digest, Array("user\(chance.below(3)):secret".utf8)),
        ])
        return Request(
            head: RequestHead(type: type, xid: Int32(truncatingIfNeeded: seq), session: session, origin: origin),
            identities: user, body: body)
    }
}

extension Applier {
    /// Applies one request of the stream.
    @discardableResult
    package func apply(_ request: RandomWork.Request) -> Answer {
        identities = request.identities
        origin = request.head.origin
        origin.seq -= 1
        return apply(request.head.type, session: request.head.session, request.body)
    }
}
