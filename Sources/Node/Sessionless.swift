// Connections without a session hold a descriptor and nothing else: those that never introduce themselves, and those that do not
// take their last answer, are closed when their time is up.

import Batch

extension Node {
    /// From now on this connection has to get a session, or to take what it is still owed. All wait equally long, so the list is
    /// in the order of the deadlines.
    func expectEnd(of client: ClientConnection) {
        client.sessionlessUntil = now.advanced(byNanoseconds: UInt64(settings.sessionlessTimeoutMs) * 1_000_000)
        sessionless.append((client.sessionlessUntil, client.id))
    }

    /// Closes those whose time is up. One that has a session by now, or that began to close later, is passed over.
    func closeSessionless() {
        while let (due, id) = sessionless.first, due <= now {
            sessionless.removeFirst()
            guard let client = clients[id], client.sessionlessUntil <= now else { continue }
            let seconds = Double(settings.sessionlessTimeoutMs) / 1_000
            switch client.phase {
            case .fresh: close(client, "it sent no request for a session within \(seconds) s")
            case .closing: closeAtOnce(client, "it did not take its last answer within \(seconds) s")
            case .handshaking, .established: continue
            }
        }
    }

    var nextSessionlessDeadline: Instant? { sessionless.first?.at }
}
