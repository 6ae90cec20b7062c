// A directory in memory for members that run without a machine: what was flushed survives `losePower`, the rest is gone. The
// journal's own tests have a disk with many more ways to fail.

package import Batch
package import Glibc
package import Journal

package final class MemoryDisk: Disk, @unchecked Sendable {
    // `@unchecked`: a virtual ensemble runs on one thread.
    package init() {}

    private final class File {
        var bytes: [UInt8] = []
        var durable: [UInt8] = []
    }

    private var files: [String: File] = [:]
    private var durableNames: [String: File] = [:]
    private var open: [Int32: File] = [:]
    private var nextDescriptor: Int32 = 100
    package var time: UInt64 = 0
    package private(set) var flushes = 0

    /// A new and empty directory.
    package func wipe() {
        files = [:]
        durableNames = [:]
        open = [:]
    }

    /// The directory as a restart would find it if the power failed now.
    package func afterPowerLoss() -> MemoryDisk {
        let other = MemoryDisk()
        for (name, file) in durableNames {
            let copy = File()
            (copy.bytes, copy.durable) = (file.durable, file.durable)
            other.files[name] = copy
        }
        other.durableNames = other.files
        other.time = time
        return other
    }

    package func losePower() {
        files = durableNames
        for file in files.values { file.bytes = file.durable }
        open.removeAll()
    }

    package func names() throws(DiskError) -> [String] { files.keys.sorted() }

    package func open(_ name: String, _ opening: Opening) throws(DiskError) -> DiskFile {
        switch opening {
        case .existing, .existingDirect: guard files[name] != nil else { throw DiskError("opening", name, code: ENOENT) }
        case .new, .newDirect:
            guard files[name] == nil else { throw DiskError("opening", name, code: EEXIST) }
            files[name] = File()
        case .replacing: files[name] = File()
        }
        nextDescriptor += 1
        open[nextDescriptor] = files[name]
        return DiskFile(descriptor: nextDescriptor, name: name, disk: self)
    }

    package func close(_ descriptor: Int32) { open[descriptor] = nil }

    private func file(_ file: DiskFile) throws(DiskError) -> File {
        guard let found = open[file.descriptor] else { throw DiskError("using", file.name, code: EBADF) }
        return found
    }

    package func size(_ file: DiskFile) throws(DiskError) -> Int { try self.file(file).bytes.count }

    package func read(_ file: DiskFile, at offset: Int, into bytes: UnsafeMutableRawBufferPointer) throws(DiskError) -> Int {
        let content = try self.file(file).bytes
        guard offset < content.count else { return 0 }
        let count = min(bytes.count, content.count - offset)
        content.withUnsafeBytes { bytes.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[offset..<offset + count])) }
        return count
    }

    package func write(_ file: DiskFile, at offset: Int, _ pieces: UnsafeBufferPointer<iovec>) throws(DiskError) -> Int {
        let target = try self.file(file)
        var place = offset
        for piece in pieces {
            let end = place + piece.iov_len
            if target.bytes.count < end { target.bytes.append(contentsOf: repeatElement(0, count: end - target.bytes.count)) }
            target.bytes.withUnsafeMutableBytes {
                UnsafeMutableRawBufferPointer(rebasing: $0[place..<end]).copyMemory(
                    from: UnsafeRawBufferPointer(start: piece.iov_base, count: piece.iov_len))
            }
            place = end
        }
        return place - offset
    }

    package func flush(_ file: DiskFile) throws(DiskError) {
        let target = try self.file(file)
        target.durable = target.bytes
        flushes += 1
    }

    package func flushDirectory() throws(DiskError) { durableNames = files }
    package func forgetCached(_ file: DiskFile) {}

    package func rename(_ name: String, to other: String) throws(DiskError) {
        guard let file = files.removeValue(forKey: name) else { throw DiskError("renaming", name, code: ENOENT) }
        files[other] = file
    }

    package func remove(_ name: String) throws(DiskError) {
        guard files.removeValue(forKey: name) != nil else { throw DiskError("removing", name, code: ENOENT) }
    }

    package func freeBytes() throws(DiskError) -> Int { 1 << 40 }
    package var now: Instant { Instant(nanoseconds: time) }
}
