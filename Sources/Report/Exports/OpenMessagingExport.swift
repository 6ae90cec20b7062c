// A phase with a queue or messages in the fields of the OpenMessaging Benchmark's results, to be charted beside those
// of brokers. Latencies are milliseconds. Its publish latency counts from the sending; here it is the response time, from when a
// message was due. Lists are by second where the document has seconds, and else of one interval, the phase.

internal import Foundation
internal import Results
internal import Statistics

struct OpenMessagingExport {
    private enum Value: Encodable {
        case text(String)
        case number(Double)
        case list([Double])
        case quantiles([String: Double])

        func encode(to encoder: any Encoder) throws {
            var container = encoder.singleValueContainer()
            switch self {
            case .text(let text): try container.encode(text)
            case .number(let number): try container.encode(number)
            case .list(let numbers): try container.encode(numbers)
            case .quantiles(let map): try container.encode(map)
            }
        }
    }

    private static let percentiles: [(name: String, percentile: Double)] = [
        ("50pct", 50), ("75pct", 75), ("95pct", 95), ("99pct", 99), ("999pct", 99.9), ("9999pct", 99.99),
    ]
    private let selected: SelectedPhase
    private let isVoidTail: Bool
    private let isVoidRate: Bool
    private var fields: [String: Value] = [:]

    static func export(_ document: ResultDocument, _ selection: ExportSelection) throws(ResultError) -> Exported {
        let selected = try SelectedPhase(document, selection)
        let export = OpenMessagingExport(selected, document)
        guard export.fields["publishRate"] != nil || export.fields["aggregatedPublishLatencyAvg"] != nil else {
            throw ResultError(
                description:
                    "'\(document.id)' has no queue or messages in phase '\(selected.phase.name)' with \(selected.members), "
                    + "which is what openmessaging is about.")
        }
        var remarks = ["It is of phase '\(selected.phase.name)' with \(selected.members)."]
        if export.isVoidTail { remarks.append("Left out from the 99th percentile on, as the load generator made it.") }
        if export.isVoidRate { remarks.append("Rates are left out, as the load generator made them.") }
        return Exported(text: try JSONText.of(export.fields), remarks: remarks)
    }

    private init(_ selected: SelectedPhase, _ document: ResultDocument) {
        self.selected = selected
        isVoidTail = selected.phase.makesVoid(.commitP99)
        isVoidRate = selected.phase.makesVoid(.writes)
        let operations = selected.phase.operations
        let publishing = operations.filter { ["enqueue", "publish"].contains($0.op) && $0.acknowledged > 0 }
        let delivery = operations.filter { ($0.op.hasPrefix("dispatch") || $0.op == "deliver") && $0.acknowledged > 0 }
        guard !publishing.isEmpty else { return }
        fields["workload"] = .text(
            "\(document.workload.name), \(selected.phase.name), \(selected.row.nodes) member\(selected.row.nodes == 1 ? "" : "s")"
        )
        fields["driver"] = .text(selected.row.target)
        rate("publishRate", publishing)
        rate("consumeRate", delivery)
        errors(publishing)
        latency("publishLatency", "aggregatedPublishLatency", publishing.map(\.response), publishing, unit: 1e6)
        latency("publishDelayLatency", "aggregatedPublishDelayLatency", publishing.map(\.slip), [], unit: 1e3)
        latency("endToEndLatency", "aggregatedEndToEndLatency", delivery.map(\.response), delivery, unit: 1e6)
    }

    /// The first and the last second of a phase are seldom whole; their counts stand as they are.
    private mutating func rate(_ name: String, _ operations: [ResultOperation]) {
        guard !isVoidRate, !operations.isEmpty else { return }
        let counts = bySecond(operations, \.count)
        let inside = operations.reduce(0) { $0 + $1.acknowledgedInside }
        fields[name] = .list(counts.isEmpty ? [perSecond(inside)] : counts)
    }

    private mutating func errors(_ operations: [ResultOperation]) {
        let counts = bySecond(operations, \.errors)
        let all = operations.flatMap(\.errors.values).reduce(0, +)
        fields["publishErrorRate"] = .list(counts.isEmpty ? [perSecond(all)] : counts)
    }

    private func perSecond(_ count: UInt64) -> Double {
        Double(count) * 1e9 / Double(max(selected.phase.durationNanoseconds, 1))
    }

    private func bySecond(_ operations: [ResultOperation], _ value: (ResultSecond) -> UInt64) -> [Double] {
        guard operations.allSatisfy({ !$0.series.isEmpty }) else { return [] }
        var sums: [Int: UInt64] = [:]
        for second in operations.flatMap(\.series) { sums[second.second, default: 0] += value(second) }
        return sums.sorted { $0.key < $1.key }.map { Double($0.value) }
    }

    /// Percentiles of several operations in one second can't be joined, so that there the phase is the interval.
    private mutating func latency(
        _ name: String, _ whole: String, _ figures: [LatencyFigures?], _ operations: [ResultOperation], unit: Double
    ) {
        var joined = LatencyHistogram()
        for next in figures { if let next { joined.merge(next.histogram) } }
        guard !joined.isEmpty else { return }
        let series = operations.count == 1 ? operations[0].series : []
        func set(_ suffix: String, _ value: Double, seconds: ((ResultSecond) -> UInt64)? = nil) {
            fields[whole + suffix] = .number(value / unit)
            var list: [Double] = []
            if let seconds { list = series.filter { $0.count > 0 }.map { Double(seconds($0)) / unit } }
            fields[name + suffix] = .list(list.isEmpty ? [value / unit] : list)
        }
        set("Avg", joined.mean)
        for (suffix, percentile) in Self.percentiles where percentile < 99 || !isVoidTail {
            let seconds: ((ResultSecond) -> UInt64)? = percentile == 50 ? \.p50 : percentile == 99 ? \.p99 : nil
            set(suffix, Double(joined.value(atPercentile: percentile)), seconds: seconds)
        }
        if !isVoidTail { set("Max", Double(joined.max), seconds: \.max) }
        let steps = PercentileStep.all(joined).filter { $0.percentile < 99 || !isVoidTail }
        let pairs = steps.map { ("\($0.percentile)", Double($0.value) / unit) }
        fields[whole + "Quantiles"] = .quantiles(Dictionary(pairs) { first, _ in first })
    }
}
