// How a subcommand ends when something is wrong: its sentence on stderr, then the exit code.

import ArgumentParser
import Foundation

func Failure(_ text: String, code: Int32) -> ExitCode {
    FileHandle.standardError.write(Data("quorate: \(text)\n".utf8))
    return ExitCode(code)
}
