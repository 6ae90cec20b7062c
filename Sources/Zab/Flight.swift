// What is proposed and not committed: how much of it there is, batch by batch.

import Batch

struct Flight: Sendable {
    private var batches: [(last: Zxid, count: Int, bytes: Int)] = []
    private var head = 0
    private(set) var requests = 0
    private(set) var bytes = 0

    var isEmpty: Bool { head == batches.count }
    var batchCount: Int { batches.count - head }

    @inline(__always)
    mutating func add(_ batch: SealedBatch) {
        batches.append((batch.lastZxid, batch.count, batch.byteCount))
        requests += batch.count
        bytes += batch.byteCount
    }

    mutating func settle(through commit: Zxid) {
        while head < batches.count, batches[head].last <= commit {
            requests -= batches[head].count
            bytes -= batches[head].bytes
            head += 1
        }
        if head == batches.count {
            batches.removeAll(keepingCapacity: true)
            head = 0
        } else if head >= 1024 {
            batches.removeFirst(head)
            head = 0
        }
    }
}
