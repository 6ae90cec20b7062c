// Applying a batch costs mostly cache misses: bucket, row, path and data of every znode. Before a run of records is applied,
// three quick passes ask for these lines, so that the processor fetches many at once. Nothing is decided here; a wrong guess
// costs nothing but its time.

package import Batch
import ClientProtocol
import Handlers
import Jute

extension DataTree {
    /// Records looked at in one go: enough to hide the latency of memory, few enough to stay in the first cache.
    package static let prefetchRun = 32

    /// Looks ahead over up to `prefetchRun` records.
    package func prefetch(_ reader: inout RecordReader) {
        var hashes = InlineArray<32, UInt32>(repeating: 0)
        var rows = InlineArray<32, UInt32>(repeating: 0)
        var count = 0
        for _ in 0..<DataTree.prefetchRun {
            guard let head = (try? reader.next()) ?? nil else { break }
            guard head.type == OpCode.setData || head.type == OpCode.delete else { continue }
            var body = JuteReader(reader.body)
            guard let hash = pathHash(&body) else { continue }
            hashes[count] = hash
            nodes.prefetchBucket(hash)
            count += 1
        }
        for index in 0..<count { rows[index] = nodes.prefetchRow(hashes[index]) }
        for index in 0..<count where rows[index] != 0 { nodes.prefetchBlobs(rows[index]) }
    }

    @inline(__always)
    private func pathHash(_ body: inout JuteReader) -> UInt32? {
        do throws(JuteError) {
            guard let path = try body.buffer() else { return nil }
            return path.withUnsafeBytes { nodes.hash($0) }
        } catch {
            return nil
        }
    }
}
