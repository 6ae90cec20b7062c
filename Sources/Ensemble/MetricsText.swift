// Reads Prometheus' text format as members offer it: samples by name and labels, histograms from their cumulative buckets.

package struct MetricsText: Sendable, Equatable {
    package struct Sample: Sendable, Equatable {
        package var labels: [String: String]
        package var value: Double
    }

    /// As it came. It is read many times a run, beside the load, and asked for little: so each question reads its own lines.
    private let text: [UInt8]

    package init(_ text: String) { self.text = Array(text.utf8) }

    /// Lines that are no sample are left out.
    package func samples(_ name: String) -> [Sample] {
        var found: [Sample] = []
        let wanted = Array(name.utf8)
        for line in text.split(separator: 10) where line.starts(with: wanted) {
            let next = line.dropFirst(wanted.count).first
            guard next == UInt8(ascii: "{") || next == UInt8(ascii: " ") else { continue }
            if let sample = Self.sample(Substring(decoding: line, as: UTF8.self)) { found.append(sample) }
        }
        return found
    }

    /// The value of the one sample whose labels include these.
    package func value(_ name: String, labels: [String: String] = [:]) -> Double? {
        samples(name).first { sample in labels.allSatisfy { sample.labels[$0.key] == $0.value } }?.value
    }

    /// nil if there is no histogram of this name with these labels.
    package func histogram(_ name: String, labels: [String: String] = [:]) -> MetricsHistogram? {
        func own(_ suffix: String) -> [Sample] {
            samples(name + suffix).filter { sample in labels.allSatisfy { sample.labels[$0.key] == $0.value } }
        }
        var buckets: [(bound: Double, count: Double)] = []
        for sample in own("_bucket") {
            guard let bound = sample.labels["le"].flatMap(Self.number) else { return nil }
            buckets.append((bound, sample.value))
        }
        guard let sum = own("_sum").first?.value, !buckets.isEmpty else { return nil }
        buckets.sort { $0.bound < $1.bound }
        guard buckets.last?.bound == .infinity else { return nil }
        return MetricsHistogram(bounds: buckets.map(\.bound), cumulative: buckets.map(\.count), sum: sum)
    }

    private static func sample(_ line: Substring) -> Sample? {
        var rest = line
        let name = rest.prefix { $0 != "{" && $0 != " " }
        rest = rest.dropFirst(name.count)
        var labels: [String: String] = [:]
        if rest.first == "{" {
            guard let parsed = readLabels(&rest) else { return nil }
            labels = parsed
        }
        guard let text = rest.split(separator: " ").first, let value = number(String(text)) else { return nil }
        return Sample(labels: labels, value: value)
    }

    /// Reads `{name="value",...}`, with its escapes, off the front.
    private static func readLabels(_ rest: inout Substring) -> [String: String]? {
        var labels: [String: String] = [:]
        rest = rest.dropFirst()
        while rest.first != "}" {
            let name = rest.prefix { $0 != "=" }
            rest = rest.dropFirst(name.count)
            guard rest.hasPrefix("=\"") else { return nil }
            rest = rest.dropFirst(2)
            var value = ""
            while let character = rest.popFirst(), character != "\"" {
                guard character == "\\" else {
                    value.append(character)
                    continue
                }
                guard let escaped = rest.popFirst() else { return nil }
                value.append(escaped == "n" ? "\n" : escaped)
            }
            labels[name.trimmingPrefix { $0 == " " || $0 == "," }.description] = value
            if rest.first == "," { rest = rest.dropFirst() }
            if rest.isEmpty { return nil }
        }
        rest = rest.dropFirst()
        return labels
    }

    private static func number(_ text: String) -> Double? {
        switch text {
        case "+Inf": .infinity
        case "-Inf": -.infinity
        default: Double(text)
        }
    }
}

/// Counts of values by size, or what was added to such counts between two readings.
package struct MetricsHistogram: Sendable, Equatable {
    /// Rising; the last one is infinite.
    package let bounds: [Double]
    /// Values that were at most as large as the bound.
    package let cumulative: [Double]
    package let sum: Double

    package init(bounds: [Double], cumulative: [Double], sum: Double) {
        precondition(!bounds.isEmpty && bounds.count == cumulative.count && bounds.last == .infinity, "the last bucket takes all")
        self.bounds = bounds
        self.cumulative = cumulative
        self.sum = sum
    }

    package var count: Double { cumulative[cumulative.count - 1] }
    package var mean: Double? { count > 0 ? sum / count : nil }

    /// What came between an earlier reading and this one. Buckets that only one of them lists count as they are; nil if something
    /// has shrunk, as after a restart.
    package func minus(_ earlier: MetricsHistogram) -> MetricsHistogram? {
        var differences: [Double] = []
        for (bound, count) in zip(bounds, cumulative) {
            let difference = count - earlier.cumulative(through: bound)
            guard difference >= (differences.last ?? 0) else { return nil }
            differences.append(difference)
        }
        return MetricsHistogram(bounds: bounds, cumulative: differences, sum: sum - earlier.sum)
    }

    /// Readings of several members together. Buckets that only one of them lists are empty in the other.
    package func plus(_ other: MetricsHistogram) -> MetricsHistogram {
        let all = Set(bounds).union(other.bounds).sorted()
        return MetricsHistogram(
            bounds: all, cumulative: all.map { cumulative(through: $0) + other.cumulative(through: $0) }, sum: sum + other.sum)
    }

    private func cumulative(through bound: Double) -> Double {
        var found = 0.0
        for (own, count) in zip(bounds, cumulative) where own <= bound { found = count }
        return found
    }

    /// The value that the share `q` of all does not exceed, interpolated inside of its bucket; nil without values or beyond the
    /// last finite bound.
    package func quantile(_ q: Double) -> Double? {
        precondition(q >= 0 && q <= 1, "a share lies between 0 and 1")
        guard count > 0 else { return nil }
        let rank = q * count
        var lower = (bound: 0.0, count: 0.0)
        for (bound, through) in zip(bounds, cumulative) {
            if through >= rank && through > lower.count {
                guard bound.isFinite else { return nil }
                return lower.bound + (bound - lower.bound) * max(0, rank - lower.count) / (through - lower.count)
            }
            lower = (bound, through)
        }
        return nil
    }
}
