// An orderly change of the lead as the node sees it. Before the core hands over, the leader takes in no more requests of its own
// clients, its followers forward none, and everything that was proposed gets committed. What clients send meanwhile stays where
// it is, and goes to the next leader: every request is sent once. Nobody loses a connection over it.

import Batch
import ClientProtocol
import PeerProtocol
package import Zab

struct HandoverProgress {
    enum Phase {
        case none
        /// Followers are asked to hold, and what they have sent is being proposed.
        case holding
        /// The core hands over: nothing is proposed any more.
        case handing
    }

    // On the leader.
    var phase = Phase.none
    var to: MemberID?
    /// Connections of followers that have not said that they hold.
    var awaited: [UInt64] = []
    var deadline = Instant(nanoseconds: 0)
    /// How it ended, for who asked for it.
    var failure: String?
    /// One that failed is not tried again by itself before.
    var retryAt = Instant(nanoseconds: 0)

    // On a follower.
    /// In this epoch a change of the lead was announced.
    var heldEpoch: UInt32 = 0
    /// Nothing is forwarded on this connection. A new one may be there because the word to go on was lost with it.
    var heldLink: UInt64 = 0

    // On both, between two leaders.
    /// Requests wait for the next leader.
    var isBetween = false
    /// The newest own request that was forwarded or proposed.
    var dispatchedThrough: UInt64 = 0
}

/// What became of a hand-over.
package enum HandoverState: Equatable, Sendable {
    case none
    case underWay
    case failed(String)
}

extension Node {
    /// Begins to hand the lead over.
    /// - Parameter wanted: nil lets the node choose; this member itself begins a new epoch under the same leader.
    /// - Returns: one sentence why not, or nil.
    package func handOver(to wanted: MemberID?) -> String? {
        guard isLeading, isServing else {
            return "member \(settings.serverID) does not lead; "
                + (leader.map { "member \($0) does: ask it" } ?? "nobody does: wait until one does")
        }
        guard handover.phase == .none else { return "the lead is being handed over already" }
        if let objection = zab.objectionToHandover(to: wanted) { return objection }
        handover.phase = .holding
        handover.to = wanted
        handover.failure = nil
        handover.deadline = now.advanced(byNanoseconds: settings.timing.silence / 2)
        handover.awaited = []
        counters.handovers += 1
        for link in learnerLinks {
            handover.awaited.append(link.id)
            send(link.number, .handover(HandoverNotice(epoch: zab.epoch, step: .hold)))
        }
        let name = wanted.map { $0 == settings.serverID ? "this member in a new epoch" : "member \($0)" } ?? "another member"
        outputs.append(.log("the lead is handed over to \(name)"))
        return nil
    }

    package var handoverState: HandoverState {
        if handover.phase != .none || handover.isBetween { return .underWay }
        return handover.failure.map { .failed($0) } ?? .none
    }

    private var learnerLinks: [PeerLink] {
        links.filter { $0.channel == .data && !$0.dialed && $0.isUp && $0.stream?.isLive == true }
    }

    // MARK: the leader

    /// While the lead is handed over its own clients are not read.
    var isHandingOver: Bool { handover.phase != .none }

    /// Once a turn, behind `propose`.
    func advanceHandover() {
        if isLeading, handover.phase == .none, zab.wantsNewEpoch, isServing, now >= handover.retryAt {
            _ = handOver(to: settings.serverID)
        }
        guard handover.phase == .holding else { return }
        handover.awaited.removeAll { openLink($0)?.isUp != true }
        let isLate = now >= handover.deadline
        if gatherer.isEmpty, handover.awaited.isEmpty || isLate {
            // Rule H2: what a follower forwards from here on is refused, so nothing is proposed behind what the core hands over.
            handover.phase = .handing
            step(.handOver(to: handover.to))
        } else if now >= handover.deadline.advanced(byNanoseconds: settings.timing.silence) {
            handoverFailed("what was gathered could not be proposed in time")
        }
    }

    var handoverDeadline: Instant? {
        guard handover.phase == .holding else { return nil }
        return now < handover.deadline ? handover.deadline : handover.deadline.advanced(byNanoseconds: settings.timing.silence)
    }

    func handoverFailed(_ reason: String) {
        guard handover.phase != .none else { return }
        handover.phase = .none
        handover.failure = reason
        handover.retryAt = now.advanced(byNanoseconds: 2 * settings.timing.silence)
        outputs.append(.log("the lead stays here: \(reason)"))
        for link in learnerLinks { send(link.number, .handover(HandoverNotice(epoch: zab.epoch, step: .goOn))) }
    }

    // MARK: between members

    func takeHandover(_ link: PeerLink, _ notice: HandoverNotice) {
        guard notice.epoch == zab.epoch else { return step(.heard(link.number)) }
        switch notice.step {
        case .hold where link.dialed:
            handover.heldEpoch = notice.epoch
            handover.heldLink = link.id
            // Behind everything that was forwarded on this connection.
            send(link.number, .handover(HandoverNotice(epoch: notice.epoch, step: .held)))
        case .goOn where link.dialed: (handover.heldEpoch, handover.heldLink) = (0, 0)
        case .held where isLeading: handover.awaited.removeAll { $0 == link.id }
        default: break
        }
        step(.received(link.number, .handover(notice)))
    }

    // MARK: between leaders

    /// Whether what clients wait for outlives the loss of this leader: it was announced, or no leader has been there since one
    /// was lost in that way.
    var keepsRequests: Bool {
        handover.isBetween || handover.phase == .handing || handover.heldEpoch != 0 && handover.heldEpoch == reignEpoch
    }

    /// The leader is gone as announced. Connections, requests that were not sent and reads stay.
    func beginBetween() {
        if !handover.isBetween { suspendedSince = now }
        handover.isBetween = true
        handover.phase = .none
        isSuspended = true
        creditFromLeader = Credit()
        forwarded = Credit()
    }

    /// A leader is there, and all with which its epoch began is applied here.
    func settleBetween() {
        guard handover.isBetween, isServing else { return }
        var isLost = false
        // Rule H3: what was sent to the earlier leader is part of that, or it will never be applied. Were some of it lost,
        // nothing behind it may go out, or a session's requests would not be applied in their order.
        pending.forEach { seq, _ in if seq <= handover.dispatchedThrough { isLost = true } }
        if isLost {
            dropRequests("the leader was lost")
            counters.handoversBroken += 1
        }
        precondition(pending.count == 0 || pending.headSeq > handover.dispatchedThrough, "Rule H3: a request is sent twice")
        handover.isBetween = false
        if leaderLink?.id != handover.heldLink { handover.heldEpoch = 0 }
        // What was kept goes out at once.
        gatheredAtSeal = -1
    }

    /// No leader came in time.
    func giveUpBetween() {
        guard handover.isBetween else { return }
        dropRequests("no leader was found")
        failReads()
        handover.isBetween = false
    }

    /// Whoever waits for an answer that may never come is told so by losing the connection; nothing is sent a second time.
    func dropRequests(_ cause: String) {
        // Rule G2: of a leader, a configuration that it has to propose first of all.
        if isLeading { gatherer.removeRequests() } else { gatherer.removeAll() }
        pending.forEach { _, entry in
            if let client = clients[entry.connection] { close(client, "\(cause) with requests unanswered") }
        }
        pending.abandon()
    }
}
