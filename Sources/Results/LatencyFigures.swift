// A latency distribution as a result shows it: the usual percentiles for readers, and the histogram they come from for those who
// merge. The histogram is the truth; the percentiles are taken from it when it is put in and can't be set apart from it.

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
}

extension LatencyFigures: Codable {
    private enum CodingKeys: String, CodingKey {
        case count
        case mean = "mean_ns"
        case p50 = "p50_ns"
        case p90 = "p90_ns"
        case p99 = "p99_ns"
        case p999 = "p999_ns"
        case p9999 = "p9999_ns"
        case max = "max_ns"
        case histogram
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(count, forKey: .count)
        try container.encode(mean, forKey: .mean)
        try container.encode(percentile(50), forKey: .p50)
        try container.encode(percentile(90), forKey: .p90)
        try container.encode(percentile(99), forKey: .p99)
        try container.encode(percentile(99.9), forKey: .p999)
        try container.encode(percentile(99.99), forKey: .p9999)
        try container.encode(max, forKey: .max)
        try container.encode(histogram, forKey: .histogram)
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let histogram = try container.decode(LatencyHistogram.self, forKey: .histogram)
        let count = try container.decode(UInt64.self, forKey: .count)
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
