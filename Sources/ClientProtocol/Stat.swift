// A znode's Stat as clients see it: eleven fields, 68 bytes, the same in every reply that carries one.

public import Jute

public struct Stat: Equatable, Sendable {
    public static let size = 68

    public var czxid: Int64 = 0
    public var mzxid: Int64 = 0
    public var ctime: Int64 = 0
    public var mtime: Int64 = 0
    public var version: Int32 = 0
    /// As sent: creations and deletions of children together.
    public var cversion: Int32 = 0
    public var aversion: Int32 = 0
    public var ephemeralOwner: Int64 = 0
    public var dataLength: Int32 = 0
    public var numChildren: Int32 = 0
    public var pzxid: Int64 = 0

    @inlinable public init() {}

    @inlinable public init(reading reader: inout JuteReader) throws(JuteError) {
        czxid = try reader.long()
        mzxid = try reader.long()
        ctime = try reader.long()
        mtime = try reader.long()
        version = try reader.int()
        cversion = try reader.int()
        aversion = try reader.int()
        ephemeralOwner = try reader.long()
        dataLength = try reader.int()
        numChildren = try reader.int()
        pzxid = try reader.long()
    }
}

extension ByteBuffer {
    @inlinable public mutating func write(_ stat: Stat) {
        let place = appendUninitialized(Stat.size)
        func store<T: FixedWidthInteger>(_ value: T, _ offset: Int) {
            place.storeBytes(of: value.bigEndian, toByteOffset: offset, as: T.self)
        }
        store(stat.czxid, 0)
        store(stat.mzxid, 8)
        store(stat.ctime, 16)
        store(stat.mtime, 24)
        store(stat.version, 32)
        store(stat.cversion, 36)
        store(stat.aversion, 40)
        store(stat.ephemeralOwner, 44)
        store(stat.dataLength, 52)
        store(stat.numChildren, 56)
        store(stat.pzxid, 60)
    }
}
