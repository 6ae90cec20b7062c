// Where the time of a write goes: marks per batch and per turn, added to histograms with a weight, with no clock read per
// request.
//
// Of all writes: received -> proposed -> quorum -> applied, and durable beside quorum. Of the writes of this member's own
// clients, apart from those of others: proposed, quorum, applied, replied, which follow each other without a gap and so add up
// to total. What lies between total and the response time that a client sees is the network and the sockets.

package import Batch

/// Histograms of one node's stages, in nanoseconds.
package struct StageHistograms: Sendable {
    /// Received until sealed into a batch; leader only.
    package var proposed = StageHistogram()
    /// Sealed or taken in until durable here.
    package var durable = StageHistogram()
    /// Sealed until the commit quorum has it; leader only.
    package var quorum = StageHistogram()
    /// Known committed and durable here until applied.
    package var applied = StageHistogram()
    /// Received until the commit quorum has it, for the leader's own intake and its followers' bundles.
    package var receivedToQuorum = StageHistogram()
    /// The same of own clients only, on whatever member.
    package var own = OwnStageHistograms()
    package var requestsPerBatch = StageHistogram()
    package var bytesPerBatch = StageHistogram()
    package var batchesInFlight = StageHistogram()
    package var batchesPerAck = StageHistogram()
}

/// Stages of the writes that this member answers itself: each begins where the one before it ends.
package struct OwnStageHistograms: Sendable {
    /// Received until sealed into a batch, or sent to the leader.
    package var proposed = StageHistogram()
    /// From then until known committed, and durable here.
    package var quorum = StageHistogram()
    /// From then until applied, together with all that this turn applied.
    package var applied = StageHistogram()
    /// From then until the turn's answers were offered to their sockets.
    package var replied = StageHistogram()
    /// Received until that.
    package var total = StageHistogram()
}

struct Stages {
    private struct Mark {
        let last: Zxid
        let count: Int
        let bytes: Int
        let gatheredFor: UInt64
        let appendedAt: UInt64
        /// The leader's role in which it was sealed; 0 on a follower.
        let reign: UInt64
        var committedAt: UInt64 = 0
    }

    /// Own writes that were answered in this turn and took the same way.
    private struct Answered {
        let receivedAt: UInt64
        let dispatchedAt: UInt64
        let committedAt: UInt64
        var count: Int
    }

    private(set) var histograms = StageHistograms()
    /// The latest instant that is known: the turn's own, those of the disk's completions, and where the loop looked at the clock.
    private var clock: UInt64 = 0
    /// The number of the role that this member plays.
    var reign: UInt64 = 0
    private var marks: [Mark] = []
    private var head = 0
    private var durableIndex = 0
    private var commitIndex = 0
    private var ackIndex = 0
    /// Own writes that left for the log or the leader: through which seq, and when.
    private var dispatched = Fifo<(seq: UInt64, at: UInt64)>()
    /// Batches applied in this turn, by when they were known to be committed.
    private var appliedThisTurn: [(committedAt: UInt64, count: Int)] = []
    private var answered: [Answered] = []
    private var committedAt: UInt64 = 0
    private var appliedAt: UInt64 = 0
    /// Bytes of batches appended and not yet durable here.
    private(set) var unflushedBytes = 0

    var inFlight: Int { marks.count - commitIndex }

    /// It is at least so late.
    @inline(__always)
    mutating func tell(_ instant: UInt64) { clock = max(clock, instant) }

    mutating func noteAppended(_ batch: SealedBatch, gatheredFor: UInt64, isLeader: Bool, now: Instant) {
        tell(now.nanoseconds)
        marks.append(
            Mark(
                last: batch.lastZxid, count: batch.count, bytes: batch.byteCount, gatheredFor: gatheredFor, appendedAt: clock,
                reign: isLeader ? reign : 0))
        unflushedBytes += batch.byteCount
        guard isLeader else { return }
        histograms.proposed.record(gatheredFor, weight: batch.count)
        histograms.requestsPerBatch.record(UInt64(batch.count))
        histograms.bytesPerBatch.record(UInt64(batch.byteCount))
        histograms.batchesInFlight.record(UInt64(inFlight))
    }

    /// How long the requests of a chunk have waited on average, now that it is sealed.
    func waited(_ chunk: GatheredChunk, now: Instant) -> UInt64 {
        let time = max(clock, now.nanoseconds)
        let received = chunk.openedAt.nanoseconds + chunk.laterBy / UInt64(max(chunk.count, 1))
        return time - min(received, time)
    }

    /// A chunk is sealed, or goes to the leader.
    mutating func noteDispatched(_ chunk: GatheredChunk, now: Instant) {
        tell(now.nanoseconds)
        if chunk.lastOwnSeq > 0 { dispatched.append((chunk.lastOwnSeq, clock)) }
    }

