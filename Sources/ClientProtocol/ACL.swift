// Access control lists on the wire: permission bits, and a walk over a list of (permissions, scheme, id) in place.
// Who is let in by a list is decided in DataTree.

package import Jute

public enum Permission {
    @inlinable public static var read: Int32 { 1 }
    @inlinable public static var write: Int32 { 2 }
    @inlinable public static var create: Int32 { 4 }
    @inlinable public static var delete: Int32 { 8 }
    @inlinable public static var admin: Int32 { 16 }
    @inlinable public static var all: Int32 { 31 }
}

package struct ACLEntry: ~Escapable {
    package let permissions: Int32
    package let scheme: RawSpan
    package let id: RawSpan

    @_lifetime(copy reader)
    package init(reading reader: inout JuteReader) throws(JuteError) {
        permissions = try reader.int()
        scheme = try reader.textOrEmpty()
        id = try reader.textOrEmpty()
    }
}

package struct ACLList: ~Escapable {
    private var reader: JuteReader
    private var left: Int
    /// The list's bytes on the wire, count included.
    package let bytes: RawSpan
    package let isNull: Bool

    /// Reads the count and steps `outer` over the whole list, so that a damaged one is found before anything is done with it.
    @_lifetime(copy outer)
    package init(reading outer: inout JuteReader) throws(JuteError) {
        let start = outer.offset
        let count = try outer.vectorCount(itemSize: 12)
        isNull = count < 0
        left = max(count, 0)
        reader = JuteReader(outer.rest)
        for _ in 0..<max(count, 0) { _ = try ACLEntry(reading: &outer) }
        bytes = outer.read(since: start)
    }

    package var count: Int { left }

    /// The next entry; nil at the end.
    @_lifetime(copy self)
    package mutating func next() -> ACLEntry? {
        guard left > 0, let entry = try? ACLEntry(reading: &reader) else { return nil }
        left -= 1
        return entry
    }
}

extension ByteBuffer {
    package mutating func writeACLEntry(permissions: Int32, scheme: RawSpan, id: RawSpan) {
        writeInt(permissions)
        writeBuffer(scheme)
        writeBuffer(id)
    }

    /// The list that nearly every znode has: everybody may do everything.
    package mutating func writeOpenACL() {
        writeInt(1)
        writeInt(Permission.all)
        writeString("world")
        writeString("anyone")
    }
}
