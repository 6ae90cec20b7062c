// Of phases that waited for a steady state before they were recorded: how long that took. Those that did not reach it are marks.

internal import Results

extension ResultWords {
    static func settled(_ document: ResultDocument) -> [String] {
        document.rows.flatMap { row in
            row.recordedPhases.compactMap { phase in
                guard let steady = phase.steady, steady.isReached else { return nil }
                let members =
                    "\(row.nodes) member\(row.nodes == 1 ? "" : "s")\(document.namesTargets ? " of \(row.target)" : "")"
                    + (row.parameterWords.map { " and \($0)" } ?? "")
                let seconds = Numbers.significant(Double(steady.settledNanoseconds) / 1e9)
                let slope = Numbers.fixed(steady.slopePercent ?? 0, places: 1)
                let period = Numbers.significant(Double(steady.periodNanoseconds) / 1e9)
                return
                    "Phase '\(phase.name)' with \(members) was steady after \(seconds) s: \(steady.metric) changed by \(slope) % "
                    + "in \(period) s."
            }
        }
    }
}
