// Writes of handlers, a segment at a time: consecutive records of one batch that belong to the same handler reach it in one call.
// Record by record they are judged before the handler sees them, and counted and answered before it sees the next one.

package import Batch
import ClientProtocol
import DataTree
import Handlers
import Jute
import Rules

extension StateMachine {
    /// Lets the records of segments in and takes their results. Made once: a request makes no closure.
    func makeFeed() -> SegmentFeed {
        SegmentFeed(
            begin: { [unowned self] head, zxid in begin(head, zxid) },
            end: { [unowned self] head, zxid, error in end(head, zxid, error) })
    }

    /// Applies `head`, which `reader` has just read, and the records behind it as long as one handler owns them all.
    /// - Parameter limit: records of the batch from `head` on.
    /// - Returns: how many were applied; 0 if no handler owns `head`, which is then applied like any other record.
    package func applySegment(
        _ head: RequestHead, _ reader: inout RecordReader, zxid: Zxid, header: BatchHeader, limit: Int
    ) -> Int {
        for entry in registered where entry.writes.contains(head.type) {
            segmentHeader = header
            var segment = RequestSegment(
                tables: entry.tables, operations: entry.writes, from: head, reader, zxid: zxid, time: header.wallTime,
                limit: limit, feed: feed)
            while !segment.isDone {
                let before = segment.count
                entry.handler.apply(&segment)
                segment.end()
                // A handler that takes none of its requests has answered one of them by that.
                if segment.count == before, segment.next() { segment.end() }
            }
            reader = segment.rest
            return segment.count
        }
        return 0
    }

    private func begin(_ head: RequestHead, _ zxid: Zxid) -> Int32 {
        let header = segmentHeader
        demand(zxid > applied, "Rule P4: \(zxid) came at \(applied)")
        demand(header.version == 1, "Rule A4: a record of version \(header.version) reached apply")
        applied = zxid
        tree.stamp(
            ApplyContext(
                zxid: zxid, wallTime: header.wallTime, logTime: header.logTime, version: header.version, head: head, isOwn: true))
        let error = tree.judgeOwner(head)
        space.isChanging = error == ErrorCode.ok
        return error
    }

    private func end(_ head: RequestHead, _ zxid: Zxid, _ error: Int32) {
        space.isChanging = false
        noteResult(of: head, zxid, error)
        answerSegmentRecord?(head, zxid, error, feed.reply.pointee.bytes)
    }
}
