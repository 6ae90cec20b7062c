// A znode's Stat as replies carry it, and the book over the Stats that were seen: two Stats of one znode must fit each other, so
// that a wrong one shows although nobody knows the right one.

/// The eleven fields, 68 bytes on the wire.
package struct ZnodeStat: Equatable {
    package static let byteCount = 68

    /// Zxids of the creation, of the last set, and of the last change of the children.
    package var created: Int64
    package var modified: Int64
    package var childrenChanged: Int64
    /// Wall clock of creation and last set, milliseconds.
    package var createdAt: Int64
    package var modifiedAt: Int64
    package var version: Int32
    package var childVersion: Int32
    package var aclVersion: Int32
    package var owner: Int64
    package var size: Int32
    package var children: Int32

    /// The caller has checked that 68 bytes are there.
    @inline(__always) package init(_ bytes: UnsafeRawBufferPointer, at offset: Int) {
        created = bytes.int64(at: offset)
        modified = bytes.int64(at: offset + 8)
        createdAt = bytes.int64(at: offset + 16)
        modifiedAt = bytes.int64(at: offset + 24)
        version = bytes.int32(at: offset + 32)
        childVersion = bytes.int32(at: offset + 36)
        aclVersion = bytes.int32(at: offset + 40)
        owner = bytes.int64(at: offset + 44)
        size = bytes.int32(at: offset + 52)
        children = bytes.int32(at: offset + 56)
        childrenChanged = bytes.int64(at: offset + 60)
    }

    /// What holds of every znode, whatever happened to it.
    var isPossible: Bool {
        created > 0 && modified >= created && childrenChanged >= created && size >= 0 && children >= 0
    }

    /// A znode as it was made: never set, without children, of no session.
    var isUntouched: Bool {
        isPossible && modified == created && modifiedAt == createdAt && childrenChanged == created && version == 0
            && childVersion == 0 && aclVersion == 0 && owner == 0 && children == 0
    }

    /// Whether both can be Stats of one znode that is never removed: its birth stays the same, and each set raises zxid and
    /// version together.
    func fits(_ other: ZnodeStat) -> Bool {
        guard created == other.created, createdAt == other.createdAt, aclVersion == other.aclVersion, owner == other.owner else {
            return false
        }
        let haveSameChildren = childrenChanged == other.childrenChanged
        guard haveSameChildren == (childVersion == other.childVersion), !haveSameChildren || children == other.children else {
            return false
        }
        if modified == other.modified {
            return version == other.version && modifiedAt == other.modifiedAt && size == other.size
        }
        return (modified > other.modified) == (version &- other.version > 0)
    }
}

/// The newest Stat that was seen of each znode of the pools.
package struct StatBook {
    private var newest: [ZnodeStat?]

    package init(znodes: Int) { newest = [ZnodeStat?](repeating: nil, count: znodes) }

    /// A reply shows this Stat; false if it can't be true beside what was seen before.
    @inline(__always) package mutating func isCredible(_ stat: ZnodeStat, of znode: Int) -> Bool {
        guard stat.isPossible else { return false }
        if let known = newest[znode] {
            guard stat.fits(known) else { return false }
            if stat.modified < known.modified { return true }
        }
        newest[znode] = stat
        return true
    }
}
