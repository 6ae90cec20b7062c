// What a search for settings found, for a terminal: a row for each candidate, the map of two knobs where all their values were
// tried together, and the recommendation as lines of a zoo.cfg with the proof behind it.

package import Results

package enum TuningTable {
    package static func text(_ document: TuningDocument) -> String {
        var parts = [table(document), legend(document)]
        if let map = TuningMap.text(document) { parts.append(map) }
        parts.append(verdict(document))
        if let proof = document.proof { parts.append("The proof, under another seed:\n" + VerdictTable.table(proof.figures)) }
        parts += document.marks.map { "Mind (\($0.name.rawValue)): \($0.sentence)" }
        return parts.joined(separator: "\n\n")
    }

    private static func table(_ document: TuningDocument) -> String {
        let titles = ["settings", "stages", rateTitle(document), "p50 ms", "p99 ms", "CPU µs/write", "gain, 95 %", ""]
        let rows = document.candidates.map { candidate in
            [
                candidate.name, "\(candidate.stages)", Numbers.whole(rate(candidate)),
                ResultMetric.commitMedian.shown(candidate.figures[.commitMedian]),
                ResultMetric.commitP99.shown(candidate.figures[.commitP99]),
                ResultMetric.cpuPerWrite.shown(candidate.figures[.cpuPerWrite]), gain(candidate.gain), marks(candidate, document),
            ]
        }
        let widths = titles.indices.map { column in ([titles] + rows).map { $0[column].count }.max() ?? 0 }
        func line(_ cells: [String]) -> Substring {
            cells.indices.map { column in
                column == titles.count - 1 ? cells[column] : padded(cells[column], to: widths[column], left: column == 0)
            }.joined(separator: " │ ").trimmedEnd
        }
        let rule = widths.dropLast().map { String(repeating: "─", count: $0) }.joined(separator: "─┼─")
        return ([line(titles), rule[...]] + rows.map(line)).joined(separator: "\n")
    }

    private static func rateTitle(_ document: TuningDocument) -> String {
        let metrics = document.candidates.first.map { Set($0.figures.keys) } ?? []
        return ([ResultMetric.items, .writes, .reads].first { metrics.contains($0) } ?? .writes).title
    }

    static func rate(_ candidate: TunedCandidate) -> Double? {
        candidate.figures[.items] ?? candidate.figures[.writes] ?? candidate.figures[.reads]
    }

    private static func gain(_ gain: ResultInterval?) -> String {
        guard let gain else { return Numbers.absent }
        guard let low = gain.low, let high = gain.high else { return "~ " + Numbers.fixed(gain.median, places: 2) }
        let mark = gain.isUndecided(against: 1) ? "~ " : ""
        return mark + Numbers.fixed(gain.median, places: 2)
            + " [\(Numbers.fixed(low, places: 2)), \(Numbers.fixed(high, places: 2))]"
    }

    private static func marks(_ candidate: TunedCandidate, _ document: TuningDocument) -> String {
        var words: [String] = []
        if candidate.name == document.recommended { words.append("recommended") }
        if candidate.isOnFront { words.append("front") }
        if candidate.changesPromise { words.append("other promise") }
        return words.joined(separator: ", ")
    }

    private static func legend(_ document: TuningDocument) -> String {
        let what =
            switch document.objective {
            case .throughput: "the rate where as many requests as possible are on their way"
            case .latency: "the 99th percentile at the offered rate"
            case .both: "rate and 99th percentile alike, the geometric mean of both ratios"
            }
        return "gain: against the default in the same turns, by \(what); ~ marks what is not decided.\n"
            + "front: none has both a larger rate and a lower 99th percentile.\n"
            + "other promise: it changes how many copies an acknowledged write has, and is not recommended."
    }

    // MARK: the recommendation

    package static func verdict(_ document: TuningDocument) -> String {
        let members = "\(document.nodes) member\(document.nodes == 1 ? "" : "s") under '\(document.workload)'"
        guard let best = document.recommendation else {
            return "Nothing that was tried beats the default with \(members) by more than chance: leave it as it is."
        }
        let lines = best.settings.map { "    \($0)" }.joined(separator: "\n")
        guard document.proof != nil else { return "Best with \(members), not proved:\n\n\(lines)" }
        guard document.isProved else {
            return "Best in the search with \(members), but the proof does not bear it out: leave the default.\n\n\(lines)"
        }
        return "Recommended with \(members), and better than the default under another seed, too:\n\n\(lines)"
    }
}

extension ResultMetric {
    fileprivate func shown(_ value: Double?) -> String { value.map { shown($0) } ?? Numbers.absent }
}
