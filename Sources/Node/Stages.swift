// Where the time of a write goes: marks per batch and per turn, never per request, added to histograms with a weight.
//
// received -> proposed -> durable here / quorum -> applied -> replied. On the leader the means of gather, quorum, apply and reply
// add up to what its own clients see less the network.

import Batch

/// Histograms of one node's stages, in nanoseconds.
package struct StageHistograms: Sendable {
    /// Received until sealed into a batch; leader only.
    package var proposed = StageHistogram()
    /// Sealed or taken in until durable here.
    package var durable = StageHistogram()
    /// Sealed until the commit quorum has it; leader only.
    package var quorum = StageHistogram()
    /// Known committed here until applied.
    package var applied = StageHistogram()
    /// Applied until the answer was offered to the socket; own clients only.
    package var replied = StageHistogram()
    /// Received until answered; own clients only.
    package var total = StageHistogram()
    /// Received until the commit quorum has it, for the leader's own intake and its followers' bundles.
    package var receivedToQuorum = StageHistogram()
    package var requestsPerBatch = StageHistogram()
    package var bytesPerBatch = StageHistogram()
    package var batchesInFlight = StageHistogram()
    package var batchesPerAck = StageHistogram()
}

struct Stages {
    private struct Mark {
        let last: Zxid
        let count: Int
        let bytes: Int
        let gatheredFor: UInt64
        let appendedAt: UInt64
        var durableAt: UInt64 = 0
        var committedAt: UInt64 = 0
    }

    private(set) var histograms = StageHistograms()
    private var marks: [Mark] = []
    private var head = 0
    private var durableIndex = 0
    private var commitIndex = 0
    private var repliesThisTurn = 0
    /// Bytes of batches appended and not yet durable here.
    private(set) var unflushedBytes = 0

    var inFlight: Int { marks.count - commitIndex }

    mutating func noteAppended(_ batch: SealedBatch, gatheredFor: UInt64, isLeader: Bool, now: Instant) {
        marks.append(
            Mark(
                last: batch.lastZxid, count: batch.count, bytes: batch.byteCount, gatheredFor: gatheredFor,
                appendedAt: now.nanoseconds))
        unflushedBytes += batch.byteCount
        guard isLeader else { return }
        histograms.proposed.record(gatheredFor, weight: batch.count)
        histograms.requestsPerBatch.record(UInt64(batch.count))
        histograms.bytesPerBatch.record(UInt64(batch.byteCount))
        histograms.batchesInFlight.record(UInt64(inFlight))
    }

    mutating func noteDurable(_ zxid: Zxid, at time: UInt64) {
        while durableIndex < marks.count, marks[durableIndex].last <= zxid {
            let mark = marks[durableIndex]
            histograms.durable.record(time &- min(time, mark.appendedAt), weight: mark.count)
            unflushedBytes -= mark.bytes
            durableIndex += 1
        }
    }

    mutating func noteCommitted(_ zxid: Zxid, isLeader: Bool, now: Instant) {
        while commitIndex < marks.count, marks[commitIndex].last <= zxid {
            marks[commitIndex].committedAt = now.nanoseconds
            if isLeader {
                let mark = marks[commitIndex]
                let took = now.nanoseconds &- mark.appendedAt
                histograms.quorum.record(took, weight: mark.count)
                histograms.receivedToQuorum.record(took &+ mark.gatheredFor, weight: mark.count)
            }
            commitIndex += 1
        }
    }

    mutating func noteApplied(_ batch: SealedBatch, now: Instant) {
        while head < marks.count, marks[head].last <= batch.lastZxid {
            let mark = marks[head]
            let since = mark.committedAt == 0 ? now.nanoseconds : mark.committedAt
            histograms.applied.record(now.nanoseconds &- since, weight: mark.count)
            head += 1
        }
        durableIndex = max(durableIndex, head)
        commitIndex = max(commitIndex, head)
        guard head > 512, head * 2 > marks.count else { return }
        marks.removeFirst(head)
        durableIndex -= head
        commitIndex -= head
        head = 0
    }

    @inline(__always)
    mutating func noteReply(receivedAt: UInt64, now: Instant) {
        histograms.total.record(now.nanoseconds &- min(receivedAt, now.nanoseconds))
        repliesThisTurn += 1
    }

    /// Answers of this turn have been offered to their sockets.
    mutating func noteFlushed(appliedAt: Instant, now: Instant) {
        guard repliesThisTurn > 0 else { return }
        histograms.replied.record(now.since(appliedAt), weight: repliesThisTurn)
        repliesThisTurn = 0
    }

    mutating func noteAck(batches: Int) {
        if batches > 0 { histograms.batchesPerAck.record(UInt64(batches)) }
    }

    /// After a truncation or a snapshot no mark means anything any more.
    mutating func forgetMarks() {
        marks.removeAll(keepingCapacity: true)
        unflushedBytes = 0
        head = 0
        durableIndex = 0
        commitIndex = 0
    }
}
