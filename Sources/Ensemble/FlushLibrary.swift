// The library that is loaded before a program's own and stands before its flushes and writes (CSlowFlush): flushes that take
// longer than the disk does, for any program alike, and a disk that fails, whenever whoever started the program says so.

internal import Glibc

package struct FlushLibrary: Sendable, Equatable {
    private static let fileName = "libSlowFlush.so"
    private let path: String

    /// The library lies beside the tool's own program.
    package init(besideProgram program: String) throws(EnsembleError) {
        let directory = program.lastIndex(of: "/").map { String(program[..<$0]) } ?? "."
        path = "\(directory)/\(Self.fileName)"
        guard access(path, R_OK) == 0 else {
            throw EnsembleError(
                .unusable,
                "Flushes can't be delayed or failed: \(path) is missing; build it with: swift build -c release --product SlowFlush."
            )
        }
    }

    /// The command as it is started with the library; `control` is the file of a DiskControl.
    func applied(to command: ProcessCommand, delay: FlushDelay?, control: String?) -> ProcessCommand {
        var words = ["LD_PRELOAD=\(path)"]
        if let delay { words.append("QUORATE_FLUSH_DELAY_US=\(delay.microseconds)") }
        if let control { words.append("QUORATE_FLUSH_CONTROL=\(control)") }
        return ProcessCommand(program: "/usr/bin/env", arguments: words + [command.program] + command.arguments)
    }
}

/// How much longer than the disk takes every flush takes.
package struct FlushDelay: Sendable, Equatable {
    let library: FlushLibrary
    let microseconds: UInt64

    package init(nanoseconds: UInt64, besideProgram program: String) throws(EnsembleError) {
        library = try FlushLibrary(besideProgram: program)
        microseconds = nanoseconds / 1_000
    }
}

/// What a member's disk is like.
package struct DiskState: Sendable, Equatable {
    package var flushDelayNanoseconds: UInt64 = 0
    /// The error numbers with which flushes and writes fail; 0: they do not.
    package var flushError: Int32 = 0
    package var writeError: Int32 = 0
    /// No file gets any longer.
    package var isFull = false

    package init() {}
}

/// The file by which a running member's disk is made slow, broken or full, and well again.
struct DiskControl: Sendable {
    let path: String

    func set(_ state: DiskState) throws(EnsembleError) {
        let numbers = [
            Int64(state.flushDelayNanoseconds / 1_000), Int64(state.flushError), Int64(state.writeError), state.isFull ? 1 : 0,
        ]
        let file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o644)
        let count = file < 0 ? -1 : numbers.withUnsafeBytes { pwrite(file, $0.baseAddress, $0.count, 0) }
        let code = errno
        if file >= 0 { close(file) }
        guard count == numbers.count * 8 else {
            throw EnsembleError(.unusable, "The file \(path) can't be written: \(systemErrorText(code)).")
        }
    }
}
