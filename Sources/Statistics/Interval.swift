// Median and percentile-bootstrap interval of a few repeated measurements.

/// The middle of some values; nil of none.
package func median(_ values: [Double]) -> Double? {
    guard !values.isEmpty else { return nil }
    let sorted = values.sorted()
    let middle = sorted.count / 2
    return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

/// A figure with the interval that holds it at a confidence, from `sampleCount` measurements.
package struct Interval: Sendable, Equatable, Codable {
    package let median: Double
    package let low: Double
    package let high: Double
    package let confidence: Double
    package let sampleCount: Int

    package init(median: Double, low: Double, high: Double, confidence: Double, sampleCount: Int) {
        self.median = median
        self.low = low
        self.high = high
        self.confidence = confidence
        self.sampleCount = sampleCount
    }

    /// Fewer values than these say nothing of the kind: between the least and the largest of n values the median lies with a
    /// chance of 1 - 2^(1-n), which is 94 % of five and 88 % of four.
    package static let fewestValues = 5

    /// Percentile bootstrap of the median: resample with replacement, take the median of each, cut both tails.
    /// nil of fewer than `fewestValues`.
    package static func bootstrapOfMedian(
        _ values: [Double], confidence: Double = 0.95, resamples: Int = 2_000, seed: UInt64
    ) -> Interval? {
        precondition(confidence > 0 && confidence < 1, "a confidence lies between 0 and 1")
        precondition(resamples >= 100, "fewer than 100 resamples say nothing about the tails")
        guard values.count >= fewestValues, let center = Statistics.median(values) else { return nil }
        var random = SeededRandom(seed: seed)
        var medians: [Double] = []
        medians.reserveCapacity(resamples)
        var sample = values
        for _ in 0..<resamples {
            for position in sample.indices { sample[position] = values[Int(random.below(UInt64(values.count)))] }
            medians.append(Statistics.median(sample)!)
        }
        medians.sort()
        let tail = (1 - confidence) / 2
        let last = Double(resamples - 1)
        return Interval(
            median: center, low: medians[Int((tail * last).rounded(.down))],
            high: medians[Int(((1 - tail) * last).rounded(.up))], confidence: confidence, sampleCount: values.count)
    }
}
