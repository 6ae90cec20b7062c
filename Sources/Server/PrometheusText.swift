// Writes a snapshot in Prometheus' text format (version 0.0.4), histograms with cumulative buckets.
// ZooKeeper's own names stand there too, so that its dashboards find what they ask for.

package enum PrometheusText {
    package enum Detail: Sendable {
        /// Few buckets that are always the same, for whoever keeps series.
        case steady
        /// Every bucket that holds something, for whoever compares two scrapes and wants quantiles as fine as they are counted.
        case fine
    }

    package static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    package static func write(_ snapshot: MetricsSnapshot, _ detail: Detail = .steady) -> String {
        var text = ""
        text.reserveCapacity(128 << 10)
        for family in snapshot.families { write(family, detail, into: &text) }
        let own = Set(snapshot.families.map(\.name))
        for line in snapshot.monitor where !own.contains(line.name) && isName(line.name) {
            guard let number = line.value.number else { continue }
            text += "# TYPE \(line.name) gauge\n\(line.name) \(number)\n"
        }
        return text
    }

    private static func write(_ family: MetricFamily, _ detail: Detail, into text: inout String) {
        text += "# HELP \(family.name) \(escaped(family.help, quotes: false))\n# TYPE \(family.name) \(family.kind.rawValue)\n"
        for sample in family.samples {
            switch sample.value {
            case .integer(let value): text += family.name + labels(sample.labels) + " \(value)\n"
            case .number(let value): text += family.name + labels(sample.labels) + " \(self.number(value))\n"
            case .histogram(let value):
                let ladder = detail == .steady ? family.ladder : nil
                write(ladder.map { value.on($0) } ?? value, named: family.name, sample.labels, into: &text)
            }
        }
    }

    /// A line a bucket, and there are thousands: what they have in common is put together once.
    private static func write(_ value: HistogramCounts, named name: String, _ own: [MetricLabel], into text: inout String) {
        let label = labels(own)
        let start = name + "_bucket" + (own.isEmpty ? "{" : String(label.dropLast()) + ",") + "le=\""
        var total: UInt64 = 0
        for (index, count) in value.counts.enumerated() {
            total += count
            text += start
            text += index < value.bounds.count ? number(value.bounds[index]) : "+Inf"
            text += "\"} "
            text += String(total)
            text += "\n"
        }
        text += "\(name)_sum" + label + " \(number(value.sum))\n"
        text += "\(name)_count" + label + " \(total)\n"
    }

    private static func labels(_ labels: [MetricLabel]) -> String {
        if labels.isEmpty { return "" }
        return "{" + labels.map { "\($0.name)=\"\(escaped($0.value, quotes: true))\"" }.joined(separator: ",") + "}"
    }

    private static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        return "\(value)"
    }

    private static func escaped(_ text: String, quotes: Bool) -> String {
        guard text.utf8.contains(where: { $0 == 0x5c || $0 == 0x0a || $0 == 0x22 }) else { return text }
        var result = ""
        for character in text.unicodeScalars {
            switch character {
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\"" where quotes: result += "\\\""
            default: result.unicodeScalars.append(character)
            }
        }
        return result
    }

    private static func isName(_ text: String) -> Bool {
        guard let first = text.utf8.first, !(48...57).contains(first) else { return false }
        return text.utf8.allSatisfy {
            (48...57).contains($0) || (65...90).contains($0) || (97...122).contains($0) || $0 == 95 || $0 == 58
        }
    }
}
