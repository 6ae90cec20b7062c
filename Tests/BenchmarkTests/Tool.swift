// Runs `quorate bench` as a user does, on a workload of a second, in a place of its own, and looks at what it leaves behind.

import Ensemble
import Foundation
import Results

final class Tool {
    let place: String
    let program: String
    private(set) var process: ChildProcess?

    static let workload = """
        apiVersion: quorate/v1
        name: tiny
        seed: 7
        data: {tree: [{path: /tiny/queue-, count: 2}]}
        roles:
          pacer: {clients: 2, pipeline: 16, arrivals: {rate: 50/s}, do: [{enqueue: {queue: /tiny/queue-}}]}
          producer: {clients: 2, pipeline: 16, arrivals: closed, do: [{enqueue: {queue: /tiny/queue-, max_backlog: 50}}]}
          worker: {clients: 2, pipeline: 16, arrivals: closed, do: [{take: {queue: /tiny/queue-}}]}
        phases:
          - {name: paced, for: 1s, roles: [pacer, worker]}
          - {name: full, for: 1500ms, roles: [producer, worker]}
        check: [no_loss, no_duplicates, fifo_per_producer, replicas_agree]

        """

    init() throws {
        let tests = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        program = URL(fileURLWithPath: tests).deletingLastPathComponent().appendingPathComponent("quorate").path
        place = FileManager.default.temporaryDirectory.path + "/quorate-bench-\(getpid())-\(UInt64.random(in: 0...UInt64.max))"
        try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
        try Self.workload.write(toFile: "\(place)/tiny.yaml", atomically: true, encoding: .utf8)
    }

    deinit {
        process?.send(signal: SIGKILL)
        process?.waitForEnd(nanoseconds: 5_000_000_000)
        try? FileManager.default.removeItem(atPath: place)
    }

    /// Starts `quorate bench` with these arguments; results go to `out`.
    func start(_ arguments: [String]) throws {
        let command = ProcessCommand(program: program, arguments: ["bench"] + arguments + ["--out", "\(place)/out"])
        process = try ChildProcess.start(command, logFile: "\(place)/log", on: SpawningThread())
    }

    /// The same, and waits for its end.
    func run(_ arguments: [String]) throws -> ProcessEnd? {
        try start(arguments)
        return process?.waitForEnd(nanoseconds: 120_000_000_000)
    }

    /// Runs any command of `quorate`; WORKLOAD and PLACE stand for this tool's.
    func quorate(_ arguments: [String]) throws -> ProcessEnd? {
        try end(of: ProcessCommand(program: program, arguments: arguments.map(filled)))
    }

    /// Runs a line of the shell, to which `quorate` is `$0`.
    func shell(_ line: String) throws -> ProcessEnd? {
        try end(of: ProcessCommand(program: "/bin/sh", arguments: ["-c", filled(line), program]))
    }

    private func filled(_ text: String) -> String {
        text.replacing("WORKLOAD", with: "\(place)/tiny.yaml").replacing("PLACE", with: place)
    }

    private func end(of command: ProcessCommand) throws -> ProcessEnd? {
        unlink("\(place)/log")
        process = try ChildProcess.start(command, logFile: "\(place)/log", on: SpawningThread())
        return process?.waitForEnd(nanoseconds: 120_000_000_000)
    }

    var output: String { (try? String(contentsOfFile: "\(place)/log", encoding: .utf8)) ?? "" }

    /// The folders of all runs so far, oldest first.
    var folders: [String] { ProcFile.names(in: "\(place)/out").sorted().map { "\(place)/out/\($0)" } }

    var documents: [ResultDocument] {
        get throws {
            try folders.map {
                try JSONDecoder().decode(ResultDocument.self, from: Data(contentsOf: URL(fileURLWithPath: "\($0)/result.json")))
            }
        }
    }

    /// Directories of members' data that are still there.
    var data: [String] {
        folders.flatMap { folder in ProcFile.names(in: folder).filter { $0.hasPrefix("quorate-data-") } }
    }

    /// Waits until so many members run; their process ids.
    func members(_ count: Int) -> [Int32] {
        for _ in 0..<6_000 {
            let found = children()
            if found.count == count { return found }
            guard process?.isRunning == true else { return [] }
            usleep(10_000)
        }
        return []
    }

    private func children() -> [Int32] {
        ProcFile.names(in: "/proc").compactMap { Int32($0) }.filter { pid in
            guard let stat = ProcFile.text("/proc/\(pid)/stat"), let end = stat.lastIndex(of: ")") else { return false }
            return stat[end...].split(separator: " ").dropFirst(2).first == Substring("\(process!.pid)")
        }
    }

    static func areGone(_ pids: [Int32]) -> Bool {
        for _ in 0..<1_000 {
            let living = pids.filter { pid in
                guard let stat = ProcFile.text("/proc/\(pid)/stat"), let end = stat.lastIndex(of: ")") else { return false }
                return !stat[end...].hasPrefix(") Z")
            }
            if living.isEmpty { return true }
            usleep(10_000)
        }
        return false
    }
}
