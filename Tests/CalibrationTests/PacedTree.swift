// As much of the client protocol as a workload of sets needs: sessions, creates, sets, syncs and looks at Stats.

import Transport

struct PacedTree {
    private struct Znode {
        var version: Int32 = 0
        var zxid: Int64
        var size: Int
    }

    private var znodes: [[UInt8]: Znode] = [:]
    private var zxid: Int64 = 0
    private var sessions: Int64 = 0
    private var greeted: Set<ConnectionID> = []

    /// True if this is the connection's first frame.
    mutating func greet(_ id: ConnectionID) -> Bool { greeted.insert(id).inserted }

    /// The reply to a request, and whether the request was a set.
    mutating func answer(_ frame: UnsafeRawBufferPointer, isFirst: Bool) -> (bytes: [UInt8], isSet: Bool) {
        if isFirst { return (handshake(timeout: Self.int32(frame, 12)), false) }
        let (xid, opCode) = (Self.int32(frame, 0), Self.int32(frame, 4))
        switch opCode {
        case 1: return (create(frame, xid), false)
        case 3:
            let znode = znodes[Self.buffer(frame, 8)]
            return (reply(xid, error: znode == nil ? -101 : 0, znode.map(stat) ?? []), false)
        case 5: return (set(frame, xid), true)
        case 9: return (reply(xid, Self.bytes(Int32(1)) + [0x2f]), false)
        case 11: return (reply(-2), false)
        default: return (reply(xid, error: opCode == -11 ? 0 : -6), false)
        }
    }

    private mutating func handshake(timeout: Int32) -> [UInt8] {
        sessions += 1
        return Self.bytes(Int32(37)) + Self.bytes(Int32(0)) + Self.bytes(timeout) + Self.bytes(sessions) + Self.bytes(Int32(16))
            + [UInt8](repeating: 7, count: 17)
    }

    private mutating func create(_ frame: UnsafeRawBufferPointer, _ xid: Int32) -> [UInt8] {
        let path = Self.buffer(frame, 8)
        guard znodes[path] == nil else { return reply(xid, error: -110) }
        zxid += 1
        znodes[path] = Znode(zxid: zxid, size: Self.buffer(frame, 12 + path.count).count)
        return reply(xid, Self.bytes(Int32(path.count)) + path)
    }

    private mutating func set(_ frame: UnsafeRawBufferPointer, _ xid: Int32) -> [UInt8] {
        let path = Self.buffer(frame, 8)
        guard var znode = znodes[path] else { return reply(xid, error: -101) }
        zxid += 1
        znode.version += 1
        znode.zxid = zxid
        znode.size = Int(Self.int32(frame, 12 + path.count))
        znodes[path] = znode
        return reply(xid, stat(znode))
    }

    private func stat(_ znode: Znode) -> [UInt8] {
        Self.bytes(Int64(1)) + Self.bytes(znode.zxid) + Self.bytes(Int64(1)) + Self.bytes(Int64(1)) + Self.bytes(znode.version)
            + Self.bytes(Int32(0)) + Self.bytes(Int32(0)) + Self.bytes(Int64(0)) + Self.bytes(Int32(znode.size))
            + Self.bytes(Int32(0)) + Self.bytes(Int64(1))
    }

    private func reply(_ xid: Int32, error: Int32 = 0, _ body: [UInt8] = []) -> [UInt8] {
        Self.bytes(Int32(16 + body.count)) + Self.bytes(xid) + Self.bytes(zxid) + Self.bytes(error) + body
    }

    private static func bytes(_ value: some FixedWidthInteger) -> [UInt8] {
        withUnsafeBytes(of: value.bigEndian) { Array($0) }
    }

    private static func int32(_ bytes: UnsafeRawBufferPointer, _ offset: Int) -> Int32 {
        Int32(bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Int32.self))
    }

    private static func buffer(_ bytes: UnsafeRawBufferPointer, _ offset: Int) -> [UInt8] {
        let count = max(0, Int(int32(bytes, offset)))
        return Array(bytes[(offset + 4)..<(offset + 4 + count)])
    }
}
