// `quorate compare`: whether a change made it slower. Of two results that are there, or of two sides that take turns now.

import ArgumentParser
import Benchmark
import Foundation
import Report
import Results

struct CompareCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compare",
        abstract: "Say whether a change made it slower: of two results, or of two sides that take turns now.",
        subcommands: [CompareResults.self, CompareLive.self], defaultSubcommand: CompareResults.self)
}

/// What both kinds of comparison are asked alike.
struct VerdictOptions: ParsableArguments {
    @Option(help: ArgumentHelp("From how much on a figure counts as worse or better.", valueName: "percent"))
    var threshold = "5%"

    @Option(
        help: ArgumentHelp(
            "Figures that count, separated by commas: \(ResultMetric.allCases.map(\.rawValue).joined(separator: ", ")).",
            discussion: "By default all but the tails, which vary most.", valueName: "names"))
    var metrics: String?

    @Flag(help: "Exit code 5, too, where nothing is decided.")
    var gate = false

    @Flag(help: "Print the comparison as a document instead of the table.")
    var json = false

    func rule() throws -> GateRule {
        let text = threshold.hasSuffix("%") ? String(threshold.dropLast()) : threshold
        guard let percent = Double(text), percent >= 0.1, percent <= 90 else {
            throw Failure("--threshold must be from 0.1% to 90%, such as 5%, not '\(threshold)'.", code: 64)
        }
        guard let metrics else { return GateRule(threshold: percent / 100) }
        let gated = try metrics.split(separator: ",", omittingEmptySubsequences: false).map { name in
            guard let metric = ResultMetric(rawValue: String(name)) else {
                let known = ResultMetric.allCases.map(\.rawValue).joined(separator: ", ")
                throw Failure("--metrics knows no figure '\(name)'; there are \(known).", code: 64)
            }
            return metric
        }
        return GateRule(threshold: percent / 100, gated: Set(gated))
    }

    /// Prints what was found, and ends with the code that stands for it.
    func tell(_ document: ComparisonDocument, besides remark: String = "") throws {
        if json {
            standardError(remark)
            try StandardOutput.write(String(decoding: try ResultFolder.encode(document), as: UTF8.self))
        } else {
            try StandardOutput.write(VerdictTable.text(document) + "\n" + remark)
        }
        switch document.verdict {
        case .worse: throw ExitCode(4)
        case .undecided where gate: throw ExitCode(5)
        default: return
        }
    }
}

struct CompareResults: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "results",
        abstract: "Compare two results that were measured at different times.",
        discussion: """
            BASE and NEW are result.json files or their folders; without them, the two newest results of one workload and \
            machine. A result with several runs on fresh directories (quorate bench --repeat 5) says more than one with a \
            single run. Exit codes: 0 not worse, 4 worse, 5 undecided, with --gate, 64 usage, or the two can't be compared.
            """)

    @Argument(help: "The result before the change.")
    var base: String?

    @Argument(help: "The result after it.")
    var new: String?

    @Flag(help: "Compare results of unlike machines, disks, loads or durability all the same.")
    var anyway = false

    @Option(help: "Which target of both results is meant; the first one of each by default.")
    var target: String?

    @OptionGroup var options: VerdictOptions

    func run() throws {
        try StandardOutput.check()
        let rule = try options.rule()
        let pair = try ResultPair.find(base, new)
        if let target {
            for document in [pair.base, pair.new] where !document.targets.contains(where: { $0.name == target }) {
                let known = document.targets.map(\.name).joined(separator: ", ")
                throw Failure("--target: '\(document.id)' has no target '\(target)', but \(known).", code: 64)
            }
        }
        let differences = Likeness.differences(pair.base, pair.new)
        guard anyway || differences.isEmpty else {
            throw Failure(
                "The two results differ in more than what is asked: \(differences.joined(separator: "; ")). Compare like with like, or "
                    + "say --anyway.", code: 64)
        }
        let figures = DocumentSides(base: pair.base, new: pair.new, target: target, rule).figures
        guard !figures.isEmpty else {
            throw Failure("The two results have no figure in common: other ensemble sizes or other phases.", code: 64)
        }
        let document = ComparisonDocument(
            started: ResultFolder.timestamp(Date()),
            command: CommandLine.arguments.dropFirst().map { $0.contains("/") ? URL(fileURLWithPath: $0).lastPathComponent : $0 },
            workload: pair.new.workload.name, base: ComparedSide(pair.base, target), new: ComparedSide(pair.new, target),
            threshold: rule.threshold, differences: differences, figures: figures, verdict: rule.verdict(figures), marks: [])
        try options.tell(document)
    }
}

extension ComparedSide {
    fileprivate init(_ document: ResultDocument, _ target: String?) {
        let meant = document.targets.first { target == nil || $0.name == target }
        self.init(
            name: document.id, version: meant?.version, git: document.tool.git, settings: meant?.settings ?? [])
    }
}
