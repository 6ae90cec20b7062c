// One request as it travels in bundles and batches: a fixed head, then (when they differ from the record before) the origin and
// the identities, then the client's body untouched. Bundles are runs of such records; batches put BatchHeader in front.
//
//   0  u32 length of the whole record      4  i32 type (op code)        8  i64 session
//  16  u64 seq                            24  i32 xid                  28  u8 flags   29 u8 zero   30  u16 length of identities
//  32  [u32 server, u64 run]  if flags & 1;  [identities]  if flags & 2;  body
//
// A record without flag 1 (2) has the origin (identities) of the record before it; the first record of a bundle has both flags.

public import Jute

/// Fields of a record's head that are copied out when it is read. Bodies and identities stay borrowed.
public struct RequestHead: Sendable {
    public var type: Int32
    public var xid: Int32
    public var session: Int64
    public var origin: Origin

    @inlinable public init(type: Int32, xid: Int32, session: Int64, origin: Origin) {
        self.type = type
        self.xid = xid
        self.session = session
        self.origin = origin
    }
}

public enum RecordLayout {
    public static let headSize = 32
    public static let originSize = 12
    public static let carriesOrigin: UInt8 = 1
    public static let carriesIdentities: UInt8 = 2
    /// A request above this many bytes of body is refused at intake, whatever jute.maxbuffer says.
    public static let maxBody = 16 << 20
}

/// Appends records to a buffer and leaves out what repeats.
public struct RecordWriter: ~Copyable {
    @usableFromInline var server: UInt32 = 0
    @usableFromInline var run: UInt64 = 0
    /// Caller's number for the identities written last; equal numbers mean equal bytes. 0 = none yet.
    @usableFromInline var identitiesKey: UInt64 = 0
    @usableFromInline var isFirst = true

    @inlinable public init() {}

    /// The next record carries everything again, as the first of a bundle must.
    @inlinable public mutating func restart() { isFirst = true }

    /// Appends one record. `identitiesKey` must be non-zero and name `identities` uniquely among records written here.
    /// - Returns: bytes appended.
    @inlinable @inline(__always) @discardableResult
    public mutating func append(
        _ head: RequestHead, identities: UnsafeRawBufferPointer, identitiesKey key: UInt64, body: UnsafeRawBufferPointer,
        to buffer: inout ByteBuffer
    ) -> Int {
        precondition(body.count <= RecordLayout.maxBody, "a request above the limit passed the intake")
        precondition(identities.count <= 0xffff, "identities above 64 KiB passed the intake")
        var flags: UInt8 = 0
        var length = RecordLayout.headSize + body.count
        if isFirst || head.origin.server != server || head.origin.run != run {
            flags |= RecordLayout.carriesOrigin
            length += RecordLayout.originSize
        }
        if isFirst || key != identitiesKey {
            flags |= RecordLayout.carriesIdentities
            length += identities.count
        }
        isFirst = false
        server = head.origin.server
        run = head.origin.run
        identitiesKey = key
        var p = buffer.appendUninitialized(length)
        p.storeBytes(of: UInt32(truncatingIfNeeded: length).littleEndian, toByteOffset: 0, as: UInt32.self)
        p.storeBytes(of: head.type.littleEndian, toByteOffset: 4, as: Int32.self)
        p.storeBytes(of: head.session.littleEndian, toByteOffset: 8, as: Int64.self)
        p.storeBytes(of: head.origin.seq.littleEndian, toByteOffset: 16, as: UInt64.self)
        p.storeBytes(of: head.xid.littleEndian, toByteOffset: 24, as: Int32.self)
        p.storeBytes(of: flags, toByteOffset: 28, as: UInt8.self)
        p.storeBytes(of: 0, toByteOffset: 29, as: UInt8.self)
        let carried = flags & RecordLayout.carriesIdentities != 0 ? identities.count : 0
        p.storeBytes(of: UInt16(truncatingIfNeeded: carried).littleEndian, toByteOffset: 30, as: UInt16.self)
        p += RecordLayout.headSize
        if flags & RecordLayout.carriesOrigin != 0 {
            p.storeBytes(of: server.littleEndian, toByteOffset: 0, as: UInt32.self)
            p.storeBytes(of: run.littleEndian, toByteOffset: 4, as: UInt64.self)
            p += RecordLayout.originSize
        }
        if carried > 0, let from = identities.baseAddress {
            p.copyMemory(from: from, byteCount: carried)
            p += carried
        }
        if body.count > 0, let from = body.baseAddress { p.copyMemory(from: from, byteCount: body.count) }
        return length
    }
}

