// What a server tells of itself at one moment: a plain value that the loop's thread makes and publishes, and that the admin port
// reads on other threads. Its text forms are in PrometheusText.swift and AdminAnswer.swift; the loop's thread fills it.

import Synchronization

/// A name and a value that tell samples of one family apart.
package struct MetricLabel: Hashable, Sendable {
    package let name: String
    package let value: String

    package init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }
}

/// Counts of values by size: `counts[i]` values were at most `bounds[i]` and more than the bound before; the last count has none.
package struct HistogramCounts: Hashable, Sendable {
    package let bounds: [Double]
    package let counts: [UInt64]
    package let sum: Double

    package init(bounds: [Double], counts: [UInt64], sum: Double) {
        precondition(counts.count == bounds.count + 1, "a histogram has one count more than bounds")
        precondition(zip(bounds, bounds.dropFirst()).allSatisfy { $0 < $1 }, "bounds of a histogram rise")
        self.bounds = bounds
        self.counts = counts
        self.sum = sum
    }
}

/// The bounds at which a histogram is shown, the same from the first scrape to the last: a series that came into being with its
/// first value would have no rate before, and whoever compares two times would compare different buckets.
package struct BucketLadder: Hashable, Sendable {
    package let bounds: [Double]

    /// 10 µs to 10 s.
    package static let seconds = BucketLadder(decades: -5..<1)
    /// 1 to a million: requests, batches.
    package static let counts = BucketLadder(decades: 0..<6)
    /// 100 bytes to 100 MB.
    package static let bytes = BucketLadder(decades: 2..<8)

    /// 1, 2 and 5 of every decade, and the end.
    private init(decades: Range<Int>) {
        // Powers are divided by, as no negative one is exact, so that 0.001 is written as that.
        func value(_ step: Double, _ decade: Int) -> Double {
            let power = (0..<abs(decade)).reduce(1.0) { value, _ in value * 10 }
            return decade < 0 ? step / power : step * power
        }
        bounds = decades.flatMap { decade in [1, 2, 5].map { value($0, decade) } } + [value(1, decades.upperBound)]
    }
}

extension HistogramCounts {
    /// The same values counted at the bounds of a ladder. A bucket counts where its middle lies, so that a value may pass for one
    /// that differs by half of its bucket's width. It needs the bucket before each one that holds something.
    package func on(_ ladder: BucketLadder) -> HistogramCounts {
        var coarse = [UInt64](repeating: 0, count: ladder.bounds.count + 1)
        var step = 0
        for (index, bound) in bounds.enumerated() {
            let middle = (bound + (index > 0 ? bounds[index - 1] : 0)) / 2
            while step < ladder.bounds.count, ladder.bounds[step] < middle { step += 1 }
            coarse[step] += counts[index]
        }
        coarse[coarse.count - 1] += counts[counts.count - 1]
        return HistogramCounts(bounds: ladder.bounds, counts: coarse, sum: sum)
    }
}

package struct MetricFamily: Sendable {
    package enum Kind: String, Sendable {
        case counter, gauge, histogram
    }

    package enum Value: Hashable, Sendable {
        case integer(Int64)
        case number(Double)
        case histogram(HistogramCounts)
    }

    package struct Sample: Hashable, Sendable {
        package let labels: [MetricLabel]
        package let value: Value
    }

    package let name: String
    package let help: String
    package let kind: Kind
    /// How a histogram is shown at /metrics; nil where its own buckets are always the same.
    package let ladder: BucketLadder?
    package internal(set) var samples: [Sample]
}

package struct MetricsSnapshot: Sendable {
    /// Monotonic nanoseconds; tells the admin port whether the loop still turns.
    package var takenAt: UInt64
    /// True when this member is level with a quorum and takes clients.
    package var isServing = false
    /// Why not, in words for whoever asks `/readyz`.
    package var reason = "the server has not found a quorum yet"
    /// `leader`, `follower`, `standalone`; what it was last or tries to be while it does not serve.
    package var mode = "looking"
    package private(set) var families: [MetricFamily] = []
    /// ZooKeeper's `mntr` lines without `zk_`, in the order in which they are shown.
    package var monitor: [AdminField] = []
    /// Answers of `/commands/NAME` beyond those that every server gives.
    package var commands: [String: [AdminField]] = [:]

    package init(takenAt: UInt64) {
        self.takenAt = takenAt
    }

    /// Something that only grows while the process lives; its name ends in `_total`.
    package mutating func counter(_ name: String, _ help: String, _ value: UInt64, labels: [MetricLabel] = []) {
        add(name, help, .counter, .integer(Int64(clamping: value)), labels)
    }

    package mutating func counter(_ name: String, _ help: String, seconds value: Double, labels: [MetricLabel] = []) {
        add(name, help, .counter, .number(value), labels)
    }

    package mutating func gauge(_ name: String, _ help: String, _ value: Int64, labels: [MetricLabel] = []) {
        add(name, help, .gauge, .integer(value), labels)
    }

    package mutating func gauge(_ name: String, _ help: String, number value: Double, labels: [MetricLabel] = []) {
        add(name, help, .gauge, .number(value), labels)
    }

    package mutating func histogram(
        _ name: String, _ help: String, _ value: HistogramCounts, labels: [MetricLabel] = [], ladder: BucketLadder? = nil
    ) {
        add(name, help, .histogram, .histogram(value), labels, ladder)
    }

    private mutating func add(
        _ name: String, _ help: String, _ kind: MetricFamily.Kind, _ value: MetricFamily.Value, _ labels: [MetricLabel],
        _ ladder: BucketLadder? = nil
    ) {
        let sample = MetricFamily.Sample(labels: labels, value: value)
        // Samples of one family stand together in the text, however they came.
        if let index = families.firstIndex(where: { $0.name == name }) {
            precondition(families[index].kind == kind, "\(name) is a \(families[index].kind) and not a \(kind)")
            families[index].samples.append(sample)
        } else {
            families.append(MetricFamily(name: name, help: help, kind: kind, ladder: ladder, samples: [sample]))
        }
    }
}

/// Where the newest snapshot lies for other threads to read.
package final class MetricsBoard: Sendable {
    private let newest: Mutex<MetricsSnapshot>

    package init(_ first: MetricsSnapshot) {
        newest = Mutex(first)
    }

    package func publish(_ snapshot: MetricsSnapshot) {
        newest.withLock { $0 = snapshot }
    }

    package func read() -> MetricsSnapshot {
        newest.withLock { $0 }
    }
}
