// Looking for a leader: prevote rounds. A prevote changes nothing durable, so a member that was cut off can't depose a good
// leader.

import Batch
import Rules

struct PrevoteRound: Sendable {
    /// When the next round begins; nothing is asked before.
    var startAt = Instant(nanoseconds: 0)
    var failures = 0
    var isOpen = false
    var nonce: UInt64 = 0
    var deadline = Instant(nanoseconds: 0)
    var granted: VoterSet = 0
    var refused: VoterSet = 0
    /// Won, but a better candidate was granted a moment ago: it goes first, until here.
    var heldUntil: Instant?
    /// The best candidate granted lately.
    var grantedHistory = History.none
    var grantedTo: MemberID = 0
    var grantedAt: Instant?
    /// The leader whose connections are being lost.
    var lostLeader: Int?

    init(startAt: Instant = Instant(nanoseconds: 0), failures: Int = 0) {
        self.startAt = startAt
        self.failures = failures
    }
}

extension Zab {
    /// Rule E6: who needs repair, has a bad state or only observes never leads. Meanwhile the log must not be between two states.
    var mayLead: Bool {
        isVoter(my) && !needsRepair && !isStateBad && bound == nil && logChange == .none && !wouldFoundAnother(configuration.zxid)
    }

    /// What keeps a quorum from electing this member though it hears them all: a clause about itself, or one for each reason of
    /// others.
    package var electionObstacles: [String] {
        if isStateBad { return ["this member's state differs from the others' and is to be brought level by a leader (rule A3)"] }
        if needsRepair || bound != nil {
            return [
                "this member's log was damaged: it may have acknowledged more than it holds, and waits for a leader (rule F3)"
            ]
        }
        let reasons: [(PrevoteReason, String)] = [
            (.historyBehind, "may have acknowledged more than this one holds (rules E5, F3)"),
            (.cannotVote, "can't vote, as nobody knows what it has acknowledged and lost (rule F3)"),
            (.configurationBehind, "knows of a newer configuration (rule G8)"),
        ]
        return reasons.compactMap { reason, clause in
            let names = otherVoters.filter { peers[$0].refusal == reason }.map { "\(peers[$0].id)" }
            return names.isEmpty ? nil : "member \(names.joined(separator: ", ")) \(clause)"
        }
    }

    /// Rule F7: before anything is founded every listed member has had time to say that it belongs to an ensemble already.
    private var mustWaitToFound: Bool {
        guard configuration.zxid == .zero, now.since(startedAt) < 2 * timing.silence else { return false }
        return otherVoters.contains { peers[$0].election == nil }
    }

    mutating func openPrevoteRound() {
        guard mayLead else {
            probeVoters()
            prevote.startAt = now.advanced(byNanoseconds: timing.silence)
            return
        }
        guard !mustWaitToFound else {
            prevote.startAt = now.advanced(byNanoseconds: timing.heartbeat / 4)
            return
        }
        counters.prevoteRounds += 1
        dropSilentLinks()
        prevote.isOpen = true
        prevote.nonce = random.next()
        prevote.granted = 0
        prevote.refused = 0
        prevote.heldUntil = nil
        // Long enough for every answer, short enough to ask again while others still learn that the leader is gone.
        prevote.deadline = now.advanced(byNanoseconds: max(timing.heartbeat, timing.silence / 4) + random.upTo(timing.heartbeat))
        prevote.granted = bit(my)
        for index in otherVoters { sendPrevote(to: index) }
        judgePrevotes()
    }

    /// Who can't lead asks for nothing, and would never learn that a connection has ended without a word: it asks for epoch 0,
    /// which nobody grants.
    private mutating func probeVoters() {
        dropSilentLinks()
        for index in otherVoters {
            noteAsked(index)
            let probe = Prevote(epoch: 0, history: history, configurationZxid: configuration.zxid, nonce: random.next())
            send(index, .prevote(probe))
        }
    }

    mutating func sendPrevote(to index: Int) {
        noteAsked(index)
        send(
            index,
            .prevote(
                Prevote(
                    epoch: highestSeen + 1, history: history, configurationZxid: configuration.zxid, nonce: prevote.nonce)))
    }

