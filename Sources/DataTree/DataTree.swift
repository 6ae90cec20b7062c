// The tree of znodes with its sessions and access lists: replicated state, changed by applied records only, plus the watches of
// this server's connections. Everything here is a function of the state, the record and the batch's times (rule A3): no clock, no
// chance, no order that a hash decides. This file holds the tables and finding things; the operations stand in extensions, one
// idea each.

import Batch
import ClientProtocol
package import Handlers
import Jute

package final class DataTree {
    package let space: TableSpace
    let nodes: PagedTable
    let sessions: PagedTable
    @exclusivity(unchecked) var lists: AccessLists
    package let watches = Watches()
    /// No answer to a read is built much beyond this; only the server that is asked has such a limit.
    package var maxReply = Int.max

    // Of the record that is being applied.
    @exclusivity(unchecked) var zxid: Int64 = 0
    @exclusivity(unchecked) var wallTime: Int64 = 0
    @exclusivity(unchecked) var logTime: UInt64 = 0
    @exclusivity(unchecked) var wantsReply = false

    /// Derived from the rows, so it is no part of a snapshot.
    struct Totals {
        var ephemerals = 0
        var bytes: Int64 = 0
    }

    @exclusivity(unchecked) var totals = Totals()
    /// The session looked up last; consecutive records are mostly of one session.
    @exclusivity(unchecked) var recentSession: (id: Int64, row: UInt32) = (0, 0)
    /// Watch events of a multi, held until its last part has succeeded.
    @exclusivity(unchecked) var held: HeldEvents
    /// The path of a sequential znode while it is being made.
    @exclusivity(unchecked) var sequentialPath = ByteBuffer(capacity: 256)

    static let root: UInt32 = 1

    package init(space: TableSpace) {
        self.space = space
        precondition(
            MemoryLayout<Znode>.stride == 128 && MemoryLayout<Session>.stride == 32, "rows have the layout that snapshots have")
        nodes = space.makeTable(stride: MemoryLayout<Znode>.stride, blobs: [Znode.path, Znode.data], key: .blob)
        sessions = space.makeTable(stride: MemoryLayout<Session>.stride, key: .word(Session.idOffset))
        lists = AccessLists(
            space.makeTable(stride: MemoryLayout<AccessListRow>.stride, blobs: [AccessListRow.bytes], key: .blob))
        held = HeldEvents()
        plant()
    }

    // MARK: Finding

    /// The row of `path`, or 0. The empty path is another name of the root.
    @inline(__always)
    func find(_ path: RawSpan) -> UInt32 {
        if path.byteCount == 0 { return DataTree.root }
        return path.withUnsafeBytes { nodes.find($0, hash: nodes.hash($0)) }
    }

    func path(_ number: UInt32) -> UnsafeRawBufferPointer { nodes.blob(number, Znode.path) }

    /// The name: what stands behind the last slash.
    func name(_ number: UInt32) -> UnsafeRawBufferPointer {
        let path = path(number)
        let parent = nodes.node(number).pointee.parent
        let skipped = parent == DataTree.root ? 1 : Int(nodes.node(parent).pointee.pathLength) + 1
        return UnsafeRawBufferPointer(rebasing: path[skipped...])
    }

    // MARK: Figures

    /// As ZooKeeper counts, which knows the root by two names.
    package var nodeCount: Int { nodes.count + 1 }
    package var sessionCount: Int { sessions.count }
    package var ephemeralCount: Int { totals.ephemerals }
    /// Bytes of all paths and data.
    package var approximateDataSize: Int64 { totals.bytes }

    // MARK: Around a restore

    /// Recounts what is derived, once all rows are back, and looks whether they can be a tree.
    package func adopt() throws(SnapshotError) {
        recentSession = (0, 0)
        totals = Totals()
        guard nodes.isLive(DataTree.root), lists.table.isLive(AccessLists.open) else {
            throw SnapshotError("the root is missing")
        }
        for number in 1..<nodes.limit where nodes.isLive(number) {
            let node = nodes.node(number).pointee
            let isLeafList = node.owner != 0
            let links = [node.next, node.previous, node.parent] + [node.first, node.last]
            for link in links where link != 0 && !nodes.isLive(link) {
                throw SnapshotError("znode row \(number) names row \(link), which is not there")
            }
            guard lists.table.isLive(node.acl), node.pathLength != BlobField.none, node.pathLength > 0,
                number == DataTree.root || node.parent != 0
            else { throw SnapshotError("znode row \(number) is malformed") }
            if isLeafList { totals.ephemerals += 1 }
            totals.bytes += Int64(node.pathLength) + Int64(node.dataCount)
        }
        for number in 1..<sessions.limit where sessions.isLive(number) {
            let session = sessions.session(number).pointee
            for link in [session.firstOwned, session.lastOwned] where link != 0 && !nodes.isLive(link) {
                throw SnapshotError("session row \(number) names znode row \(link), which is not there")
            }
        }
    }
}
