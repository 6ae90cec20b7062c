// The process around the worker: looks at the notebook, ends a worker that hangs, and makes of every end that was not asked for a
// file with the fewest inputs that bring it about again.

import CLinux
import Foundation
import FuzzWatch

struct Overseer {
    let options: Options
    private let folder: URL
    private var seed: UInt64
    private var found: [String] = []
    private var executions: [UInt64]
    private var memory: [UInt64]
    private let begun = quorate_monotonic_ns()
    private let names: [String]

    /// Processor time after which an execution counts as one that does not end.
    private static let patience: Int64 = fuzz_watch_counts() == 1 ? 8_000_000_000 : 40_000_000_000
    private static let findingsAtMost = 20

    init(_ options: Options) throws {
        self.options = options
        seed = options.seed
        names = Targets.names.filter { options.targets.isEmpty || options.targets.contains($0) }
        executions = names.map { _ in 0 }
        memory = names.map { _ in 0 }
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("quorate-fuzz-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    private var total: UInt64 { executions.reduce(0, +) }
    private var elapsed: Double { Double(quorate_monotonic_ns() - begun) / 1e9 }

    /// - Returns: the process's exit code.
    mutating func watch() throws -> Int32 {
        defer { try? FileManager.default.removeItem(at: folder) }
        print("seed \(seed), \(fuzz_edges() == 0 ? "not guided by coverage" : "guided by \(fuzz_edges()) edges")")
        while !isOver, found.count < Overseer.findingsAtMost, !(options.endsAtFirst && !found.isEmpty) {
            guard let end = try runWorker() else { break }
            try take(end)
            seed &+= 1
        }
        for (index, name) in names.enumerated() {
            let held = fuzz_watch_counts() == 1 ? ", at most \(memory[index] >> 10) KiB held by one" : ""
            print("\(name): \(executions[index]) executions\(held)")
        }
        print("\(total) executions in \(Int(elapsed)) s, \(found.count) findings")
        return found.isEmpty ? 0 : 1
    }

    private var isOver: Bool {
        if let seconds = options.seconds, elapsed >= seconds { return true }
        return total >= options.executions ?? .max
    }

    /// How a worker ended that was not asked to.
    private struct End {
        var how: String
        var hangs: Bool
        var said: String
        var finding: Finding?
    }

    private mutating func runWorker() throws -> End? {
        let path = folder.appendingPathComponent("notebook").path
        guard let notebook = Notebook(path, isNew: true) else { throw OptionError("\(path) can't be made") }
        let words = options.workerWords(
            notebook: path, seed: seed, seconds: options.seconds.map { max($0 - elapsed, 1) },
            executions: options.executions.map { $0 - min(total, $0) })
        let (process, errors) = try start(words, name: "worker")
        let hangs = look(after: process, notebook)
        for index in names.indices {
            executions[index] += notebook.executions(of: index).pointee
            memory[index] = max(memory[index], notebook.memory(of: index).pointee)
        }
        if !hangs, process.terminationReason == .exit, process.terminationStatus == 0 { return nil }
        let said = (try? String(contentsOf: errors, encoding: .utf8)) ?? ""
        let how = hangs ? "does not end" : Overseer.describe(process)
        let isInside = notebook.isUnderWay && Int(notebook.target) < names.count
        let finding = isInside ? Finding(target: names[Int(notebook.target)], inputs: notebook.inputs) : nil
        return End(how: how, hangs: hangs, said: said, finding: finding)
    }

    private static func describe(_ process: Process) -> String {
        process.terminationReason == .uncaughtSignal
            ? "ended by signal \(process.terminationStatus)" : "ended with code \(process.terminationStatus)"
    }

    /// - Returns: whether an execution did not end and the worker was ended for it.
    private func look(after process: Process, _ notebook: Notebook) -> Bool {
        var seen = (executions: UInt64.max, cpu: Int64(0))
        while process.isRunning {
            usleep(50_000)
            let cpu = quorate_process_cpu_of(process.processIdentifier)
            if notebook.executions != seen.executions || !notebook.isUnderWay {
                seen = (notebook.executions, cpu)
            } else if cpu - seen.cpu > Overseer.patience {
                kill(process.processIdentifier, SIGKILL)
                process.waitUntilExit()
                return true
            }
        }
        process.waitUntilExit()
        return false
    }

    private func start(_ words: [String], name: String, traces: Bool = false) throws -> (Process, errors: URL) {
        let errors = folder.appendingPathComponent("\(name)-errors")
        _ = FileManager.default.createFile(atPath: errors.path, contents: nil)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"))
        process.arguments = words
        // A trace takes seconds; it is made once, of what was found.
        let trace =
            "enable=\(traces ? "yes" : "no"),color=no,interactive=no,timeout=20s,threads=crashed,registers=none,images=none"
        process.environment = ProcessInfo.processInfo.environment.merging(["SWIFT_BACKTRACE": trace]) { $1 }
        process.standardOutput = FileHandle.nullDevice
        process.standardError = try FileHandle(forWritingTo: errors)
        try process.run()
        return (process, errors)
    }

    // MARK: findings

    private mutating func take(_ end: End) throws {
        guard let finding = end.finding else {
            found.append("")
            print("a worker \(end.how) outside of any execution (seed \(seed)):\n\(end.said)")
            return
        }
        let shortest = try shorten(finding)
        let directory = URL(fileURLWithPath: options.findings)
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        let file = directory.appendingPathComponent("\(finding.target)-\(seed).fuzz")
        try (shortest ?? finding).write(to: file.path)
        found.append(file.path)
        print("FOUND in \(finding.target) after \(Int(elapsed)) s: an execution \(end.how); seed \(seed)")
        print(
            "  \((shortest ?? finding).inputs.count) inputs\(shortest == nil ? ", which do not bring it about again alone" : "")")
        print("  again: fuzz-decoders --replay \(file.path)\(options.planted.map { " --planted \($0.rawValue)" } ?? "")")
        let isTraced = shortest != nil && !end.hangs
        let said = isTraced ? try replay(shortest ?? finding, traces: true).said : end.said
        for line in said.split(separator: "\n").prefix(60) { print("  | \(line)") }
        fflush(nil)
    }

    private func replay(_ finding: Finding, traces: Bool = false) throws -> (fails: Bool, said: String) {
        let file = folder.appendingPathComponent("candidate.fuzz")
        try finding.write(to: file.path)
        let (process, errors) = try start(
            ["--replay", file.path] + (options.planted.map { ["--planted", $0.rawValue] } ?? []), name: "replay", traces: traces)
        while process.isRunning {
            usleep(10_000)
            // Nobody writes down here when the last input began; all of them together have this time.
            guard quorate_process_cpu_of(process.processIdentifier) < Overseer.patience else {
                kill(process.processIdentifier, SIGKILL)
                break
            }
        }
        process.waitUntilExit()
        let fails = process.terminationReason == .uncaughtSignal || process.terminationStatus != 0
        return (fails, (try? String(contentsOf: errors, encoding: .utf8)) ?? "")
    }

    /// Leaves out what is not needed; nil if the inputs do not bring it about again.
    private func shorten(_ finding: Finding) throws -> Finding? {
        guard let last = finding.inputs.last else { return nil }
        let alone = Finding(target: finding.target, inputs: [last])
        if try replay(alone).fails { return alone }
        guard finding.inputs.count > 1, try replay(finding).fails else { return nil }
        var best = finding
        var step = finding.inputs.count / 2
        var tries = 0
        while step > 0, tries < 24 {
            var place = 0
            while place < best.inputs.count - 1, tries < 24 {
                var shorter = best
                shorter.inputs.removeSubrange(place..<min(place + step, best.inputs.count - 1))
                tries += 1
                if try replay(shorter).fails { best = shorter } else { place += step }
            }
            step /= 2
        }
        return best
    }
}
