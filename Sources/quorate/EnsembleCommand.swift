// `quorate ensemble`: a local ensemble of real servers for trying things out, until a signal ends it.

import ArgumentParser
import Ensemble
import Foundation

struct EnsembleCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ensemble",
        abstract: "Start an ensemble on this machine, and stay until Ctrl-C.",
        discussion: """
            Prints the connection string when every member serves. Data lies in a directory of its own that is removed in the \
            end, and no process is left behind, however this one ends. Exit codes: 0 ended as asked, 2 the ensemble could not be \
            started, 3 a member ended by itself, 64 usage.
            """)

    @Option(help: "How many members, 1 to \(EnsembleOrder.largest).")
    var nodes = 3

    @Option(help: "How many of them, the last ones, only observe: they serve clients and never vote.")
    var observers = 0

    @Flag(inversion: .prefixedNo, help: "Mutual TLS between the members.")
    var tls = false

    @Flag(help: "A port for clients with TLS beside each plain one.")
    var clientTls = false

    @Option(help: "Where the data goes, beside bench's results by default; a directory of its own is made in it.")
    var dataDir: String?

    @Flag(help: "Leave the data and the log files when it ends.")
    var keep = false

    @Option(name: .customLong("setting"), help: "A line for every member's zoo.cfg: key=value. May be repeated.")
    var settings: [String] = []

    func run() throws {
        let ending = EndingSignals.watch()
        guard (1...EnsembleOrder.largest).contains(nodes) else {
            throw Failure("--nodes must be from 1 to \(EnsembleOrder.largest), not \(nodes).", code: 64)
        }
        guard (0..<nodes).contains(observers) else {
            throw Failure("--observers must leave a voter of \(nodes) members, and is \(observers).", code: 64)
        }
        try StandardOutput.check()
        let lines = try MemberSettings.read(settings, sizes: [nodes], tls: tls)
        do {
            try serve(lines, until: ending)
        } catch let error as EnsembleError {
            if let code = ending.exitCode { throw ExitCode(code) }
            throw Failure(error.description, code: error.cause == .unusable ? 64 : 2)
        }
    }

    private func serve(_ settings: [(key: String, value: String)], until ending: EndingSignals) throws {
        let data = try DataPlace.make(prefix: Self.directoryPrefix, in: dataDir)
        defer { if keep { data.keep() } else { data.remove() } }
        try data.check(DataDirectory.Needs(nodes: nodes, command: .quorate(program: try ownProgram())))
        let betweenMembers = tls && nodes > 1
        let files = betweenMembers || clientTls ? try MemberTLS.make(directory: "\(data.path)/certificates") : nil
        var order = EnsembleOrder(
            nodes: nodes, directory: data.path, logDirectory: data.path, command: .quorate(program: try ownProgram()),
            settings: settings, tls: betweenMembers ? files : nil,
            clientTLS: clientTls ? files.map { ClientTLS(files: $0) } : nil)
        order.observers = observers
        let ensemble = try Ensemble.start(order, isCancelled: { ending.isEnding })
        defer { ensemble.stop() }
        try announce(ensemble, data: data)
        while !ending.isEnding {
            usleep(50_000)
            let ends = ensemble.unexpectedEnds()
            if !ends.isEmpty { throw Failure(ends.joined(separator: "\n"), code: 3) }
        }
        standardError("Stopping\(keep ? "; the data stays in \(data.path)" : " and removing the data").\n")
    }

    private static let directoryPrefix = "quorate-ensemble-"

    private func announce(_ ensemble: Ensemble, data: DataDirectory) throws {
        let seconds = Double(ensemble.startToAllServingNanoseconds) / 1e9
        let security = ensemble.order.tls == nil ? "" : ", with mutual TLS between them"
        standardError(
            "\(nodes) member\(nodes == 1 ? " serves" : "s serve") after \(String(format: "%.2f", seconds)) s\(security).\n")
        if data.isInMemory {
            standardError("\(data.path) lies in memory: what is written there does not survive a power cut.\n")
        }
        let processes = ensemble.members.map { member in
            "    \(member.id): process \(member.pid ?? 0), http://127.0.0.1:\(member.ports.admin)/metrics"
        }
        try StandardOutput.write(ensemble.connectString + "\n")
        if let files = ensemble.order.clientTLS?.files {
            standardError(
                """

                With TLS:
                    quorate load write-only --tls-ca \(files.authority) --connect \(ensemble.secureHosts.joined(separator: ","))

                """)
        }
        standardError(
            """

            Try it from Python:
                from kazoo.client import KazooClient; zk = KazooClient("\(ensemble.connectString)"); zk.start()
                zk.create("/hello", b"world"); print(zk.get("/hello"))

            Members:
            \(processes.joined(separator: "\n"))
            Data and logs: \(data.path)
            Ctrl-C ends it\(keep ? "" : " and removes its data").

            """)
    }
}

/// The binary that runs.
func ownProgram() throws -> String {
    var path = [UInt8](repeating: 0, count: Int(PATH_MAX))
    let count = path.withUnsafeMutableBytes { readlink("/proc/self/exe", $0.baseAddress!, $0.count) }
    guard count > 0 else {
        let cause = String(cString: strerror(errno))
        throw Failure("The path of this program can't be read from /proc/self/exe: \(cause); is /proc mounted?", code: 1)
    }
    return String(decoding: path[..<count], as: UTF8.self)
}
