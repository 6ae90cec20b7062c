// `quorate bench`: a workload over ensembles of several sizes on this machine, and what it found as a table and a document.

import ArgumentParser
import Benchmark
import CLinux
import Ensemble
import Foundation
import LoadGenerator
import Report
import Results
import Server
import Workload

struct Bench: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Measure ensembles of several sizes under a workload.",
        discussion: """
            Without arguments: task-dispatch on 1, 3 and 5 members with mutual TLS between them. With several targets, all of a \
            size are up at the same time and take turns under the load, slice by slice. Exit codes: 0 all done and all \
            checks passed, 1 an error of ours, 2 an ensemble could not be started or loaded, 3 a check failed, 5 less was \
            carried than was offered or, with --strict, the load generator was the bottleneck or, with --require-steady, a phase \
            did not reach steady state, 64 usage, 74 the table could not be written, 130 and 143 ended by a signal, with a \
            partial result.
            """)

    @Argument(help: "A workload's name or file; task-dispatch if none is given.")
    var workload: String?

    @Option(help: "Ensemble sizes; 1,3,5 if none are given.")
    var nodes: String?

    @Flag(inversion: .prefixedNo, help: "Mutual TLS between the members.")
    var tls = true

    @Flag(help: "TLS between the clients and the members that are started.")
    var clientTls = false

    @Flag(help: "A fifth of the time: for a first look, not for figures.")
    var quick = false

    @Flag(help: "Exit code 5, too, if the load generator and not the members limited what was measured.")
    var strict = false

    @Flag(help: "Exit code 5, too, if a phase with 'steady' was recorded without having reached it.")
    var requireSteady = false

    @Flag(help: "Print the result document instead of the table.")
    var json = false

    @Option(help: "Where the members' data goes; beside the results by default.")
    var dataDir: String?

    @Option(help: "Where the folder of results goes.")
    var out: String?

    @Flag(help: "Leave the members' data and log files.")
    var keep = false

    @Option(name: .customLong("set"), help: "Overrides one value of the workload: path=value. May be repeated.")
    var overrides: [String] = []

    @Option(name: .customLong("setting"), help: "A line for every member's zoo.cfg: key=value. May be repeated.")
    var settings: [String] = []

    @Option(help: "How long what members send each other is on its way, such as 1ms.")
    var linkDelay: String?

    @Option(help: "How much longer than the disk takes a flush takes, such as 2ms.")
    var flushDelay: String?

    @OptionGroup var sharing: SharingOptions

    @OptionGroup(title: "Targets") var aims: TargetOptions

    func run() throws {
        try StandardOutput.check()
        if let hosts = aims.clean { return try clean(hosts, EndingSignals.watch()) }
        try checkThatAllApplies()
        // Before signals are watched: whoever writes into a pipe that is named here may never come.
        let (file, text) = try workloadText()
        let ending = EndingSignals.watch()
        let delays = (link: try delay(linkDelay, "--link-delay"), flush: try delay(flushDelay, "--flush-delay"))
        let asked = try EnsembleSizes.read(nodes)
        let lines = try MemberSettings.read(settings, sizes: asked, tls: tls)
        let found = try aims.targets(tls: tls, settings: lines, ending: ending)
        let counts = try EnsembleSizes.beside(found.targets, asked, isGiven: nodes != nil)
        let sweep = try readSweep(text, file)
        let hasFaults = try BenchVariants(sweep) { try readWorkload(text, file, $0, rounds: 1, hurries: false) }
            .all.contains { !$0.workload.faults.isEmpty }
        let rounds = hasFaults ? aims.rounds ?? 1 : try aims.roundCount(targets: found.targets.count)
        if hasFaults { try checkThatFaultsFit(rounds: rounds, targets: found.targets) }
        let variants = try BenchVariants(sweep) { try readWorkload(text, file, $0, rounds: rounds, hurries: quick) }
        try variants.check(sizes: counts.count, targets: found.targets.count, repeats: aims.repeats, rounds: rounds)
        let read = variants.described
        try checkThatSteadyApplies(requireSteady, read)
        for variant in variants.all.map(\.workload) {
            if let objection = FaultFit.objection(to: variant.faults, nodes: counts) { throw Failure(objection, code: 64) }
            if let objection = LoadShare.objection(to: sharing.generators, of: variant) {
                throw Failure(objection + ".", code: 64)
            }
        }
        let checkout = Checkout.find(program: try ownProgram())
        let place = try NewResultFolder.make(read.name, out: out, checkout)
        removeLeftovers(besides: place)
        var order = SweepOrder(
            workload: read, workloadFile: file, overrides: overrides, nodes: counts, targets: found.targets,
            dataParent: dataDir ?? place.path, logDirectory: place.path, keepsData: keep)
        if variants.isSweep { order.variants = variants.all }
        order.repetitions = aims.repeats
        order.rounds = rounds
        order.isQuick = quick
        order.clientTLS = clientTls
        order.linkDelayNanoseconds = delays.link
        order.flushDelayNanoseconds = delays.flush
        order.program = try ownProgram()
        order.generators = sharing.generators
        try carryOut(order, place, checkout, missing: found.missing, ending)
    }

    private func carryOut(
        _ order: SweepOrder, _ place: ResultFolder, _ checkout: Checkout?, missing: [String], _ ending: EndingSignals
    ) throws {
        do {
            try DataDirectory.makeWithParents(order.dataParent)
            try DataDirectory.check(needs(order), at: order.dataParent)
            let options = BenchRun.Options(
                json: json, quick: quick, strict: strict, requiresSteady: requireSteady, missing: missing,
                zookeeperFloors: aims.floors)
            try BenchRun(
                order, place, checkout, options: options, ending: ending,
                command: MemberSetting.shown(words: Array(CommandLine.arguments.dropFirst()))
            ).run()
        } catch let error as EnsembleError {
            rmdir(place.path)
            if let code = ending.exitCode { throw ExitCode(code) }
            throw Failure(error.description, code: error.cause == .unusable ? 64 : 2)
        } catch let error as ResultError {
            rmdir(place.path)
            throw Failure(error.description, code: 1)
        } catch let loss as OutputLoss {
            rmdir(place.path)
            throw loss
        }
    }

    private func clean(_ hosts: String, _ ending: EndingSignals) throws {
        let list = hosts.split(separator: ",").map(String.init)
        guard !list.isEmpty else { throw Failure("--clean names no server; give at least one as host:port.", code: 64) }
        guard workload == nil, aims.target == nil else {
            throw Failure("--clean measures nothing; leave the workload and --target out.", code: 64)
        }
        do {
            let removed = try RunningServers.clean(hosts: list, cancel: ending.cancel)
            try StandardOutput.write("Removed \(removed) znodes at \(hosts).\n")
        } catch let error as LoadError {
            throw Failure(error.description, code: error.cause == .addressUnusable ? 64 : ending.exitCode ?? 2)
        }
    }

    private func delay(_ text: String?, _ option: String) throws -> UInt64 {
        guard let text else { return 0 }
        guard let nanoseconds = parseDuration(text), nanoseconds == 0 || (1_000...1_000_000_000).contains(nanoseconds) else {
            throw Failure("\(option) must be a duration from 1us to 1s with its unit, such as 2ms, not '\(text)'.", code: 64)
        }
        return nanoseconds
    }

    /// An option that changes nothing of what was asked for would look as if it had.
    private func checkThatAllApplies() throws {
        let launches = aims.names(ResultTarget.quorate) || aims.names(ResultTarget.zookeeper)
        let given: [(option: String, isGiven: Bool, applies: Bool, to: String)] = [
            ("--client-tls", clientTls, launches, "servers that are started"),
            ("--link-delay", linkDelay != nil, launches, "servers that are started"),
            ("--flush-delay", flushDelay != nil, launches, "servers that are started"),
            ("--setting", !settings.isEmpty, aims.names(ResultTarget.quorate), "the target quorate"),
        ]
        for item in given + aims.given where item.isGiven && !item.applies {
            throw Failure("\(item.option) is for \(item.to), which --target does not name; leave it out.", code: 64)
        }
    }

    private func checkThatSteadyApplies(_ isRequired: Bool, _ workload: Workload) throws {
        guard isRequired, !workload.phases.contains(where: { $0.steady != nil }) else { return }
        throw Failure(
            "--require-steady is for phases with 'steady', of which '\(workload.name)' has none; leave it out.", code: 64)
    }

    /// Faults have their moments in the whole of a load, and strike what this command has started.
    private func checkThatFaultsFit(rounds: Int, targets: [BenchTarget]) throws {
        let given = quick ? "--quick" : rounds > 1 ? "--rounds" : nil
        if let given {
            throw Failure("The workload has faults, whose moments are those of the whole load; leave \(given) out.", code: 64)
        }
        guard let running = targets.first(where: { !$0.isLaunched }) else { return }
        throw Failure("The workload has faults, which are for servers that are started, not for \(running.name).", code: 64)
    }

    /// Of all targets together, as they are up at the same time.
    private func needs(_ order: SweepOrder) -> DataDirectory.Needs {
        let nodes = order.nodes.max() ?? 1
        let all = order.targets.compactMap { target -> DataDirectory.Needs? in
            guard case .launched(let command, _, _) = target.kind else { return nil }
            return DataDirectory.Needs(nodes: nodes, command: command)
        }
        return all.dropFirst().reduce(all.first ?? DataDirectory.Needs(nodes: 0, command: .quorate(program: ""))) { $0 + $1 }
    }

    private func workloadText() throws -> (file: String, text: String) {
        let file = try WorkloadPlace.find(workload ?? "task-dispatch", Checkout.find(program: try ownProgram()))
        do {
            return (file, try Workload.text(of: file))
        } catch {
            throw Failure(error.description, code: 64)
        }
    }

    private func readSweep(_ text: String, _ file: String) throws -> WorkloadSweep {
        do {
            return try WorkloadSweep(text: text, file: file, overrides: overrides)
        } catch {
            throw Failure(error.description, code: 64)
        }
    }

    /// As each slice runs it, with the values of one combination.
    private func readWorkload(
        _ text: String, _ file: String, _ values: [String], rounds: Int, hurries: Bool
    ) throws -> Workload {
        do {
            let overrides = overrides + values
            var read = try Workload(text: text, file: file, overrides: overrides)
            if hurries { read = try Workload(text: text, file: file, overrides: overrides + SweepOrder.hurry(read)) }
            guard rounds > 1 else { return read }
            return try Workload(text: text, file: file, overrides: overrides + Rounds.cut(read, rounds: rounds))
        } catch {
            throw Failure(error.description, code: 64)
        }
    }

    /// Data of runs that were killed.
    private func removeLeftovers(besides place: ResultFolder) {
        let results = URL(fileURLWithPath: place.path).deletingLastPathComponent().path
        var removed = ProcFile.names(in: results).flatMap {
            DataDirectory.removeLeftovers(under: "\(results)/\($0)", prefix: SweepOrder.dataPrefix)
        }
        if let dataDir { removed += DataDirectory.removeLeftovers(under: dataDir, prefix: SweepOrder.dataPrefix) }
        if !removed.isEmpty { standardError("Removed what a killed run had left: \(removed.joined(separator: ", ")).\n") }
    }
}
