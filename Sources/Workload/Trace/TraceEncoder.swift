// Turns what a load does into the records of a trace, as it happens. A path is written as the number of bytes that it has in
// common with the one before it in its session, and the rest; instants and zxids as what they differ by. A pure value: whoever
// owns it takes the bytes and writes them.

internal import CLinux

package struct TraceEncoder {
    /// Records that have not been taken yet.
    package private(set) var bytes: [UInt8] = []
    private var lastPaths: [[UInt8]] = []
    private var lastZnode: [UInt8] = []
    private var lastIntended: UInt64 = 0
    private var lastZxid: Int64 = 0
    package private(set) var requests: UInt64 = 0
    package private(set) var replies: UInt64 = 0

    package init() {}

    /// The first record of a trace.
    package mutating func head(name: String, sessionTimeoutMilliseconds: Int) {
        append(.head)
        append(Array(name.utf8))
        append(UInt64(sessionTimeoutMilliseconds))
    }

    /// Sessions are numbered in this order, from 0 on.
    package mutating func session(role: String) {
        append(.session)
        append(Array(role.utf8))
        lastPaths.append([])
    }

    package mutating func znode(_ path: String, size: Int) {
        append(.znode)
        var path = path
        path.withUTF8 { Self.append(UnsafeRawBufferPointer($0), behind: &lastZnode, to: &bytes) }
        append(UInt64(size))
    }

    // MARK: Requests

    /// A request begins; its path and what else its kind needs follow.
    @inline(__always)
    package mutating func request(_ kind: TraceOperation.Kind, watches: Bool, session: Int, intended: UInt64) {
        append(.request)
        append(UInt64(session))
        append(TraceFormat.folded(Int64(bitPattern: intended &- lastIntended)))
        lastIntended = intended
        bytes.append(kind.rawValue | (watches ? TraceFormat.watchBit : 0))
        requests += 1
    }

    package mutating func part(_ kind: TraceOperation.Kind) { bytes.append(kind.rawValue) }

    @inline(__always) package mutating func path(_ path: UnsafeRawBufferPointer, session: Int) {
        Self.append(path, behind: &lastPaths[session], to: &bytes)
    }

    package mutating func mode(_ mode: CreateMode) { bytes.append(UInt8(mode.rawValue)) }
    package mutating func size(_ size: Int) { append(UInt64(size)) }
    package mutating func version(_ version: Int32) { append(TraceFormat.folded(Int64(version))) }
    package mutating func count(_ parts: Int) { append(UInt64(parts)) }

    // MARK: Replies

    /// The reply to the request at this place among those of the session that have none yet, the oldest being 0. Where it says
    /// yes, what the request's kind brings back follows.
    @inline(__always)
    package mutating func reply(session: Int, place: Int, nanoseconds: UInt64, error: Int32, zxid: Int64) {
        append(.reply)
        append(UInt64(session))
        append(UInt64(place))
        append(nanoseconds)
        append(TraceFormat.folded(Int64(error)))
        append(TraceFormat.folded(zxid &- lastZxid))
        lastZxid = zxid
        replies += 1
    }

    /// The session's connection is gone: what had no reply gets none.
    package mutating func broken(session: Int) {
        append(.broken)
        append(UInt64(session))
    }

    package mutating func end() {
        append(.end)
        append(requests)
        append(replies)
    }

    /// Takes all records, which become the content of a block.
    package mutating func takeContent() -> [UInt8] {
        defer { bytes = [] }
        return bytes
    }

    package static func block(_ content: [UInt8]) -> [UInt8] {
        var block: [UInt8] = []
        block.reserveCapacity(TraceFormat.blockHead + content.count)
        func append(_ value: UInt32) { withUnsafeBytes(of: value.littleEndian) { block.append(contentsOf: $0) } }
        append(UInt32(content.count))
        append(content.withUnsafeBytes { quorate_crc32c(0, $0.baseAddress, $0.count) })
        block.append(contentsOf: content)
        return block
    }

    // MARK: Bytes

    private mutating func append(_ tag: TraceFormat.Tag) { bytes.append(tag.rawValue) }

    @inline(__always) private mutating func append(_ value: UInt64) { Self.append(value, to: &bytes) }

    private mutating func append(_ text: [UInt8]) {
        append(UInt64(text.count))
        bytes.append(contentsOf: text)
    }

    /// Seven bits a byte, the lowest first; all but the last have the eighth set.
    @inline(__always) private static func append(_ value: UInt64, to bytes: inout [UInt8]) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: rest))
    }

    @inline(__always) private static func append(
        _ path: UnsafeRawBufferPointer, behind last: inout [UInt8], to bytes: inout [UInt8]
    ) {
        var shared = 0
        let most = min(path.count, last.count)
        last.withUnsafeBytes { while shared < most, path[shared] == $0[shared] { shared += 1 } }
        let rest = UnsafeRawBufferPointer(rebasing: path[shared...])
        append(UInt64(shared), to: &bytes)
        append(UInt64(rest.count), to: &bytes)
        bytes.append(contentsOf: rest)
        last.removeLast(last.count - shared)
        last.append(contentsOf: rest)
    }
}
