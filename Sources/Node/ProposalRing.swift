// The newest sealed batches of the log, in memory, shared by all learners of a leader. A learner whose cursor lies before the
// ring reads the log instead; nothing is ever queued for a single learner.

package import Batch
import Rules

package struct ProposalRing {
    /// In front of `first` nothing is held: a slot that is given up lets its batch go at once, and is itself taken away later.
    private var slots: [SealedBatch?] = []
    private var first = 0
    package private(set) var bytes = 0
    package let limit: Int

    package init(limit: Int) { self.limit = limit }

    /// Zxid before the oldest batch held; nil when empty.
    package var start: Zxid? { first < slots.count ? slots[first]?.prevZxid : nil }
    package var end: Zxid? { slots.last??.lastZxid }

    package mutating func append(_ batch: SealedBatch) {
        // Rule L1: a log is contiguous, in memory as on disk.
        if let end { demand(batch.prevZxid == end, "Rule L1: batch \(batch.firstZxid) does not follow \(end) in the ring") }
        slots.append(batch)
        bytes += batch.byteCount
        while bytes > limit, first < slots.count - 1, let oldest = slots[first] {
            bytes -= oldest.byteCount
            slots[first] = nil
            first += 1
        }
        if first > 256, first * 2 > slots.count {
            slots.removeFirst(first)
            first = 0
        }
    }

    /// Drops what lies behind `zxid`, after a truncation.
    package mutating func truncate(to zxid: Zxid) {
        while slots.count > first, let last = slots[slots.count - 1], last.lastZxid > zxid {
            bytes -= last.byteCount
            slots.removeLast()
        }
        if slots.count == first { removeAll() }
    }

    package mutating func removeAll() {
        slots.removeAll()
        first = 0
        bytes = 0
    }

    /// The batch that follows `zxid`, if the ring holds it.
    package func batch(after zxid: Zxid) -> SealedBatch? {
        guard let start, zxid >= start, let end, zxid < end else { return nil }
        var low = first
        var high = slots.count
        while low < high {
            let middle = (low + high) / 2
            if let batch = slots[middle], batch.prevZxid < zxid { low = middle + 1 } else { high = middle }
        }
        guard low < slots.count, let batch = slots[low], batch.prevZxid == zxid else { return nil }
        return batch
    }
}
