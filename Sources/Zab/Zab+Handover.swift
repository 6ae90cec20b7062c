// The lead changes hands in order: a leader that has nothing left to commit tells a follower that holds all of it to stand as
// candidate at once. Nothing about the election itself is different, so a hand-over can fail, and never does harm.

import Batch
import Rules

struct Handover: Sendable {
    /// Who is to lead; this member itself for a new epoch under the same leader.
    var index: Int
    var deadline: Instant
    /// The successor has been told.
    var isTold = false
}

extension Zab {
    /// The epoch's counter has come so far that a new epoch is wanted.
    package var wantsNewEpoch: Bool {
        role == .leading && lastLogged.epoch == epoch && lastLogged.counter >= limits.newEpochCounter
    }

    /// What stands against handing the lead over now; nil if nothing does.
    /// - Parameter wanted: nil lets the core choose; this member itself begins a new epoch.
    package func objectionToHandover(to wanted: MemberID?) -> String? {
        guard role == .leading, clusterID != 0 else { return "member \(member) does not lead" }
        guard leadership.handover == nil else { return "the lead is being handed over already" }
        guard !leadership.asksConfiguration, leadership.openConfiguration == nil else {
            return "a configuration record is not committed yet"
        }
        if wanted == member || successor(wanted) != nil { return nil }
        guard let wanted else { return "no other voter is level with member \(member)" }
        return "member \(wanted) is no voter that is level with member \(member)"
    }

    /// The voter that is nearest to this log's end; of those the one with the lowest id.
    private func successor(_ wanted: MemberID?) -> Int? {
        var best: Int?
        for index in peers.indices where index != my && countable & bit(index) != 0 {
            let learner = peers[index].learner
            guard learner.phase == .synced, peers[index].election != nil, wanted == nil || wanted == peers[index].id else {
                continue
            }
            if let other = best, peers[other].learner.acked >= learner.acked { continue }
            best = index
        }
        return best
    }

    mutating func handOver(to wanted: MemberID?) {
        if let objection = objectionToHandover(to: wanted) { return out.append(.handoverFailed(objection)) }
        let index = wanted == member ? my : successor(wanted) ?? my
        counters.handoversBegun += 1
        leadership.handover = Handover(index: index, deadline: now.advanced(byNanoseconds: timing.silence))
        advanceHandover()
    }

    /// Commits and acknowledgements move it on.
    mutating func advanceHandover() {
        guard role == .leading, let handover = leadership.handover, !handover.isTold else { return }
        guard commit == lastLogged, leadership.awaitingSeal == nil else { return }
        if handover.index == my {
            guard lastDurable == lastLogged else { return }
            leadership.handover?.isTold = true
            return standAtOnce()
        }
        let learner = peers[handover.index].learner
        guard learner.phase == .synced, let connection = learner.connection else {
            return giveUpHandover("member \(peers[handover.index].id) is not level any more")
        }
        guard learner.acked == lastLogged else { return }
        leadership.handover?.isTold = true
        // Rule H1: whoever is told holds everything that this leader proposed, and all of it is committed.
        demand(leadership.flight.isEmpty && learner.acked == commit, "Rule H1: a hand-over with something in flight")
        out.append(.send(connection, .handover(HandoverNotice(epoch: epoch, step: .takeOver, last: lastLogged))))
    }

    /// The time is over, or the successor can't.
    mutating func giveUpHandover(_ reason: String) {
        guard leadership.handover != nil else { return }
        leadership.handover = nil
        out.append(.handoverFailed(reason))
        bindNext()
        judgeCounterEnd()
    }

    /// A connection of the successor's has ended. One that was told leaves the data connection by itself, but stays in touch.
    mutating func judgeSuccessor() {
        guard role == .leading, let handover = leadership.handover, handover.index != my else { return }
        let isThere =
            handover.isTold
            ? links.contains { $0.index == handover.index } : peers[handover.index].learner.phase == .synced
        if !isThere { giveUpHandover("member \(peers[handover.index].id) is gone") }
    }

    mutating func judgeHandover() {
        guard let handover = leadership.handover, now >= handover.deadline else { return }
        giveUpHandover("member \(peers[handover.index].id) did not lead in time")
    }

    mutating func receiveHandover(_ link: Link, _ notice: HandoverNotice) {
        switch notice.step {
        case .takeOver: takeOver(link, notice)
        case .declined:
            guard role == .leading, notice.epoch == epoch, let handover = leadership.handover, handover.index == link.index,
                handover.isTold
            else { return counters.staleInputs += 1 }
            giveUpHandover("member \(peers[link.index].id) can't lead now")
        case .hold, .held, .goOn:
            // Node's own business.
            noteFrame(link.number)
        }
    }

    private mutating func takeOver(_ link: Link, _ notice: HandoverNotice) {
        guard isCurrent(link) else { return }
        following.heardAt = now
        guard role == .following, notice.epoch == epoch, mayLead, notice.last == lastLogged, lastDurable == lastLogged else {
            out.append(
                .send(link.number, .handover(HandoverNotice(epoch: notice.epoch, step: .declined, last: lastLogged))))
            return
        }
        standAtOnce()
    }

    /// Without a prevote, since the leader itself asks for it; everything else is an ordinary candidacy.
    private mutating func standAtOnce() {
        // Rule H1: it knows and holds the whole of the epoch that ends.
        demand(durableCurrent == epoch && lastDurable == lastLogged, "Rule H1: a successor that lacks something")
        look(.handedOver, delay: timing.silence)
        becomeCandidate()
    }
}
