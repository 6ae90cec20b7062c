// The one seam between the journal and storage: a flat directory of files, its flushes, and the clock that stamps them.
// RealDisk talks to the kernel, FaultyDisk adds faults, tests and the simulator bring their own. Calls may be short or
// interrupted; the loops that deal with that are here, on this side of the seam, so that every implementation is driven alike.

package import Batch
package import Glibc

/// An open file of a disk. It is closed with its last reference, so a reader never meets a descriptor that means another file
/// by now.
package final class DiskFile: Sendable {
    package let descriptor: Int32
    package let name: String
    private let disk: any Disk

    package init(descriptor: Int32, name: String, disk: any Disk) {
        self.descriptor = descriptor
        self.name = name
        self.disk = disk
    }

    deinit { disk.close(descriptor) }
}

/// What a file call answered instead of doing its work.
package struct DiskError: Error, Equatable, CustomStringConvertible {
    package let operation: String
    package let name: String
    package let code: Int32

    package init(_ operation: String, _ name: String, code: Int32) {
        self.operation = operation
        self.name = name
        self.code = code
    }

    /// The device is full, which a snapshot survives and the log does not (rule F1).
    package var isNoSpace: Bool { code == ENOSPC || code == EDQUOT }
    package var isMissing: Bool { code == ENOENT }
    /// The device can't give back what it holds.
    package var isUnreadable: Bool { operation == "read" && code == EIO }
    /// The process or the system has no descriptor left.
    package var isNoDescriptor: Bool { code == EMFILE || code == ENFILE }
    /// What passes by itself, or with the operator's help: harmless to whatever can be tried again later.
    package var isShortage: Bool { isNoSpace || isNoDescriptor }

    package var description: String { "\(operation) of \(name) failed: \(String(cString: strerror(code)))" }
}

package enum Opening: Sendable {
    /// The file must be there.
    case existing
    /// The file must not be there.
    case new
    /// What is there is emptied.
    case replacing
    /// As `new`, past the page cache where the file system allows it: offsets, sizes and memory must be multiples of 4 KiB.
    case newDirect
    /// As `existing`, in the same way.
    case existingDirect
}

/// Files by name in one directory. Safe to call from several threads as long as no two write the same file.
package protocol Disk: AnyObject, Sendable {
    func names() throws(DiskError) -> [String]
    func open(_ name: String, _ opening: Opening) throws(DiskError) -> DiskFile
    /// Called by DiskFile alone.
    func close(_ descriptor: Int32)
    func size(_ file: DiskFile) throws(DiskError) -> Int
    /// May read less than asked; zero at the end of the file.
    func read(_ file: DiskFile, at offset: Int, into bytes: UnsafeMutableRawBufferPointer) throws(DiskError) -> Int
    /// May write less than asked, never zero.
    func write(_ file: DiskFile, at offset: Int, _ pieces: UnsafeBufferPointer<iovec>) throws(DiskError) -> Int
    /// Writes all pieces, and returns when they would survive a loss of power; what was written to the file before may not yet.
    func writeThrough(_ file: DiskFile, at offset: Int, _ pieces: UnsafeMutableBufferPointer<iovec>) throws(DiskError)
    /// Returns when all that was written to the file, and its length, would survive a loss of power.
    func flush(_ file: DiskFile) throws(DiskError)
    /// The same for the directory: names made, changed and removed.
    func flushDirectory() throws(DiskError)
    /// The next read of the file comes from the device, as far as the system allows it.
    func forgetCached(_ file: DiskFile)
    func rename(_ name: String, to other: String) throws(DiskError)
    func remove(_ name: String) throws(DiskError)
    func freeBytes() throws(DiskError) -> Int
    /// Monotonic time.
    var now: Instant { get }
    /// Where the files lie, for sentences to the operator.
    var place: String { get }
}

extension Disk {
    package var place: String { "the data directory" }

    package func writeThrough(
        _ file: DiskFile, at offset: Int, _ pieces: UnsafeMutableBufferPointer<iovec>
    ) throws(DiskError) {
        try writeAll(file, at: offset, pieces)
        try flush(file)
    }
}

extension Disk {
    /// Writes all pieces, going on at the right place after a short or interrupted call. `pieces` is used up.
    package func writeAll(_ file: DiskFile, at offset: Int, _ pieces: UnsafeMutableBufferPointer<iovec>) throws(DiskError) {
        try writeAll(at: offset, pieces, of: file) { (place, some) throws(DiskError) in
            try retried { () throws(DiskError) in try write(file, at: place, some) }
        }
    }

    /// The same with another call, which sees itself to what interrupts it.
    func writeAll(
        at offset: Int, _ pieces: UnsafeMutableBufferPointer<iovec>, of file: DiskFile,
        by write: (_ place: Int, UnsafeBufferPointer<iovec>) throws(DiskError) -> Int
    ) throws(DiskError) {
        // The kernel takes at most 1,024 pieces in one call.
        let most = 1_024
        var first = 0
        var place = offset
        while first < pieces.count {
            if pieces[first].iov_len == 0 {
                first += 1
                continue
            }
            let some = UnsafeBufferPointer(rebasing: pieces[first..<min(first + most, pieces.count)])
            var written = try write(place, some)
            guard written > 0 else { throw DiskError("write", file.name, code: EIO) }
            place += written
            while written > 0 {
                precondition(first < pieces.count, "more was written than was asked for")
                let step = min(written, pieces[first].iov_len)
                pieces[first].iov_base = pieces[first].iov_base.map { $0 + step }
                pieces[first].iov_len -= step
                written -= step
                if pieces[first].iov_len == 0 { first += 1 }
            }
        }
    }

    package func writeAll(_ file: DiskFile, at offset: Int, _ bytes: UnsafeRawBufferPointer) throws(DiskError) {
        let piece = UnsafeMutableBufferPointer<iovec>.allocate(capacity: 1)
        defer { piece.deallocate() }
        piece.initialize(repeating: iovec(iov_base: UnsafeMutableRawPointer(mutating: bytes.baseAddress), iov_len: bytes.count))
        try writeAll(file, at: offset, piece)
    }

    /// Reads until `bytes` is full or the file ends.
    /// - Returns: bytes read.
    package func readAll(_ file: DiskFile, at offset: Int, into bytes: UnsafeMutableRawBufferPointer) throws(DiskError) -> Int {
        var done = 0
        while done < bytes.count {
            let rest = UnsafeMutableRawBufferPointer(rebasing: bytes[done...])
            let got = try retried { () throws(DiskError) in try self.read(file, at: offset + done, into: rest) }
            if got == 0 { break }
            done += got
        }
        return done
    }

    /// Repeats a call that a signal interrupted or that asked to be tried again. Flushes are never repeated (rule F1).
    private func retried<T>(_ call: () throws(DiskError) -> T) throws(DiskError) -> T {
        var attempts = 0
        while true {
            do {
                return try call()
            } catch {
                attempts += 1
                guard error.code == EINTR || error.code == EAGAIN, attempts < 1_000 else { throw error }
            }
        }
    }
}
