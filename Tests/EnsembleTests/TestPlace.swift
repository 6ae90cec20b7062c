// A directory of its own for each test, and the binary that a test starts as a user would.

import Ensemble
import Foundation

final class TestPlace {
    let path: String

    init(_ name: String) throws {
        let base = FileManager.default.temporaryDirectory.path
        path = "\(base)/quorate-\(name)-\(getpid())-\(UInt64.random(in: 0...UInt64.max))"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func write(_ text: String, to name: String) throws {
        try text.write(toFile: "\(path)/\(name)", atomically: true, encoding: .utf8)
    }

    func read(_ name: String) -> String {
        (try? String(contentsOfFile: "\(path)/\(name)", encoding: .utf8)) ?? ""
    }

    /// A program that is run by the shell and gets the path of its zoo.cfg as `$1`.
    func shell(_ script: String) -> MemberCommand {
        .other(ProcessCommand(program: "/bin/sh", arguments: ["-c", script, "sh", "{config}"]))
    }

    /// `quorate`, which is built beside the tests.
    static func quorate() throws -> String {
        let tests = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        let here = URL(fileURLWithPath: tests).deletingLastPathComponent().appendingPathComponent("quorate").path
        guard FileManager.default.isExecutableFile(atPath: here) else { throw MissingBinary(path: here) }
        return here
    }

    struct MissingBinary: Error { let path: String }
}

/// True as soon as the condition holds, false if it doesn't within the limit.
func eventually(seconds: Double = 10, _ condition: () -> Bool) -> Bool {
    let deadline = ContinuousClock.now + .seconds(seconds)
    while !condition() {
        if ContinuousClock.now > deadline { return false }
        usleep(2_000)
    }
    return true
}

func isAlive(_ pid: Int32) -> Bool {
    guard let status = ProcFile.text("/proc/\(pid)/stat"), let end = status.lastIndex(of: ")") else { return false }
    // A zombie is dead; its parent merely hasn't looked yet.
    return !status[end...].hasPrefix(") Z")
}
