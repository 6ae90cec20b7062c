// How the journal's flushes are doing, for the background thread: while one took over twice the median, its own writing waits.

package import Batch
import Synchronization

package final class FlushPace: Sendable {
    private let last = Atomic<UInt64>(0)
    private let median = Atomic<UInt64>(0)
    private let finished = Atomic<UInt64>(0)
    /// A slow flush is forgotten after so long without another.
    private static let memory: UInt64 = 10_000_000

    package init() {}

    /// Called by the journal thread alone. The median is followed by small steps, up and down alike.
    func record(nanoseconds: UInt64, at now: Instant) {
        let old = median.load(ordering: .relaxed)
        let step = max(old / 32, 100)
        let next = old == 0 ? nanoseconds : nanoseconds > old ? old + step : old - min(step, old)
        median.store(next, ordering: .relaxed)
        last.store(nanoseconds, ordering: .relaxed)
        finished.store(now.nanoseconds, ordering: .relaxed)
    }

    package func isSlow(at now: Instant) -> Bool {
        let age = now.since(Instant(nanoseconds: finished.load(ordering: .relaxed)))
        return age < FlushPace.memory && last.load(ordering: .relaxed) > 2 * median.load(ordering: .relaxed)
    }
}
