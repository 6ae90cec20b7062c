// One row of the tree: a znode's fixed fields, 128 bytes, two cache lines. Its path and data are byte strings that the row owns.
// Siblings stand in a doubly linked list in the order of their creation, and so do the ephemerals of one session.

import ClientProtocol
import Handlers

/// Every field has a fixed place, because rows go into snapshots as they are.
struct Znode {
    var czxid: Int64
    var mzxid: Int64
    var pzxid: Int64
    var ctime: Int64
    var mtime: Int64
    /// The session of an ephemeral, else 0.
    var owner: Int64
    /// Log time of the last change of data: what ages are reckoned from.
    var changedAt: UInt64
    var pathAddress: UInt64
    var dataAddress: UInt64
    var version: Int32
    /// Creations of children; the sequence numbers come from it. What clients are sent counts deletions too.
    var cversion: Int32
    var aversion: Int32
    var numChildren: Int32
    var parent: UInt32
    /// First and last child. An ephemeral can't have any: there it is its neighbours in its session's list.
    var first: UInt32
    var last: UInt32
    var next: UInt32
    var previous: UInt32
    var acl: UInt32
    var pathLength: UInt32
    var dataLength: UInt32
    /// 0 for persistent and ephemeral znodes; others are for kinds to come.
    var kind: UInt32
    var unused: UInt32

    static let path = BlobField(
        address: MemoryLayout<Znode>.offset(of: \.pathAddress)!, length: MemoryLayout<Znode>.offset(of: \.pathLength)!)
    static let data = BlobField(
        address: MemoryLayout<Znode>.offset(of: \.dataAddress)!, length: MemoryLayout<Znode>.offset(of: \.dataLength)!)

    var dataCount: Int32 { dataLength == BlobField.none ? 0 : Int32(truncatingIfNeeded: dataLength) }

    var stat: Stat {
        var stat = Stat()
        stat.czxid = czxid
        stat.mzxid = mzxid
        stat.ctime = ctime
        stat.mtime = mtime
        stat.version = version
        stat.cversion = 2 &* cversion &- numChildren
        stat.aversion = aversion
        stat.ephemeralOwner = owner
        stat.dataLength = dataCount
        stat.numChildren = numChildren
        stat.pzxid = pzxid
        return stat
    }
}

extension PagedTable {
    @inline(__always)
    func node(_ number: UInt32) -> UnsafePointer<Znode> { row(number).assumingMemoryBound(to: Znode.self) }

    @inline(__always)
    func changeNode(_ number: UInt32) -> UnsafeMutablePointer<Znode> { change(number).assumingMemoryBound(to: Znode.self) }
}
