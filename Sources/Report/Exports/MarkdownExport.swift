// A result as the step summary of a CI run: verdict, table, ratios with their intervals, what speaks against it. Pictures and
// scripts are not shown there, and a summary over its limit is refused whole, so the longest part is cut and says so.

internal import Results

struct MarkdownExport {
    /// GitHub's limit is 1024 KiB for all steps of a job together.
    private static let longest = 900_000
    private static let shownMarks = 8
    private let document: ResultDocument

    init(_ document: ResultDocument) { self.document = document }

    var text: String {
        let fixed = [title, verdict, table, voidLegend, ratios].filter { !$0.isEmpty }
        let marks = document.marks.map { "**\($0.name.rawValue)**: \(Self.escaped($0.sentence))" }
        let rest = [environment]
        let room = Self.longest - (fixed + rest).reduce(0) { $0 + $1.utf8.count + 2 }
        let parts = fixed + [Self.list(marks, room: room)].filter { !$0.isEmpty } + rest
        return parts.joined(separator: "\n\n") + "\n"
    }

    private var title: String { "## quorate bench: \(Self.escaped(document.workload.name))" }

    // MARK: verdict

    private var verdict: String {
        let rows = document.rows
        var lines: [String] = []
        for row in rows {
            if let failure = row.failure { lines.append("**The load failed** \(members(row)): \(Self.escaped(failure))") }
            for check in row.failedChecks {
                lines.append("**Check failed** \(members(row)), \(Self.escaped(check.name)): \(Self.escaped(check.sentence))")
            }
        }
        if document.status == .partial { lines.append("**Partial**: not everything that was asked for was run.") }
        let undecided = rows.flatMap(\.checks).filter { $0.passed == nil }.count
        if lines.isEmpty, rows.contains(where: { !$0.checks.isEmpty }) {
            lines.append(undecided == 0 ? "**All checks passed.**" : "**No check failed**; \(undecided) could not be decided.")
        }
        let void = rows.flatMap { row in row.recordedPhases.filter { $0.isVoid == true }.map { "\($0.name) \(members(row))" } }
        if !void.isEmpty { lines.append("**Void in part**, as the load generator made it: \(Self.escaped(Numbers.list(void))).") }
        lines += ResultWords.sentence(document).split(separator: "\n").map { Self.escaped(String($0)) }
        return lines.joined(separator: "\n\n")
    }

    private func members(_ row: ResultCell) -> String {
        "with \(row.nodes) member\(row.nodes == 1 ? "" : "s")" + (document.namesTargets ? " of \(Self.escaped(row.target))" : "")
    }

    // MARK: tables

    private var table: String {
        let rows = document.rows
        let figures = ResultTable(
            hasQueues: rows.contains { $0.phases.contains { $0.itemsPerSecond != nil } },
            hasReads: ChosenPhases(document).reading != nil, targets: document.targets.map(\.name)
        ).plain(document)
        return Self.table(figures.titles, figures.rows)
    }

    private var voidLegend: String {
        table.contains(Numbers.void) ? "\(Numbers.void) marks what is void: the load generator made it, not the members." : ""
    }

    private var ratios: String {
        guard let ratios = document.ratios, !ratios.isEmpty else { return "" }
        let rows = ratios.map { ratio in
            let void = document.isVoid(ratio.nodes, [ratio.target, ratio.other], ratio.phase, ratio.metric) ? Numbers.void : ""
            let undecided = ratio.ratio.isUndecided(against: 1)
            return [
                "\(ratio.nodes)", ratio.phase, ratio.metric.rawValue, "\(ratio.target) : \(ratio.other)",
                (undecided ? "~ " : "") + Numbers.significant(ratio.ratio.median) + void,
                "\(Numbers.significant(ratio.ratio.low)) to \(Numbers.significant(ratio.ratio.high))",
                "\(ratio.ratio.samples) \(ratio.basis.rawValue)",
            ]
        }
        let titles = ["members", "phase", "figure", "targets", "ratio", "95 % interval", "of"]
        return "Ratios of figures that lay side by side in time; ~ marks what is not decided, ! what is void.\n\n"
            + Self.table(titles, rows)
    }

    private static func table(_ titles: [String], _ rows: [[String]]) -> String {
        func line(_ cells: [String]) -> String { "| \(cells.map(escaped).joined(separator: " | ")) |" }
        return ([line(titles), "|" + titles.map { _ in "---:|" }.joined()] + rows.map(line)).joined(separator: "\n")
    }

    // MARK: the rest

    /// The first ones are seen at once, the others on demand; what has no room is counted.
    private static func list(_ marks: [String], room: Int) -> String {
        guard !marks.isEmpty else { return "" }
        let lines = marks.map { "* \($0)" }
        var text = "Mind:\n\n" + lines.prefix(shownMarks).joined(separator: "\n")
        let others = lines.dropFirst(shownMarks)
        guard !others.isEmpty else { return text }
        text += "\n\n<details><summary>\(others.count) more</summary>\n\n"
        for (index, line) in others.enumerated() {
            guard text.utf8.count + line.utf8.count + 200 < room else {
                text += "* and \(others.count - index) more, for which a summary has no room; they are in result.json\n"
                break
            }
            text += line + "\n"
        }
        return text + "\n</details>"
    }

    private var environment: String {
        let environment = document.environment
        let parts: [String?] = [
            environment.operatingSystem, environment.kernel.map { "kernel \($0)" }, environment.cpuModel,
            "\(environment.cpus) CPU\(environment.cpus == 1 ? "" : "s")",
            environment.filesystem.kind.map { "data on \($0)\(environment.filesystem.inMemory ? ", in memory" : "")" },
            document.ceilings.map { "\(Numbers.whole($0.before.fsync.flushesPerSecond)) flushes/s alone" },
        ]
        let commit = document.tool.git.map { " at \($0.prefix(12))\(document.tool.dirty == true ? " with changes" : "")" } ?? ""
        return "Measured \(Self.escaped(document.started)) by quorate \(Self.escaped(document.tool.version + commit)) on "
            + "\(Self.escaped(parts.compactMap(\.self).joined(separator: "; "))). "
            + "Command: \(Self.code("quorate \(document.command.joined(separator: " "))"))"
    }

    /// Whatever a name holds, it is shown and not read as Markdown or as HTML, and stays in its line.
    static func escaped(_ text: String) -> String {
        var result = ""
        for character in text {
            switch character {
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "&": result += "&amp;"
            case "\\", "`", "*", "_", "[", "]", "|", "#", "$": result += "\\\(character)"
            // Two of them strike out what is between.
            case "~": result += "\\~"
            case _ where character.isNewline: result += " "
            default: result.append(character)
            }
        }
        return result
    }

    /// Between more backticks than the text has in a row.
    private static func code(_ text: String) -> String {
        let line = String(text.map { $0.isNewline ? " " : $0 })
        let longest = line.split(omittingEmptySubsequences: true) { $0 != "`" }.map(\.count).max() ?? 0
        let fence = String(repeating: "`", count: longest + 1)
        return longest == 0 ? "\(fence)\(line)\(fence)" : "\(fence) \(line) \(fence)"
    }
}
