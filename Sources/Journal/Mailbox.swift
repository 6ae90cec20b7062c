// How threads hand whole batches of work to each other: an array behind a lock that is swapped, never copied, and a wake-up
// only for a receiver that sleeps.

import Glibc

/// Many senders, one receiver.
final class Mailbox<Item: Sendable>: @unchecked Sendable {
    // Everything below is touched only with `mutex` held, which is what makes the class Sendable.
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var items: [Item] = []
    private var isClosed = false
    private var isWaiting = false

    init() {
        pthread_mutex_init(mutex, nil)
        var attributes = pthread_condattr_t()
        pthread_condattr_init(&attributes)
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        pthread_cond_init(condition, &attributes)
        pthread_condattr_destroy(&attributes)
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        mutex.deallocate()
    }

    /// Hands over all of `new`, which is empty afterwards.
    /// - Returns: true if the box was empty before.
    @discardableResult
    func put(_ new: inout [Item]) -> Bool {
        if new.isEmpty { return false }
        pthread_mutex_lock(mutex)
        let wasEmpty = items.isEmpty
        if wasEmpty {
            swap(&items, &new)
        } else {
            items.append(contentsOf: new)
        }
        let wakes = isWaiting
        pthread_mutex_unlock(mutex)
        if wakes { pthread_cond_signal(condition) }
        new.removeAll(keepingCapacity: true)
        return wasEmpty
    }

    @discardableResult
    func put(_ item: Item) -> Bool {
        pthread_mutex_lock(mutex)
        let wasEmpty = items.isEmpty
        items.append(item)
        let wakes = isWaiting
        pthread_mutex_unlock(mutex)
        if wakes { pthread_cond_signal(condition) }
        return wasEmpty
    }

    /// Takes everything that gathered; `taken` must be empty.
    func takeAll(_ taken: inout [Item]) {
        precondition(taken.isEmpty, "what was taken before has not been dealt with")
        pthread_mutex_lock(mutex)
        swap(&items, &taken)
        pthread_mutex_unlock(mutex)
    }

    /// The same, but sleeps up to `nanoseconds` (nil: without end) for something to come.
    /// - Returns: false once the box is closed and empty.
    func wait(_ taken: inout [Item], nanoseconds: UInt64?) -> Bool {
        precondition(taken.isEmpty, "what was taken before has not been dealt with")
        pthread_mutex_lock(mutex)
        if items.isEmpty, !isClosed { sleep(nanoseconds) }
        swap(&items, &taken)
        let goesOn = !taken.isEmpty || !isClosed
        pthread_mutex_unlock(mutex)
        return goesOn
    }

    private func sleep(_ nanoseconds: UInt64?) {
        isWaiting = true
        defer { isWaiting = false }
        guard let nanoseconds else {
            while items.isEmpty, !isClosed { pthread_cond_wait(condition, mutex) }
            return
        }
        var until = timespec()
        clock_gettime(CLOCK_MONOTONIC, &until)
        let sum = UInt64(until.tv_nsec) + nanoseconds
        until.tv_sec += Int(sum / 1_000_000_000)
        until.tv_nsec = Int(sum % 1_000_000_000)
        while items.isEmpty, !isClosed {
            if pthread_cond_timedwait(condition, mutex, &until) != 0 { return }
        }
    }

    func close() {
        pthread_mutex_lock(mutex)
        isClosed = true
        pthread_mutex_unlock(mutex)
        pthread_cond_signal(condition)
    }
}

/// A thread of its own for one function.
final class Worker: @unchecked Sendable {
    // Written once by `init`, before anyone else can see it.
    private var thread = pthread_t()
    /// Closed behind the function.
    private let returned = Mailbox<Never>()

    private final class Start {
        let run: () -> Void
        init(_ run: @escaping () -> Void) { self.run = run }
    }

    init(_ run: @escaping @Sendable () -> Void) {
        let returned = returned
        let start = Unmanaged.passRetained(
            Start {
                run()
                returned.close()
            })
        let result = pthread_create(
            &thread, nil,
            { argument in
                Unmanaged<Start>.fromOpaque(argument!).takeRetainedValue().run()
                return nil
            }, start.toOpaque())
        if result != 0 { endForLackOfThreads(result) }
    }

    /// Waits for the function to return.
    func join() { pthread_join(thread, nil) }

    /// The same for a while; a thread that goes on behind it is nobody's to wait for any more.
    /// - Returns: whether the function has returned.
    func join(withinNanoseconds limit: UInt64) -> Bool {
        var nothing: [Never] = []
        if returned.wait(&nothing, nanoseconds: limit) {
            pthread_detach(thread)
            return false
        }
        join()
        return true
    }
}

/// Without its threads a server can't begin; whoever limits them has to know, and a trap would not tell.
package func endForLackOfThreads(_ code: Int32) -> Never {
    let cause = String(cString: strerror(code))
    let text = "No thread can be started: \(cause); raise the limit of processes (ulimit -u, pids.max) or of memory.\n"
    _ = Array(text.utf8).withUnsafeBytes { write(2, $0.baseAddress, $0.count) }
    // EX_OSERR
    _exit(71)
}
