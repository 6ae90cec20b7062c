// Reads a body's fields in order, little-endian. Every length is tested before anything is touched or allocated.

import Batch
import Zab

struct FieldReader: ~Escapable {
    private let bytes: RawSpan
    private let type: UInt8
    private(set) var offset: Int

    @_lifetime(copy bytes)
    init(_ bytes: RawSpan, type: UInt8) {
        self.bytes = bytes
        self.type = type
        offset = PeerFrame.headSize
    }

    var error: PeerError { .badField(type: type) }

    @inline(__always)
    @_lifetime(self: copy self)
    mutating func integer<T: FixedWidthInteger & BitwiseCopyable>(_: T.Type = T.self) throws(PeerError) -> T {
        guard bytes.byteCount - offset >= MemoryLayout<T>.size else { throw error }
        let value = bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: T.self)
        offset += MemoryLayout<T>.size
        return T(littleEndian: value)
    }

    @_lifetime(self: copy self)
    mutating func zxid() throws(PeerError) -> Zxid { Zxid(rawValue: try integer()) }

    @_lifetime(self: copy self)
    mutating func boolean() throws(PeerError) -> Bool {
        let value = try integer(UInt8.self)
        guard value <= 1 else { throw error }
        return value == 1
    }

    @_lifetime(self: copy self)
    mutating func history() throws(PeerError) -> History { History(epoch: try integer(), last: try zxid()) }

    @_lifetime(self: copy self)
    mutating func credit() throws(PeerError) -> Credit { Credit(requests: try integer(), bytes: try integer()) }

    @_lifetime(self: copy self)
    mutating func digestPair() throws(PeerError) -> DigestPair { DigestPair(zxid: try zxid(), digest: try integer()) }

    /// The count of items that take `size` bytes each; what can't fit in the rest of the frame is refused.
    @_lifetime(self: copy self)
    mutating func count(of size: Int) throws(PeerError) -> Int {
        let count = Int(try integer(UInt32.self))
        guard count <= (bytes.byteCount - offset) / size else { throw error }
        return count
    }

    @_lifetime(self: copy self)
    mutating func sessions() throws(PeerError) -> [Int64] {
        let count = try count(of: 8)
        var sessions: [Int64] = []
        if count > 0 { sessions.reserveCapacity(count) }
        for _ in 0..<count { sessions.append(try integer()) }
        return sessions
    }

    @_lifetime(self: copy self)
    mutating func digestPairs() throws(PeerError) -> [DigestPair] {
        let count = try count(of: 16)
        var pairs: [DigestPair] = []
        if count > 0 { pairs.reserveCapacity(count) }
        for _ in 0..<count { pairs.append(try digestPair()) }
        return pairs
    }

    @_lifetime(self: copy self)
    mutating func text() throws(PeerError) -> String {
        let length = Int(try integer(UInt16.self))
        guard bytes.byteCount - offset >= length else { throw error }
        defer { offset += length }
        return bytes.extracting(offset..<offset + length).withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
    }

    func end() throws(PeerError) {
        guard offset == bytes.byteCount else { throw error }
    }
}
