// Flushes that take longer than the disk does, for any program: a library that is loaded before the program's own waits in front
// of every flush. So a machine with a quick disk shows what a slow one does, to all servers alike.

internal import Glibc

package struct FlushDelay: Sendable, Equatable {
    private static let fileName = "libSlowFlush.so"
    private let library: String
    private let microseconds: UInt64

    /// The library lies beside the tool's own program.
    package init(nanoseconds: UInt64, besideProgram program: String) throws(EnsembleError) {
        let directory = program.lastIndex(of: "/").map { String(program[..<$0]) } ?? "."
        library = "\(directory)/\(Self.fileName)"
        microseconds = nanoseconds / 1_000
        guard access(library, R_OK) == 0 else {
            throw EnsembleError(
                .unusable,
                "Flushes can't be delayed: \(library) is missing; build it with: swift build -c release --product SlowFlush.")
        }
    }

    /// The command as it is started with delayed flushes.
    func applied(to command: ProcessCommand) -> ProcessCommand {
        ProcessCommand(
            program: "/usr/bin/env",
            arguments: ["LD_PRELOAD=\(library)", "QUORATE_FLUSH_DELAY_US=\(microseconds)", command.program] + command.arguments)
    }
}
