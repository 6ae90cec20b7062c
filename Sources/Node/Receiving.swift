// A snapshot that a leader sends because the log no longer reaches back: its chunks go to the background thread, the journal
// bases the log on it, and the background thread makes a new state of it, which then takes the place of the old one. None of it
// holds up a turn.

import Batch
import Handlers
import Journal
import Rules
import StateMachine
import Zab

/// A snapshot on its way in.
struct SnapshotReception {
    let id: UInt64
    let start: Start
    let role: RoleNumber
    let keepLog: Bool
    let connection: ConnectionNumber
    /// Chunks handed over and not yet written: a disk slower than the network must not fill the memory (rule B1).
    var chunksOnTheWay = 0
    /// The last chunk has come: what stands behind it has to wait for the new state.
    var isWhole = false
    /// Its file is whole and has its name: the journal is asked to go on from it, and there is no way back.
    var info: SnapshotInfo?

    /// Where the next chunk begins.
    var takenThrough = 0

    static let chunksAtMost = 16
}

/// Makes a state of a snapshot on the background thread.
///
/// `@unchecked`: the object goes to that thread whole and comes back whole; at any time one thread touches it.
final class StateLoading: SnapshotConsumer, @unchecked Sendable {
    let state: StateMachine
    /// Let go first: two large states at once would be too much, and taking one apart takes time.
    private var old: StateMachine?
    /// Of the snapshot's file.
    private let bytes: Int

    init(replacing old: StateMachine, handlers: [any RequestHandler], bytes: Int) {
        self.old = old
        self.bytes = bytes
        state = StateMachine(handlers: handlers)
    }

    func begin() {
        old = nil
        state.restoreBegin(bytes: bytes)
    }

    func take(_ chunk: UnsafeRawBufferPointer) throws { try state.restore(chunk: chunk.bytes) }
    func finish() throws { try state.restoreEnd() }
}

/// A state that is being made, and what the core waits for.
struct SnapshotLoading {
    let id: UInt64
    let zxid: Zxid
    let role: RoleNumber
    let keepLog: Bool
    let loading: StateLoading
}

extension Node {
    func beginSnapshotReceive(_ connection: ConnectionNumber, _ start: Start, _ role: RoleNumber, keepLog: Bool) {
        giveUpOwnSnapshot()
        lastStreamNumber += 1
        // The leader leaves out what it was told of on this connection, and nothing else.
        var offset = 0
        if let held = heldSnapshot, heldToldOn == connection, held.zxid == start.zxid, held.digest == start.digest,
            held.offset < start.byteCount
        {
            offset = Int(clamping: held.offset)
        }
        heldSnapshot = nil
        reception = SnapshotReception(
            id: lastStreamNumber, start: start, role: role, keepLog: keepLog, connection: connection, takenThrough: offset)
        outputs.append(
            .background(
                .beginReceive(
                    id: lastStreamNumber, zxid: start.zxid, bytes: Int(clamping: start.byteCount), digest: start.digest,
                    at: offset)))
    }

    /// Right before JOIN: what need not come again.
    func tellHeldSnapshot(_ link: PeerLink) {
        heldToldOn = link.number
        if let heldSnapshot { encode(.snapshotHeld(heldSnapshot), to: link) }
    }

    private func giveUpOwnSnapshot() {
        guard snapshot.isEncoding else { return }
        stateMachine.abandonSnapshot()
        snapshot.isEncoding = false
        outputs.append(.background(.abandonSnapshot(id: snapshot.id)))
    }

    /// The leader was left. Once the journal goes on from the snapshot that does not matter: what it does is waited for.
    func abortSnapshotReceive(_ role: RoleNumber) {
        guard let current = reception, current.role == role, current.info == nil else { return }
        reception = nil
        if current.takenThrough > 0, !current.isWhole {
            heldSnapshot = SnapshotHeld(
                zxid: current.start.zxid, digest: current.start.digest, offset: UInt64(current.takenThrough))
        }
        step(.snapshotFailed(role: role, reason: "the leader was left"))
    }

