// `quorate tune`: which batch and quorum settings to use for a workload, as lines for a zoo.cfg and with the proof beside them.

import ArgumentParser
import Benchmark
import Ensemble
import Foundation
import Report
import Results
import Server
import Workload

struct TuneCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tune",
        abstract: "Find better batch and quorum settings for a workload, and prove them.",
        discussion: """
            Candidates take turns with the default under the same load; the better half goes on with more turns. What is \
            recommended is compared with the default once more under another seed. Exit codes: 0 done, whether or not anything \
            beats the default, 2 an ensemble could not be started or loaded, 3 a check failed, 64 usage, 74 the document could \
            not be written, 130 and 143 ended by a signal.
            """)

    @Argument(help: "A workload's name or file.")
    var workload = "gate"

    @Option(help: "Whose settings: quorate or zookeeper.")
    var target = ResultTarget.quorate

    @Option(help: "Members of each ensemble.")
    var nodes = 3

    @Option(help: "What is better: throughput, latency (the 99th percentile at the offered rate) or both.")
    var objective: TuningObjective = .both

    @Option(
        name: .customLong("knob"), help: "Values to try of a key, instead of the usual ones: key=value,value. May be repeated.")
    var knobs: [String] = []

    @Option(
        name: .customLong("setting"), help: "A line for every candidate's zoo.cfg, the default's among them. May be repeated.")
    var settings: [String] = []

    @Option(name: .customLong("set"), help: "Overrides one value of the workload: path=value. May be repeated.")
    var overrides: [String] = []

    @Option(help: "Sets of settings that are tried at first, the default among them.")
    var candidates = 12

    @Flag(inversion: .prefixedNo, help: "Mutual TLS between the members.")
    var tls = true

    @Flag(inversion: .prefixedNo, help: "Compare what is recommended with the default once more.")
    var prove = true

    @Option(help: "An unpacked release of Apache ZooKeeper; otherwise $ZOOKEEPER_HOME or the installed package.")
    var zookeeperHome: String?

    @Option(help: "Where the members' data goes; beside the results by default.")
    var dataDir: String?

    @Option(help: "Where the folder of results goes.")
    var out: String?

    @Flag(help: "Print the document instead of the table.")
    var json = false

    func validate() throws {
        guard (1...EnsembleOrder.largest).contains(nodes) else {
            throw ValidationError("--nodes must be from 1 to \(EnsembleOrder.largest), not \(nodes).")
        }
        guard (2...24).contains(candidates) else {
            throw ValidationError("--candidates must be from 2 to 24, not \(candidates).")
        }
        guard [ResultTarget.quorate, ResultTarget.zookeeper].contains(target) else {
            throw ValidationError("--target must be quorate or zookeeper, not '\(target)'.")
        }
    }

    func run() throws {
        try StandardOutput.check()
        let checkout = Checkout.find(program: try ownProgram())
        let file = try WorkloadPlace.find(workload, checkout)
        let common = try MemberSettings.readAny(settings, of: target, sizes: [nodes], tls: tls)
        let knobs = try chosenKnobs(common)
        // What can't be a line of theirs is refused before anything runs.
        let undone = self.knobs.isEmpty ? usualKnobs.compactMap { $0.undone(from: common) } : []
        for candidate in TuningGrid.candidates(knobs, limit: candidates, second: undone) {
            _ = try benchTarget(candidate, common)
        }
        let ending = EndingSignals.watch()
        let (first, second) = (try turns(file, seed: nil), try turns(file, seed: 1))
        let place = try NewResultFolder.make("tune-\(first.name)", out: out, checkout)
        var order = SweepOrder(
            workload: first, workloadFile: file, overrides: overrides, nodes: [nodes], targets: [],
            dataParent: dataDir ?? place.path, logDirectory: place.path, keepsData: false)
        order.isQuick = true
        order.program = try ownProgram()
        do {
            try DataDirectory.makeWithParents(order.dataParent)
            var plan = TuningCourse.Plan(
                order: order, knobs: knobs, limit: candidates, objective: objective, target: target
            ) { try benchTarget($0, common) }
            plan.undone = undone
            plan.common = common.map { MemberSetting.shown(key: $0.key, value: $0.value) }
            plan.proofWorkload = prove ? second : nil
            plan.command = MemberSetting.shown(words: Array(CommandLine.arguments.dropFirst()))
            let found = try TuningCourse(plan, ending: ending).run()
            try place.write(found, as: "tuning.json")
            if json {
                try StandardOutput.write(String(decoding: try ResultFolder.encode(found), as: UTF8.self))
            } else {
                try StandardOutput.write(
                    TuningTable.text(found) + "\n\nFiles: \(place.path) (tuning.json, members' logs).\n")
            }
        } catch let error as EnsembleError {
            throw Failure(error.description, code: error.cause == .unusable ? 64 : 2)
        } catch let error as ResultError {
            throw Failure(error.description, code: 74)
        }
    }

    private var usualKnobs: [TuningKnob] {
        target == ResultTarget.quorate
            ? TuningKnob.usualOfQuorate(nodes: nodes, tls: tls) : TuningKnob.usualOfZooKeeper
    }

    private func chosenKnobs(_ common: [(key: String, value: String)]) throws -> [TuningKnob] {
        guard !knobs.isEmpty else {
            return usualKnobs.map { $0.turned(from: common) }
        }
        let read = try knobs.map { text in
            guard let knob = TuningKnob(parsing: text) else {
                throw Failure("--knob must have the form key=value,value with different values, not '\(text)'.", code: 64)
            }
            return knob
        }
        if let twice = read.first(where: { knob in read.filter { $0.key == knob.key }.count > 1 }) {
            throw Failure("--knob names \(twice.key) twice; give all its values at once: \(twice.key)=value,value.", code: 64)
        }
        return read
    }

    private func benchTarget(_ candidate: TuningCandidate, _ common: [(key: String, value: String)]) throws -> BenchTarget {
        // A knob that is turned wins over the line that all have.
        func stays(_ key: String) -> Bool { !candidate.settings.contains { TuningKnob.isOneSetting($0.key, key) } }
        let own = candidate.settings.map { "\($0.key)=\($0.value)" }
        let others = settings.filter { stays(String($0.prefix { $0 != "=" })) }
        var lines = common.filter { stays($0.key) }
        lines += try MemberSettings.readAny(own, of: target, sizes: [nodes], tls: tls, beside: others)
        let command: MemberCommand
        var version: String? = Version.text
        if target == ResultTarget.quorate {
            command = .quorate(program: try ownProgram())
        } else {
            do {
                let server = try ApacheZooKeeper.find(home: zookeeperHome)
                command = server.command()
                version = server.version
                // Nobody asks its admin port, and a web server beside each of them is no part of what is measured.
                lines.insert(("admin.enableServer", "false"), at: 0)
            } catch {
                throw Failure(error.description, code: 2)
            }
        }
        return BenchTarget(
            name: candidate.name,
            kind: .launched(command, tls: tls && target == ResultTarget.quorate, settings: lines), version: version,
            program: target == ResultTarget.quorate ? "quorate" : "java", mustWarmUp: target == ResultTarget.zookeeper)
    }

    /// The workload as each turn runs it; with a seed added, another one of the same kind.
    private func turns(_ file: String, seed: UInt64?) throws -> Workload {
        do {
            let text = try Workload.text(of: file)
            let whole = try Workload(text: text, file: file, overrides: overrides)
            guard whole.faults.isEmpty else {
                throw Failure(
                    "'\(whole.name)' has faults, whose moments are those of a whole load; name another workload.", code: 64)
            }
            let other = seed.map { ["seed=\(whole.seed &+ $0)"] } ?? []
            return try Workload(
                text: text, file: file, overrides: overrides + other + Rounds.cut(whole, rounds: TuningCourse.slicesOfALoad))
        } catch let error as WorkloadError {
            throw Failure(error.description, code: 64)
        }
    }
}

extension TuningObjective: ExpressibleByArgument {}
