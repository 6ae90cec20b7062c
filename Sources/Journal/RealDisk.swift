// A directory of the operating system as a Disk. It belongs to one process at a time: a lock on the file `lock` refuses a
// second one.

package import Batch
import CLinux
package import Glibc

package enum DirectoryError: Error, Equatable, CustomStringConvertible {
    case unusable(path: String, reason: String)
    case inUse(path: String)
    case unlockable(path: String, reason: String)

    package var description: String {
        switch self {
        case .unusable(let path, let reason):
            "the data directory \(path) can't be used: \(reason); create it, or give this user the right to write there"
        case .unlockable(let path, let reason):
            "the data directory \(path) can't be locked: its file 'lock' can't be opened: \(reason); mend that and "
                + "start again"
        case .inUse(let path):
            "the data directory \(path) is in use by another process; stop that one, or give this member a directory of its own"
        }
    }
}

package final class RealDisk: Disk {
    package let path: String
    package var place: String { path }
    private let directory: Int32
    private let lock: Int32
    /// Flushes return at once: what `quorate.unsafe.noFsync` asks for.
    private let skipsFlushes: Bool
    /// Groups of the log are written by a call that flushes them itself.
    private let writesThrough: Bool

    /// Opens the directory, making it and its missing parents first.
    package init(path: String, skipsFlushes: Bool = false, writesThrough: Bool = false) throws(DirectoryError) {
        self.path = path
        self.skipsFlushes = skipsFlushes
        self.writesThrough = writesThrough
        let made = RealDisk.makeDirectories(path)
        directory = Glibc.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard directory >= 0 else {
            throw .unusable(path: path, reason: String(cString: strerror(errno == ENOENT && made != 0 ? made : errno)))
        }
        lock = openat(directory, "lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard lock >= 0 else {
            let reason = String(cString: strerror(errno))
            _ = Glibc.close(directory)
            throw .unlockable(path: path, reason: reason)
        }
        // From here on `deinit` closes both, also behind a throw.
        guard flock(lock, LOCK_EX | LOCK_NB) == 0 else { throw .inUse(path: path) }
    }

    deinit {
        _ = Glibc.close(lock)
        _ = Glibc.close(directory)
    }

    /// - Returns: zero, or the error of the last directory that could not be made.
    private static func makeDirectories(_ path: String) -> Int32 {
        let bytes = path.utf8
        var place = bytes.startIndex
        var failure: Int32 = 0
        while place < bytes.endIndex {
            let next = bytes[bytes.index(after: place)...].firstIndex(of: UInt8(ascii: "/")) ?? bytes.endIndex
            let part = String(bytes[..<next]) ?? path
            failure = mkdir(part, 0o755) == 0 || errno == EEXIST ? 0 : errno
            place = next
        }
        return failure
    }

    package func names() throws(DiskError) -> [String] {
        let descriptor = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0, let stream = fdopendir(descriptor) else { throw DiskError("listing", path, code: errno) }
        defer { closedir(stream) }
        var found: [String] = []
        errno = 0
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { found.append(name) }
            errno = 0
        }
        guard errno == 0 else { throw DiskError("listing", path, code: errno) }
        return found.sorted()
    }

    package func open(_ name: String, _ opening: Opening) throws(DiskError) -> DiskFile {
        var flags = O_RDWR | O_CLOEXEC
        switch opening {
        case .existing: break
        case .new: flags |= O_CREAT | O_EXCL
        case .replacing: flags |= O_CREAT | O_TRUNC
        case .newDirect: flags |= O_CREAT | O_EXCL | QUORATE_O_DIRECT
        case .existingDirect: flags |= QUORATE_O_DIRECT
        }
        var descriptor = openat(directory, name, flags, 0o600)
        if descriptor < 0, errno == EINVAL, flags & QUORATE_O_DIRECT != 0 {
            // The file system (tmpfs, some overlays) knows no direct writing; it may have made a new name before it said so.
            descriptor = openat(directory, name, flags & ~(QUORATE_O_DIRECT | O_EXCL), 0o600)
        }
        guard descriptor >= 0 else { throw DiskError("opening", name, code: errno) }
        return DiskFile(descriptor: descriptor, name: name, disk: self)
    }

    package func close(_ descriptor: Int32) { _ = Glibc.close(descriptor) }

    package func size(_ file: DiskFile) throws(DiskError) -> Int {
        var status = stat()
        guard fstat(file.descriptor, &status) == 0 else { throw DiskError("asking the size", file.name, code: errno) }
        return Int(status.st_size)
    }

    package func read(_ file: DiskFile, at offset: Int, into bytes: UnsafeMutableRawBufferPointer) throws(DiskError) -> Int {
        let got = pread(file.descriptor, bytes.baseAddress, bytes.count, off_t(offset))
        guard got >= 0 else { throw DiskError("reading", file.name, code: errno) }
        return got
    }

    package func write(_ file: DiskFile, at offset: Int, _ pieces: UnsafeBufferPointer<iovec>) throws(DiskError) -> Int {
        let written = pwritev(file.descriptor, pieces.baseAddress, Int32(pieces.count), off_t(offset))
        guard written >= 0 else { throw DiskError("writing", file.name, code: errno) }
        return written
    }

    package func writeThrough(
        _ file: DiskFile, at offset: Int, _ pieces: UnsafeMutableBufferPointer<iovec>
    ) throws(DiskError) {
        guard writesThrough, !skipsFlushes else {
            try writeAll(file, at: offset, pieces)
            return try flush(file)
        }
        try writeAll(at: offset, pieces, of: file) { (place, some) throws(DiskError) in
            // Rule F1: it is a flush, too, and so is not tried again whatever it answers.
            let written = quorate_write_through(file.descriptor, some.baseAddress, Int32(some.count), Int64(place))
            guard written >= 0 else { throw DiskError("writing", file.name, code: Int32(-written)) }
            return Int(written)
        }
    }

    package func flush(_ file: DiskFile) throws(DiskError) {
        if skipsFlushes { return }
        guard fdatasync(file.descriptor) == 0 else { throw DiskError("flushing", file.name, code: errno) }
    }

    package func flushDirectory() throws(DiskError) {
        if skipsFlushes { return }
        guard fsync(directory) == 0 else { throw DiskError("flushing the directory", path, code: errno) }
    }

    package func forgetCached(_ file: DiskFile) { _ = posix_fadvise(file.descriptor, 0, 0, POSIX_FADV_DONTNEED) }

    package func rename(_ name: String, to other: String) throws(DiskError) {
        guard renameat(directory, name, directory, other) == 0 else { throw DiskError("renaming", name, code: errno) }
    }

    package func remove(_ name: String) throws(DiskError) {
        guard unlinkat(directory, name, 0) == 0 else { throw DiskError("removing", name, code: errno) }
    }

    package func freeBytes() throws(DiskError) -> Int {
        var status = statvfs()
        guard fstatvfs(directory, &status) == 0 else { throw DiskError("asking the free space", path, code: errno) }
        return Int(status.f_bavail) * Int(status.f_frsize)
    }

    package var now: Instant {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Instant(nanoseconds: UInt64(time.tv_sec) &* 1_000_000_000 &+ UInt64(time.tv_nsec))
    }
}
