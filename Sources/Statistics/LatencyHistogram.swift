// Distribution of latencies in nanoseconds, from one microsecond to one hour with three significant digits.
// Recording allocates nothing; histograms of phases, roles, members and runs merge without loss. How it is
// written to a result file stands in LatencyHistogram+Slots.swift.

internal import Histogram

/// A mergeable latency distribution. Count, sum, least and greatest value are exact; percentiles are within 0.1 %.
package struct LatencyHistogram: Sendable {
    /// Slots are this wide at the low end: the power of two below one microsecond.
    package static let unitNanoseconds: UInt64 = 512
    package static let significantDigits = 3
    /// Longer times are recorded as this one and counted in `clamped`, so that nothing vanishes.
    package static let highestNanoseconds: UInt64 = 3_600_000_000_000

    var histogram = Histogram<UInt64>(
        lowestDiscernibleValue: 1_000, highestTrackableValue: LatencyHistogram.highestNanoseconds,
        numberOfSignificantValueDigits: .three)
    package private(set) var sum: UInt64 = 0
    package private(set) var clamped: UInt64 = 0
    private var least: UInt64 = .max
    private var greatest: UInt64 = 0

    package init() {}

    package var count: UInt64 { histogram.totalCount }
    package var isEmpty: Bool { count == 0 }
    /// The shortest recorded time, exact; 0 when nothing was recorded.
    package var min: UInt64 { isEmpty ? 0 : least }
    /// The longest recorded time, exact; 0 when nothing was recorded.
    package var max: UInt64 { greatest }
    package var mean: Double { isEmpty ? 0 : Double(sum) / Double(count) }

    package mutating func record(_ nanoseconds: UInt64) {
        record(nanoseconds, count: 1)
    }

    package mutating func record(_ nanoseconds: UInt64, count: UInt64) {
        guard count > 0 else { return }
        var value = nanoseconds
        if value > Self.highestNanoseconds {
            value = Self.highestNanoseconds
            clamped += count
        }
        let fits = histogram.record(value, count: count)
        precondition(fits, "a value up to one hour fits the histogram")
        sum &+= value &* count
        if value < least { least = value }
        if value > greatest { greatest = value }
    }

    package mutating func merge(_ other: LatencyHistogram) {
        guard !other.isEmpty else { return }
        histogram.add(other.histogram)
        sum &+= other.sum
        clamped += other.clamped
        least = Swift.min(least, other.least)
        greatest = Swift.max(greatest, other.greatest)
    }

    package mutating func reset() {
        guard !isEmpty else { return }
        histogram.reset()
        sum = 0
        clamped = 0
        least = .max
        greatest = 0
    }

    /// The time that `percentile` percent of the recorded ones do not exceed; 0 when nothing was recorded.
    package func value(atPercentile percentile: Double) -> UInt64 {
        guard !isEmpty else { return 0 }
        let edge = histogram.valueAtPercentile(percentile)
        // In its last slot a histogram that was read again knows no time but this one, and answers as the one that was written.
        if Self.slot(of: edge) >= Self.slot(of: greatest) { return greatest }
        return Swift.min(Swift.max(edge, least), greatest)
    }

    /// How many recorded times lie above `nanoseconds`, to the resolution of the slots.
    package func count(above nanoseconds: UInt64) -> UInt64 {
        var above: UInt64 = 0
        for (slot, count) in slots where Self.lowestValue(ofSlot: slot) > nanoseconds { above += count }
        return above
    }

    /// Restores the exact figures that a slot list cannot carry.
    mutating func restore(sum: UInt64, clamped: UInt64, min: UInt64, max: UInt64) {
        self.sum = sum
        self.clamped = clamped
        least = min
        greatest = max
    }
}

extension LatencyHistogram: Equatable {
    package static func == (left: LatencyHistogram, right: LatencyHistogram) -> Bool {
        left.sum == right.sum && left.clamped == right.clamped && left.min == right.min && left.max == right.max
            && left.histogram == right.histogram
    }
}
