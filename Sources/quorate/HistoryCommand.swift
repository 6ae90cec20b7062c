// `quorate history`: a project's figures over time, in a file with a line for each result, and where they changed.

import ArgumentParser
import Foundation
import Report
import Results
import Statistics

struct HistoryCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "history", abstract: "Keep figures over time, and find where they changed.",
        subcommands: [HistoryAdd.self, HistoryShow.self])
}

struct HistoryAdd: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add", abstract: "Append a result to a history.",
        discussion: """
            FILE has a line of JSON for each result (quorate.history/1) and is made if there is none. Figures that the load \
            generator made are left out, and said so. Exit codes: 0 done, 64 usage, or a file can't be read, 74 it can't be \
            written.
            """)

    @Argument(help: "The history.")
    var file: String

    @Argument(help: "The result; the newest by default.")
    var result: String?

    @Option(help: "The commit that was measured; by default what the result tells.")
    var commit: String?

    func run() throws {
        try StandardOutput.check()
        let document = try ResultChoice.find(result).document
        do {
            let text = try HistoryText.read(file) ?? ""
            let known = try HistoryFile.read(text, name: file)
            let (entry, remarks) = try HistoryFile.entry(document, commit: commit)
            try HistoryFile.check(entry, against: known, name: file)
            let line = try HistoryFile.line(entry)
            do {
                try HistoryFile.append(line, to: file, behind: text)
            } catch {
                throw Failure("\(error.description) Name another file.", code: 74)
            }
            for remark in remarks { standardError("quorate: \(printable(remark))\n") }
            try StandardOutput.write("\(file): \(entry.figures.count) figures of \(entry.result) at \(entry.commit)\n")
        } catch let error as ResultError {
            throw Failure(error.description, code: 64)
        }
    }
}

struct HistoryShow: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Say where the figures of a history changed.",
        discussion: """
            A change is a place at which a series of ten or more values falls into two parts that differ by more than chance and \
            by more than --threshold. Exit codes: 0 shown, 4 with --gate if one of the newest --last results began a change for \
            the worse, 64 usage, or the file can't be read.
            """)

    @Argument(help: "The history.")
    var file: String

    @Option(name: .customLong("threshold"), help: ArgumentHelp("From how much on a change is one.", valueName: "percent"))
    var threshold = "5%"

    @Option(help: "Changes that chance makes in no more than so many of a hundred series.")
    var significance = 5.0

    @Flag(help: "Fail if the newest results began a change for the worse.")
    var gate = false

    @Option(help: "How many results are the newest for --gate.")
    var last = 10

    func validate() throws {
        guard percent != nil else { throw ValidationError("--threshold must be a percentage such as 5%, not '\(threshold)'.") }
        guard (1...20).contains(significance) else {
            throw ValidationError("--significance must be from 1 to 20, not \(significance).")
        }
        guard last >= 5 else { throw ValidationError("--last must be at least 5, as no change is seen in fewer, not \(last).") }
    }

    private var percent: Double? {
        let digits = threshold.hasSuffix("%") ? threshold.dropLast() : threshold[...]
        return Double(digits).flatMap { (0...1_000).contains($0) ? $0 : nil }
    }

    func run() throws {
        try StandardOutput.check()
        guard let text = try HistoryText.read(file) else {
            throw Failure("There is no file \(file); begin it with: quorate history add \(file)", code: 64)
        }
        let entries: [HistoryEntry]
        do {
            entries = try HistoryFile.read(text, name: file)
        } catch {
            throw Failure(error.description, code: 64)
        }
        var rule = ChangePoints()
        rule.significance = significance / 100
        // So many that the smallest share they can tell lies below what is asked for.
        rule.permutations = max(199, Int((2 / rule.significance).rounded(.up)) - 1)
        let changes = HistoryTable.changes(entries, least: (percent ?? 0) / 100, by: rule)
        try StandardOutput.write(HistoryTable.text(entries, changes) + "\n")
        if gate, let worse = changes.first(where: { $0.isWorse && $0.age <= last }) {
            throw Failure(
                "\(worse.workload) \(worse.figure) is worse since \(worse.commit), by the factor "
                    + "\(Double(Int(worse.factor * 1_000)) / 1_000).", code: 4)
        }
    }
}

private enum HistoryText {
    /// nil if there is no such file.
    static func read(_ file: String) throws -> String? {
        guard FileManager.default.fileExists(atPath: file) else { return nil }
        guard let text = try? String(contentsOfFile: file, encoding: .utf8) else {
            throw Failure("\(file) can't be read as text; name another file.", code: 64)
        }
        return text
    }
}
