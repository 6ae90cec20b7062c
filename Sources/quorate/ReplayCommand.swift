// `quorate replay`: plays a recorded load again on servers that run already, with its timing, or shows it as text.

import ArgumentParser
import LoadGenerator
import Workload

struct ReplayCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay",
        abstract: "Play a recorded load again on a running ensemble, and say which results differ.",
        discussion: """
            A trace comes from quorate load --record FILE; a request log with the columns of ClickHouse's keeper-bench, with \
            commas or tabs and a line of names on top, is read as well. docs/TRACES.md tells what stands for what. Exit codes: 0 \
            all done, 2 the servers could not be loaded, 3 a check failed, or with --same a result differs, 64 usage or a trace \
            that is cut off or damaged, 74 the figures could not be written, 130 and 143 ended by a signal.
            """)

    @Argument(help: "A trace, or a request log.") var trace: String
    @Option(help: "Servers as host:port,host:port.") var connect: String?
    @Option(help: "How many times as fast as it was recorded, such as 1x, 4x or 0.5x, or max.") var speed = "1x"
    @Option(help: ArgumentHelp("Record what is sent and answered now.", valueName: "file")) var record: String?
    @Flag(help: "Exit code 3 if any result differs from the trace's.") var same = false
    @Flag(help: "Print the trace as text; nothing is sent.") var show = false
    @Flag(help: "No line a second.") var quiet = false

    func run() throws {
        try StandardOutput.check()
        if show { return try showTrace() }
        guard let speed = Replay.Speed(speed) else {
            throw complaint("--speed must be \(Replay.Speed.form), not '\(speed)'", code: 64)
        }
        guard let connect else {
            throw complaint("no server is named; give --connect host:port,..., or --show to read the trace", code: 64)
        }
        var workload = try reading { () throws(WorkloadError) in try Workload(replaying: trace, speed: speed) }
        if same { workload.checks = [.sameResults] }
        let ending = EndingSignals.watch()
        var options = LoadOptions()
        options.recordFile = record
        do {
            let hosts = connect.split(separator: ",").map(String.init)
            let load = try LoadRun(workload: workload, hosts: hosts, options: options)
            let report = try load.run(cancel: ending.cancel) { progress in
                if !quiet { standardError(progress.line + "\n") }
            }
            try Load.conclude(report, ending)
        } catch let error as LoadError {
            throw complaint(error.description, code: Load.code(of: error, ending))
        }
    }

    private func showTrace() throws {
        let read = try reading { () throws(WorkloadError) in try Trace(file: trace) }
        var text = ""
        func flush() throws(OutputLoss) {
            try StandardOutput.write(text)
            text = ""
        }
        try read.show { (line: String) throws(OutputLoss) in
            text += printable(line) + "\n"
            if text.utf8.count > 65_536 { try flush() }
        }
        try flush()
    }

    private func reading<Result>(_ read: () throws(WorkloadError) -> Result) throws -> Result {
        do throws(WorkloadError) { return try read() } catch { throw complaint(error.description, code: 64) }
    }

    private func complaint(_ text: String, code: Int32) -> ExitCode {
        standardError("quorate replay: \(printable(text))\n")
        return ExitCode(code)
    }
}
