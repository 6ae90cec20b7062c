// Applying a batch costs mostly cache misses: bucket, row, path and data of every znode. A lookahead runs some groups of records
// in front of apply and asks for these lines in time, so that the processor fetches many at once and none is waited for: while
// one group is applied, the bytes of the next are on their way, the rows of the one behind it and the buckets of the third.
// Nothing is decided here; a wrong guess costs nothing but its time.

package import Batch
import ClientProtocol
import Handlers
import Jute

package struct Lookahead: ~Escapable {
    /// Records looked at in one step. A group takes longer to apply than memory takes to answer; four of them fit into the
    /// first cache.
    package static let group = 8
    /// Steps from a record's being looked at to its being applied.
    private static let depth = 3

    private var reader: RecordReader
    private var hashes = InlineArray<32, UInt32>(repeating: 0)
    private var rows = InlineArray<32, UInt32>(repeating: 0)
    private var counts = InlineArray<4, Int>(repeating: 0)
    private var steps = 0

    /// Looks over the first groups of `reader`'s records.
    @_lifetime(copy reader)
    package init(_ reader: RecordReader, in tree: DataTree) {
        self.reader = reader
        for _ in 0..<Lookahead.depth { step(in: tree) }
    }

    /// Before a group is applied.
    package mutating func step(in tree: DataTree) {
        let (last, middle, first) = (steps &+ 2, steps &+ 3, steps)
        fetchBytes(of: last & 3, tree)
        fetchRows(of: middle & 3, tree)
        fetchBuckets(of: first & 3, tree)
        steps &+= 1
    }

    private mutating func fetchBuckets(of slot: Int, _ tree: DataTree) {
        let start = slot * Lookahead.group
        var count = 0
        for _ in 0..<Lookahead.group {
            guard let head = (try? reader.next()) ?? nil else { break }
            guard head.type == OpCode.setData || head.type == OpCode.delete else { continue }
            var body = JuteReader(reader.body)
            guard let hash = tree.pathHash(&body) else { continue }
            hashes[start + count] = hash
            tree.nodes.prefetchBucket(hash)
            count += 1
        }
        counts[slot] = count
    }

    private mutating func fetchRows(of slot: Int, _ tree: DataTree) {
        let start = slot * Lookahead.group
        for index in start..<start + counts[slot] { rows[index] = tree.nodes.prefetchRow(hashes[index]) }
    }

    private mutating func fetchBytes(of slot: Int, _ tree: DataTree) {
        let start = slot * Lookahead.group
        for index in start..<start + counts[slot] where rows[index] != 0 {
            tree.nodes.prefetchBlob(rows[index], Znode.path)
            tree.nodes.prefetchBlob(rows[index], Znode.data)
        }
    }
}

extension DataTree {
    @inline(__always)
    fileprivate func pathHash(_ body: inout JuteReader) -> UInt32? {
        do throws(JuteError) {
            guard let path = try body.buffer() else { return nil }
            return path.withUnsafeBytes { nodes.hash($0) }
        } catch {
            return nil
        }
    }
}
