// What the machine can do at best, measured in the same run as everything else: flushes of one block where the members' data
// lies, messages to and fro over loopback, and calculations on one CPU and on all. A result is read beside them, and tells by
// them whether the machine changed.

internal import CLinux
package import Ensemble
internal import Glibc
package import Results
internal import Statistics

package enum Ceilings {
    package static let blockBytes = 4_096
    package static let messageBytes = 1_024
    /// A flush that takes less has not reached anything durable.
    package static let durableFlushNanoseconds: UInt64 = 10_000

    /// Measures each of them for so long, or until `isCancelled`.
    package static func measure(
        directory: String, cpus: Int, nanosecondsEach: UInt64, isCancelled: () -> Bool = { false }
    ) throws(EnsembleError) -> ResultCeilings {
        let flushes = try measureFlushes(directory: directory, nanoseconds: nanosecondsEach, isCancelled: isCancelled)
        let loopback = try LoopbackEcho.measure(bytes: messageBytes, nanoseconds: nanosecondsEach, isCancelled: isCancelled)
        let cpu = BusyCPUs.measure(cpus: cpus, nanosecondsEach: nanosecondsEach / 2, isCancelled: isCancelled)
        return ResultCeilings(fsync: flushes, loopback: loopback, cpu: cpu)
    }

    /// Writes over the blocks of a file that was filled before, each followed by fdatasync: what a journal's flush is at least.
    static func measureFlushes(
        directory: String, nanoseconds: UInt64, isCancelled: () -> Bool
    ) throws(EnsembleError) -> FsyncCeiling {
        let path = "\(directory)/ceiling-fsync"
        func failure(_ what: String) -> EnsembleError {
            EnsembleError(.unusable, "\(path) can't be \(what): \(String(cString: strerror(errno))).")
        }
        let file = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw failure("made") }
        defer {
            close(file)
            unlink(path)
        }
        let blocks = 256
        var block = [UInt8](repeating: 0, count: blockBytes)
        for index in 0..<blocks {
            guard pwrite(file, block, blockBytes, off_t(index * blockBytes)) == blockBytes else { throw failure("filled") }
        }
        guard fsync(file) == 0 else { throw failure("flushed") }
        var histogram = LatencyHistogram()
        let begin = quorate_monotonic_ns()
        var now = begin
        var count = 0
        repeat {
            block[0] = UInt8(truncatingIfNeeded: count)
            let offset = off_t((count % blocks) * blockBytes)
            guard pwrite(file, block, blockBytes, offset) == blockBytes, fdatasync(file) == 0 else { throw failure("flushed") }
            let after = quorate_monotonic_ns()
            histogram.record(after - now)
            now = after
            count += 1
        } while now - begin < nanoseconds && !isCancelled()
        return FsyncCeiling(
            bytes: blockBytes, flushesPerSecond: Double(count) * 1e9 / Double(now - begin), latency: LatencyFigures(histogram)!)
    }
}

extension FsyncCeiling {
    /// What came back as flushed can't have been on anything that survives a power cut.
    package var isTooFastToBeDurable: Bool { latency.percentile(50) < Ceilings.durableFlushNanoseconds }
}

extension ResultCeilingsAround {
    /// The share by which the machine was slower in the end than in the beginning, by the worst of the ceilings; 0 if faster.
    package var slowdown: Double? {
        guard let after else { return nil }
        let disk = 1 - after.fsync.flushesPerSecond / before.fsync.flushesPerSecond
        let loopback = 1 - after.loopback.roundTripsPerSecond / before.loopback.roundTripsPerSecond
        guard let first = before.cpu, let last = after.cpu else { return max(0, disk, loopback) }
        return max(0, disk, loopback, 1 - last.stepsPerSecondTogether / first.stepsPerSecondTogether)
    }

    /// How many times as fast the machine was in the end as in the beginning, by that ceiling which rose most; of one that was
    /// nothing at all in the beginning nobody can tell.
    package var speedup: Double? {
        guard let after else { return nil }
        let disk = after.fsync.flushesPerSecond / before.fsync.flushesPerSecond
        let loopback = after.loopback.roundTripsPerSecond / before.loopback.roundTripsPerSecond
        let cpu = before.cpu.flatMap { first in
            after.cpu.map { $0.stepsPerSecondTogether / first.stepsPerSecondTogether }
        }
        return [disk, loopback, cpu].compactMap(\.self).filter(\.isFinite).max()
    }
}
