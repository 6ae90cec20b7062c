// How late this machine wakes a thread that has nothing to do but to sleep a millisecond: what no server on it can do better.

internal import CLinux
internal import Foundation
package import Statistics
internal import Synchronization
internal import Transport

package final class Hiccups: Sendable {
    private static let sleepMicroseconds: UInt32 = 1_000
    private let isEnding = Atomic<Bool>(false)
    private let late = Mutex(LatencyHistogram())
    private let ended = DispatchSemaphore(value: 0)

    private init() {}

    /// nil if there is no thread to be had.
    package static func start() -> Hiccups? {
        let meter = Hiccups()
        let isStarted = startDetachedThread(named: "quorate-hiccups") {
            meter.watch()
            meter.ended.signal()
        }
        return isStarted ? meter : nil
    }

    /// How late it was woken, each time. It may be asked again.
    package func stop() -> LatencyHistogram {
        isEnding.store(true, ordering: .relaxed)
        ended.wait()
        ended.signal()
        return late.withLock { $0 }
    }

    private func watch() {
        var found = LatencyHistogram()
        while !isEnding.load(ordering: .relaxed) {
            let begin = quorate_monotonic_ns()
            usleep(Self.sleepMicroseconds)
            let passed = quorate_monotonic_ns() - begin
            found.record(passed - min(passed, UInt64(Self.sleepMicroseconds) * 1_000))
        }
        let all = found
        late.withLock { $0 = all }
    }
}
