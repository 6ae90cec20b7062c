// Writes the blocks of a trace on a thread of its own, and remembers the first thing that went wrong.

internal import Dispatch
internal import Glibc
internal import Synchronization
internal import Transport
internal import Workload

final class TraceWriter: Sendable {
    /// Bytes that may wait for the disk; more is not kept, and the recording is given up.
    private static let waitingMax = 256 << 20

    private struct State {
        var waiting: [[UInt8]] = []
        var waitingBytes = 0
        var written: UInt64 = 0
        var failure: String?
        var isOver = false
    }

    private let state = Mutex(State())
    private let file: String
    private let descriptor: Int32
    private let some = DispatchSemaphore(value: 0)
    private let done = DispatchSemaphore(value: 0)

    init(file: String) throws(LoadError) {
        self.file = file
        descriptor = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else {
            throw LoadError(
                .fileUnwritable,
                "the recording \(file) can't be written: \(String(cString: strerror(errno))); name another file with --record")
        }
        guard startDetachedThread(named: "recording", { self.writeAll() }) else {
            close(descriptor)
            throw LoadError(.outOfResources, "no thread could be started to write the recording")
        }
    }

    /// Takes the content of a block; returns at once.
    func write(_ content: [UInt8]) {
        state.withLock {
            $0.waitingBytes += content.count
            if $0.waitingBytes > Self.waitingMax, $0.failure == nil {
                $0.failure = "the disk was too slow for it; record to another one, or at a lower rate"
            }
            if $0.failure == nil { $0.waiting.append(content) }
        }
        some.signal()
    }

    /// Waits until all is written; bytes of the file, and what went wrong.
    func finish() -> (bytes: UInt64, failure: String?) {
        state.withLock { $0.isOver = true }
        some.signal()
        done.wait()
        return state.withLock { ($0.written, $0.failure) }
    }

    private func writeAll() {
        put(Array(TraceFormat.firstLine.utf8))
        while true {
            some.wait()
            let (blocks, isOver) = state.withLock { state in
                defer {
                    state.waiting = []
                    state.waitingBytes = 0
                }
                return (state.waiting, state.isOver)
            }
            for content in blocks { put(TraceEncoder.block(content)) }
            if isOver { break }
        }
        if close(descriptor) != 0 { fail(errno) }
        done.signal()
    }

    private func put(_ bytes: [UInt8]) {
        guard state.withLock({ $0.failure == nil }) else { return }
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count > 0 {
                rest = rest.dropFirst(count)
            } else if errno != EINTR {
                return fail(errno)
            }
        }
        state.withLock { $0.written += UInt64(bytes.count) }
    }

    private func fail(_ code: Int32) {
        let cause = String(cString: strerror(code))
        state.withLock { $0.failure = $0.failure ?? "\(cause); make room, or name another file with --record" }
    }
}
