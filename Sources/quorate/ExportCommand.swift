// `quorate export`: a result in the format of another tool, on the output or in a file.

import ArgumentParser
import Foundation
import Report
import Results
import Server

struct ExportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Hand a result to CI systems and other tools in a format that they read.",
        discussion: """
            FORMAT is one of \(ExportFormat.allCases.map(\.rawValue).joined(separator: ", ")). RESULT is a result.json or its \
            folder; without one it is the newest. What the load generator made is left out or marked, and said so on the error \
            output. Exit codes: 0 done, 5 figures that the load generator made would spoil a history, 64 usage, or the result \
            has no figure for this format, 74 the output can't be written.
            """)

    @Argument(help: "The format.")
    var format: String

    @Argument(help: "The result.")
    var result: String?

    @Option(help: "The file to write; the output by default. otava appends to it.")
    var out: String?

    @Option(help: "github-action-benchmark: which figures, those of which smaller or bigger is better.")
    var direction: String?

    @Flag(help: "junit: what the load generator made is an error, as with bench --strict.")
    var strict = false

    @Option(help: "hgrm, openmessaging: of which ensemble size; the first by default.")
    var nodes: Int?

    @Option(help: "hgrm, openmessaging: of which target; the first by default.")
    var target: String?

    @Option(help: "hgrm, openmessaging: of which phase; that of the tables' latency by default.")
    var phase: String?

    @Option(help: "hgrm: of which role; those whose writes are the commit latency by default.")
    var role: String?

    @Option(help: "hgrm: of which operation, such as set.")
    var op: String?

    func run() throws {
        if out == nil { try StandardOutput.check() }
        let format = try chosenFormat()
        let options = try options(format)
        guard format != .otava || out != nil else {
            throw Failure("otava appends to a history; name its file with --out, such as --out history.csv.", code: 64)
        }
        let document = try ResultChoice.find(result).document
        if format == .otava, let out { return try append(document, to: out) }
        let exported: Exported
        do {
            exported = try format.export(document, options)
        } catch {
            throw Failure(error.description, code: 64)
        }
        try put(exported)
    }

    private func put(_ exported: Exported) throws {
        if let out { try write(exported.text, to: out) } else { try StandardOutput.write(exported.text) }
        for remark in exported.remarks { standardError("quorate: \(printable(remark))\n") }
    }

    private func write(_ text: String, to file: String) throws {
        do {
            try TextFile.write(text, to: file)
        } catch {
            throw Failure("\(error.description) Name another file with --out.", code: 74)
        }
    }

    // MARK: what is asked

    private func chosenFormat() throws -> ExportFormat {
        if let known = ExportFormat(rawValue: format) { return known }
        let names = ExportFormat.allCases.map(\.rawValue)
        let nearest = ConfigurationNearest.name(to: format, among: names).map { "the nearest is \($0), and all are" }
        throw Failure(
            "there is no format '\(format)'; \(nearest ?? "those there are:") \(names.joined(separator: ", ")).", code: 64)
    }

    private func options(_ format: ExportFormat) throws -> ExportOptions {
        let given: [(option: String, isGiven: Bool)] = [
            ("--direction", direction != nil), ("--strict", strict), ("--nodes", nodes != nil), ("--target", target != nil),
            ("--phase", phase != nil), ("--role", role != nil), ("--op", op != nil),
        ]
        for (option, isGiven) in given where isGiven && !format.options.contains(option) {
            throw Failure("\(option) means nothing for \(format.rawValue); leave it out.", code: 64)
        }
        var options = ExportOptions()
        options.isStrict = strict
        if let direction {
            options.direction = ExportOptions.Direction(rawValue: direction)
            guard options.direction != nil else {
                throw Failure("--direction is smaller or bigger, not '\(direction)'.", code: 64)
            }
        }
        options.selection.nodes = nodes
        options.selection.target = target
        options.selection.phase = phase
        options.selection.role = role
        options.selection.op = op
        return options
    }

    // MARK: a history

    /// The history and, beside it, the settings that tell Otava how to read it.
    private func append(_ document: ResultDocument, to file: String) throws {
        let void = OtavaHistory.void(document)
        guard void.isEmpty else {
            throw Failure(
                "Nothing is appended, as Otava takes no gaps and the load generator made these figures: "
                    + "\(void.joined(separator: ", ")); measure again.", code: 5)
        }
        let settings = URL(fileURLWithPath: file).deletingLastPathComponent().appendingPathComponent("otava.yaml").path
        if let other = try text(of: settings), !OtavaHistory.areSettings(other, for: file) {
            throw Failure("\(settings) is not of this history; give each history a folder of its own with --out.", code: 64)
        }
        do {
            let exported: Exported
            if let old = try text(of: file), !old.isEmpty {
                exported = try OtavaHistory.continued(old, with: document, name: file)
            } else {
                exported = try OtavaHistory.begun(with: document)
            }
            let lines = try OtavaHistory.settings(for: exported.text, of: document, file: file)
            try put(exported)
            try write(lines, to: settings)
        } catch let error as ResultError {
            throw Failure(error.description, code: 64)
        }
    }

    /// nil if there is no such file.
    private func text(of file: String) throws -> String? {
        guard FileManager.default.fileExists(atPath: file) else { return nil }
        guard let text = try? String(contentsOfFile: file, encoding: .utf8) else {
            throw Failure("\(file) can't be read as text; name another file with --out.", code: 64)
        }
        return text
    }
}
