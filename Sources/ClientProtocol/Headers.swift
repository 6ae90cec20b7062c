// The heads of requests, replies and watch events on the client port, and the reserved request numbers that stand in them.

package import Jute

/// Request numbers with a meaning of their own; all others are the client's.
package enum Xid {
    @inlinable package static var notification: Int32 { -1 }
    @inlinable package static var ping: Int32 { -2 }
    @inlinable package static var auth: Int32 { -4 }
    @inlinable package static var setWatches: Int32 { -8 }
}

package struct RequestHeader: Equatable, Sendable {
    package static let size = 8

    package var xid: Int32
    package var type: Int32

    package init(xid: Int32, type: Int32) {
        self.xid = xid
        self.type = type
    }

    package init(reading reader: inout JuteReader) throws(JuteError) {
        xid = try reader.int()
        type = try reader.int()
    }
}

package struct ReplyHeader: Equatable, Sendable {
    package static let size = 16

    package var xid: Int32
    package var zxid: Int64
    package var error: Int32

    package init(xid: Int32, zxid: Int64, error: Int32) {
        self.xid = xid
        self.zxid = zxid
        self.error = error
    }

    package init(reading reader: inout JuteReader) throws(JuteError) {
        xid = try reader.int()
        zxid = try reader.long()
        error = try reader.int()
    }
}

/// Kinds of watch events that a server sends.
package enum EventType {
    @inlinable package static var nodeCreated: Int32 { 1 }
    @inlinable package static var nodeDeleted: Int32 { 2 }
    @inlinable package static var nodeDataChanged: Int32 { 3 }
    @inlinable package static var nodeChildrenChanged: Int32 { 4 }
    /// The only state that a server ever puts into an event: connected.
    @inlinable package static var stateConnected: Int32 { 3 }
}

extension ByteBuffer {
    package mutating func write(_ header: RequestHeader) {
        writeInt(header.xid)
        writeInt(header.type)
    }

    package mutating func write(_ header: ReplyHeader) {
        let place = appendUninitialized(ReplyHeader.size)
        place.storeBytes(of: header.xid.bigEndian, toByteOffset: 0, as: Int32.self)
        place.storeBytes(of: header.zxid.bigEndian, toByteOffset: 4, as: Int64.self)
        place.storeBytes(of: header.error.bigEndian, toByteOffset: 12, as: Int32.self)
    }

    /// A whole watch event frame, length in front. `zxid` is that of the record which fired it, -1 for events made by setWatches.
    package mutating func writeEventFrame(type: Int32, zxid: Int64, path: UnsafeRawBufferPointer) {
        writeInt(Int32(ReplyHeader.size + 12 + path.count))
        write(ReplyHeader(xid: Xid.notification, zxid: zxid, error: 0))
        writeInt(type)
        writeInt(EventType.stateConnected)
        writeBuffer(path)
    }
}

/// Body of a watch event, as a client reads it.
package struct WatcherEvent: ~Escapable {
    package let type: Int32
    package let state: Int32
    package let path: RawSpan?

    @_lifetime(copy reader)
    package init(reading reader: inout JuteReader) throws(JuteError) {
        type = try reader.int()
        state = try reader.int()
        path = try reader.buffer()
    }
}
