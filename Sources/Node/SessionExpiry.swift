// When sessions expire: the leader's timers, on a grid of tickTime. Who owns a session and what its end does is state and is
// decided at apply; here is only the question whether to propose that end.

import Batch

/// Deadlines of all sessions, kept in buckets by tick and moved lazily: a touch only notes the time.
struct SessionExpiry {
    private struct Timer {
        var timeout: UInt64
        var touchedAt: UInt64
        var isClosing: Bool
    }

    private let tick: UInt64
    private var timers: [Int64: Timer] = [:]
    private var buckets: [UInt64: [Int64]] = [:]
    private var nextBucket: UInt64 = 0
    /// Time by which everything has been moved because the loop itself was late (rule S5).
    private var shift: UInt64 = 0

    init(tickMs: Int) { tick = UInt64(tickMs) * 1_000_000 }

    var count: Int { timers.count }

    private func local(_ now: Instant) -> UInt64 { now.nanoseconds &- shift }

    /// Rule S4: a new leader gives every session its full timeout.
    mutating func restart(now: Instant) {
        timers.removeAll(keepingCapacity: true)
        buckets.removeAll(keepingCapacity: true)
        shift = 0
        nextBucket = now.nanoseconds / tick
    }

    mutating func add(_ session: Int64, timeoutMs: Int32, now: Instant) {
        let timer = Timer(timeout: UInt64(max(timeoutMs, 1)) * 1_000_000, touchedAt: local(now), isClosing: false)
        timers[session] = timer
        buckets[deadline(timer) / tick, default: []].append(session)
    }

    mutating func remove(_ session: Int64) { timers[session] = nil }

    /// Rule S2: whatever counts as a sign of life goes through here.
    mutating func touch(_ session: Int64, now: Instant) {
        guard let index = timers.index(forKey: session) else { return }
        timers.values[index].touchedAt = local(now)
    }

    /// Rule S5: when the leader's own loop was late, every deadline moves by as much.
    mutating func moveAll(byNanoseconds late: UInt64, now: Instant) {
        shift &+= late
        precondition(shift <= now.nanoseconds, "Rule S5: held up for longer than there was time")
    }

    /// Real expiry lies in (timeout, timeout + tick] after the last touch.
    private func deadline(_ timer: Timer) -> UInt64 { ((timer.touchedAt &+ timer.timeout) / tick + 1) * tick }

    /// When to look again; nil without sessions.
    func nextDeadline() -> Instant? {
        timers.isEmpty ? nil : Instant(nanoseconds: (nextBucket &+ 1) &* tick &+ shift)
    }

    /// The sessions whose time has passed, each named once: proposing their end is the caller's part.
    mutating func takeExpired(now: Instant, limit: Int) -> [Int64] {
        let time = local(now)
        var expired: [Int64] = []
        while nextBucket &* tick <= time, expired.count < limit {
            guard let sessions = buckets.removeValue(forKey: nextBucket) else {
                nextBucket += 1
                continue
            }
            for (index, session) in sessions.enumerated() {
                guard let timer = timers[session], !timer.isClosing else { continue }
                if expired.count == limit {
                    buckets[nextBucket, default: []].append(contentsOf: sessions[index...])
                    return expired
                }
                let due = deadline(timer)
                if due <= time {
                    // Rule S2: never before the whole time-out has passed in silence.
                    precondition(timer.touchedAt &+ timer.timeout <= time, "Rule S2: a session expires before its time-out")
                    timers[session]?.isClosing = true
                    expired.append(session)
                } else {
                    buckets[max(due / tick, nextBucket + 1), default: []].append(session)
                }
            }
            nextBucket += 1
        }
        return expired
    }
}
