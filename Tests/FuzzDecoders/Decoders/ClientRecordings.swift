// What clients send, as the encoders of the client protocol write it: connect requests of both lengths, every operation, multis,
// lists of watches, proofs of identity, four-letter words.

import ApplyHarness
import ClientProtocol
import Jute

enum ClientRecordings {
    /// A frame with its length in front.
    static func frame(_ write: (inout ByteBuffer) -> Void) -> [UInt8] {
        var buffer = ByteBuffer()
        write(&buffer)
        return withUnsafeBytes(of: Int32(buffer.count).bigEndian) { Array($0) } + Array(buffer.bytes)
    }

    static func connect(timeout: Int32 = 4_000, session: Int64 = 0, password: [UInt8] = [], readOnly: Bool? = false) -> [UInt8] {
        frame {
            $0.writeConnectRequest(
                lastZxidSeen: 0, timeout: timeout, session: session, password: password, readOnly: readOnly)
        }
    }

    static func request(_ xid: Int32, _ type: Int32, _ body: [UInt8] = []) -> [UInt8] {
        frame {
            $0.write(RequestHeader(xid: xid, type: type))
            $0.append(body)
        }
    }

    static func auth(_ scheme: String, _ proof: String) -> [UInt8] {
        request(
            Xid.auth, OpCode.auth,
            Array(
                frame {
                    $0.writeInt(0)
                    $0.writeString(scheme)
                    $0.writeString(proof)
                }.dropFirst(4)))
    }

    /// A type and a body of each kind.
    static var bodies: [(Int32, [UInt8])] {
        let private_: Body.ACL = [(31, "auth", ""), (1, "world", "anyone"), (31, "ip", "10.0.0.0/8"), (31, "digest", "u:p")]
        return [
            (OpCode.create, Body.create("/a", [1, 2, 3])),
            (OpCode.create, Body.create("/e", nil, flags: 1)),
            (OpCode.create, Body.create("/s-", Array("x".utf8), acl: private_, flags: 2)),
            (OpCode.create2, Body.create("/a/b", [], acl: nil, flags: 3)),
            (OpCode.createContainer, Body.create("/c", [], flags: 4)),
            (OpCode.createTTL, Body.create("/t", [], flags: 5) + [0, 0, 0, 0, 0, 0, 3, 232]),
            (OpCode.delete, Body.versioned("/a/b")), (OpCode.exists, Body.watched("/none", watch: true)),
            (OpCode.getData, Body.watched("/a", watch: true)), (OpCode.setData, Body.setData("/a", [9], version: 0)),
            (OpCode.setData, Body.setData("/a", nil)), (OpCode.getACL, Body.path("/a")),
            (OpCode.setACL, Body.setACL("/a", private_)), (OpCode.getChildren, Body.watched("/", watch: true)),
            (OpCode.getChildren2, Body.watched("/a")), (OpCode.sync, Body.path("/")), (OpCode.ping, []),
            (OpCode.check, Body.versioned("/a", version: 1)), (OpCode.multi, multi), (OpCode.multi, Body.multi([])),
            (OpCode.multiRead, multi), (OpCode.reconfig, Body.path("server.9=a:1:2")),
            (OpCode.checkWatches, Body.versioned("/a", version: 3)), (OpCode.removeWatches, Body.versioned("/a", version: 1)),
            (OpCode.setWatches, Body.setWatches(1, data: ["/a", "/none"], exist: ["/x", "/a"], child: ["/", "/a"])),
            (OpCode.setWatches2, Body.setWatches(0, data: ["/a"], persistent: ["/p"], recursive: ["/"])),
            (OpCode.addWatch, Body.versioned("/a", version: 1)), (OpCode.getEphemerals, Body.path("/")),
            (OpCode.getAllChildrenNumber, Body.path("/")), (OpCode.whoAmI, []), (OpCode.sasl, Body.path("token")),
            (OpCode.createSession, Body.timeout(4_000)), (OpCode.attachSession, Body.timeout(4_000)),
            (OpCode.founding, Body.founding()), (OpCode.closeSession, []), (1_000, [1, 2, 3]),
        ]
    }

    private static var multi: [UInt8] {
        Body.multi([
            (OpCode.create, Body.create("/m", [1])), (OpCode.create2, Body.create("/m/n", [1], flags: 2)),
            (OpCode.check, Body.versioned("/m", version: 0)), (OpCode.setData, Body.setData("/m", [2])),
            (OpCode.delete, Body.versioned("/m/n0000000000")), (OpCode.delete, Body.versioned("/none")),
        ])
    }

    /// One connection each: a greeting and what follows.
    static var dialogues: [[UInt8]] {
        var dialogues = bodies.enumerated().map { index, body in
            connect() + request(1, OpCode.create, Body.create("/a", [0])) + request(Int32(index) + 2, body.0, body.1)
        }
        dialogues.append(connect(readOnly: nil) + request(1, OpCode.ping) + request(2, OpCode.closeSession))
        dialogues.append(connect(session: 0x0100_0001_0000_0001, password: [UInt8](repeating: 3, count: 16)))
        dialogues.append(
            connect() + auth("digest", "user:secret") + auth("ip", "x") + request(3, OpCode.getData, Body.watched("/a")))
        dialogues.append(bodies.reduce(connect()) { $0 + request(5, $1.0, $1.1) })
        dialogues += FourLetterWord.allCases.map { Array($0.name.utf8) }
        return dialogues
    }
}
