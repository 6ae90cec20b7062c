// What is committed, once and for all: the first member to commit a batch writes it here, and every other must agree, in the
// batch and in the state that comes of it.

import Batch

struct CommittedChain {
    private(set) var batches: [SealedBatch] = []
    /// The rolling digest where some member has stopped applying, by the place behind the batch.
    private var digests: [Int: UInt64] = [:]

    var last: Zxid { batches.last?.lastZxid ?? .zero }
    var count: Int { batches.count }

    private func place(behind zxid: Zxid) -> Int { batches.place(behind: zxid) }

    /// - Returns: nil, or what is wrong.
    mutating func note(_ batch: SealedBatch, by member: Int) -> String? {
        if batch.firstZxid > last {
            guard batch.prevZxid == last else {
                return "member \(member + 1) commits \(batch.firstZxid) behind \(batch.prevZxid), committed is \(last)"
            }
            if let before = batches.last, batch.header.wallTime < before.header.wallTime {
                return
                    "Rule S6: the wall time of \(batch.firstZxid) is \(batch.header.wallTime), \(before.header.wallTime) before it"
            }
            batches.append(batch)
            return nil
        }
        let place = place(behind: batch.lastZxid)
        guard place > 0, batches[place - 1].lastZxid == batch.lastZxid, batches[place - 1].header.crc == batch.header.crc else {
            return "member \(member + 1) commits another batch \(batch.firstZxid) to \(batch.lastZxid) than was committed"
        }
        return nil
    }

    mutating func note(digest: UInt64, at zxid: Zxid, by member: Int) -> String? {
        let place = place(behind: zxid)
        if let known = digests[place] {
            return known == digest ? nil : "Rule A3: member \(member + 1) has another state at \(zxid)"
        }
        digests[place] = digest
        return nil
    }
}

extension [SealedBatch] {
    /// How many batches of a log end at or before `zxid`.
    func place(behind zxid: Zxid) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if self[middle].lastZxid <= zxid { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
