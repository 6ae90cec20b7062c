// The own snapshots: taken from the tables a few rows a turn while writes go on. The files are the background thread's; which
// snapshot counts is the journal's word. Those that a leader sends are in Receiving.

import Batch
import Handlers
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
    /// A learner waits for it.
    var isHurried = false
    /// The next rows are encoded from then on.
    var resumesAt = Instant(nanoseconds: 0)
    /// Chunks handed over and not yet written: a disk slower than the loop must not fill the memory (rule B1).
    var chunksOnTheWay = 0
    private static let chunksAtMost = 16

    /// When rows can be encoded next; nil while there is nothing to encode, or the disk has to follow first.
    var nextStep: Instant? { isEncoding && chunksOnTheWay < SnapshotProgress.chunksAtMost ? resumesAt : nil }
}

extension Node {
    private static let rowsPerTurn = 128 << 10
    /// So many bytes of rows that were about to change make it hurry: they lie in memory until they are written.
    private static let hurryingBacklog = 1 << 20

    func beginSnapshot() { snapshot.isWanted = true }

    /// Encodes some rows of the snapshot under way, or begins one that is due.
    func advanceSnapshot() {
        if snapshot.isEncoding {
            if stateMachine.snapshotIsOverfull {
                outputs.append(.background(.abandonSnapshot(id: snapshot.id)))
                snapshotFailed(snapshot.id, "rows change faster than the disk takes the snapshot")
            } else if let next = snapshot.nextStep, next <= now {
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
        return snapshot.bytesSince >= snapshotDueBytes
            && recordsSince >= settings.snapshotRecords
            || age >= settings.snapshotIntervalNanoseconds && snapshot.bytesSince > 0
    }

    /// Up to a half more than is set, by member and snapshot: members that share a disk do not begin in the same second.
    private var snapshotDueBytes: Int {
        let bytes = max(settings.snapshotLogBytes, snapshot.lastBytes)
        let share = Mix.word(snapshot.id, seed: UInt64(settings.serverID)) >> 32
        return bytes + Int(UInt64(bytes) / 2 * share >> 32)
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
        snapshot.isHurried = snapshot.isWanted
        snapshot.resumesAt = now
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
            pace(frameScratch.count)
        }
        guard isDone else { return }
        snapshot.isEncoding = false
        snapshot.isFinishing = true
        outputs.append(.background(.finishSnapshot(id: snapshot.id)))
    }

    /// Puts the next rows off, unless a learner waits or rows change faster than they are written.
    private func pace(_ bytes: Int) {
        if snapshot.isHurried || stateMachine.snapshotBacklog > Node.hurryingBacklog { return }
        snapshot.resumesAt = now.advanced(byNanoseconds: SnapshotPace.nanoseconds(for: bytes, of: snapshot.lastBytes))
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
        outputs.append(.warning("a snapshot failed and will be tried again: \(reason)"))
    }

    // MARK: what the disk has lost

    /// Rule F5: everything that is stored is read again from time to time.
    func scrubIfDue() {
        guard settings.scrubNanoseconds > 0, now.since(scrubbedAt) >= settings.scrubNanoseconds else { return }
        scrubbedAt = now
        outputs.append(.journal(.scrub))
    }

    /// The state in memory is whole: a snapshot of it takes the place of the log that is not.
    func logDamaged(_ place: String) {
        outputs.append(.warning("the log is damaged at \(place); a snapshot is taken in its place"))
        beginSnapshot()
    }

    /// A start on this disk can't be read any more: a new one takes its place, of the same zxid if nothing came behind it.
    func startDamaged(_ zxid: Zxid, _ reason: String) {
        outputs.append(.warning("a snapshot is damaged and counts no more, a new one is taken: \(reason)"))
        if snapshot.zxid == zxid { snapshot.zxid = .zero }
        beginSnapshot()
    }
}
