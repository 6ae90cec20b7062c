// Targets beside each other. Slices of one round lay side by side in time, so a figure of the one divided by that of the other
// holds even where the machine's pace changes from round to round; the median of such ratios, and a bootstrap of it, is the
// result. Where there are several runs, each on fresh directories, each of them counts once: runs differ more than rounds of one
// run do.

internal import Foundation
package import Results
internal import Statistics

package struct Comparison {
    /// Resampling begins from it, so that a document can be computed again.
    private static let seed: UInt64 = 20_110_627
    private let runs: [ResultRun]
    private let targets: [String]

    /// - Parameter targets: in their order; the others are compared with the first one.
    package init(_ runs: [ResultRun], targets: [String]) {
        self.runs = runs.filter { $0.failure == nil && $0.isTooSlow != true }
        self.targets = targets
    }

    /// Over the runs of each size and target; nothing where there was one run.
    package var summaries: [ResultSummary] {
        guard runs.contains(where: { $0.repetition != nil }) else { return [] }
        return forEach { nodes, phase, metric in
            targets.compactMap { target in
                let values = own(nodes, target).compactMap { figure($0, phase, metric) }
                guard let value = Self.interval(values) else { return nil }
                return ResultSummary(nodes: nodes, target: target, phase: phase, metric: metric, value: value)
            }
        }
    }

    /// Each other target under the first one.
    package var ratios: [ResultRatio] {
        guard let first = targets.first, targets.count > 1 else { return [] }
        return forEach { nodes, phase, metric in
            targets.dropFirst().compactMap { ratio(nodes, first, $0, phase, metric) }
        }
    }

    private func forEach<Value>(_ make: (Int, String, ResultMetric) -> [Value]) -> [Value] {
        var sizes: [Int] = []
        var phases: [String] = []
        for run in runs {
            if !sizes.contains(run.nodes) { sizes.append(run.nodes) }
            for phase in run.phases where !phases.contains(phase.name) { phases.append(phase.name) }
        }
        return sizes.flatMap { nodes in
            phases.flatMap { phase in ResultMetric.allCases.flatMap { make(nodes, phase, $0) } }
        }
    }

    private func own(_ nodes: Int, _ target: String) -> [ResultRun] { runs.filter { $0.nodes == nodes && $0.target == target } }

    private func figure(_ run: ResultRun, _ phase: String, _ metric: ResultMetric) -> Double? {
        run.phases.first { $0.name == phase }?.figures[metric]
    }

    private func ratio(
        _ nodes: Int, _ target: String, _ other: String, _ phase: String, _ metric: ResultMetric
    ) -> ResultRatio? {
        var byRun: [[Double]] = []
        for run in own(nodes, target) {
            guard let against = own(nodes, other).first(where: { $0.repetition == run.repetition }) else { continue }
            let logs = Self.logRatios(run.slices ?? [], against.slices ?? [], phase, metric)
            if !logs.isEmpty { byRun.append(logs) }
        }
        let basis: ResultRatio.Basis = byRun.count > 1 ? .runs : .rounds
        let values = basis == .runs ? byRun.compactMap(median) : byRun.first ?? []
        guard let logs = Self.interval(values) else { return nil }
        let ratio = ResultInterval(
            median: exp(logs.median), low: logs.low.map { exp($0) }, high: logs.high.map { exp($0) },
            confidence: logs.confidence, samples: logs.samples)
        return ResultRatio(
            nodes: nodes, target: target, other: other, phase: phase, metric: metric, basis: basis, ratio: ratio)
    }

    /// Of each round that both have.
    private static func logRatios(
        _ own: [ResultSlice], _ others: [ResultSlice], _ phase: String, _ metric: ResultMetric
    ) -> [Double] {
        own.compactMap { slice in
            func figure(_ slice: ResultSlice?) -> Double? { slice?.phases.first { $0.name == phase }?.figures[metric] }
            guard let mine = figure(slice), let theirs = figure(others.first { $0.round == slice.round }), mine > 0, theirs > 0
            else { return nil }
            return log(mine / theirs)
        }
    }

    /// Median and interval; a few values have no interval, none is nothing.
    private static func interval(_ values: [Double]) -> ResultInterval? {
        guard let center = median(values) else { return nil }
        guard let found = Interval.bootstrapOfMedian(values, seed: seed) else {
            return ResultInterval(median: center, low: nil, high: nil, confidence: 0.95, samples: values.count)
        }
        return ResultInterval(
            median: found.median, low: found.low, high: found.high, confidence: found.confidence, samples: found.sampleCount)
    }
}
