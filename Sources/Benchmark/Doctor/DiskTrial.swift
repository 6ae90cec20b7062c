// How long a disk takes to make one block durable: alone, and beside a file that is written as a snapshot is. All that it writes
// lies in a directory of its own, which its caller removes.

internal import CLinux
package import Ensemble
internal import Foundation
package import Results
internal import Synchronization
internal import Transport

package struct DiskTrial {
    /// The pace at which this project's members write snapshots, and how often they flush.
    package static let writerPace: UInt64 = 32 << 20
    static let pieceBytes = 1 << 20
    /// The file begins anew when it is so long: blocks are given back and taken as by snapshots that follow each other.
    static let longest = 64 << 20
    /// What the trial itself may take, and as much again, so that it never is what fills a disk.
    package static let roomNeeded: Int64 = 2 * Int64(longest)

    let path: String
    let nanoseconds: UInt64
    let isCancelled: @Sendable () -> Bool

    package init(path: String, nanoseconds: UInt64, isCancelled: @escaping @Sendable () -> Bool) {
        self.path = path
        self.nanoseconds = nanoseconds
        self.isCancelled = isCancelled
    }

    /// - Parameter shown: the directory as the user named it.
    package func run(shown: String) throws(EnsembleError) -> DoctorDisk {
        let alone = try Ceilings.measureFlushes(directory: path, nanoseconds: nanoseconds, isCancelled: isCancelled)
        let writer = SnapshotLikeWriter(path: "\(path)/snapshot-like")
        guard writer.start() else {
            throw EnsembleError(.outOfResources, "No thread can be started; raise the limit of processes (ulimit -u, pids.max).")
        }
        let beside: Result<FsyncCeiling, EnsembleError>
        do throws(EnsembleError) {
            beside = .success(
                try Ceilings.measureFlushes(directory: path, nanoseconds: nanoseconds, isCancelled: isCancelled))
        } catch {
            beside = .failure(error)
        }
        let written = try writer.stop()
        return DoctorDisk(path: shown, alone: alone, besideWriter: try beside.get(), writerBytesPerSecond: written)
    }
}

/// Writes a file from front to back at a steady pace, and flushes it now and then.
private final class SnapshotLikeWriter: Sendable {
    private struct State {
        var bytes: UInt64 = 0
        var nanoseconds: UInt64 = 0
        var failure: String?
    }

    private let path: String
    private let isEnding = Atomic<Bool>(false)
    private let state = Mutex(State())
    private let ended = DispatchSemaphore(value: 0)

    init(path: String) { self.path = path }

    func start() -> Bool {
        startDetachedThread(named: "quorate-snapshot") {
            self.write()
            self.ended.signal()
        }
    }

    /// Returns the bytes a second that got through.
    func stop() throws(EnsembleError) -> Double {
        isEnding.store(true, ordering: .relaxed)
        ended.wait()
        let found = state.withLock { $0 }
        if let failure = found.failure { throw EnsembleError(.unusable, failure) }
        return Double(found.bytes) * 1e9 / Double(max(found.nanoseconds, 1))
    }

    private func write() {
        let file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard file >= 0 else { return fail("made") }
        defer {
            close(file)
            unlink(path)
        }
        // Not zeros, which some disks and file systems keep without writing them.
        let piece = (0..<DiskTrial.pieceBytes).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 13) }
        let begin = quorate_monotonic_ns()
        var bytes: UInt64 = 0
        while !isEnding.load(ordering: .relaxed) {
            let place = Int(bytes % UInt64(DiskTrial.longest))
            if place == 0, ftruncate(file, 0) != 0 { return fail("emptied") }
            guard pwrite(file, piece, piece.count, off_t(place)) == piece.count else { return fail("written") }
            guard fdatasync(file) == 0 else { return fail("flushed") }
            bytes += UInt64(piece.count)
            let (due, now) = (begin + bytes * 1_000_000_000 / DiskTrial.writerPace, quorate_monotonic_ns())
            state.withLock { ($0.bytes, $0.nanoseconds) = (bytes, max(now, due) - begin) }
            if due > now { usleep(UInt32((due - now) / 1_000)) }
        }
    }

    private func fail(_ what: String) {
        let cause = String(cString: strerror(errno))
        state.withLock { $0.failure = "\(path) can't be \(what): \(cause)." }
    }
}
