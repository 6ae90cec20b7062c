// The fuzzing loop as a test: that it finds what was planted, that what it finds can be run again, and that it finds nothing
// else.

import Foundation
import Testing

@Suite(.serialized) struct FuzzingTests {
    private static var isQuick: Bool { ProcessInfo.processInfo.environment["QUORATE_QUICK"] != nil }

    @Test("a minute of changed recordings traps nothing, hangs nowhere and allocates nothing that is not there")
    func nothingIsFound() throws {
        let seconds = FuzzingTests.isQuick ? 10 : 60
        let run = try FuzzRun(["--seconds", "\(seconds)"])
        #expect(run.code == 0, "\(run.output)")
        #expect(run.output.contains(" 0 findings"))
        // Every target had its turn, or nothing was found because nothing was looked at.
        for name in try FuzzRun(["--list"]).output.split(separator: "\n") {
            let line = run.output.split(separator: "\n").first { $0.hasPrefix("\(name): ") }
            let executions = line?.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
            #expect(executions >= 10, "\(name) had \(executions) executions:\n\(run.output)")
        }
    }

    @Test(
        "a planted defect is found within a minute, and its file makes it again",
        arguments: ["trap", "allocation", "hang", "state"])
    func plantedIsFound(kind: String) throws {
        let target = kind == "state" ? "client-connections" : "peer-frames"
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("quorate-fuzz-test-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        let run = try FuzzRun([
            "--planted", kind, "--target", target, "--seconds", "60", "--first", "--seed", "1", "--findings", folder.path,
        ])
        #expect(run.code == 1, "\(run.output)")
        #expect(run.output.contains("FOUND in \(target)"))
        let files = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        let file = try #require(files.first.map { folder.appendingPathComponent($0).path })
        guard kind != "hang" else { return }
        let again = try FuzzRun(["--replay", file, "--planted", kind])
        #expect(again.isKilled, "\(again.output)")
        let without = try FuzzRun(["--replay", file])
        #expect(without.code == 0, "without the planted defect its input does something, too: \(without.output)")
    }

    @Test(
        "what is wrong on the command line is said, with code 64",
        arguments: [["--target", "none"], ["--seconds", "x"], ["--what"]])
    func wrongWords(words: [String]) throws {
        let run = try FuzzRun(words)
        #expect(run.code == 64 && run.output.contains("usage: fuzz-decoders"))
    }
}

/// One run of the program that lies beside the tests.
struct FuzzRun {
    let code: Int32
    let isKilled: Bool
    let output: String

    init(_ words: [String]) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: try FuzzRun.program())
        process.arguments = words
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        process.environment = ProcessInfo.processInfo.environment.merging([
            "QUORATE_CHECKOUT": root.path, "SWIFT_BACKTRACE": "enable=no",
        ]) { $1 }
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        output = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        code = process.terminationStatus
        isKilled = process.terminationReason == .uncaughtSignal
    }

    private static func program() throws -> String {
        var places = [try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")]
        // Where a program of the toolchain runs the tests, the build's own folder is named by its bundle.
        places += CommandLine.arguments.filter { $0.hasSuffix(".xctest") }
        for place in places {
            let candidate = URL(fileURLWithPath: place).deletingLastPathComponent().appendingPathComponent("fuzz-decoders").path
            if FileManager.default.isExecutableFile(atPath: candidate) { return candidate }
        }
        throw CocoaError(.fileNoSuchFile)
    }
}
