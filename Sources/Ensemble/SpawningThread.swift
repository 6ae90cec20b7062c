// The thread that starts children. The kernel ends a child when the thread that started it ends, so this one lives exactly as
// long as its owner: nothing may be started from a thread of a pool, which comes and goes as the pool likes.

internal import Dispatch
internal import Glibc
internal import Synchronization
internal import Transport

package final class SpawningThread: Sendable {
    private final class Inbox: Sendable {
        let jobs = Mutex<[(@Sendable () -> Void)?]>([])
        let arrival = DispatchSemaphore(value: 0)

        func put(_ job: (@Sendable () -> Void)?) {
            jobs.withLock { $0.append(job) }
            arrival.signal()
        }

        /// The next job; nil says that the thread shall end.
        func take() -> (@Sendable () -> Void)? {
            arrival.wait()
            return jobs.withLock { $0.removeFirst() }
        }
    }

    private let inbox = Inbox()
    private let isStarted: Bool

    package init() {
        let inbox = inbox
        isStarted = startDetachedThread(named: "quorate-spawn") {
            while let job = inbox.take() { job() }
        }
    }

    /// Ends the thread, and with it every child that still runs.
    deinit { inbox.put(nil) }

    /// Does `job` on the thread and waits for it. If the system had no thread to give it is not done, and the answer is that of a
    /// process that can't be started: a negative error number.
    func run(_ job: @escaping @Sendable () -> Int32) -> Int32 {
        guard isStarted else { return -EAGAIN }
        let answer = Answer()
        inbox.put {
            answer.value.withLock { $0 = job() }
            answer.isThere.signal()
        }
        answer.isThere.wait()
        return answer.value.withLock { $0 }
    }

    private final class Answer: Sendable {
        let value = Mutex<Int32>(0)
        let isThere = DispatchSemaphore(value: 0)
    }
}
