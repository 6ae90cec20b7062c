// What is logged and not yet applied. Its oldest part waits in memory; beyond a bound the rest lies in the log alone and is read
// back when its turn comes, so that a long way to catch up never fills the memory (rule B1).

import Batch
import Journal
import Rules
import StateMachine
import Zab

struct Backlog {
    /// Batches in memory beyond this many bytes are left to the log.
    private let limit: Int
    private var batches = Fifo<SealedBatch>()
    private var bytes = 0
    /// The last zxid before what lies in the log alone; nil while all is in memory.
    private(set) var spilledBehind: Zxid?
    /// The cursor in the log that reads it back; 0 while there is none.
    var stream: UInt64 = 0
    var isReading = false
    /// How often in a row a cursor was refused.
    var refusals = 0

    init(limit: Int) { self.limit = limit }

    @inline(__always) var first: SealedBatch? { batches.first }
    @inline(__always) var isEmpty: Bool { batches.isEmpty }
    /// True while another batch may be kept in memory.
    var hasRoom: Bool { bytes < limit }

    mutating func append(_ batch: SealedBatch) {
        guard spilledBehind == nil else { return }
        guard hasRoom else {
            spilledBehind = batch.prevZxid
            return
        }
        keep(batch)
    }

    private mutating func keep(_ batch: SealedBatch) {
        // Rule L1: in memory as in the log.
        if let last = batches.last {
            demand(batch.prevZxid == last.lastZxid, "Rule L1: batch \(batch.firstZxid) does not follow \(last.lastZxid)")
        }
        batches.append(batch)
        bytes += batch.byteCount
    }

    /// At a start: what the log holds behind the batches given is there alone.
    mutating func noteSpilled(logEnd: Zxid, applied: Zxid) {
        let end = batches.last?.lastZxid ?? applied
        if spilledBehind == nil, end < logEnd { spilledBehind = end }
    }

    mutating func removeFirst() {
        bytes -= batches.removeFirst().byteCount
    }

    /// A batch that was spilled is here again, from the ring or from the log.
    mutating func refill(_ batch: SealedBatch) {
        guard spilledBehind == batch.prevZxid else { return }
        keep(batch)
        spilledBehind = batch.lastZxid
    }

    /// Nothing lies in the log that is not here.
    mutating func noteComplete() {
        spilledBehind = nil
        stream = 0
        isReading = false
    }

    /// Drops what lies behind `zxid`, after a truncation.
    mutating func truncate(to zxid: Zxid) {
        while let last = batches.last, last.lastZxid > zxid {
            batches.removeLast()
            bytes -= last.byteCount
        }
        if let behind = spilledBehind, behind >= zxid { noteComplete() }
    }

    /// Memory is at `applied` and the log ends at `last`: whatever lies between is in the log alone.
    mutating func restart(at applied: Zxid, logEnd last: Zxid) {
        batches.removeAll()
        bytes = 0
        noteComplete()
        if applied < last { spilledBehind = applied }
    }
}

extension Node {
    /// Brings what is due back from the ring or the log.
    func refillBacklog() {
        guard let behind = backlog.spilledBehind, loading == nil else { return }
        var cursor = behind
        while backlog.hasRoom, let batch = ring.batch(after: cursor) {
            backlog.refill(batch)
            cursor = batch.lastZxid
        }
        if cursor == zab.lastLogged { return closeBacklogStream() }
        guard backlog.isEmpty, cursor < applicable, !backlog.isReading else { return }
        if backlog.stream == 0 {
            lastStreamNumber += 1
            backlog.stream = lastStreamNumber
            outputs.append(.background(.openLog(id: backlog.stream, behind: cursor)))
        }
        backlog.isReading = true
        counters.backlogPieces += 1
        outputs.append(.background(.readLog(id: backlog.stream, through: applicable)))
    }

    /// Batches that the background thread has read for the own state.
    func takeBacklogPiece(_ batches: [SealedBatch]) {
        backlog.isReading = false
        backlog.refusals = 0
        for batch in batches { backlog.refill(batch) }
    }

    private func closeBacklogStream() {
        if backlog.stream != 0 { outputs.append(.background(.closeStream(id: backlog.stream))) }
        backlog.noteComplete()
    }

    /// The log was cut or replaced: a cursor in it is void.
    func voidBacklogStream() {
        guard backlog.stream != 0 else { return }
        outputs.append(.background(.closeStream(id: backlog.stream)))
        backlog.stream = 0
        backlog.isReading = false
    }

    /// The log was cut under a cursor that had been opened a moment before: another is opened. What is not applied yet is never
    /// let go, so it can't be refused again and again.
    func backlogStreamGone(_ reason: String) {
        backlog.stream = 0
        backlog.isReading = false
        backlog.refusals += 1
        guard backlog.refusals >= 100 else { return }
        halt(HaltCode.ioFailure.rawValue, "the log behind \(stateMachine.applied) can't be read back to be applied: \(reason)")
    }
}
