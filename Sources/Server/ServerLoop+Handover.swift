// Handing the lead over on request and before the end: the loop begins it, and turns on until the node says what became of it.

import CLinux
package import Node
package import Zab

extension ServerLoop {
    /// How long the end of a leader may wait for another one.
    static let handoverPatience: UInt64 = 1_000_000_000

    /// Once a turn: what the admin port asked for begins, and what has ended is answered.
    func serveAdminActions() {
        for asked in admin.actions.take() {
            switch asked.action {
            case .replace(let member):
                let objection = node.allowReplacement(of: member)
                asked.answer.resume(returning: objection.map { .refused($0) } ?? .awaits(member))
            case .handover(let wanted):
                if let objection = node.handOver(to: wanted) {
                    asked.answer.resume(returning: .refused(objection))
                } else {
                    handoversAsked.append((answer: asked.answer, wanted: wanted))
                }
            }
        }
        guard !handoversAsked.isEmpty else { return }
        let state = node.handoverState
        guard state != .underWay else { return }
        // Who asks for the leader next is told no older story.
        publish()
        for (answer, wanted) in handoversAsked {
            let isElectedAgain = node.isLeading && wanted != node.settings.serverID
            answer.resume(returning: AdminOutcome(of: state, leader: node.leaderID, isElectedAgain: isElectedAgain))
        }
        handoversAsked = []
    }

    /// The loop ends: whoever waits is told.
    func endAdminActions() {
        for asked in handoversAsked { asked.answer.resume(returning: .refused("the server ends")) }
        handoversAsked = []
        admin.actions.end()
    }

    /// A leader that is to end hands the lead over first, so that writes go on within moments.
    /// - Returns: whether there is something to wait for.
    func beginLeaving() -> Bool {
        node.isEnding = true
        guard node.isLeading, !node.isAlone, node.handOver(to: nil) == nil else { return false }
        stopDeadline = quorate_monotonic_ns() + ServerLoop.handoverPatience
        return true
    }

    /// Another member leads, and what this one's clients had asked for is answered; or it takes too long. One that
    /// was elected once more hands the lead over once more.
    var hasLeft: Bool {
        if quorate_monotonic_ns() >= stopDeadline { return true }
        switch node.handoverState {
        case .underWay: return false
        case .failed: return true
        case .none:
            guard node.isLeading else { return node.unansweredCount == 0 }
            return node.isServing && node.handOver(to: nil) != nil
        }
    }
}

extension AdminOutcome {
    /// - Parameters:
    ///   - state: of a hand-over that is no longer under way.
    ///   - isElectedAgain: the others chose the one that had handed the lead over.
    package init(of state: HandoverState, leader: MemberID?, isElectedAgain: Bool) {
        switch state {
        case .failed(let reason): self = .refused(reason)
        case .none where isElectedAgain: self = .refused("this member was elected again and goes on; ask once more")
        case .none, .underWay: self = .leads(leader)
        }
    }
}
