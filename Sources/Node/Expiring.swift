// Signs of life: followers report which sessions were heard, the leader alone proposes that one has expired.

import Batch
import ClientProtocol
import Zab

extension Node {
    /// Sessions heard since the last report. Rule S2: a session that waits for this server, or that this server does not read,
    /// counts too.
    func takeTouchedSessions() -> [Int64] {
        var sessions: [Int64] = []
        for client in touchedClients {
            client.isTouched = false
            if client.session != 0, client.phase == .established, !client.isClosed { sessions.append(client.session) }
        }
        touchedClients.removeAll(keepingCapacity: true)
        clients.forEach { client in
            guard client.phase == .established, client.unanswered > 0 || client.readsPaused || client.syncOutstanding else {
                return
            }
            sessions.append(client.session)
        }
        return sessions
    }

    /// A follower's report.
    func touch(_ sessions: [Int64]) {
        guard isLeading else { return }
        for session in sessions { expiry.touch(session, now: now) }
    }

    /// Rule S2: only a leading leader proposes an expiry, and only after its own clients' signs of life were counted. Rule S1:
    /// ephemerals go with that record and in no other way.
    func expireSessions() {
        guard isLeading, isServing, let due = expiry.nextDeadline(), due <= now else { return }
        touch(takeTouchedSessions())
        for session in expiry.takeExpired(now: now, limit: 1000) {
            counters.sessionsExpired += 1
            gatherOwn(OpCode.closeSession, session: session, [1])
        }
    }
}
