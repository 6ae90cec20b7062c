// `quorate load`: sends a workload's requests to an ensemble that runs already, and prints what it found in a few lines.
// Ensembles, sweeps and result files are the business of `quorate bench`.

import ArgumentParser
import Benchmark
import LoadGenerator
import Workload

struct Load: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Send a workload's requests to a running ensemble and print the figures.",
        discussion: """
            Exit codes: 0 all done and all checks passed, 2 the servers could not be loaded, 3 a check failed, 4 a check could \
            not be made because servers were gone in the end, 64 usage, 74 the figures or the recording could not be \
            written, 130 and 143 ended by a signal.
            """)

    @Argument(help: "A workload's name or file.") var workload: String
    @Option(help: "Servers as host:port,host:port; the file's own target otherwise.") var connect: String?
    @Option(name: .customLong("for"), help: "How long each recorded phase lasts, such as 5s.") var duration: String?
    @Option(help: "Seed instead of the file's, a whole number from 0 on.") var seed: UInt64?
    @Option(name: .customLong("set"), help: "Overrides one value of the file: path=value. May be repeated.") var settings:
        [String] = []
    @Option(help: ArgumentHelp("Speak TLS to servers whose certificates descend from this authority.", valueName: "file"))
    var tlsCa: String?
    @Option(help: ArgumentHelp("The clients' own certificate, where servers want one.", valueName: "file")) var tlsCert: String?
    @Option(help: ArgumentHelp("The key of that certificate.", valueName: "file")) var tlsKey: String?
    @Option(help: ArgumentHelp("Record every request and reply there, for quorate replay.", valueName: "file")) var record:
        String?
    @OptionGroup var sharing: SharingOptions
    @Flag(help: "No line a second.") var quiet = false

    func run() throws {
        try StandardOutput.check()
        // Before signals are watched: whoever writes into a pipe that is named here may never come.
        let workload = try read()
        guard workload.faults.isEmpty else {
            throw complaint(
                "the workload has faults, which only quorate bench carries out, on servers that it starts; take 'faults' out",
                code: 64)
        }
        guard record == nil || sharing.generators == 1 else {
            throw complaint("--record needs one generator, which sees all sessions; leave --generators or --record out", code: 64)
        }
        let ending = EndingSignals.watch()
        let hosts = connect.map { $0.split(separator: ",").map(String.init) } ?? workload.target.connect
        var options = LoadOptions()
        options.seed = seed
        options.recordFile = record
        options.tls = try tls() ?? workload.target.tls
        do {
            let load = try SharedLoad(
                workload: workload, hosts: hosts, options: options, generators: sharing.generators, program: try ownProgram())
            let report = try load.run(cancel: ending.cancel) { progress in
                if !quiet { standardError(progress.line + "\n") }
            }
            try Self.conclude(report, ending)
        } catch let error as LoadError {
            throw complaint(error.description, code: Self.code(of: error, ending))
        }
    }

    private func tls() throws -> TargetTLS? {
        guard (tlsCert == nil) == (tlsKey == nil) else {
            throw complaint("--tls-cert and --tls-key belong together; give both or neither", code: 64)
        }
        guard let tlsCa else {
            if tlsCert != nil {
                throw complaint("--tls-cert needs --tls-ca FILE as well, the authority of the servers' certificates", code: 64)
            }
            return nil
        }
        return TargetTLS(authority: tlsCa, certificate: tlsCert, key: tlsKey)
    }

    /// What is said of a load, and how its command ends.
    static func conclude(_ report: LoadReport, _ ending: EndingSignals) throws {
        try StandardOutput.write(report.summary + "\n")
        if report.isInterrupted { throw ExitCode(ending.exitCode ?? 130) }
        if report.recording?.failure != nil { throw ExitCode(74) }
        if !report.allChecksPassed { throw ExitCode(3) }
        if report.isKeptFromChecking { throw ExitCode(4) }
    }

    static func code(of error: LoadError, _ ending: EndingSignals) -> Int32 {
        switch error.cause {
        case .addressUnusable, .filesUnusable, .unshareable: 64
        case .interrupted: ending.exitCode ?? 130
        case .fileUnwritable: 74
        case .unreachable, .setupFailed, .outOfResources, .partLost: 2
        }
    }

    private func complaint(_ text: String, code: Int32) -> ExitCode {
        standardError("quorate load: \(printable(text))\n")
        return ExitCode(code)
    }

    private func read() throws -> Workload {
        do {
            let file = try WorkloadPlace.find(workload, Checkout.find(program: try ownProgram()))
            var read = try Workload(file: file, overrides: settings)
            if let duration {
                guard let nanoseconds = parseDuration(duration), nanoseconds >= 1_000_000 else {
                    throw complaint(
                        "--for must be a duration of at least 1ms with its unit, such as 500ms or 10s, not '\(duration)'",
                        code: 64)
                }
                for phase in read.phases.indices where read.phases[phase].isRecorded {
                    read.phases[phase].nanoseconds = nanoseconds
                }
            }
            return read
        } catch let error as WorkloadError {
            throw complaint(error.description, code: 64)
        }
    }
}
