// What a command says, and to whom: its own output, which must not be lost without a word, and the error output, which may be.

import ArgumentParser
import Foundation

/// A command's own output can't be written.
struct OutputLoss: Error {
    let code: Int32

    /// Whoever read it has seen enough, as `head` has: that is no failure, and nothing is to be said.
    var isUnread: Bool { code == EPIPE }
    /// What a shell sees of a command that SIGPIPE has ended, or EX_IOERR.
    var exitCode: Int32 { isUnread ? 128 + SIGPIPE : 74 }

    var description: String {
        let cause = code == EBADF ? "it is closed" : String(cString: strerror(code))
        return "The output can't be written: \(cause); send it elsewhere, for example: quorate ... >FILE"
    }
}

enum StandardOutput {
    static func write(_ text: String) throws(OutputLoss) {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Foundation.write(1, $0.baseAddress, $0.count) }
            if count > 0 {
                rest = rest.dropFirst(count)
            } else if errno != EINTR {
                throw OutputLoss(code: errno)
            }
        }
    }

    /// Whoever read it has gone, which only writing would tell otherwise.
    static var isUnread: Bool {
        var output = pollfd(fd: 1, events: 0, revents: 0)
        return poll(&output, 1, 0) == 1 && Int32(output.revents) & POLLERR != 0
    }

    /// Before work whose findings would have no place to go.
    static func check() throws(OutputLoss) {
        let flags = fcntl(1, F_GETFL)
        guard flags >= 0, flags & O_ACCMODE != O_RDONLY else { throw OutputLoss(code: EBADF) }
    }

    /// A descriptor that was closed would be given to the next file that is opened, a member's log perhaps, and get our words.
    /// An output that was closed is one that can't be written, so that it still shows as such; errors and log lines may be lost.
    static func closeGaps() {
        for descriptor: Int32 in 0...2 where fcntl(descriptor, F_GETFD) < 0 {
            // The lowest free number is the one that was just found closed.
            guard open("/dev/null", descriptor == 1 ? O_RDONLY : O_RDWR) != descriptor else { continue }
            let text = "descriptor \(descriptor) is closed, and /dev/null can't be opened in its place; leave 0, 1 and 2 open"
            exit(Failure(text, code: 71).rawValue)
        }
    }
}

func standardError(_ text: String) {
    // A closed terminal must not end the tool before it has stopped its servers; what can't be written is lost.
    text.withCString { _ = write(2, $0, strlen($0)) }
}

/// What came with a name or a value and would move the cursor or forge a line stands there as an escape. Lines that a sentence
/// quotes, such as the end of a log, stay lines.
func printable(_ text: String) -> String {
    var shown = ""
    for scalar in text.unicodeScalars {
        let isControl = scalar.properties.generalCategory == .control && scalar != "\n"
        if isControl { shown += scalar.escaped(asASCII: true) } else { shown.unicodeScalars.append(scalar) }
    }
    return shown
}

/// How a subcommand ends when something is wrong: its sentence on the error output, then the exit code.
func Failure(_ text: String, code: Int32) -> ExitCode {
    standardError("quorate: \(printable(text))\n")
    return ExitCode(code)
}
