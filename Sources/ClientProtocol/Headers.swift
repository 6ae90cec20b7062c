// The heads of requests, replies and watch events on the client port, and the reserved request numbers that stand in them.

public import Jute

/// Request numbers with a meaning of their own; all others are the client's.
public enum Xid {
    @inlinable public static var notification: Int32 { -1 }
    @inlinable public static var ping: Int32 { -2 }
    @inlinable public static var auth: Int32 { -4 }
    @inlinable public static var setWatches: Int32 { -8 }
}

public struct RequestHeader: Equatable, Sendable {
    public static let size = 8

    public var xid: Int32
    public var type: Int32

    @inlinable public init(xid: Int32, type: Int32) {
        self.xid = xid
        self.type = type
    }

    @inlinable public init(reading reader: inout JuteReader) throws(JuteError) {
        xid = try reader.int()
        type = try reader.int()
    }
}

public struct ReplyHeader: Equatable, Sendable {
    public static let size = 16

    public var xid: Int32
    public var zxid: Int64
    public var error: Int32

    @inlinable public init(xid: Int32, zxid: Int64, error: Int32) {
        self.xid = xid
        self.zxid = zxid
        self.error = error
    }

    @inlinable public init(reading reader: inout JuteReader) throws(JuteError) {
        xid = try reader.int()
        zxid = try reader.long()
        error = try reader.int()
    }
}

/// Kinds of watch events that a server sends.
public enum EventType {
    @inlinable public static var nodeCreated: Int32 { 1 }
    @inlinable public static var nodeDeleted: Int32 { 2 }
    @inlinable public static var nodeDataChanged: Int32 { 3 }
    @inlinable public static var nodeChildrenChanged: Int32 { 4 }
    /// The only state that a server ever puts into an event: connected.
    @inlinable public static var stateConnected: Int32 { 3 }
}

extension ByteBuffer {
    @inlinable public mutating func write(_ header: RequestHeader) {
        writeInt(header.xid)
        writeInt(header.type)
    }

    @inlinable public mutating func write(_ header: ReplyHeader) {
        let place = appendUninitialized(ReplyHeader.size)
        place.storeBytes(of: header.xid.bigEndian, toByteOffset: 0, as: Int32.self)
        place.storeBytes(of: header.zxid.bigEndian, toByteOffset: 4, as: Int64.self)
        place.storeBytes(of: header.error.bigEndian, toByteOffset: 12, as: Int32.self)
    }

    /// A whole watch event frame, length in front. `zxid` is that of the record which fired it, -1 for events made by setWatches.
    @inlinable public mutating func writeEventFrame(type: Int32, zxid: Int64, path: UnsafeRawBufferPointer) {
        writeInt(Int32(ReplyHeader.size + 12 + path.count))
        write(ReplyHeader(xid: Xid.notification, zxid: zxid, error: 0))
        writeInt(type)
        writeInt(EventType.stateConnected)
        writeBuffer(path)
    }
}

/// Body of a watch event, as a client reads it.
public struct WatcherEvent: ~Escapable {
    public let type: Int32
    public let state: Int32
    public let path: RawSpan?

    @_lifetime(copy reader)
    @inlinable public init(reading reader: inout JuteReader) throws(JuteError) {
        type = try reader.int()
        state = try reader.int()
        path = try reader.buffer()
    }
}
