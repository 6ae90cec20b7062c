// Bootstrap intervals of ratios, as logarithms: of pairs that were measured side by side in several runs, and of two sets of
// values that have nothing but their unit in common. Both are percentile bootstraps of medians (Efron, 1979), seeded, so that
// they can be computed again.

extension Interval {
    /// The median of all values of all runs, and the interval that resampling runs first and then the values within each gives:
    /// values of one run share whatever that run was like, so they are not as many as they look.
    /// - Parameter runs: each holds the values of one run. nil of fewer than `fewestValues` in all.
    package static func bootstrapOfMedian(
        ofRuns runs: [[Double]], confidence: Double = 0.95, resamples: Int = 2_000, seed: UInt64
    ) -> Interval? {
        let runs = runs.filter { !$0.isEmpty }
        let all = runs.flatMap(\.self)
        guard all.count >= fewestValues, let center = Statistics.median(all) else { return nil }
        var random = SeededRandom(seed: seed)
        let medians = (0..<resamples).map { _ in
            var sample: [Double] = []
            sample.reserveCapacity(all.count)
            for _ in runs {
                // One run alone stands for itself.
                let run = runs.count == 1 ? runs[0] : runs[Int(random.below(UInt64(runs.count)))]
                for _ in run { sample.append(run[Int(random.below(UInt64(run.count)))]) }
            }
            return Statistics.median(sample)!
        }
        return between(medians, center: center, confidence: confidence, count: all.count)
    }

    /// The difference of the medians of `values` and `others`, each resampled for itself. nil if either has fewer than
    /// `fewestValues`.
    package static func bootstrapOfDifference(
        _ values: [Double], _ others: [Double], confidence: Double = 0.95, resamples: Int = 2_000, seed: UInt64
    ) -> Interval? {
        guard values.count >= fewestValues, others.count >= fewestValues else { return nil }
        let center = Statistics.median(values)! - Statistics.median(others)!
        var random = SeededRandom(seed: seed)
        func resampled(_ values: [Double]) -> Double {
            Statistics.median(values.map { _ in values[Int(random.below(UInt64(values.count)))] })!
        }
        let differences = (0..<resamples).map { _ in resampled(values) - resampled(others) }
        return between(differences, center: center, confidence: confidence, count: min(values.count, others.count))
    }

    /// Cuts both tails.
    private static func between(_ found: [Double], center: Double, confidence: Double, count: Int) -> Interval {
        precondition(confidence > 0 && confidence < 1, "a confidence lies between 0 and 1")
        precondition(found.count >= 100, "fewer than 100 resamples say nothing about the tails")
        let sorted = found.sorted()
        let tail = (1 - confidence) / 2 * Double(sorted.count - 1)
        return Interval(
            median: center, low: sorted[Int(tail.rounded(.down))], high: sorted[sorted.count - 1 - Int(tail.rounded(.down))],
            confidence: confidence, sampleCount: count)
    }
}
