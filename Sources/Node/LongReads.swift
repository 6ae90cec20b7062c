// Work for one client that a single turn should not carry: setting 100,000 watches, and forgetting those of a connection that has
// gone. Both go on turn by turn; the session's other requests wait behind the first.

import Batch
import ClientProtocol
import DataTree
import Handlers
import Jute
import StateMachine

/// A setWatches that goes on in the next turn.
struct WatchSetting {
    let xid: Int32
    let body: [UInt8]
    var progress: SetWatchesProgress
}

extension Node {
    /// Paths set, or watches dropped, in one piece: one or two milliseconds.
    private static let watchPiece = 4096

    func beginSettingWatches(_ client: ClientConnection, _ xid: Int32, _ body: UnsafeRawBufferPointer) {
        counters.reads += 1
        client.watchesRegistered = true
        var progress = SetWatchesProgress()
        if setWatches(client, xid, body, &progress) { return }
        client.watchSetting = WatchSetting(xid: xid, body: Array(body), progress: progress)
        client.isSettingWatches = true
        watchSetters.append(client.id)
    }

    /// Sets a piece of the watches, and answers when that was the last.
    private func setWatches(
        _ client: ClientConnection, _ xid: Int32, _ body: UnsafeRawBufferPointer, _ progress: inout SetWatchesProgress
    ) -> Bool {
        effects.removeAll()
        let error = client.identities.withUnsafeBytes {
            stateMachine.tree.setWatches(
                body.bytes, &progress, limit: Node.watchPiece,
                by: DataTree.Reader(connection: client.id, session: client.session, identities: $0.bytes), effects: &effects)
        }
        // Events of changes that the client has missed go out before the answer, without a transaction's zxid.
        if !effects.watchEvents.isEmpty { deliverWatchEvents(zxid: -1) }
        if effects.watchLimitReached {
            closeAtWatchLimit(client)
            return true
        }
        guard let error else { return false }
        writeReply(client, xid: xid, zxid: stateMachine.applied.wire, error: error)
        return true
    }

    /// Its client would wait for an event that never comes; earlier answers still go out.
    func closeAtWatchLimit(_ client: ClientConnection) {
        close(client, "it has reached the limit of watches", gracefully: true)
    }

    var hasWatchWork: Bool { !watchSetters.isEmpty || !goneWatchers.isEmpty }

    /// One piece of either kind.
    func continueWatchWork() {
        var budget = Node.watchPiece
        while budget > 0, let gone = goneWatchers.first {
            if stateMachine.tree.dropWatches(connection: gone, budget: &budget) { break }
            goneWatchers.removeFirst()
            budget -= 1
        }
        guard !watchSetters.isEmpty, let client = clients[watchSetters.removeFirst()], let setting = client.watchSetting else {
            return
        }
        var progress = setting.progress
        let isDone = setting.body.withUnsafeBytes { setWatches(client, setting.xid, $0, &progress) }
        guard isDone || client.phase != .established else {
            client.watchSetting?.progress = progress
            watchSetters.append(client.id)
            return
        }
        client.watchSetting = nil
        client.isSettingWatches = false
        touchServed(client)
        if client.parkedCount > 0 { runParked(client) }
    }
}
