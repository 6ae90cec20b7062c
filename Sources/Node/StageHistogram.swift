// Latency histograms of the node itself: log-linear buckets of plain integers, added to with a weight, read at scrape. The
// harness has its own, finer histograms in Statistics; these must cost a few nanoseconds and no allocation.

/// Counts of nanosecond values in buckets whose width is an eighth of their lower end.
package struct StageHistogram: Sendable {
    package private(set) var counts: [UInt64]
    package private(set) var count: UInt64 = 0
    /// Sum of value times weight, in nanoseconds; wraps after centuries.
    package private(set) var sum: UInt64 = 0
    package private(set) var largest: UInt64 = 0

    private static let sub = 8
    private static let buckets = 64 * sub

    package init() { counts = Array(repeating: 0, count: StageHistogram.buckets) }

    @inline(__always)
    private static func index(_ value: UInt64) -> Int {
        if value < UInt64(sub) { return Int(value) }
        let top = 63 - value.leadingZeroBitCount
        return (top - 2) * sub + Int((value >> UInt64(top - 3)) & 7)
    }

    /// Lower end of bucket `index`, in nanoseconds.
    package static func lowerBound(_ index: Int) -> UInt64 {
        if index < sub { return UInt64(index) }
        let top = index / sub + 2
        return (8 + UInt64(index % sub)) << UInt64(top - 3)
    }

    @inline(__always)
    package mutating func record(_ nanoseconds: UInt64, weight: Int = 1) {
        guard weight > 0 else { return }
        counts[StageHistogram.index(nanoseconds)] &+= UInt64(weight)
        count &+= UInt64(weight)
        sum &+= nanoseconds &* UInt64(weight)
        if nanoseconds > largest { largest = nanoseconds }
    }

    /// Smallest bucket end that at least the share `q` of all values do not pass; 0 without values.
    package func quantile(_ q: Double) -> UInt64 {
        guard count > 0 else { return 0 }
        let rank = UInt64((Double(count) * q).rounded(.up))
        var seen: UInt64 = 0
        for index in counts.indices {
            seen += counts[index]
            if seen >= max(rank, 1) { return min(StageHistogram.lowerBound(index + 1), largest) }
        }
        return largest
    }

    package var mean: Double { count == 0 ? 0 : Double(sum) / Double(count) }
}