    func takeSnapshotChunk(_ link: PeerLink, _ chunk: SnapshotChunk, _ bytes: UnsafeRawBufferPointer) {
        guard let current = reception, current.connection == link.number else { return }
        let (end, isBeyond) = chunk.offset.addingReportingOverflow(UInt64(bytes.count))
        guard !isBeyond, end <= current.start.byteCount else {
            counters.badPeerFrames += 1
            closePeer(link.id, "it sent a piece of a snapshot that lies beyond its end")
            return
        }
        step(.heard(link.number))
        reception?.chunksOnTheWay += 1
        reception?.takenThrough = Int(clamping: end)
        outputs.append(.background(.receiveChunk(id: current.id, offset: Int(clamping: chunk.offset), Array(bytes))))
        guard chunk.isLast else { return }
        reception?.isWhole = true
        outputs.append(.background(.finishReceive(id: current.id)))
    }

    func snapshotChunkReceived(_ id: UInt64) {
        if reception?.id == id { reception?.chunksOnTheWay -= 1 }
    }

    func receiveFailed(_ id: UInt64, _ reason: String) {
        guard let current = reception, current.id == id else { return }
        reception = nil
        heldSnapshot = nil
        step(.snapshotFailed(role: current.role, reason: reason))
    }

    /// Rule D6: verified and named; now the log is based on it, unless the own log holds its zxid and stays.
    func received(_ id: UInt64, _ info: SnapshotInfo) {
        guard let current = reception, current.id == id else { return }
        reception?.info = info
        if current.keepLog {
            outputs.append(.journal(.startTaken(info)))
            beginLoading(info.zxid, current.role)
        } else {
            outputs.append(.journal(.installSnapshot(info, role: current.role)))
        }
    }

    /// The received snapshot is the newest start. The old state is given up at once, clients with it: what watches they have
    /// would miss what changed in between, so they connect anew and say what they have seen.
    func beginLoading(_ zxid: Zxid, _ role: RoleNumber) {
        guard let current = reception, current.role == role, let info = current.info else { return }
        reception = nil
        giveUpOwnSnapshot()
        clients.forEach { close($0, "this server takes over a snapshot of its leader") }
        let loading = StateLoading(replacing: stateMachine, handlers: handlers, bytes: info.bytes)
        replaceState(StateMachine(handlers: handlers))
        if !current.keepLog { ring.removeAll() }
        voidBacklogStream()
        stages.forgetMarks()
        applicable = .zero
        backlog.restart(at: zxid, logEnd: zxid)
        self.loading = SnapshotLoading(id: current.id, zxid: zxid, role: role, keepLog: current.keepLog, loading: loading)
        outputs.append(.background(.load(id: current.id, info, into: loading)))
    }

    /// The new state is there and takes its place.
    func loaded(_ id: UInt64) {
        guard let current = loading, current.id == id else { return }
        loading = nil
        replaceState(current.loading.state)
        demand(stateMachine.applied == current.zxid, "Rule P4: the state is not that of the snapshot's zxid")
        applicable = stateMachine.applied
        lastAppliedTold = stateMachine.applied
        lastDigestTold = .zero
        // Rule S6: whoever leads next goes on from the times of what is applied.
        wallTime = max(wallTime, stateMachine.wallTime)
        logTime = max(logTime, stateMachine.logTime)
        snapshot.zxid = current.zxid
        snapshot.bytesSince = 0
        counters.snapshotsInstalled += 1
        // A log that stayed reaches beyond the snapshot: what lies between is applied from there.
        backlog.restart(at: current.zxid, logEnd: current.keepLog ? zab.lastLogged : current.zxid)
        var records: [ConfigurationRecord] = []
        if let record = ConfigurationRecord(of: stateMachine) { records.append(record) }
        step(.snapshotInstalled(current.zxid, role: current.role, configurations: records))
    }
}
