// Watch events of a multi's parts, kept in order until the whole has succeeded.

import Handlers
import Jute

struct HeldEvents: ~Copyable {
    struct Event {
        var type: Int32
        var acl: UInt32
        var path: Range<Int>
    }

    var isHolding = false
    private(set) var events: [Event] = []
    private var paths = ByteBuffer(capacity: 256)

    mutating func add(_ type: Int32, _ path: UnsafeRawBufferPointer, _ acl: UInt32) {
        let start = paths.count
        paths.append(path)
        events.append(Event(type: type, acl: acl, path: start..<start + path.count))
    }

    func path(_ event: Event) -> UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: paths.bytes[event.path]) }

    mutating func removeAll() {
        isHolding = false
        events.removeAll(keepingCapacity: true)
        paths.removeAll()
        paths.shrink(to: 1 << 20)
    }
}

extension DataTree {
    @inline(__always)
    func fire(_ type: Int32, _ path: UnsafeRawBufferPointer, _ acl: UInt32, _ effects: inout Effects) {
        if watches.isEmpty { return }
        if held.isHolding {
            held.add(type, path, acl)
        } else {
            watches.fire(type, at: path, acl: acl, lists: lists, effects: &effects)
        }
    }

    /// Fires what was held. The access lists that the events name must still be there.
    func fireHeld(_ effects: inout Effects) {
        for event in held.events {
            watches.fire(event.type, at: held.path(event), acl: event.acl, lists: lists, effects: &effects)
        }
        held.removeAll()
    }
}
