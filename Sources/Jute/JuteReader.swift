// Reads jute's primitive types, big-endian, from borrowed bytes. Every length is tested before anything is touched, so no input
// can trap. Writing is JuteWriter's part; records made of these primitives live in ClientProtocol.

public enum JuteError: Error, Equatable {
    /// The record ends before its fields do.
    case truncated
    /// A length below -1, or one that passes the end of the record.
    case badLength
}

/// A cursor over one record. It can't outlive the bytes it reads.
public struct JuteReader: ~Escapable {
    @usableFromInline let bytes: RawSpan
    @usableFromInline var place = 0

    @_lifetime(copy bytes)
    @inlinable public init(_ bytes: RawSpan) { self.bytes = bytes }

    /// Bytes read so far.
    @inlinable public var offset: Int { place }
    @inlinable public var remaining: Int { bytes.byteCount - place }

    /// What has not been read yet.
    @inlinable public var rest: RawSpan {
        @_lifetime(copy self) get { bytes.extracting(place..<bytes.byteCount) }
    }

    /// Everything from byte `start` up to the cursor.
    @_lifetime(copy self)
    @inlinable public func read(since start: Int) -> RawSpan { bytes.extracting(start..<place) }

    @inlinable @inline(__always)
    mutating func integer<T: FixedWidthInteger & BitwiseCopyable>(_: T.Type) throws(JuteError) -> T {
        guard remaining >= MemoryLayout<T>.size else { throw .truncated }
        let value = bytes.unsafeLoadUnaligned(fromByteOffset: place, as: T.self)
        place += MemoryLayout<T>.size
        return T(bigEndian: value)
    }

    @inlinable public mutating func byte() throws(JuteError) -> UInt8 { try integer(UInt8.self) }

    /// Any non-zero byte is true.
    @inlinable public mutating func boolean() throws(JuteError) -> Bool { try byte() != 0 }

    @inlinable public mutating func int() throws(JuteError) -> Int32 { try integer(Int32.self) }

    @inlinable public mutating func long() throws(JuteError) -> Int64 { try integer(Int64.self) }

    /// A `buffer` or `ustring`: nil when its length is -1.
    @_lifetime(copy self)
    @inlinable public mutating func buffer() throws(JuteError) -> RawSpan? {
        let length = try int()
        if length == -1 { return nil }
        guard length >= 0, remaining >= Int(length) else { throw .badLength }
        let start = place
        place += Int(length)
        return bytes.extracting(start..<place)
    }

    /// The same as a copy.
    public mutating func copiedBuffer() throws(JuteError) -> [UInt8]? {
        guard let span = try buffer() else { return nil }
        return span.withUnsafeBytes { [UInt8]($0) }
    }

    /// The same; a malformed field counts as null.
    public mutating func optionalBytes() -> [UInt8]? { (try? copiedBuffer()) ?? nil }

    /// The count of a vector whose items take at least `itemSize` bytes each; a null vector counts as -1.
    @inlinable public mutating func vectorCount(itemSize: Int) throws(JuteError) -> Int {
        let count = Int(try int())
        if count == -1 { return -1 }
        guard count >= 0, count <= remaining / max(itemSize, 1) else { throw .badLength }
        return count
    }
}
