// `quorate capacity`: the highest rate that ensembles of several sizes sustain while they keep an objective.

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

struct CapacityCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "capacity",
        abstract: "Find the highest rate that ensembles sustain while they keep an objective.",
        discussion: """
            The load is the first recorded phase of the workload in which requests are due at rates, all of them scaled alike. A \
            size takes two to three minutes. Exit codes: 0 found, 2 an ensemble could not be started or loaded, 3 not even the \
            lowest rate keeps the objective, or a check failed, 5 with --strict, if the generator or this machine's processors \
            were the bound, 64 usage, 74 a result could not be written, 130 and 143 ended by a signal.
            """)

    @Argument(help: "A workload's name or file.")
    var workload: String

    @Option(help: ArgumentHelp("What is promised: \(Objective.form).", valueName: "objective"))
    var slo: String

    @Option(help: "Ensemble sizes; 1,3,5 if none are given.")
    var nodes: String?

    @Option(help: "The rate to begin with, in requests a second; lower ones are not tried.")
    var from = 250.0

    @Option(help: "The highest rate to try.")
    var to = 1_000_000.0

    @Option(help: "How long a rate is watched each time, from 500ms to 60s.")
    var window = "2s"

    @Option(help: "Windows around what was found, from which the interval comes.")
    var confirmations = 14

    @Flag(inversion: .prefixedNo, help: "Mutual TLS between the members.")
    var tls = true

    @Flag(help: "Exit code 5 if the generator or this machine's processors were the bound.")
    var strict = false

    @Flag(help: "Print the document instead of the table.")
    var json = false

    @Option(help: "Where the members' data goes; beside the results by default.")
    var dataDir: String?

    @Option(help: "Where the folder of results goes.")
    var out: String?

    @Option(name: .customLong("set"), help: "Overrides one value of the workload: path=value. May be repeated.")
    var overrides: [String] = []

    @Option(name: .customLong("setting"), help: "A line for every member's zoo.cfg: key=value. May be repeated.")
    var settings: [String] = []

    @OptionGroup var sharing: SharingOptions

    @OptionGroup(title: "Targets") var aims: TargetOptions

    func validate() throws {
        guard from >= 1, from <= to, to <= 10_000_000 else {
            throw ValidationError("--from and --to must be rates from 1 to 10000000, the lower one first.")
        }
        guard (4...200).contains(confirmations) else {
            throw ValidationError("--confirmations must be from 4 to 200, not \(confirmations).")
        }
        guard let length = parseDuration(window), (500_000_000...60_000_000_000).contains(length) else {
            throw ValidationError("--window must be a duration from 500ms to 60s, not '\(window)'.")
        }
    }

    func run() throws {
        try StandardOutput.check()
        guard let objective = Objective(slo) else {
            throw Failure("--slo must be \(Objective.form), not '\(slo)'.", code: 64)
        }
        try checkThatAllApplies()
        let asked = try EnsembleSizes.read(nodes)
        let checkout = Checkout.find(program: try ownProgram())
        let (file, whole) = try read(checkout)
        guard let load = RatedLoad(whole) else { throw Failure(RatedLoad.objection(to: whole), code: 64) }
        if let objection = LoadShare.objection(to: sharing.generators, of: load.workload) {
            throw Failure(objection + ".", code: 64)
        }
        let ending = EndingSignals.watch()
        let lines = try MemberSettings.read(settings, sizes: asked, tls: tls)
        let found = try aims.targets(tls: tls, settings: lines, ending: ending)
        guard found.missing.isEmpty else { throw ExitCode(2) }
        let sizes = try EnsembleSizes.beside(found.targets, asked, isGiven: nodes != nil)
        let place = try NewResultFolder.make("capacity-\(whole.name)", out: out, checkout)
        var sweep = SweepOrder(
            workload: load.workload, workloadFile: file, overrides: overrides, nodes: sizes, targets: found.targets,
            dataParent: dataDir ?? place.path, logDirectory: place.path, keepsData: false)
        sweep.program = try ownProgram()
        sweep.generators = sharing.generators
        let order = CapacityOrder(
            sweep: sweep, load: load, whole: whole, objective: objective, lowest: from, highest: to,
            window: parseDuration(window)!, confirmations: confirmations)
        try CapacityCourse(order, place, checkout, isStrict: strict, json: json, ending: ending).run()
    }

    private func read(_ checkout: Checkout?) throws -> (file: String, workload: Workload) {
        let file = try WorkloadPlace.find(workload, checkout)
        do {
            let read = try Workload(file: file, overrides: overrides)
            guard read.faults.isEmpty else {
                throw Failure(
                    "'\(read.name)' has faults, whose moments are those of a whole load; name another workload.", code: 64)
            }
            return (file, read)
        } catch let error as WorkloadError {
            throw Failure(error.description, code: 64)
        }
    }

    /// Options of targets that mean nothing where one target is searched for its limit.
    private func checkThatAllApplies() throws {
        let others = [
            ("--repeat", aims.repeats != 1), ("--rounds", aims.rounds != nil), ("--clean", aims.clean != nil),
            ("--zookeeper-floor", aims.zookeeperFloor != nil),
        ]
        if let given = others.first(where: \.1) {
            throw Failure("\(given.0) is an option of quorate bench and means nothing here; leave it out.", code: 64)
        }
        let named = (aims.target ?? ResultTarget.quorate).split(separator: ",").map { $0.contains(":") ? ":" : $0 }
        guard Set(named).count == 1 else {
            throw Failure("quorate capacity measures one target at a time; name one with --target.", code: 64)
        }
        let own = [("--setting", !settings.isEmpty, aims.names(ResultTarget.quorate), "the target quorate")]
        for item in own + aims.given.map({ ($0.option, $0.isGiven, $0.applies, $0.to) }) where item.1 && !item.2 {
            throw Failure("\(item.0) is for \(item.3), which --target does not name; leave it out.", code: 64)
        }
    }
}
