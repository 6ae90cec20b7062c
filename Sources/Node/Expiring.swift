// Signs of life: the leader notes its own clients' at once, followers report theirs with the echoes of heartbeats, and the leader
// alone proposes that a session has expired.

import Batch
import ClientProtocol
import Rules
import Zab

extension Node {
    /// A packet of this client was read. On a follower its session stands in the next report, whatever becomes of the connection
    /// meanwhile.
    @inline(__always)
    func touch(_ client: ClientConnection) {
        if isLeading {
            // Once a turn: all packets of a turn have the same time.
            guard client.touchedAt != now else { return }
            client.touchedAt = now
            expiry.touch(client.session, now: now)
        } else if client.touchRound != touchRound {
            client.touchRound = touchRound
            touchedSessions.append(client.session)
        }
    }

    /// Rule S2: until now this client waited for this server, so its silence begins here. Less than a heartbeat behind its last
    /// packet that makes no difference worth a look.
    @inline(__always)
    func touchServed(_ client: ClientConnection) {
        guard client.phase == .established,
            !isLeading || now > client.touchedAt.advanced(byNanoseconds: settings.timing.heartbeat)
        else { return }
        touch(client)
    }

    /// Rule S2: a session that waits for this server, or that this server does not read, lives.
    private func isBusy(_ client: ClientConnection) -> Bool {
        client.phase == .established && (client.hasOrderToKeep || client.readsPaused)
    }

    /// A follower's report for an echo: each session that was heard since the last one, or that is busy, once. Echoes of
    /// heartbeats that only carry news of commits report nothing, because they may come with every write.
    func takeTouchedSessions() -> [Int64] {
        guard now >= nextTouchReport else { return [] }
        nextTouchReport = now.advanced(byNanoseconds: settings.timing.heartbeat / 2)
        clients.forEach { if isBusy($0) { touch($0) } }
        var sessions: [Int64] = []
        swap(&sessions, &touchedSessions)
        touchRound += 1
        return sessions
    }

    /// A follower's report. What is heard right behind it comes with the next one only, a heartbeat later: a session is not ended
    /// for want of that, but may end so much later.
    func touch(_ sessions: [Int64]) {
        #if QUORATE_MUTANTS
        if Mutant.isOn(.ignoresTouches) { return }
        #endif
        guard isLeading else { return }
        let reportedUntil = now.advanced(byNanoseconds: settings.timing.heartbeat)
        for session in sessions { expiry.touch(session, now: reportedUntil) }
    }

    /// Rule S2: only a leading leader proposes an expiry, and not of a session of its own that waits for it. Rule S1: ephemerals
    /// go with that record and in no other way.
    func expireSessions() {
        guard isLeading, isServing, !isHandingOver, let due = expiry.nextDeadline(), due <= now else { return }
        let expired = expiry.takeExpired(now: now, limit: 1000) { session in
            localSessions[session].flatMap { clients[$0] }.map(isBusy) ?? false
        }
        for session in expired {
            counters.sessionsExpired += 1
            gatherOwn(OpCode.closeSession, session: session, [1])
        }
    }
}
