// `quorate compare live`: two programs or two configurations side by side on this machine, turn by turn, and the base once more
// beside them, which tells what the machine can't tell apart today. What is found to be worse must be found a second time.

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

struct CompareLive: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "live",
        abstract: "Compare two programs or two configurations in turns on this machine.",
        discussion: """
            BASE is this program with the usual configuration unless --base-program or --base-setting say otherwise, and so is \
            NEW; without any difference the answer is what the machine can't tell apart. Exit codes: 0 not worse, 2 an \
            ensemble could not be started or loaded, 3 a check failed, 4 worse, 5 undecided, with --gate, 64 usage, 130 and \
            143 ended by a signal.
            """)

    @Argument(help: "A workload's name or file.")
    var workload = "gate"

    @Option(help: "The program of the base's members: a quorate binary.")
    var baseProgram: String?

    @Option(help: "The program of the new side's members.")
    var newProgram: String?

    @Option(name: .customLong("base-setting"), help: "A line for the zoo.cfg of the base's members: key=value. May be repeated.")
    var baseSettings: [String] = []

    @Option(name: .customLong("new-setting"), help: "A line for the zoo.cfg of the new side's members. May be repeated.")
    var newSettings: [String] = []

    @Option(name: .customLong("setting"), help: "A line for every member's zoo.cfg. May be repeated.")
    var settings: [String] = []

    @Option(name: .customLong("set"), help: "Overrides one value of the workload: path=value. May be repeated.")
    var overrides: [String] = []

    @Option(help: "Members of each side.")
    var nodes = 3

    @Option(help: "Runs, each on fresh directories.")
    var runs = 4

    @Option(help: "Turns of each side in a run.")
    var rounds = 6

    @Flag(inversion: .prefixedNo, help: "Mutual TLS between the members.")
    var tls = true

    @Flag(inversion: .prefixedNo, help: "Run once more what was found to be worse.")
    var confirm = true

    @Option(help: "Where the members' data goes; beside the results by default.")
    var dataDir: String?

    @Option(help: "Where the folder of results goes.")
    var out: String?

    @OptionGroup var options: VerdictOptions

    func validate() throws {
        guard (1...EnsembleOrder.largest).contains(nodes) else {
            throw ValidationError("--nodes must be from 1 to \(EnsembleOrder.largest), not \(nodes).")
        }
        guard (1...100).contains(runs) else { throw ValidationError("--runs must be from 1 to 100, not \(runs).") }
        guard (1...100).contains(rounds) else { throw ValidationError("--rounds must be from 1 to 100, not \(rounds).") }
    }

    func run() throws {
        try StandardOutput.check()
        let rule = try options.rule()
        let checkout = Checkout.find(program: try ownProgram())
        let (file, read) = try workloadInTurns(checkout)
        let ending = EndingSignals.watch()
        let sides = try (base: side(baseProgram, baseSettings), new: side(newProgram, newSettings))
        let place = try NewResultFolder.make("compare-\(read.name)", out: out, checkout)
        var order = SweepOrder(
            workload: read, workloadFile: file, overrides: overrides, nodes: [nodes], targets: targets(sides.base, sides.new),
            dataParent: dataDir ?? place.path, logDirectory: place.path, keepsData: false)
        order.repetitions = runs
        order.rounds = rounds
        order.program = try ownProgram()
        do {
            try DataDirectory.makeWithParents(order.dataParent)
            // Where a program lies on this machine is nobody's business.
            let command = MemberSetting.shown(words: Array(CommandLine.arguments.dropFirst())).map {
                $0.hasPrefix("/") ? Checkout.shown($0, from: checkout) : $0
            }
            let turns = TurnTaking(order, rule, confirms: confirm, ending: ending)
            let found = try turns.compare(
                base: described(sides.base), new: described(sides.new), command: command)
            try place.write(found, as: "comparison.json")
            try options.tell(found, besides: "\nFiles: \(place.path) (comparison.json, members' logs).\n")
        } catch let error as EnsembleError {
            throw Failure(error.description, code: error.cause == .unusable ? 64 : 2)
        } catch let error as ResultError {
            throw Failure(error.description, code: 74)
        }
    }

    // MARK: the sides

    private struct Side {
        var program: String
        var lines: [(key: String, value: String)]
    }

    private func side(_ program: String?, _ own: [String]) throws -> Side {
        let place = try program ?? ownProgram()
        guard FileManager.default.isExecutableFile(atPath: place) else {
            throw Failure("\(place) is no program that can be run; name a quorate binary.", code: 64)
        }
        return Side(program: place, lines: try MemberSettings.read(settings + own, sizes: [nodes], tls: tls))
    }

    private func targets(_ base: Side, _ new: Side) -> [BenchTarget] {
        func target(_ name: String, _ side: Side) -> BenchTarget {
            BenchTarget(
                name: name, kind: .launched(.quorate(program: side.program), tls: tls, settings: side.lines), version: nil,
                program: "quorate", mustWarmUp: false)
        }
        return [target(PairedSides.base, base), target(PairedSides.new, new), target(PairedSides.again, base)]
    }

    private func described(_ side: Side) -> ComparedSide {
        let isOwn = side.program == (try? ownProgram())
        return ComparedSide(
            name: URL(fileURLWithPath: side.program).lastPathComponent, version: isOwn ? Version.text : nil,
            git: Checkout.find(program: side.program)?.commit,
            settings: side.lines.map { MemberSetting.shown(key: $0.key, value: $0.value) })
    }

    // MARK: the load

    /// The workload as each turn runs it.
    private func workloadInTurns(_ checkout: Checkout?) throws -> (file: String, workload: Workload) {
        let file = try WorkloadPlace.find(workload, checkout)
        do {
            let text = try Workload.text(of: file)
            let whole = try Workload(text: text, file: file, overrides: overrides)
            guard whole.faults.isEmpty else {
                throw Failure(
                    "'\(whole.name)' has faults, whose moments are those of a whole load; name another workload.", code: 64)
            }
            let cut = overrides + Rounds.cut(whole, rounds: rounds)
            return (file, try Workload(text: text, file: file, overrides: cut))
        } catch let error as WorkloadError {
            throw Failure(error.description, code: 64)
        }
    }
}
