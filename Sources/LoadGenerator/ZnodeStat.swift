// A znode's Stat as replies carry it: what holds of each, and of two of one znode. Those that were seen stand in StatBook.swift.

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
        created > 0 && modified >= created && childrenChanged >= created && size >= 0 && children >= 0 && createdAt >= 0
            && modifiedAt >= 0
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
        let raised = version &- other.version
        return modified > other.modified ? raised > 0 : raised < 0
    }
}
