// A disk with faults to order, for experiments and drills: slow flushes, one flush that fails, snapshots whose writing never
// ends. It stands before the real one only where the configuration arms it.

package import Batch
package import Glibc
import Synchronization

package struct DiskFaults: Equatable, Sendable {
    /// Added to each flush of a file.
    package var slowFlushNanoseconds: UInt64 = 0
    /// The flush with this number (counted from 1) fails with an I/O error; later ones succeed again, as a device's may. Zero:
    /// none.
    package var failingFlush = 0
    /// Writing a snapshot never returns, as on a device that answers no more.
    package var hangsSnapshots = false

    package init() {}

    package var isArmed: Bool { self != DiskFaults() }
}

package final class FaultyDisk: Disk {
    private let disk: any Disk
    private let faults: DiskFaults
    private let flushes = Atomic<Int>(0)

    package init(_ disk: any Disk, faults: DiskFaults) {
        self.disk = disk
        self.faults = faults
    }

    package func flush(_ file: DiskFile) throws(DiskError) {
        try strike(file)
        try disk.flush(file)
    }

    package func writeThrough(
        _ file: DiskFile, at offset: Int, _ pieces: UnsafeMutableBufferPointer<iovec>
    ) throws(DiskError) {
        try strike(file)
        try disk.writeThrough(file, at: offset, pieces)
    }

    private func strike(_ file: DiskFile) throws(DiskError) {
        let number = flushes.wrappingAdd(1, ordering: .relaxed).newValue
        if faults.slowFlushNanoseconds > 0 {
            var time = timespec(
                tv_sec: Int(faults.slowFlushNanoseconds / 1_000_000_000),
                tv_nsec: Int(faults.slowFlushNanoseconds % 1_000_000_000))
            nanosleep(&time, nil)
        }
        if number == faults.failingFlush { throw DiskError("flushing", file.name, code: EIO) }
    }

    package func names() throws(DiskError) -> [String] { try disk.names() }
    package func open(_ name: String, _ opening: Opening) throws(DiskError) -> DiskFile { try disk.open(name, opening) }
    package func close(_ descriptor: Int32) { disk.close(descriptor) }
    package func size(_ file: DiskFile) throws(DiskError) -> Int { try disk.size(file) }
    package func read(_ file: DiskFile, at offset: Int, into bytes: UnsafeMutableRawBufferPointer) throws(DiskError) -> Int {
        try disk.read(file, at: offset, into: bytes)
    }
    package func write(_ file: DiskFile, at offset: Int, _ pieces: UnsafeBufferPointer<iovec>) throws(DiskError) -> Int {
        while faults.hangsSnapshots, file.name == SnapshotInfo.writingName { sleep(3_600) }
        return try disk.write(file, at: offset, pieces)
    }
    package func flushDirectory() throws(DiskError) { try disk.flushDirectory() }
    package func forgetCached(_ file: DiskFile) { disk.forgetCached(file) }
    package func rename(_ name: String, to other: String) throws(DiskError) { try disk.rename(name, to: other) }
    package func remove(_ name: String) throws(DiskError) { try disk.remove(name) }
    package func freeBytes() throws(DiskError) -> Int { try disk.freeBytes() }
    package var now: Instant { disk.now }
    package var place: String { disk.place }
}
