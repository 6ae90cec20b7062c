// Time-outs. They are judged on a tick only, which Node gives after a turn that has read every ready peer socket.

package import Batch

extension Zab {
    /// When a tick is due.
    package var nextDeadline: Instant {
        if !hasDialed { return now }
        switch role {
        case .looking: return lookingDeadline()
        case .candidate: return candidacy.deadline
        case .leaderSync, .leading: return leadership.nextHeartbeat
        case .followerSync:
            return min(
                following.heardAt.advanced(byNanoseconds: timing.silence),
                following.movedAt.advanced(byNanoseconds: timing.initLimit))
        case .following:
            let silent = following.heardAt.advanced(byNanoseconds: timing.silence)
            let mute = following.heartbeatAt.advanced(byNanoseconds: 2 * timing.silence)
            return stalledAt.map { min($0, silent, mute) } ?? min(silent, mute)
        }
    }

    mutating func judgeDeadlines() {
        if !hasDialed {
            hasDialed = true
            for index in peers.indices { dialElection(index) }
        }
        switch role {
        case .looking: judgeLooking()
        case .candidate: if now >= candidacy.deadline { failCandidacy() }
        case .leaderSync, .leading: if now >= leadership.nextHeartbeat { beat() }
        case .followerSync, .following:
            if now.since(following.heardAt) >= timing.silence {
                look(.leaderSilent, delay: random.upTo(timing.silence))
            } else if role == .following, let due = stalledAt, now >= due {
                look(.dataConnectionLost, delay: random.upTo(timing.heartbeat))
            } else if role == .followerSync, now.since(following.movedAt) >= timing.initLimit {
                look(.synchronizationStalled, delay: random.upTo(timing.silence))
            } else if role == .following, now.since(following.heartbeatAt) >= 2 * timing.silence {
                renewElection()
            }
        }
    }

    /// The leader's data comes, its heartbeats do not: their connection has ended without a word here. Without it nothing is
    /// echoed, so no read is confirmed and no session of this member's clients counts as heard.
    private mutating func renewElection() {
        guard let index = leaderIndex else { return }
        following.heartbeatAt = now
        counters.silentLinks += 1
        if let connection = peers[index].election {
            drop(connection, "no heartbeat has come on it for twice the silence time-out")
        }
        dialElection(index)
    }

    /// When a follower gives up its data connection: it was told of more than has come, has nothing to write that would hold it
    /// up, and nothing comes. What it waits for may be the rest of a frame whose length was damaged on the way.
    private var stalledAt: Instant? {
        guard let since = following.behindSince, told > lastLogged, lastDurable == lastLogged else { return nil }
        return max(since, following.movedAt).advanced(byNanoseconds: 2 * timing.silence)
    }

    /// The loop was late by more than a heartbeat: nobody is blamed for that time, elections included.
    mutating func forgive(_ nanoseconds: UInt64) {
        guard nanoseconds > timing.heartbeat else { return }
        func later(_ instant: inout Instant) { instant = instant.advanced(byNanoseconds: nanoseconds) }
        func laterIfAny(_ instant: inout Instant?) { instant = instant?.advanced(byNanoseconds: nanoseconds) }
        later(&prevote.startAt)
        later(&prevote.deadline)
        laterIfAny(&prevote.heldUntil)
        later(&candidacy.deadline)
        later(&following.heardAt)
        later(&following.movedAt)
        later(&following.heartbeatAt)
        laterIfAny(&following.behindSince)
        later(&leadership.movedAt)
        for index in peers.indices {
            later(&peers[index].lastFrame)
            laterIfAny(&peers[index].unansweredSince)
            laterIfAny(&peers[index].followsInVainSince)
            later(&peers[index].learner.movedAt)
        }
    }
}
