// The newest batches in memory: what is given up goes at once, whatever is left in the middle.

import Batch
import Node
import Testing

@Suite struct ProposalRingTests {
    private final class Watched {
        weak var batch: SealedBatch?
        init(_ batch: SealedBatch) { self.batch = batch }
    }

    private func batch(_ counter: UInt32, bytes: Int = 1_000) -> SealedBatch {
        let content = [UInt8](repeating: 7, count: bytes)
        let header = BatchHeader(
            firstZxid: Zxid(epoch: 1, counter: counter), prevZxid: Zxid(epoch: 1, counter: counter - 1), wallTime: 0, logTime: 0,
            count: 1)
        return content.withUnsafeBytes { SealedBatch(sealing: header, requests: $0) }
    }

    @Test("Rule B1: memory of batches stays within its limit, also for few and large ones")
    func evictedBatchesAreFreed() {
        var ring = ProposalRing(limit: 10_000)
        var watched: [Watched] = []
        for counter in 2...100 {
            let next = batch(UInt32(counter))
            watched.append(Watched(next))
            ring.append(next)
        }
        let held = watched.compactMap(\.batch)
        #expect(held.reduce(0) { $0 + $1.byteCount } == ring.bytes && ring.bytes <= 10_000 && held.count >= 8)
        #expect(ring.start == held.first?.prevZxid && ring.end == held.last?.lastZxid)
    }

    @Test func everyHeldBatchIsFoundAndNoOther() throws {
        var ring = ProposalRing(limit: 100_000)
        for counter in 2...1_000 { ring.append(batch(UInt32(counter))) }
        let start = try #require(ring.start).counter
        #expect(start > 800 && ring.end == Zxid(epoch: 1, counter: 1_000))
        for counter in 1..<UInt32(1_001) {
            let found = ring.batch(after: Zxid(epoch: 1, counter: counter))
            #expect(found?.firstZxid == (counter >= start && counter < 1_000 ? Zxid(epoch: 1, counter: counter + 1) : nil))
        }
        ring.truncate(to: Zxid(epoch: 1, counter: 990))
        #expect(ring.end == Zxid(epoch: 1, counter: 990) && ring.batch(after: Zxid(epoch: 1, counter: 990)) == nil)
        ring.append(batch(991))
        #expect(ring.batch(after: Zxid(epoch: 1, counter: 990))?.firstZxid == Zxid(epoch: 1, counter: 991))
        ring.truncate(to: Zxid(epoch: 1, counter: 1))
        #expect(ring.start == nil && ring.end == nil && ring.bytes == 0)
    }

    @Test func oneBatchLargerThanTheLimitIsHeld() {
        var ring = ProposalRing(limit: 10_000)
        ring.append(batch(2, bytes: 50_000))
        ring.append(batch(3, bytes: 60_000))
        #expect(ring.batch(after: Zxid(epoch: 1, counter: 2)) != nil && ring.batch(after: Zxid(epoch: 1, counter: 1)) == nil)
    }
}
