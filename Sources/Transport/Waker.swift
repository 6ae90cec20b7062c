// Wakes a loop from any thread: other threads put their results into a queue of their own and then call wake().
//
// The eventfd is written only when the loop sleeps, or is about to, and only once until the loop has seen it. Waker and loop
// each raise their own flag before they read the other's (sequentially consistent), so that no wake-up is ever lost.

import CLinux
import Glibc
import Synchronization

package final class Waker: Sendable {
    let descriptor: Int32
    private let pending = Atomic<Bool>(false)
    private let sleeping = Atomic<Bool>(false)
    private let signalCount = Atomic<Int>(0)

    init() throws(TransportError) {
        descriptor = quorate_eventfd()
        if descriptor < 0 {
            throw TransportError("No eventfd could be opened: \(systemErrorText(descriptor)).", code: -descriptor)
        }
    }

    deinit { _ = Glibc.close(descriptor) }

    /// Makes the loop's current or next wait return with a `.woken` event. Calls before that event count once.
    package func wake() {
        if pending.exchange(true, ordering: .sequentiallyConsistent) { return }
        if sleeping.load(ordering: .sequentiallyConsistent) {
            signalCount.add(1, ordering: .relaxed)
            _ = quorate_eventfd_signal(descriptor)
        }
    }

    /// How often the eventfd has been written.
    package var signals: Int { signalCount.load(ordering: .relaxed) }

    /// Called by the loop before it sleeps; false if a wake-up is pending, so that it must not.
    func maySleep() -> Bool {
        sleeping.store(true, ordering: .sequentiallyConsistent)
        return !pending.load(ordering: .sequentiallyConsistent)
    }

    /// Called by the loop after it slept; true if somebody called `wake` since the last time.
    func takePending() -> Bool {
        sleeping.store(false, ordering: .sequentiallyConsistent)
        return pending.exchange(false, ordering: .sequentiallyConsistent)
    }

    func drain() { _ = quorate_eventfd_drain(descriptor) }
}
