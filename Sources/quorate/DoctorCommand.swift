// `quorate doctor`: whether a machine, its disk or a running ensemble is fit, in a minute.

import ArgumentParser
import Benchmark
import Foundation
import LoadGenerator
import Report
import Results
import Workload

struct DoctorCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Say whether a machine, its disk or a running ensemble is fit.",
        discussion: """
            Without options this machine and the disk of the current directory are examined; with --target those servers. The \
            first line is the verdict. Exit codes: 0 healthy, 2 no server answers, or the load of a class could not be made or \
            proves nothing, 3 a line is missed, 64 usage, 74 the directory or the file can't be written, 130 and 143 ended by a \
            signal.
            """)

    @Option(help: ArgumentHelp("Servers as host:port,host:port, by their plain client ports.", valueName: "servers"))
    var target: String?

    @Option(help: ArgumentHelp("The directory whose disk is measured; the current one without --target.", valueName: "dir"))
    var disk: String?

    @Option(
        name: .customLong("class"),
        help: ArgumentHelp(
            "Load an ensemble with this class of load: s, m, l or xl; three fresh members, or with --write the target.",
            valueName: "class"))
    var loadClass: String?

    @Flag(help: "Write to the target, too: to an ephemeral znode of its own, which is gone in the end.")
    var write = false

    @Option(name: .customLong("for"), help: "How long each measurement lasts, from 500ms to 60s; a class twice that.")
    var duration = "5s"

    @Option(help: ArgumentHelp("Write all of it as JSON there, too.", valueName: "file"))
    var json: String?

    func validate() throws {
        guard let length = parseDuration(duration), (500_000_000...60_000_000_000).contains(length) else {
            throw ValidationError("--for must be a duration from 500ms to 60s, not '\(duration)'.")
        }
        guard loadClass == nil || LoadClass(rawValue: loadClass!) != nil else {
            throw ValidationError("--class must be s, m, l or xl, not '\(loadClass!)'.")
        }
        guard target != nil || !write else {
            throw ValidationError("--write is for servers that --target names; leave it out.")
        }
        guard target == nil || loadClass == nil || write else {
            throw ValidationError("--class loads the servers of --target with writes; allow that with --write.")
        }
    }

    func run() throws {
        try StandardOutput.check()
        let ending = EndingSignals.watch()
        let order = DoctorOrder(
            hosts: try hosts(), directory: disk ?? (target == nil ? "." : nil),
            loadClass: loadClass.flatMap(LoadClass.init(rawValue:)), writes: write, nanoseconds: parseDuration(duration)!)
        let document = try DoctorCourse(order, ending).run()
        if let json {
            do throws(ResultError) {
                try TextFile.write(String(decoding: try ResultFolder.encode(document), as: UTF8.self), to: json)
            } catch {
                throw Failure(error.description, code: 74)
            }
        }
        try StandardOutput.write(printable(DoctorText.text(document)) + "\n")
        if document.verdict.exitCode != 0 { throw ExitCode(document.verdict.exitCode) }
    }

    private func hosts() throws -> [String] {
        guard let target else { return [] }
        let names = target.split(separator: ",").map(String.init)
        guard !names.isEmpty else { throw Failure("--target names no server; give at least one as host:port.", code: 64) }
        for (place, name) in names.enumerated() where names[..<place].contains(name) {
            throw Failure("--target names '\(name)' twice.", code: 64)
        }
        return names
    }
}