public enum RecordError: Error, Equatable {
    case truncated
    case badLength
    case missingContext
}

/// Walks the records of a bundle or of a batch's requests. Total on any bytes: what does not parse is thrown, never trapped on.
public struct RecordReader: ~Escapable {
    @usableFromInline let bytes: RawSpan
    @usableFromInline var offset = 0
    @usableFromInline var origin = Origin(server: 0, run: 0, seq: 0)
    @usableFromInline var hasContext = false
    @usableFromInline var identitiesRange = 0..<0
    @usableFromInline var bodyRange = 0..<0

    @_lifetime(copy bytes)
    @inlinable public init(_ bytes: RawSpan) { self.bytes = bytes }

    /// Where the record that `next()` returns next begins.
    @inlinable public var position: Int { offset }

    /// Changes with every record that brought identities of its own: equal numbers, equal identities.
    @inlinable public var identitiesOffset: Int { identitiesRange.lowerBound }

    @inlinable public var identities: RawSpan { @_lifetime(copy self) get { bytes.extracting(identitiesRange) } }
    @inlinable public var body: RawSpan { @_lifetime(copy self) get { bytes.extracting(bodyRange) } }

    /// The head of the next record, with `identities` and `body` set for it; nil at the end.
    @inlinable @inline(__always)
    public mutating func next() throws(RecordError) -> RequestHead? {
        let start = offset
        let left = bytes.byteCount - start
        if left == 0 { return nil }
        guard left >= RecordLayout.headSize else { throw .truncated }
        let length = Int(UInt32(littleEndian: bytes.unsafeLoadUnaligned(fromByteOffset: start, as: UInt32.self)))
        guard length >= RecordLayout.headSize, length <= left else { throw .badLength }
        let flags = bytes.unsafeLoadUnaligned(fromByteOffset: start + 28, as: UInt8.self)
        let carried = Int(UInt16(littleEndian: bytes.unsafeLoadUnaligned(fromByteOffset: start + 30, as: UInt16.self)))
        var place = start + RecordLayout.headSize
        let end = start + length
        if flags & RecordLayout.carriesOrigin != 0 {
            guard end - place >= RecordLayout.originSize else { throw .badLength }
            origin.server = UInt32(littleEndian: bytes.unsafeLoadUnaligned(fromByteOffset: place, as: UInt32.self))
            origin.run = UInt64(littleEndian: bytes.unsafeLoadUnaligned(fromByteOffset: place + 4, as: UInt64.self))
            place += RecordLayout.originSize
        }
        if flags & RecordLayout.carriesIdentities != 0 {
            guard end - place >= carried else { throw .badLength }
            identitiesRange = place..<place + carried
            place += carried
        }
        let both = RecordLayout.carriesOrigin | RecordLayout.carriesIdentities
        guard hasContext || flags & both == both else { throw .missingContext }
        hasContext = true
        bodyRange = place..<end
        offset = end
        origin.seq = UInt64(littleEndian: bytes.unsafeLoadUnaligned(fromByteOffset: start + 16, as: UInt64.self))
        return RequestHead(
            type: Int32(littleEndian: bytes.unsafeLoadUnaligned(fromByteOffset: start + 4, as: Int32.self)),
            xid: Int32(littleEndian: bytes.unsafeLoadUnaligned(fromByteOffset: start + 24, as: Int32.self)),
            session: Int64(littleEndian: bytes.unsafeLoadUnaligned(fromByteOffset: start + 8, as: Int64.self)),
            origin: origin)
    }
}
