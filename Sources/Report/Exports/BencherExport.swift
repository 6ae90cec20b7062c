// Bencher Metric Format, which `bencher run --adapter json` reads: benchmarks with measures. Two measures are there in every
// project, `latency` in nanoseconds and `throughput` in operations a second; the others are made by their slugs.

internal import Results

enum BencherExport {
    private struct Metric: Encodable {
        let value: Double
        let low: Double?
        let high: Double?

        enum CodingKeys: String, CodingKey {
            case value
            case low = "lower_value"
            case high = "upper_value"
        }
    }

    static func export(_ document: ResultDocument) throws(ResultError) -> Exported {
        let (figures, remarks) = try ExportedFigure.holding(document)
        var benchmarks: [String: [String: Metric]] = [:]
        for figure in figures {
            benchmarks["\(document.workload.name)/\(figure.place)", default: [:]][measure(figure.metric)] = Metric(
                value: figure.value, low: figure.low, high: figure.high)
        }
        return Exported(text: try JSONText.of(benchmarks), remarks: remarks)
    }

    private static func measure(_ metric: ResultMetric) -> String {
        switch metric {
        case .writes: "throughput"
        case .commitMedian: "latency"
        default: metric.rawValue.replacing("_", with: "-")
        }
    }
}
