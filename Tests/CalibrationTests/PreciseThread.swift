// Threads whose timing is measured: ahead of other programs where the system lets us, so that a build next door is not taken for
// a mistake of the load generator.

import CLinux
import Foundation
import Synchronization

enum PreciseThread {
    private static let priority: Int32 = 5

    static func start(_ body: @escaping @Sendable () -> Void) {
        let thread = Thread {
            var order = sched_param(sched_priority: priority)
            // Not everybody may ask for it; without it the tests repeat more.
            _ = pthread_setschedparam(pthread_self(), SCHED_FIFO, &order)
            _ = quorate_set_timer_slack(1_000)
            body()
        }
        thread.stackSize = 4 << 20
        thread.start()
    }

    /// Runs `body` on such a thread and waits for it.
    static func run<T: Sendable>(_ body: @escaping @Sendable () throws -> T) throws -> T {
        let result = Handover<Result<T, any Error>>()
        start { result.put(Result { try body() }) }
        return try result.take().get()
    }
}

/// Hands one value from one thread to another.
final class Handover<Value: Sendable>: Sendable {
    private let value = Mutex<Value?>(nil)
    private let isThere = DispatchSemaphore(value: 0)

    func put(_ new: Value) {
        value.withLock { $0 = new }
        isThere.signal()
    }

    func take() -> Value {
        isThere.wait()
        return value.withLock { $0! }
    }
}

final class StopFlag: Sendable {
    private let flag = Atomic<Bool>(false)
    var isSet: Bool { flag.load(ordering: .relaxed) }
    func set() { flag.store(true, ordering: .relaxed) }
}