    mutating func receivePrevote(_ link: Link, _ asked: Prevote) {
        // Who asks for epoch e has heard of e - 1: a leader of an older one has been passed by.
        if asked.epoch > 0 { sawEpoch(asked.epoch - 1) }
        let reason = asked.epoch == 0 || !isVoter(link.index) ? .cannotVote : judgePrevote(asked)
        if reason == .granted {
            counters.prevotesGranted += 1
            noteGrant(asked, to: link.index)
        } else {
            counters.prevotesRefused[Int(reason.rawValue)] += 1
        }
        out.append(
            .send(
                link.number,
                .prevoteReply(
                    PrevoteReply(
                        nonce: asked.nonce, reason: reason, acceptedEpoch: acceptedEpoch, leaderHint: leader ?? 0))))
    }

    private func judgePrevote(_ asked: Prevote) -> PrevoteReason {
        if isLeader { return .hearsLeader }
        if isFollower, now.since(following.heardAt) < timing.silence { return .hearsLeader }
        if role == .candidate { return .promisedLately }
        if let promise, promise.isOpen, now.since(promise.at) < 2 * timing.heartbeat { return .promisedLately }
        if !isVoter(my) || bound == .unbounded || logChange != .none { return .cannotVote }
        #if QUORATE_MUTANTS
        if Mutant.isOn(.ignoresHistory) { return .granted }
        #endif
        if asked.history < upperBound { return .historyBehind }
        if asked.configurationZxid < configurations[0].zxid || wouldFoundAnother(asked.configurationZxid) {
            return .configurationBehind
        }
        return .granted
    }

    private mutating func noteGrant(_ asked: Prevote, to index: Int) {
        let id = peers[index].id
        if let at = prevote.grantedAt, now.since(at) < timing.heartbeat,
            (prevote.grantedHistory, prevote.grantedTo) > (asked.history, id)
        {
            return
        }
        prevote.grantedAt = now
        prevote.grantedHistory = asked.history
        prevote.grantedTo = id
    }

    mutating func receivePrevoteReply(_ link: Link, _ reply: PrevoteReply) {
        sawEpoch(reply.acceptedEpoch)
        guard role == .looking, prevote.isOpen, reply.nonce == prevote.nonce else {
            counters.staleInputs += 1
            return
        }
        peers[link.index].refusal = reply.granted ? nil : reply.reason
        if reply.granted {
            prevote.granted |= bit(link.index)
            prevote.refused &= ~bit(link.index)
        } else {
            prevote.refused |= bit(link.index)
            prevote.granted &= ~bit(link.index)
        }
        judgePrevotes()
    }

    private mutating func judgePrevotes() {
        guard prevote.isOpen, prevote.heldUntil == nil else { return }
        if quorum.elects(prevote.granted & countable) {
            if let until = betterCandidateUntil() {
                prevote.heldUntil = until
            } else {
                stand()
            }
        } else if !quorum.elects(everyVoter & ~prevote.refused) {
            failPrevoteRound()
        }
    }

    /// Rule E6: what was learnt while the round was open may stand against it: a fresh member has heard of a founding.
    private mutating func stand() {
        if mayLead { becomeCandidate() } else { failPrevoteRound() }
    }

    /// Of two that ask each other at the same moment the one with the better log, then the greater id, goes first.
    private func betterCandidateUntil() -> Instant? {
        guard let at = prevote.grantedAt, now.since(at) < timing.heartbeat,
            (prevote.grantedHistory, prevote.grantedTo) > (history, member)
        else { return nil }
        return at.advanced(byNanoseconds: timing.heartbeat)
    }

    mutating func failPrevoteRound() {
        prevote.isOpen = false
        prevote.heldUntil = nil
        prevote.failures += 1
        // Doubling up to T, with jitter, so that members which fail each other drift apart.
        let step = min(timing.silence, timing.heartbeat << UInt64(min(prevote.failures - 1, 10)))
        prevote.startAt = now.advanced(byNanoseconds: timing.heartbeat / 4 + random.upTo(step))
    }

    func lookingDeadline() -> Instant {
        guard prevote.isOpen else { return prevote.startAt }
        return min(prevote.deadline, prevote.heldUntil ?? prevote.deadline)
    }

    mutating func judgeLooking() {
        if !prevote.isOpen {
            if now >= prevote.startAt { openPrevoteRound() }
        } else if let held = prevote.heldUntil, now >= held {
            stand()
        } else if now >= prevote.deadline {
            failPrevoteRound()
        }
    }

    /// Everyone whose agreement can count.
    var everyVoter: VoterSet { quorum.voters }

    func isVoter(_ index: Int) -> Bool { observers & bit(index) == 0 }

    var otherVoters: [Int] { peers.indices.filter { $0 != my && isVoter($0) } }
}
