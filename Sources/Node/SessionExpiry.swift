// When sessions expire: the leader's timers, on a grid of tickTime. Who owns a session and what its end does is state and is
// decided at apply; here is only the question whether to propose that end.

package import Batch
import Rules

/// Deadlines of all sessions, kept in buckets by tick and moved lazily: a touch only notes the time.
package struct SessionExpiry {
    private struct Timer {
        var timeout: UInt64
        var touchedAt: UInt64
        /// The bucket that holds this session's one valid entry; entries elsewhere are left over from earlier deadlines.
        var bucket: UInt64
        var isClosing = false
    }

    private let tick: UInt64
    private var timers: [Int64: Timer] = [:]
    private var buckets: [UInt64: [Int64]] = [:]
    /// The first bucket that has not been looked at.
    private var nextBucket: UInt64 = 0
    /// Time by which everything has been moved because the loop itself was late (rule S5).
    private var shift: UInt64 = 0

    package init(tickMs: Int) { tick = UInt64(tickMs) * 1_000_000 }

    package var count: Int { timers.count }
    /// Entries in all buckets: a few more than sessions, never many.
    package var entryCount: Int { buckets.values.reduce(0) { $0 + $1.count } }

    private func local(_ now: Instant) -> UInt64 { now.nanoseconds &- shift }

    /// Rule S4: a new leader gives every session its full timeout.
    package mutating func restart(now: Instant) {
        timers.removeAll(keepingCapacity: true)
        buckets.removeAll(keepingCapacity: true)
        shift = 0
        nextBucket = now.nanoseconds / tick + 1
    }

    /// A session was opened, or goes on with another timeout at another server. One that moves leaves no entry behind unless its
    /// deadline comes earlier: the old entry finds the new deadline when its time comes.
    package mutating func add(_ session: Int64, timeoutMs: Int32, now: Instant) {
        if timers.isEmpty {
            buckets.removeAll(keepingCapacity: true)
            nextBucket = max(nextBucket, local(now) / tick + 1)
        }
        let timeout = UInt64(max(timeoutMs, 1)) * 1_000_000
        let bucket = max(bucket(touchedAt: local(now), timeout: timeout), nextBucket)
        if let index = timers.index(forKey: session) {
            timers.values[index].timeout = timeout
            timers.values[index].touchedAt = local(now)
            guard !timers.values[index].isClosing, bucket < timers.values[index].bucket else { return }
            timers.values[index].bucket = bucket
        } else {
            timers[session] = Timer(timeout: timeout, touchedAt: local(now), bucket: bucket)
        }
        buckets[bucket, default: []].append(session)
    }

    package mutating func remove(_ session: Int64) { timers[session] = nil }

    /// Rule S2: whatever counts as a sign of life goes through here.
    package mutating func touch(_ session: Int64, now: Instant) {
        guard let index = timers.index(forKey: session) else { return }
        timers.values[index].touchedAt = local(now)
    }

    /// Rule S5: when the leader's own loop was late, every deadline moves by as much.
    package mutating func moveAll(byNanoseconds late: UInt64, now: Instant) {
        shift &+= late
        demand(shift <= now.nanoseconds, "Rule S5: held up for longer than there was time")
    }

    /// Real expiry lies in (timeout, timeout + tick] after the last touch: the first edge of a tick behind the timeout.
    private func bucket(touchedAt: UInt64, timeout: UInt64) -> UInt64 { (touchedAt &+ timeout) / tick + 1 }

    /// When to look again; nil without sessions.
    package func nextDeadline() -> Instant? {
        timers.isEmpty ? nil : Instant(nanoseconds: nextBucket &* tick &+ shift)
    }

    /// The sessions whose time has passed, each named once: proposing their end is the caller's part. `isBusy` tells of those
    /// that live at this moment although nothing was heard of them (rule S2).
    package mutating func takeExpired(now: Instant, limit: Int, isBusy: (Int64) -> Bool) -> [Int64] {
        let time = local(now)
        var expired: [Int64] = []
        while nextBucket &* tick <= time, expired.count < limit {
            let sessions = buckets.removeValue(forKey: nextBucket) ?? []
            for (index, session) in sessions.enumerated() {
                if expired.count == limit {
                    buckets[nextBucket] = Array(sessions[index...])
                    return expired
                }
                judge(session, time, isBusy, &expired)
            }
            nextBucket += 1
        }
        return expired
    }

    /// A session whose entry has come up: its time has passed, or the entry moves to where its deadline is now.
    private mutating func judge(_ session: Int64, _ time: UInt64, _ isBusy: (Int64) -> Bool, _ expired: inout [Int64]) {
        guard let index = timers.index(forKey: session) else { return }
        let timer = timers.values[index]
        guard !timer.isClosing, timer.bucket == nextBucket else { return }
        var due = bucket(touchedAt: timer.touchedAt, timeout: timer.timeout)
        if due &* tick <= time, isBusy(session) {
            timers.values[index].touchedAt = time
            due = bucket(touchedAt: time, timeout: timer.timeout)
        }
        guard due &* tick > time else {
            // Rule S2: never before the whole time-out has passed in silence.
            demand(timer.touchedAt &+ timer.timeout <= time, "Rule S2: a session expires before its time-out")
            timers.values[index].isClosing = true
            expired.append(session)
            return
        }
        timers.values[index].bucket = due
        buckets[due, default: []].append(session)
    }
}
