// The own snapshots: taken from the tables a few rows a turn while writes go on. The files are the background thread's; which
// snapshot counts is the journal's word. Those that a leader sends are in Receiving.

import Batch
import Journal
import Jute
import StateMachine
import Zab

/// The own snapshot under way, and when the next is due.
struct SnapshotProgress {
    var id: UInt64 = 0
    var zxid = Zxid.zero
    var isEncoding = false
    /// All rows are handed over; the file is being finished.
    var isFinishing = false
    /// States differ and nobody knows whose is right (rule A3): no new start.
    var isForbidden = false
    var bytesSince = 0
    var lastBytes = 0
    var begunAt = Instant(nanoseconds: 0)
    var isWanted = false
    var isPeriodPassed = false
    /// Chunks handed over and not yet written: a disk slower than the loop must not fill the memory (rule B1).
    var chunksOnTheWay = 0
    var canEncode: Bool { isEncoding && chunksOnTheWay < 16 }
}

extension Node {
    private static let rowsPerTurn = 128 << 10

    func beginSnapshot() { snapshot.isWanted = true }

    /// Encodes some rows of the snapshot under way, or begins one that is due.
    func advanceSnapshot() {
        if snapshot.isEncoding {
            if stateMachine.snapshotIsOverfull {
                outputs.append(.background(.abandonSnapshot(id: snapshot.id)))
                snapshotFailed(snapshot.id, "rows change faster than the disk takes the snapshot")
            } else if snapshot.canEncode {
                encodeRows()
            }
        } else if !snapshot.isFinishing, snapshotIsDue {
            startSnapshot()
        }
    }

    private var snapshotIsDue: Bool {
        guard !snapshot.isForbidden, stateMachine.founding != nil, stateMachine.applied > snapshot.zxid else { return false }
        if snapshot.isWanted { return true }
        let age = now.since(snapshot.begunAt)
        return snapshot.bytesSince >= max(settings.snapshotLogBytes, snapshot.lastBytes)
            && recordsSince >= settings.snapshotRecords
            || age >= settings.snapshotIntervalNanoseconds && snapshot.bytesSince > 0
    }

    /// Records applied since the last snapshot; a new epoch counts as many.
    private var recordsSince: Int {
        let applied = stateMachine.applied
        return applied.epoch == snapshot.zxid.epoch ? Int(applied.counter - snapshot.zxid.counter) : .max
    }

    private func startSnapshot() {
        snapshot.id += 1
        snapshot.zxid = stateMachine.applied
        snapshot.isEncoding = true
        snapshot.chunksOnTheWay = 0
        snapshot.isWanted = false
        snapshot.bytesSince = 0
        snapshot.begunAt = now
        stateMachine.beginSnapshot()
        outputs.append(.background(.beginSnapshot(id: snapshot.id, zxid: snapshot.zxid)))
    }

    private func encodeRows() {
        frameScratch.removeAll()
        let isDone = stateMachine.encodeSnapshotRows(budgetBytes: Node.rowsPerTurn, into: &frameScratch)
        if !frameScratch.isEmpty {
            snapshot.chunksOnTheWay += 1
            outputs.append(.background(.snapshotChunk(id: snapshot.id, Array(frameScratch.bytes))))
        }
        guard isDone else { return }
        snapshot.isEncoding = false
        snapshot.isFinishing = true
        outputs.append(.background(.finishSnapshot(id: snapshot.id)))
    }

    func snapshotChunkWritten(_ id: UInt64) {
        guard id == snapshot.id else { return }
        snapshot.chunksOnTheWay -= 1
        // Learners that wait for this snapshot are not stuck while it grows.
        for link in links where link.channel == .data && !link.dialed && link.isUp { step(.progressed(link.number)) }
    }

    func snapshotTaken(_ id: UInt64, _ info: SnapshotInfo) {
        guard id == snapshot.id else { return }
        snapshot.isFinishing = false
        snapshot.lastBytes = info.bytes
        counters.snapshotsTaken += 1
        outputs.append(.journal(.startTaken(info)))
    }

    /// Serving goes on; the next one is tried when it is due again.
    func snapshotFailed(_ id: UInt64, _ reason: String) {
        guard id == snapshot.id else { return }
        if snapshot.isEncoding { stateMachine.abandonSnapshot() }
        snapshot.isEncoding = false
        snapshot.isFinishing = false
        counters.snapshotsFailed += 1
        outputs.append(.log("a snapshot failed and will be tried again: \(reason)"))
    }

    /// A start on this disk can't be read any more: a new one takes its place, of the same zxid if nothing came behind it.
    func startDamaged(_ zxid: Zxid, _ reason: String) {
        outputs.append(.log("a snapshot is damaged and counts no more, a new one is taken: \(reason)"))
        if snapshot.zxid == zxid { snapshot.zxid = .zero }
        beginSnapshot()
    }
}
