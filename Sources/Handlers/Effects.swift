// What applying a record wants done outside the state: watch events to send, and what became of sessions. One value is reused for
// all records; the caller empties it before each and carries its content out afterwards. Nothing in here flows back into the
// state.

package import Jute

package struct WatchEvent: Sendable {
    package var connection: UInt64
    package var type: Int32
    /// Where the path stands in `Effects.pathBytes`.
    package var path: Range<Int>

    package init(connection: UInt64, type: Int32, path: Range<Int>) {
        self.connection = connection
        self.type = type
        self.path = path
    }
}

package enum SessionEffect: Equatable, Sendable {
    case created(id: Int64, timeout: Int32)
    /// The session now belongs to the record's origin; `previous…` is who had it before.
    case attached(id: Int64, timeout: Int32, previousServer: UInt32, previousRun: UInt64)
    case closed(id: Int64)
}

package struct Effects: ~Copyable {
    /// In firing order, and only to connections that may read the znode.
    package var watchEvents: [WatchEvent] = []
    package var pathBytes = ByteBuffer(capacity: 1024)
    package var session: SessionEffect?
    /// The record founded the ensemble, or changed its configuration.
    package var foundingApplied = false
    package var configurationApplied = false
    /// A watch was refused because of a cap; the connection must be closed, as its client would wait in vain.
    package var watchLimitReached = false

    package init() {}

    package var isEmpty: Bool {
        watchEvents.isEmpty && session == nil && !foundingApplied && !configurationApplied && !watchLimitReached
    }

    @inline(__always)
    package mutating func removeAll() {
        if isEmpty { return }
        watchEvents.removeAll(keepingCapacity: true)
        pathBytes.removeAll()
        pathBytes.shrink(to: 1 << 20)
        session = nil
        foundingApplied = false
        configurationApplied = false
        watchLimitReached = false
    }

    package func path(of event: WatchEvent) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: pathBytes.bytes[event.path])
    }
}

extension Effects {
    /// Keeps a copy of a path for events that name it.
    package mutating func keep(path: UnsafeRawBufferPointer) -> Range<Int> {
        let start = pathBytes.count
        pathBytes.append(path)
        return start..<start + path.count
    }

    /// Adds an event that no change fired, as setWatches does.
    package mutating func addEvent(_ type: Int32, connection: UInt64, path: UnsafeRawBufferPointer) {
        watchEvents.append(WatchEvent(connection: connection, type: type, path: keep(path: path)))
    }
}
