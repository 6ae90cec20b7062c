// Targets beside each other as a table: for each size and figure the ratio of the first target to another, with the interval that
// holds it. A ratio whose interval holds 1 is marked: it decides nothing.

package import Results

package enum RatioTable {
    private static let width = 23

    /// Nothing without ratios. `phases` are those of the table above.
    package static func text(_ document: ResultDocument) -> String {
        guard let ratios = document.ratios, !ratios.isEmpty, let first = document.targets.first?.name else { return "" }
        return document.targets.dropFirst().compactMap { table(ratios, first, $0.name, document) }.joined(separator: "\n\n")
    }

    private static func table(_ all: [ResultRatio], _ first: String, _ other: String, _ document: ResultDocument) -> String? {
        let ratios = all.filter { $0.other == other }
        guard !ratios.isEmpty else { return nil }
        var lines = ["\(first) : \(other), \(basis(ratios)); ~ marks what is not decided."]
        lines.append(
            "Of figures that lay side by side in time, so that it may differ from what the medians of the table above would give."
        )
        var sizes: [Int] = []
        for ratio in ratios where !sizes.contains(ratio.nodes) { sizes.append(ratio.nodes) }
        let columns = columns(ratios, document)
        lines.append(
            padded("members", to: 7) + " │ " + columns.map { padded($0.title, to: width) }.joined(separator: " │ "))
        lines.append("────────┼─" + columns.map { _ in String(repeating: "─", count: width) }.joined(separator: "─┼─"))
        for nodes in sizes {
            let values = columns.map { column in
                let found = ratios.first { $0.nodes == nodes && $0.phase == column.phase && $0.metric == column.metric }
                let void = document.isVoid(nodes, [first, other], column.phase, column.metric) ? Numbers.void : ""
                return padded(found.map { shown($0.ratio) + void } ?? Numbers.absent, to: width)
            }
            lines.append(padded("\(nodes)", to: 7) + " │ " + values.joined(separator: " │ "))
        }
        return lines.joined(separator: "\n")
    }

    private static func basis(_ ratios: [ResultRatio]) -> String {
        let counts = Set(ratios.map(\.ratio.samples)).sorted()
        let number = counts.count == 1 ? "\(counts[0])" : "\(counts[0]) to \(counts[counts.count - 1])"
        let what = ratios.contains { $0.basis == .runs } ? "runs on fresh directories" : "rounds of one run"
        let hasInterval = ratios.contains { $0.ratio.low != nil }
        return "median\(hasInterval ? " and 95 % interval" : "") over \(number) \(what)"
            + (hasInterval ? "" : ", which are too few for an interval")
    }

    private struct Column {
        let title: String
        let phase: String
        let metric: ResultMetric
    }

    /// The figures of the table above, and of further recorded phases how much they got through.
    private static func columns(_ ratios: [ResultRatio], _ document: ResultDocument) -> [Column] {
        let chosen = ChosenPhases(document)
        var columns: [Column] = []
        func add(_ title: String, _ phase: String?, _ metric: ResultMetric) {
            guard let phase, ratios.contains(where: { $0.phase == phase && $0.metric == metric }) else { return }
            columns.append(Column(title: title, phase: phase, metric: metric))
        }
        add("writes/s", chosen.throughput, .writes)
        add("items/s", chosen.throughput, .items)
        add("reads/s", chosen.reading, .reads)
        add("commit p50", chosen.latency, .commitMedian)
        add("commit p99", chosen.latency, .commitP99)
        add("CPU per write", chosen.throughput, .cpuPerWrite)
        add("last client back", ratios.first { $0.metric == .lastBack }?.phase, .lastBack)
        return columns
    }

    private static func shown(_ ratio: ResultInterval) -> String {
        let center = Numbers.significant(ratio.median)
        guard let low = ratio.low, let high = ratio.high else { return "~ \(center)" }
        let mark = ratio.isUndecided(against: 1) ? "~ " : ""
        return "\(mark)\(center) [\(Numbers.significant(low)), \(Numbers.significant(high))]"
    }
}
