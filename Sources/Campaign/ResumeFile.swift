// The file in which a campaign keeps what it has found: one process at a time holds it, nothing but a regular file is written,
// and what stands there is whole at any moment.

package import Foundation

/// One sentence that names the file and the remedy.
package struct ResumeFileError: Error, Equatable, CustomStringConvertible {
    package let description: String
}

package final class ResumeFile {
    /// As it was given.
    private let name: String
    /// Where it really is: links stay links.
    private var place = ""
    private var descriptor: Int32 = -1
    private var mode: mode_t = 0

    /// Opens the file, makes it if there is none, and holds it for this process.
    package init(_ path: String) throws(ResumeFileError) {
        name = path
        try open()
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    private func open() throws(ResumeFileError) {
        var attempts = 0
        while true {
            // Looked at before it is opened: that alone would rewind a tape.
            var status = stat()
            if stat(name, &status) == 0, status.st_mode & S_IFMT != S_IFREG { throw refusal("is no regular file") }
            descriptor = Foundation.open(name, O_RDWR | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0o666)
            guard descriptor >= 0 else { throw failure("opened") }
            guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK else {
                throw ResumeFileError(description: "\(name) is held by another process; wait for its end, or name another file")
            }
            guard fstat(descriptor, &status) == 0 else { throw failure("read") }
            mode = status.st_mode & 0o7777
            if isCurrent(status) { break }
            // Its holder wrote it anew in between and ended.
            close(descriptor)
            descriptor = -1
            attempts += 1
            guard attempts < 100 else { throw ResumeFileError(description: "\(name) does not stay; wait for its writers to end") }
        }
        guard let real = realpath(name, nil) else { throw failure("found") }
        defer { free(real) }
        place = String(cString: real)
    }

    private func isCurrent(_ opened: stat) -> Bool {
        var named = stat()
        return stat(name, &named) == 0 && named.st_ino == opened.st_ino && named.st_dev == opened.st_dev
    }

    /// What it holds; empty if it was made just now.
    package func read() throws(ResumeFileError) -> Data {
        do {
            return try Data(contentsOf: URL(filePath: place))
        } catch {
            throw ResumeFileError(description: "\(name) can't be read: \(error.localizedDescription); name another file")
        }
    }

    /// Puts `data` in the place of all that it holds.
    package func write(_ data: Data) throws(ResumeFileError) {
        let making = "\(place).\(getpid()).new"
        unlink(making)
        let file = Foundation.open(making, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
        guard file >= 0 else { throw failure("written") }
        // The lock goes with the file that the name will mean. A file system without locks has none to lose.
        guard put(data, file), fchmod(file, mode) == 0, fsync(file) == 0,
            flock(file, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK,
            rename(making, place) == 0
        else {
            let error = failure("written")
            close(file)
            unlink(making)
            throw error
        }
        close(descriptor)
        descriptor = file
    }

    private func put(_ data: Data, _ file: Int32) -> Bool {
        var rest = Array(data)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Foundation.write(file, $0.baseAddress, $0.count) }
            if count > 0 { rest = rest.dropFirst(count) } else if errno != EINTR { return false }
        }
        return true
    }

    private func refusal(_ what: String) -> ResumeFileError {
        ResumeFileError(description: "\(name) \(what); name a file that --resume has written, or a new one")
    }

    private func failure(_ what: String) -> ResumeFileError {
        ResumeFileError(
            description: "\(name) can't be \(what): \(String(cString: strerror(errno))); name another file, or mend that")
    }
}
