// A comparison of two sides for a terminal: a row for each figure with its ratio, what the machine resolves, and the verdict;
// then the verdict of the whole in a sentence.

package import Results

package enum VerdictTable {
    package static func text(_ document: ComparisonDocument) -> String {
        var parts = [table(document.figures)]
        if let again = document.confirmation { parts.append("The run that had to confirm it:\n" + table(again)) }
        parts.append(sentence(document))
        parts += document.differences.map { "Mind: the two differ in \($0)." }
        parts += document.marks.map { "Mind (\($0.name.rawValue)): \($0.sentence)" }
        return parts.joined(separator: "\n\n")
    }

    // MARK: the table

    private static let titles = ["members", "figure", "base", "new", "new : base, 95 %", "base : itself", "verdict"]

    static func table(_ figures: [ComparedFigure]) -> String {
        let rows = figures.map { figure in
            [
                "\(figure.nodes)", "\(figure.metric.title), \(figure.phase)", figure.metric.shown(figure.base),
                figure.metric.shown(figure.new), shown(figure.ratio),
                figure.resolution.map { "± " + percent($0) } ?? Numbers.absent,
                word(figure),
            ]
        }
        let widths = titles.indices.map { column in ([titles] + rows).map { $0[column].count }.max() ?? 0 }
        func line(_ cells: [String]) -> String {
            cells.indices.map { column in
                // Nothing stands behind the last one.
                column == titles.count - 1 ? cells[column] : padded(cells[column], to: widths[column], left: column == 1)
            }.joined(separator: " │ ")
        }
        let rule = widths.map { String(repeating: "─", count: $0) }.joined(separator: "─┼─")
        return ([line(titles), rule] + rows.map(line)).joined(separator: "\n")
    }

    private static func shown(_ ratio: ResultInterval) -> String {
        guard let low = ratio.low, let high = ratio.high else { return "~ " + Numbers.fixed(ratio.median, places: 3) }
        let mark = ratio.isUndecided(against: 1) ? "~ " : ""
        return mark + Numbers.fixed(ratio.median, places: 3)
            + " [\(Numbers.fixed(low, places: 3)), \(Numbers.fixed(high, places: 3))]"
    }

    private static func word(_ figure: ComparedFigure) -> String {
        let word = figure.verdict == .worse ? "WORSE" : figure.verdict.rawValue
        let rest = figure.isGated ? "" : " (does not count)"
        return word + rest + (figure.reason.map { ": \($0)" } ?? "")
    }

    // MARK: the sentence

    package static func sentence(_ document: ComparisonDocument) -> String {
        let bound = percent(document.threshold)
        func named(_ verdict: ResultVerdict) -> String {
            Numbers.list(document.figures.filter { $0.isGated && $0.verdict == verdict }.map(told))
        }
        switch document.verdict {
        case .worse:
            let confirmed = document.confirmation == nil ? "" : "; a second run says so, too"
            return "WORSE: \(named(.worse))\(confirmed)."
        case .better: return "Better: \(named(.better)); nothing that counts is worse by \(bound)."
        case .same: return "The same: no figure that counts has changed by \(bound)."
        case .undecided where document.confirmation != nil:
            return "Undecided: \(named(.worse)), but a second run did not say so again. More rounds or runs may tell."
        case .undecided:
            let open = named(.undecided)
            return open.isEmpty
                ? "Undecided: there is no figure that counts."
                : "Undecided: \(open). More rounds or runs, or a quieter machine, may tell."
        }
    }

    private static func told(_ figure: ComparedFigure) -> String {
        let change = figure.ratio.median - 1
        let size = "\(change < 0 ? "-" : "+")\(percent(abs(change)))"
        return "\(figure.metric.title) in '\(figure.phase)' with \(figure.nodes) member\(figure.nodes == 1 ? "" : "s") (\(size))"
    }

    private static func percent(_ share: Double) -> String { Numbers.fixed(share * 100, places: 1) + " %" }
}

extension ResultMetric {
    var title: String {
        switch self {
        case .writes: "writes/s"
        case .reads: "reads/s"
        case .items: "items/s"
        case .commitMedian: "commit p50 ms"
        case .commitP99: "commit p99 ms"
        case .cpuPerWrite: "CPU µs per write"
        case .flushMean: "mean flush ms"
        case .lastBack: "last client back ms"
        }
    }

    func shown(_ value: Double) -> String {
        switch self {
        case .writes, .reads, .items: Numbers.whole(value)
        case .cpuPerWrite: Numbers.significant(value)
        case .commitMedian, .commitP99, .flushMean, .lastBack: Numbers.significant(value / 1e6)
        }
    }
}
