// A distribution as steps of percentiles that come ever closer to 100, as the readers of HdrHistogram's tables expect them: five
// steps for each halving of what is left.

internal import Foundation
internal import Statistics

struct PercentileStep {
    /// In nanoseconds: the highest value that can't be told from those recorded.
    let value: UInt64
    let percentile: Double
    /// How many values lie at or below.
    let through: UInt64

    private static let perHalving = 5.0

    static func all(_ histogram: LatencyHistogram) -> [PercentileStep] {
        let total = histogram.count
        var steps: [PercentileStep] = []
        var level = 0.0
        var through: UInt64 = 0
        for (slot, count) in histogram.slots {
            through += count
            let value = min(LatencyHistogram.lowestValue(ofSlot: slot + 1) - 1, histogram.max)
            while 100 * Double(through) / Double(total) >= level {
                steps.append(PercentileStep(value: value, percentile: level, through: through))
                level += 100 / (perHalving * exp2(log2(100 / (100 - level)).rounded(.down) + 1))
                if through == total { break }
            }
        }
        guard total > 0 else { return [] }
        return steps + [PercentileStep(value: histogram.max, percentile: 100, through: total)]
    }
}
