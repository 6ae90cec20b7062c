// When a figure counts as worse: its effect has reached the threshold and what the machine can't tell from nothing at all, and
// its interval leaves half of that out. The whole is worse if any gated figure is, and an independent run says so again.

package struct GateRule: Sendable, Equatable {
    /// As a share: 0.05 is five percent.
    package var threshold: Double
    /// What counts for the whole; the others are told.
    package var gated: Set<ResultMetric>

    /// Tails of a short comparison say little on a shared machine, so they are told and do not gate.
    package static let usual: Set<ResultMetric> = [.writes, .reads, .items, .commitMedian, .cpuPerWrite, .flushMean]

    package init(threshold: Double, gated: Set<ResultMetric> = usual) {
        precondition(threshold > 0 && threshold < 1, "a threshold lies between nothing and all")
        self.threshold = threshold
        self.gated = gated
    }

    /// - Parameter ratio: of the new side to the base.
    /// - Parameter resolution: see ``ComparedFigure/resolution``.
    package func judge(
        _ ratio: ResultInterval, of metric: ResultMetric, resolution: Double?
    ) -> (verdict: ResultVerdict, reason: String?) {
        guard let low = ratio.low, let high = ratio.high else {
            return (.undecided, "too few values for an interval (\(ratio.samples))")
        }
        // An effect that base has on itself, too, is none.
        let bound = max(threshold, resolution ?? 0)
        // Turned so that more is worse.
        let worse =
            metric.isMoreBetter
            ? (median: 1 / ratio.median, low: 1 / high, high: 1 / low) : (median: ratio.median, low: low, high: high)
        if worse.median >= 1 + bound, worse.low > 1 + bound / 2 { return (.worse, nil) }
        if worse.median <= 1 / (1 + bound), worse.high < 1 / (1 + bound / 2) { return (.better, nil) }
        if let resolution, resolution > threshold {
            return (.undecided, "base differs from itself by up to \(percent(resolution)) here")
        }
        if worse.low > 1 / (1 + threshold), worse.high < 1 + threshold { return (.same, nil) }
        return (.undecided, "the interval is too wide for \(percent(threshold))")
    }

    /// Worse if any gated figure is, undecided if none is and one of them is undecided.
    package func verdict(_ figures: [ComparedFigure]) -> ResultVerdict {
        let gated = figures.filter(\.isGated)
        if gated.contains(where: { $0.verdict == .worse }) { return .worse }
        if gated.isEmpty || gated.contains(where: { $0.verdict == .undecided }) { return .undecided }
        return gated.contains { $0.verdict == .better } ? .better : .same
    }

    /// What a second, independent run says of the first one: what was worse must be so again.
    package func confirmed(_ first: [ComparedFigure], by second: [ComparedFigure]) -> ResultVerdict {
        let found = verdict(first)
        guard found == .worse else { return found }
        let again = first.contains { figure in
            figure.isGated && figure.verdict == .worse
                && second.contains { $0.isSameFigure(as: figure) && $0.verdict == .worse }
        }
        return again ? .worse : .undecided
    }

    private func percent(_ share: Double) -> String {
        let tenths = Int((share * 1_000).rounded())
        return tenths % 10 == 0 ? "\(tenths / 10) %" : "\(tenths / 10).\(tenths % 10) %"
    }
}

extension ComparedFigure {
    package func isSameFigure(as other: ComparedFigure) -> Bool {
        nodes == other.nodes && phase == other.phase && metric == other.metric
    }
}
