// `sync`: answered when a read index that a quorum has confirmed is applied here. Nothing of its session overtakes it.

import Batch
import ClientProtocol
import Jute
import StateMachine
import Zab

/// A sync on its way.
struct SyncWait {
    let connection: UInt64
    let xid: Int32
    /// As the client wrote it; null is echoed as null.
    let path: [UInt8]?
    var index = Zxid.zero
}

extension Node {
    func beginSync(_ client: ClientConnection, _ xid: Int32, _ body: UnsafeRawBufferPointer) {
        var reader = JuteReader(body.bytes)
        let path: [UInt8]?
        do throws(JuteError) {
            path = try reader.copiedBuffer()
        } catch {
            writeReply(client, xid: xid, zxid: stateMachine.applied.wire, error: ErrorCode.marshallingError)
            return
        }
        nextSyncID += 1
        syncs[nextSyncID] = SyncWait(connection: client.id, xid: xid, path: path)
        client.syncOutstanding = true
        step(.readIndex(id: nextSyncID, .sync))
    }

    func readReady(_ id: UInt64, _ zxid: Zxid) {
        guard var wait = syncs.removeValue(forKey: id) else { return }
        wait.index = zxid
        if stateMachine.applied >= zxid { answer(wait) } else { syncsToApply.append(wait) }
    }

    /// Rule R3: a read index that nobody can vouch for fails; the client sees a lost connection and asks elsewhere.
    func readFailed(_ id: UInt64) {
        guard let wait = syncs.removeValue(forKey: id) else { return }
        closeWaiting(wait)
    }

    func closeWaiting(_ wait: SyncWait) {
        if let client = clients[wait.connection] { close(client, "its sync could not be confirmed by a quorum") }
    }

    /// Answers the syncs whose index has been applied.
    func answerSyncs() {
        guard !syncsToApply.isEmpty else { return }
        let due = syncsToApply.filter { $0.index <= stateMachine.applied }
        guard !due.isEmpty else { return }
        syncsToApply.removeAll { $0.index <= stateMachine.applied }
        for wait in due { answer(wait) }
    }

    private func answer(_ wait: SyncWait) {
        guard let client = clients[wait.connection] else { return }
        client.syncOutstanding = false
        frameScratch.removeAll()
        if let path = wait.path { frameScratch.writeBuffer(path) } else { frameScratch.writeNull() }
        writeReply(client, xid: wait.xid, zxid: stateMachine.applied.wire, error: 0, body: frameScratch.bytes)
        if client.parkedCount > 0 { runParked(client) }
    }
}
