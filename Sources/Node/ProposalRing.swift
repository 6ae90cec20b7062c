// The newest sealed batches of the log, in memory, shared by all learners of a leader. A learner whose cursor lies before the
// ring reads the log instead; nothing is ever queued for a single learner.

import Batch
import Rules

struct ProposalRing {
    private var batches: [SealedBatch] = []
    private var first = 0
    private(set) var bytes = 0
    let limit: Int

    init(limit: Int) { self.limit = limit }

    /// Zxid before the oldest batch held; nil when empty.
    var start: Zxid? { first < batches.count ? batches[first].prevZxid : nil }
    var end: Zxid? { batches.last?.lastZxid }

    mutating func append(_ batch: SealedBatch) {
        // Rule L1: a log is contiguous, in memory as on disk.
        if let end { demand(batch.prevZxid == end, "Rule L1: batch \(batch.firstZxid) does not follow \(end) in the ring") }
        batches.append(batch)
        bytes += batch.byteCount
        while bytes > limit, first < batches.count - 1 {
            bytes -= batches[first].byteCount
            first += 1
        }
        if first > 256, first * 2 > batches.count {
            batches.removeFirst(first)
            first = 0
        }
    }

    /// Drops what lies behind `zxid`, after a truncation.
    mutating func truncate(to zxid: Zxid) {
        while batches.count > first, let last = batches.last, last.lastZxid > zxid {
            bytes -= last.byteCount
            batches.removeLast()
        }
        if batches.count == first { removeAll() }
    }

    mutating func removeAll() {
        batches.removeAll()
        first = 0
        bytes = 0
    }

    /// The batch that follows `zxid`, if the ring holds it.
    func batch(after zxid: Zxid) -> SealedBatch? {
        guard let start, zxid >= start, let end, zxid < end else { return nil }
        var low = first
        var high = batches.count
        while low < high {
            let middle = (low + high) / 2
            if batches[middle].prevZxid < zxid { low = middle + 1 } else { high = middle }
        }
        guard low < batches.count, batches[low].prevZxid == zxid else { return nil }
        return batches[low]
    }
}
