// One child process: started so that it can't outlive this tool, signalled by its own process id only, reaped once.
// Which programs are started and what for is in Member.swift.

internal import CLinux
internal import Glibc
internal import Synchronization

/// How a process ended.
package enum ProcessEnd: Sendable, Equatable, CustomStringConvertible {
    case exited(code: Int32)
    case killed(signal: Int32)

    init(waitStatus status: Int32) {
        let signal = status & 0x7f
        self = signal == 0 ? .exited(code: (status >> 8) & 0xff) : .killed(signal: signal)
    }

    package var description: String {
        switch self {
        case .exited(let code): "exit code \(code)"
        case .killed(let signal): "signal \(signal)"
        }
    }
}

/// What to run: a program by its path, and its arguments without the program's name.
package struct ProcessCommand: Sendable, Equatable {
    package var program: String
    package var arguments: [String]

    package init(program: String, arguments: [String]) {
        self.program = program
        self.arguments = arguments
    }

    package var text: String { ([program] + arguments).joined(separator: " ") }
}

package final class ChildProcess: Sendable {
    package let pid: Int32
    /// Kept alive for as long as the child may be: see SpawningThread.
    private let thread: SpawningThread
    /// How it ended, once that has been seen. Guards the process id, too: others may get it as soon as the child is reaped.
    private let end = Mutex<ProcessEnd?>(nil)

    private init(pid: Int32, thread: SpawningThread) {
        self.pid = pid
        self.thread = thread
    }

    /// Starts the program; what it prints is appended to `logFile`.
    package static func start(
        _ command: ProcessCommand, logFile: String, on thread: SpawningThread
    ) throws(EnsembleError) -> ChildProcess {
        let log = open(logFile, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
        guard log >= 0 else {
            throw EnsembleError(.unusable, "The log file \(logFile) can't be written: \(systemErrorText(errno)).")
        }
        defer { close(log) }
        let pid = thread.run { spawn(command, output: log) }
        guard pid > 0 else {
            throw EnsembleError(
                .unusable,
                "The program \(command.program) can't be started: \(systemErrorText(-pid)); give the path of one that can be.")
        }
        return ChildProcess(pid: pid, thread: thread)
    }

    private static func spawn(_ command: ProcessCommand, output: Int32) -> Int32 {
        var arguments: [UnsafeMutablePointer<CChar>?] = ([command.program] + command.arguments).map { strdup($0) }
        defer { for argument in arguments { free(argument) } }
        arguments.append(nil)
        return quorate_spawn(command.program, arguments, environ, output, SIGKILL)
    }

    /// How it ended; nil while it runs.
    package var ended: ProcessEnd? {
        end.withLock { end in
            reap(&end)
            return end
        }
    }
    package var isRunning: Bool { ended == nil }

    private func reap(_ end: inout ProcessEnd?) {
        guard end == nil else { return }
        var status: Int32 = 0
        let result = waitpid(pid, &status, WNOHANG)
        if result == pid {
            end = ProcessEnd(waitStatus: status)
        } else if result < 0 && errno == ECHILD {
            // Whoever waits for every child has taken it; how it ended is not known any more, but that it did.
            end = .exited(code: -1)
        }
    }

    /// False if the process has ended already.
    @discardableResult
    package func send(signal: Int32) -> Bool {
        end.withLock { end in
            reap(&end)
            return end == nil && Glibc.kill(pid, signal) == 0
        }
    }

    /// Stops it until SIGCONT. The signal alone returns while a thread on another processor may still be at work and answer
    /// someone: here all of them stand still, unless that takes longer than a second.
    package func holdStill() {
        guard send(signal: SIGSTOP) else { return }
        let deadline = quorate_monotonic_ns() + 1_000_000_000
        while isRunning, !isHeld, quorate_monotonic_ns() < deadline { usleep(100) }
    }

    /// The kernel tells of a stop when it has come to every thread.
    private var isHeld: Bool {
        var information = siginfo_t()
        let result = waitid(P_PID, id_t(pid), &information, WSTOPPED | WNOHANG | WNOWAIT)
        return result == 0 && information.si_signo == SIGCHLD
    }

    /// Waits for the end; nil if the time has run out before.
    @discardableResult
    package func waitForEnd(nanoseconds: UInt64) -> ProcessEnd? {
        let deadline = quorate_monotonic_ns() + nanoseconds
        while true {
            if let ended { return ended }
            guard quorate_monotonic_ns() < deadline else { return nil }
            usleep(1_000)
        }
    }
}
