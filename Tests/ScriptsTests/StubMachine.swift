// A machine for the scripts to run on: a small checkout with the real scripts in it, and a PATH of its own that holds only the
// usual tools and stubs of what differs from machine to machine (`uname`, `id`, `swift`, `timeout`).

import Foundation

final class StubMachine {
    let path: String
    /// What the stubs look at, beside what a run gives.
    var environment: [String: String]
    private static let tools = [
        "awk", "bash", "cat", "chmod", "cksum", "cut", "dirname", "env", "find", "grep", "head", "ln", "mkdir", "mv", "rm", "sed",
        "sh", "sleep", "sort", "tail", "tar", "tee", "touch",
    ]
    private static let stubs = [
        "uname": "[ \"$1\" = -m ] && echo x86_64 || echo \"${STUB_SYSTEM:-Linux}\"",
        "id": "echo \"${STUB_USER:-1000}\"",
        "pkg-config": "exit 0",
        "timeout": "echo \"$3\" >\"$STUB_PLACE/seconds\"; shift 3; exec \"$@\"",
        "swift": """
        echo "$1" >>"$STUB_PLACE/calls"
        case $1 in
        --version) echo "Swift version ${STUB_VERSION:-6.3} (swift-release)" ;;
        test) while [ $# -gt 0 ]; do [ "$1" = --xunit-output ] && report=$2; shift; done
            echo "$STUB_REPORT" >"${report%.xml}-swift-testing.xml" ;;
        build) while [ $# -gt 0 ]; do [ "$1" = --scratch-path ] && scratch=$2; shift; done
            mkdir -p "$scratch/release"
            printf '#!/bin/sh\\necho "ran $*"\\n' >"$scratch/release/quorate"
            chmod +x "$scratch/release/quorate" ;;
        esac
        """,
    ]

    init() throws {
        let files = FileManager.default
        path = "\(files.temporaryDirectory.path)/quorate-scripts-\(UInt64.random(in: 0...UInt64.max))"
        environment = ["STUB_PLACE": path, "PATH": "\(path)/bin", "HOME": "\(path)/owner", "TMPDIR": "\(path)/tmp"]
        for folder in ["bin", "owner", "tmp", "checkout/Sources/Zab", "checkout/results/2026-run"] {
            try files.createDirectory(atPath: "\(path)/\(folder)", withIntermediateDirectories: true)
        }
        for tool in Self.tools {
            let place = ["/usr/bin", "/bin"].map { "\($0)/\(tool)" }.first { files.isExecutableFile(atPath: $0) }
            try files.createSymbolicLink(atPath: "\(path)/bin/\(tool)", withDestinationPath: place ?? "/missing/\(tool)")
        }
        for (name, text) in Self.stubs { try program(name, text) }
        let scripts = URL(filePath: #filePath).appending(path: "../../../scripts").standardizedFileURL
        try files.copyItem(at: scripts, to: URL(filePath: "\(path)/checkout/scripts"))
        for (file, text) in [("Package.swift", "// p\n"), ("Sources/Zab/Zab.swift", "// z\n"), ("results/2026-run/log", "x\n")] {
            try write(text, to: "checkout/\(file)")
        }
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func program(_ name: String, _ text: String) throws {
        try write("#!/bin/sh\n\(text)\n", to: "bin/\(name)")
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: "\(path)/bin/\(name)")
    }

    func write(_ text: String, to file: String) throws {
        try text.write(toFile: "\(path)/\(file)", atomically: true, encoding: .utf8)
    }

    func read(_ file: String) -> String { (try? String(contentsOfFile: "\(path)/\(file)", encoding: .utf8)) ?? "" }

    func exists(_ file: String) -> Bool { FileManager.default.fileExists(atPath: "\(path)/\(file)") }

    /// How often the stub of the compiler was asked to build.
    var builds: Int { read("calls").split(separator: "\n").filter { $0 == "build" }.count }

    struct Outcome {
        let code: Int32
        /// Both outputs, as a terminal shows them.
        let text: String
    }

    /// Runs a line of bash in the checkout, with what the scripts share sourced before it.
    func shell(_ line: String) throws -> Outcome { try bash(["-c", ". scripts/_common.sh; \(line)", "scripts/quorate"]) }

    /// Runs a script of the checkout.
    func script(_ name: String, _ arguments: String...) throws -> Outcome { try bash(["scripts/\(name)"] + arguments) }

    /// The same, ended by a signal to the script alone once the stub of the compiler has begun; nil if it never did.
    func script(_ name: String, endedBy signal: Int32) throws -> Outcome? {
        let (process, output) = try start(["scripts/\(name)"])
        for _ in 0..<1_000 where read("compiler").isEmpty { usleep(10_000) }
        guard !read("compiler").isEmpty else {
            process.terminate()
            return nil
        }
        kill(process.processIdentifier, signal)
        return try outcome(process, output)
    }

    private func bash(_ arguments: [String]) throws -> Outcome {
        let (process, output) = try start(arguments)
        return try outcome(process, output)
    }

    private func start(_ arguments: [String]) throws -> (Process, Pipe) {
        let (process, output) = (Process(), Pipe())
        process.executableURL = URL(filePath: "\(path)/bin/bash")
        process.arguments = arguments
        process.currentDirectoryURL = URL(filePath: "\(path)/checkout")
        process.environment = environment
        process.standardOutput = output
        process.standardError = output
        process.standardInput = FileHandle.nullDevice
        // A test's thread has signals blocked, and a process inherits that from the thread that starts it.
        var (none, own) = (sigset_t(), sigset_t())
        sigemptyset(&none)
        pthread_sigmask(SIG_SETMASK, &none, &own)
        defer { pthread_sigmask(SIG_SETMASK, &own, nil) }
        try process.run()
        return (process, output)
    }

    private func outcome(_ process: Process, _ output: Pipe) throws -> Outcome {
        // Until every process that has the output is gone, those that the script started among them.
        let bytes = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return Outcome(code: process.terminationStatus, text: String(decoding: bytes, as: UTF8.self))
    }
}
