// Clients that wait for a while between a reply and their next request.

internal import Glibc
internal import Statistics
internal import Workload

extension LoadClient {
    /// Sends when the client has thought after the last reply. It begins with a part of its time, so that clients that begin
    /// together do not go in step, neither at first nor when it is their role's turn again.
    func pumpThinking(_ think: Think, _ run: LoadDriver, now: UInt64) {
        guard role.isActive, run.stage == .running else {
            mustThink = true
            thinksUntil = 0
            return
        }
        guard matcher.unanswered == 0 else { return }
        if mustThink {
            mustThink = false
            thinksUntil = now &+ duration(think, isFirst: thinksUntil == 0)
            run.wakes.add(thinksUntil, client: index)
        }
        guard now >= thinksUntil else { return }
        fillWindow(run, now: now)
        mustThink = matcher.unanswered > 0
    }

    private func duration(_ think: Think, isFirst: Bool) -> UInt64 {
        switch think {
        case .constant(let nanoseconds): return isFirst ? random.below(nanoseconds) : nanoseconds
        case .exponential(let mean):
            // 53 bits, never 0, so that the logarithm is finite. What is left of such a time is distributed as the whole is.
            let uniform = (Double(random.next() >> 11) + 0.5) * 0x1p-53
            return UInt64(-log(uniform) * Double(mean))
        }
    }
}
