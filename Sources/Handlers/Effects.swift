// What applying a record wants done outside the state: watch events to send, and what became of sessions. One value is reused for
// all records; the caller empties it before each and carries its content out afterwards. Nothing in here flows back into the
// state.

public import Jute

public struct WatchEvent: Sendable {
    public var connection: UInt64
    public var type: Int32
    /// Where the path stands in `Effects.pathBytes`.
    public var path: Range<Int>

    @inlinable public init(connection: UInt64, type: Int32, path: Range<Int>) {
        self.connection = connection
        self.type = type
        self.path = path
    }
}

public enum SessionEffect: Equatable, Sendable {
    case created(id: Int64, timeout: Int32)
    /// The session now belongs to the record's origin; `previous…` is who had it before.
    case attached(id: Int64, timeout: Int32, previousServer: UInt32, previousRun: UInt64)
    case closed(id: Int64)
}

public struct Effects: ~Copyable {
    /// In firing order, and only to connections that may read the znode.
    public var watchEvents: [WatchEvent] = []
    public var pathBytes = ByteBuffer(capacity: 1024)
    public var session: SessionEffect?
    /// The record founded the ensemble, or changed its configuration.
    public var foundingApplied = false
    public var configurationApplied = false
    /// A watch was refused because of a cap; the connection must be closed, as its client would wait in vain.
    public var watchLimitReached = false

    @inlinable public init() {}

    @inlinable public var isEmpty: Bool {
        watchEvents.isEmpty && session == nil && !foundingApplied && !configurationApplied && !watchLimitReached
    }

    @inlinable @inline(__always)
    public mutating func removeAll() {
        if !isEmpty { clear() }
    }

    @usableFromInline @inline(never)
    mutating func clear() {
        watchEvents.removeAll(keepingCapacity: true)
        pathBytes.removeAll()
        pathBytes.shrink(to: 1 << 20)
        session = nil
        foundingApplied = false
        configurationApplied = false
        watchLimitReached = false
    }

    @inlinable public func path(of event: WatchEvent) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: pathBytes.bytes[event.path])
    }
}

extension Effects {
    /// Keeps a copy of a path for events that name it.
    @inlinable public mutating func keep(path: UnsafeRawBufferPointer) -> Range<Int> {
        let start = pathBytes.count
        pathBytes.append(path)
        return start..<start + path.count
    }

    /// Adds an event that no change fired, as setWatches does.
    @inlinable public mutating func addEvent(_ type: Int32, connection: UInt64, path: UnsafeRawBufferPointer) {
        watchEvents.append(WatchEvent(connection: connection, type: type, path: keep(path: path)))
    }
}
