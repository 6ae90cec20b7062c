// `quorate chaos`: real members under real faults while clients note down what they see. The runs are Chaos's.

import ArgumentParser
import Benchmark
import CLinux
import Chaos
import Ensemble
import Foundation
import Report
import Results
import Server
import Workload

struct ChaosCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "chaos",
        abstract: "Start members as processes, do them harm, and check what clients were told.",
        discussion: """
            Clients write registers, queue items and ephemeral znodes and watch them, while members are killed, paused, cut off, \
            and their disks fail. In the end the replicas are compared, and every answer is held against the order of commits. \
            The same seed asks and harms alike, though no two runs are equal. Exit codes: 0 every promise was kept, 3 one was \
            broken (data and logs stay), 2 nothing could be judged, 64 usage, 74 a file can't be written, 130 and 143 ended by a \
            signal.
            """)

    @Option(help: "How many members, 1 to \(EnsembleOrder.largest).")
    var members = 3

    @Option(help: "What requests, faults and their moments are drawn from.")
    var seed: UInt64 = 1

    @Option(help: "How long harm is done.")
    var seconds: Double?

    @Option(help: "Kinds of faults: \(FaultKind.allCases.map(\.rawValue).joined(separator: ",")); all of them by default.")
    var faults: String?

    @Option(help: "Instead: kill the leader so often, and measure how long no write is acknowledged.")
    var leaderKills: Int?

    @Option(help: "Instead: so often kill one member or all of them and start them again soon.")
    var killCycles: Int?

    @Option(help: "Instead: so often drop what the leader and the others send each other, for 3 s, without a word to anybody.")
    var silentPartitions: Int?

    @Option(help: "How many clients.")
    var clients = 12

    @Flag(inversion: .prefixedNo, help: "Mutual TLS between the members.")
    var tls = true

    @Option(help: "Write what was found to this file as JSON; - for the output.")
    var json: String?

    @Option(help: "Where the data goes; a directory of its own is made in it.")
    var dataDir: String?

    @Flag(help: "Leave data and logs also when every promise was kept.")
    var keep = false

    @Option(name: .customLong("setting"), help: "A line for every member's zoo.cfg: key=value. May be repeated.")
    var settings: [String] = []

    func validate() throws {
        guard (1...EnsembleOrder.largest).contains(members) else {
            throw ValidationError("--members must be from 1 to \(EnsembleOrder.largest), not \(members).")
        }
        guard (1...200).contains(clients) else { throw ValidationError("--clients must be from 1 to 200, not \(clients).") }
        let counts = [("--leader-kills", leaderKills), ("--kill-cycles", killCycles), ("--silent-partitions", silentPartitions)]
        for case (let name, let count?) in counts where !(1...100_000).contains(count) {
            throw ValidationError("\(name) must be from 1 to 100000, not \(count).")
        }
        let given = counts.filter { $0.1 != nil }.map(\.0)
        guard given.count <= 1 else { throw ValidationError("\(given.joined(separator: " and ")) can't be given together.") }
        if let one = given.first, seconds != nil || faults != nil {
            throw ValidationError("\(one) can't be given together with --\(seconds != nil ? "seconds" : "faults").")
        }
        if silentPartitions != nil, members < 3 { throw ValidationError("--silent-partitions needs 3 members, not \(members).") }
        if let seconds, !(1...86_400).contains(seconds) {
            throw ValidationError("--seconds must be from 1 to 86400, not \(seconds).")
        }
    }

    func run() throws {
        let ending = EndingSignals.watch()
        try StandardOutput.check()
        try checkPlace()
        let plan = try plan()
        let lines = try MemberSettings.read(settings, sizes: [members], tls: tls)
        try checkClientsFit(lines)
        do {
            let data = try DataPlace.make(prefix: "quorate-chaos-", in: dataDir)
            var mayStay = keep
            defer { if mayStay { data.keep() } else { data.remove() } }
            let program = try ownProgram()
            var needs = DataDirectory.Needs(nodes: members, command: .quorate(program: program))
            // No log is freed before all is judged; each flush of it takes a block.
            needs.diskBytes += Int64((seconds ?? 0) * 1.5e6) * Int64(members)
            try data.check(needs)
            var order = ChaosOrder(members: members, plan: plan, seed: seed, directory: data.path, program: program)
            (order.clients, order.settings) = (clients, lines)
            order.tls = tls && members > 1 ? try MemberTLS.make(directory: "\(data.path)/certificates") : nil
            let origin = origin(program, data.path)
            var result = try ChaosRun(order, isCancelled: { ending.isEnding }, tell: { standardError($0 + "\n") }).run()
            result.origin = origin
            if lines.contains(where: { $0.key == "forceSync" && $0.value == "no" }) { result.isUnflushed = true }
            mayStay = mayStay || !result.isClean
            if mayStay { result.directory = data.path }
            try report(result)
            if !result.isClean { throw ExitCode(3) }
            if let code = ending.exitCode { throw ExitCode(code) }
        } catch let error as EnsembleError {
            if let code = ending.exitCode { throw ExitCode(code) }
            throw Failure(error.description, code: error.cause == .unusable ? 64 : 2)
        } catch let error as ChaosError {
            throw Failure("Nothing can be judged: \(error.description).", code: 2)
        }
    }

    /// A member that turns the clients of the run away would look like one that does not come to rest.
    private func checkClientsFit(_ lines: [(key: String, value: String)]) throws {
        for line in lines where ["maxClientCnxns", "maxCnxns"].contains(line.key) {
            guard let most = Int(line.value), most > 0, most < 2 * clients else { continue }
            throw ValidationError(
                "--setting \(line.key)=\(most) shuts out the \(clients) clients of the run, who come back before an old connection is "
                    + "gone: give \(2 * clients) or more, or fewer --clients.")
        }
    }

    private func origin(_ program: String, _ data: String) -> ChaosResult.Origin {
        let machine = EnvironmentProbe.read(at: data)
        let checkout = Checkout.find(program: program)
        var origin = ChaosResult.Origin(
            started: ResultFolder.timestamp(Date()),
            command: MemberSetting.shown(words: Array(CommandLine.arguments.dropFirst())),
            version: Version.text, processors: machine.cpus)
        (origin.git, origin.isDirty) = (checkout?.commit, checkout?.isDirty)
        (origin.kernel, origin.processor, origin.filesystem) = (machine.kernel, machine.cpuModel, machine.filesystem.kind)
        return origin
    }

    private func plan() throws -> ChaosOrder.Plan {
        if let leaderKills { return .leaderKills(leaderKills) }
        if let killCycles { return .killCycles(killCycles) }
        if let silentPartitions { return .silentPartitions(silentPartitions) }
        let kinds: [FaultKind]
        do throws(ChaosError) {
            kinds = try ChaosOrder.kinds(faults, members: members)
        } catch {
            throw Failure(error.description, code: 64)
        }
        return .drawn(kinds, seconds: seconds ?? 20)
    }

    /// Before hours of work whose result would have no place to go.
    private func checkPlace() throws {
        guard let json, json != "-" else { return }
        let files = FileManager.default
        let isThere = files.fileExists(atPath: json)
        let directory = (json as NSString).deletingLastPathComponent
        let place = isThere ? json : directory.isEmpty ? "." : directory
        var isDirectory: ObjCBool = false
        let isUsable = files.isWritableFile(atPath: place) && files.fileExists(atPath: place, isDirectory: &isDirectory)
        guard isUsable, isDirectory.boolValue != isThere else { throw unwritable(json) }
    }

    private func unwritable(_ path: String) -> ExitCode {
        Failure("The file \(path) can't be written; name another one with --json.", code: 74)
    }

    private func report(_ result: ChaosResult) throws {
        let isOutput = json == "-"
        let text = ChaosText.report(result) + "\n"
        if isOutput { standardError(text) } else { try StandardOutput.write(text) }
        guard let json else { return }
        let bytes = try ChaosText.json(result)
        if isOutput { return try StandardOutput.write(String(decoding: bytes, as: UTF8.self) + "\n") }
        do {
            try bytes.write(to: URL(fileURLWithPath: json))
        } catch {
            throw unwritable(json)
        }
    }
}
