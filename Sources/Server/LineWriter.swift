// Writes the log's lines to a descriptor on a thread of its own: a pipe that nobody reads must not hold up the loop. What does
// not fit into a bounded queue is dropped and counted.

import CLinux
import Glibc
import Synchronization

package final class LineWriter: Sendable {
    private struct State {
        var waiting: [UInt8] = []
        var dropped = 0
        var isWriting = false
        var hasThread = false
    }

    /// Bytes that may wait.
    package static let limit = 1 << 20

    /// What a process has logged when it exits is written first, if somebody reads it.
    static let standardError: LineWriter = {
        atexit { LineWriter.standardError.flush(limitNanoseconds: 1_000_000_000) }
        return LineWriter(descriptor: 2)
    }()

    private let descriptor: Int32
    private let state = Mutex(State())
    private let changed = Condition()

    package init(descriptor: Int32) { self.descriptor = descriptor }

    /// Queues a line, which ends with a line feed. Never waits for the descriptor.
    package func write(_ line: String) {
        let startsThread = state.withLock { state in
            defer { state.hasThread = true }
            guard state.waiting.count + line.utf8.count <= LineWriter.limit else {
                state.dropped += 1
                return !state.hasThread
            }
            if state.dropped > 0 {
                state.waiting += "\(state.dropped) lines of the log were dropped here: nobody read them in time\n".utf8
                state.dropped = 0
            }
            state.waiting += line.utf8
            return !state.hasThread
        }
        if startsThread { _ = startThread(named: "quorate-log") { self.run() } }
        changed.signal()
    }

    /// Waits until everything is written, or the time is up.
    package func flush(limitNanoseconds: UInt64) {
        let end = quorate_monotonic_ns() + limitNanoseconds
        while state.withLock({ $0.isWriting || !$0.waiting.isEmpty }), quorate_monotonic_ns() < end { usleep(500) }
    }

    private func run() {
        while true {
            changed.wait { self.state.withLock { !$0.waiting.isEmpty } }
            let bytes = state.withLock { state in
                state.isWriting = true
                let bytes = state.waiting
                state.waiting = []
                return bytes
            }
            bytes.withUnsafeBytes { writeAll($0) }
            state.withLock { $0.isWriting = false }
        }
    }

    /// Where the descriptor is gone there is nobody left to tell.
    private func writeAll(_ bytes: UnsafeRawBufferPointer) {
        var done = 0
        while done < bytes.count {
            let count = Glibc.write(descriptor, bytes.baseAddress! + done, bytes.count - done)
            if count > 0 {
                done += count
            } else if errno == EAGAIN {
                var ready = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                _ = poll(&ready, 1, -1)
            } else if errno != EINTR {
                return
            }
        }
    }
}
