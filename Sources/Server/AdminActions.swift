// What the admin port asks the loop to do, as opposed to what it only shows: a queue behind a mutex, looked at once a turn. The
// asker waits for the answer on Swift's own executor.

import Synchronization
import Transport
package import Zab

package enum AdminAction: Sendable {
    /// Nil: whoever is nearest.
    case handover(to: MemberID?)
    /// Another directory may take the place of this member's, which is gone.
    case replace(MemberID)
}

/// What became of an action: who leads now, who is awaited, or one sentence why nothing was done.
package enum AdminOutcome: Hashable, Sendable {
    case leads(MemberID?)
    case awaits(MemberID)
    case refused(String)
}

package final class AdminActions: Sendable {
    struct Asked: Sendable {
        let action: AdminAction
        let answer: CheckedContinuation<AdminOutcome, Never>
    }

    private struct State {
        var asked: [Asked] = []
        var waker: Waker?
        var isOver = false
    }

    private static let most = 16
    private let state = Mutex(State())

    package init() {}

    func attach(_ waker: Waker) { state.withLock { $0.waker = waker } }

    /// Waits for the loop.
    package func ask(_ action: AdminAction) async -> AdminOutcome {
        await withCheckedContinuation { continuation in
            let (refusal, waker) = state.withLock { state -> (String?, Waker?) in
                if state.isOver { return ("the server ends", nil) }
                guard state.asked.count < AdminActions.most else { return ("\(AdminActions.most) others wait already", nil) }
                state.asked.append(Asked(action: action, answer: continuation))
                return (nil, state.waker)
            }
            if let refusal { continuation.resume(returning: .refused(refusal)) } else { waker?.wake() }
        }
    }

    /// What was asked since the last turn.
    func take() -> [Asked] {
        state.withLock { state in
            guard !state.asked.isEmpty else { return [] }
            defer { state.asked = [] }
            return state.asked
        }
    }

    /// The loop turns no more: nobody waits for it in vain.
    func end() {
        let left = state.withLock { state in
            state.isOver = true
            defer { state.asked = [] }
            return state.asked
        }
        for asked in left { asked.answer.resume(returning: .refused("the server ends")) }
    }
}
