// How fast the machine's CPUs are, one alone and all at once. Two CPUs of a virtual machine may be two threads of one core, or be
// held to a quota together: then a load that keeps both busy gets far less than twice of what one gives.

internal import CLinux
internal import Foundation
package import Results
internal import Synchronization
internal import Transport

package enum BusyCPUs {
    private final class Rates: Sendable {
        let sum = Mutex(0.0)
    }

    private static let stepsBetweenLooks = 100_000

    /// Keeps one CPU and then `cpus` busy for so long each; nil if the system has no threads to give.
    package static func measure(cpus: Int, nanosecondsEach: UInt64, isCancelled: () -> Bool = { false }) -> CPUCeiling? {
        guard let alone = stepsPerSecond(threads: 1, nanosecondsEach), !isCancelled() else { return nil }
        guard let together = cpus == 1 ? alone : stepsPerSecond(threads: cpus, nanosecondsEach) else { return nil }
        return CPUCeiling(cpus: cpus, stepsPerSecondAlone: alone, stepsPerSecondTogether: together)
    }

    /// Of one thread, on average.
    private static func stepsPerSecond(threads: Int, _ nanoseconds: UInt64) -> Double? {
        let rates = Rates()
        let ended = DispatchSemaphore(value: 0)
        let end = quorate_monotonic_ns() + nanoseconds
        var started = 0
        for number in 0..<threads {
            let isStarted = startDetachedThread(named: "quorate-busy") {
                let rate = run(until: end, from: UInt64(number + 1))
                rates.sum.withLock { $0 += rate }
                ended.signal()
            }
            if isStarted { started += 1 }
        }
        for _ in 0..<started { ended.wait() }
        return started == threads ? rates.sum.withLock { $0 } / Double(threads) : nil
    }

    private static func run(until end: UInt64, from seed: UInt64) -> Double {
        let begin = quorate_monotonic_ns()
        var (now, steps, value) = (begin, 0, seed)
        repeat {
            value = step(value, times: stepsBetweenLooks)
            steps += stepsBetweenLooks
            now = quorate_monotonic_ns()
        } while now < end
        // The value has to be used, or nothing need be calculated.
        return Double(steps) * 1e9 / Double(now - begin) + (value == 0 ? 1 : 0)
    }

    /// Marsaglia's xorshift generator of 64 bits: six operations that each need the one before. Several steps can't be put
    /// together to one, as a compiler does it with multiplications and additions.
    @inline(never) private static func step(_ value: UInt64, times: Int) -> UInt64 {
        var value = value
        for _ in 0..<times {
            value ^= value << 13
            value ^= value >> 7
            value ^= value << 17
        }
        return value
    }
}
