// A latency distribution as a result shows it: the usual percentiles for readers, and the histogram they come from for those who
// merge. The histogram is the truth; the percentiles are taken from it when it is put in and can't be set apart from it. Where
// the distribution stands elsewhere in the document, or was merged with others, the percentiles alone are kept.

package import Statistics

package struct LatencyFigures: Sendable, Equatable {
    package let histogram: LatencyHistogram

    /// nil without a single value: what was not measured is left out.
    package init?(_ histogram: LatencyHistogram?) {
        guard let histogram, !histogram.isEmpty else { return nil }
        self.histogram = histogram
    }

    package var count: UInt64 { histogram.count }
    package var mean: UInt64 { UInt64(histogram.mean.rounded()) }
    package var max: UInt64 { histogram.max }
    package func percentile(_ percentile: Double) -> UInt64 { histogram.value(atPercentile: percentile) }
    package var summary: LatencySummary { LatencySummary(self) }
}

/// The usual percentiles, without the distribution. All but the count are nanoseconds.
package struct LatencySummary: Sendable, Equatable, Codable {
    package let count: UInt64
    package let mean: UInt64
    package let p50: UInt64
    package let p90: UInt64
    package let p99: UInt64
    package let p999: UInt64
    package let p9999: UInt64
    package let max: UInt64

    package init(_ figures: LatencyFigures) {
        count = figures.count
        mean = figures.mean
        p50 = figures.percentile(50)
        p90 = figures.percentile(90)
        p99 = figures.percentile(99)
        p999 = figures.percentile(99.9)
        p9999 = figures.percentile(99.99)
        max = figures.max
    }

    /// nil without a single value.
    package init?(_ histogram: LatencyHistogram?) {
        guard let figures = LatencyFigures(histogram) else { return nil }
        self.init(figures)
    }

    fileprivate enum CodingKeys: String, CodingKey {
        case count
        case mean = "mean_ns"
        case p50 = "p50_ns"
        case p90 = "p90_ns"
        case p99 = "p99_ns"
        case p999 = "p999_ns"
        case p9999 = "p9999_ns"
        case max = "max_ns"
    }
}

extension LatencyFigures: Codable {
    private enum CodingKeys: String, CodingKey { case histogram }

    package func encode(to encoder: any Encoder) throws {
        try summary.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(histogram, forKey: .histogram)
    }

    package init(from decoder: any Decoder) throws {
        let histogram = try decoder.container(keyedBy: CodingKeys.self).decode(LatencyHistogram.self, forKey: .histogram)
        let count = try decoder.container(keyedBy: LatencySummary.CodingKeys.self).decode(UInt64.self, forKey: .count)
        guard !histogram.isEmpty, histogram.count == count else {
            throw DecodingError.dataCorrupted(
                .init(
                    codingPath: decoder.codingPath,
                    debugDescription: "the histogram holds \(histogram.count) values, and the figures beside it speak of \(count)"
                ))
        }
        self.histogram = histogram
    }
}