    mutating func noteDurable(_ zxid: Zxid, at time: UInt64) {
        tell(time)
        while durableIndex < marks.count, marks[durableIndex].last <= zxid {
            let mark = marks[durableIndex]
            histograms.durable.record(time &- min(time, mark.appendedAt), weight: mark.count)
            unflushedBytes -= mark.bytes
            durableIndex += 1
        }
    }

    mutating func noteCommitted(_ zxid: Zxid, isLeader: Bool, now: Instant) {
        tell(now.nanoseconds)
        while commitIndex < marks.count, marks[commitIndex].last <= zxid {
            marks[commitIndex].committedAt = clock
            let mark = marks[commitIndex]
            // What this member took in as a follower, or led with in an earlier role, did not wait for this role's quorum.
            if isLeader, mark.reign == reign {
                let took = clock - mark.appendedAt
                histograms.quorum.record(took, weight: mark.count)
                histograms.receivedToQuorum.record(took &+ mark.gatheredFor, weight: mark.count)
            }
            commitIndex += 1
        }
    }

    /// The records of this batch are about to be applied.
    mutating func noteApplying(_ batch: SealedBatch) {
        var index = head
        while index < marks.count, marks[index].last < batch.lastZxid { index += 1 }
        let isMarked = index < marks.count && marks[index].last == batch.lastZxid && marks[index].committedAt > 0
        committedAt = isMarked ? marks[index].committedAt : clock
    }

    mutating func noteApplied(_ batch: SealedBatch) {
        appliedThisTurn.append((committedAt, batch.count))
        while head < marks.count, marks[head].last <= batch.lastZxid { head += 1 }
        durableIndex = max(durableIndex, head)
        commitIndex = max(commitIndex, head)
        ackIndex = max(ackIndex, head)
        guard head > 512, head * 2 > marks.count else { return }
        marks.removeFirst(head)
        durableIndex -= head
        commitIndex -= head
        ackIndex -= head
        head = 0
    }

    /// An own client's write is answered. Neighbours that came and left together are counted together.
    @inline(__always)
    mutating func noteReply(receivedAt: UInt64, seq: UInt64) {
        while let first = dispatched.first, first.seq < seq { dispatched.removeFirst() }
        let dispatchedAt = dispatched.first?.at ?? receivedAt
        if let last = answered.last, last.receivedAt == receivedAt, last.dispatchedAt == dispatchedAt,
            last.committedAt == committedAt
        {
            answered[answered.count - 1].count += 1
        } else {
            answered.append(
                Answered(receivedAt: receivedAt, dispatchedAt: dispatchedAt, committedAt: committedAt, count: 1))
        }
    }

    /// All that this turn applies is applied.
    mutating func noteApplyEnd(at time: UInt64) {
        tell(time)
        appliedAt = clock
        for batch in appliedThisTurn {
            histograms.applied.record(clock - min(batch.committedAt, clock), weight: batch.count)
        }
        appliedThisTurn.removeAll(keepingCapacity: true)
    }

    /// Answers of this turn have been offered to their sockets.
    mutating func noteFlushed(now: Instant) {
        tell(now.nanoseconds)
        for way in answered {
            let dispatchedAt = max(way.receivedAt, way.dispatchedAt)
            let committedAt = min(max(dispatchedAt, way.committedAt), appliedAt)
            histograms.own.proposed.record(dispatchedAt - way.receivedAt, weight: way.count)
            histograms.own.quorum.record(committedAt - min(dispatchedAt, committedAt), weight: way.count)
            histograms.own.applied.record(appliedAt - committedAt, weight: way.count)
            histograms.own.replied.record(clock - appliedAt, weight: way.count)
            histograms.own.total.record(clock - min(way.receivedAt, clock), weight: way.count)
        }
        answered.removeAll(keepingCapacity: true)
    }

    /// An acknowledgement of everything up to `zxid` leaves.
    mutating func noteAck(through zxid: Zxid) {
        let first = ackIndex
        while ackIndex < marks.count, marks[ackIndex].last <= zxid { ackIndex += 1 }
        if ackIndex > first { histograms.batchesPerAck.record(UInt64(ackIndex - first)) }
    }

    /// After a truncation or a snapshot no mark means anything any more.
    mutating func forgetMarks() {
        marks.removeAll(keepingCapacity: true)
        unflushedBytes = 0
        head = 0
        durableIndex = 0
        commitIndex = 0
        ackIndex = 0
    }
}

extension Node {
    /// The loop has looked at the clock: stages of this turn end or begin here, not at its start.
    package func noteClock(_ instant: Instant) { stages.tell(instant.nanoseconds) }

    /// All that this turn applies is applied; its answers are flushed next.
    package func noteApplyEnd(_ instant: Instant) { stages.noteApplyEnd(at: instant.nanoseconds) }
}
