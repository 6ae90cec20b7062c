// `quorate load`: sends a workload's requests to an ensemble that runs already, and prints what it found in a few lines.
// Ensembles, sweeps and result files are the business of `quorate bench`.

import ArgumentParser
import Foundation
import LoadGenerator
import Workload

struct Load: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Send a workload's requests to a running ensemble and print the figures.")

    @Argument(help: "Path of a workload file.") var workload: String
    @Option(help: "Servers as host:port,host:port; the file's own target otherwise.") var connect: String?
    @Option(name: .customLong("for"), help: "How long each recorded phase lasts, such as 5s.") var duration: String?
    @Option(help: "Seed instead of the file's.") var seed: UInt64?
    @Option(name: .customLong("set"), help: "Overrides one value of the file: path=value. May be repeated.") var settings:
        [String] = []
    @Flag(help: "No line a second.") var quiet = false

    func run() throws {
        let workload = try read()
        let hosts = connect.map { $0.split(separator: ",").map(String.init) } ?? workload.target.connect
        var options = LoadOptions()
        options.seed = seed
        let ending = EndingSignals.watch()
        do {
            let load = try LoadRun(workload: workload, hosts: hosts, options: options)
            let report = try load.run(cancel: ending.cancel) { progress in
                if !quiet { FileHandle.standardError.write(Data((progress.line + "\n").utf8)) }
            }
            print(report.summary)
            if report.isInterrupted { throw ExitCode(ending.exitCode ?? 130) }
            if !report.allChecksPassed { throw ExitCode(3) }
        } catch let error as LoadError {
            FileHandle.standardError.write(Data("quorate load: \(error.description)\n".utf8))
            throw ExitCode(error.cause == .addressUnusable ? 64 : error.cause == .interrupted ? ending.exitCode ?? 130 : 2)
        }
    }

    private func read() throws -> Workload {
        do {
            var read = try Workload(file: workload, overrides: settings)
            if let duration {
                guard let nanoseconds = parseDuration(duration), nanoseconds >= 1_000_000 else {
                    throw ValidationError("--for must be a duration with its unit, such as 500ms or 10s, not '\(duration)'")
                }
                for phase in read.phases.indices where read.phases[phase].isRecorded {
                    read.phases[phase].nanoseconds = nanoseconds
                }
            }
            return read
        } catch let error as WorkloadError {
            FileHandle.standardError.write(Data("quorate load: \(error.description)\n".utf8))
            throw ExitCode(64)
        }
    }
}
