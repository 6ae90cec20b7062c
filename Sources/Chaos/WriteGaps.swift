// How long nobody's write was acknowledged around a fault: availability as clients see it.

package import Histories

/// When writes were acknowledged, in order.
package struct WriteGaps {
    private let times: [UInt64]

    package init(_ history: History) {
        times = history.operations.filter { $0.isAnswered && $0.isWrite }.map(\.completed).sorted()
    }

    /// The longest stretch without an acknowledged write that reaches into this one.
    package func longest(from begin: UInt64, to end: UInt64) -> UInt64 {
        guard let first = times.first else { return end - begin }
        var low = place(behind: begin)
        var before = low > 0 ? times[low - 1] : min(begin, first)
        var longest: UInt64 = 0
        while low < times.count {
            longest = max(longest, times[low] - before)
            if times[low] >= end { return longest }
            before = times[low]
            low += 1
        }
        return before < end ? max(longest, end - before) : longest
    }

    /// How many were acknowledged before or at a time.
    private func place(behind time: UInt64) -> Int {
        var (low, high) = (0, times.count)
        while low < high {
            let middle = (low + high) / 2
            if times[middle] <= time { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

/// Of several gaps: nearest-rank percentiles, in nanoseconds.
package struct GapFigures: Sendable, Equatable, Codable {
    package var count: Int
    package var p50Nanoseconds: UInt64
    package var p99Nanoseconds: UInt64
    package var maxNanoseconds: UInt64

    enum CodingKeys: String, CodingKey {
        case count
        case p50Nanoseconds = "p50_ns"
        case p99Nanoseconds = "p99_ns"
        case maxNanoseconds = "max_ns"
    }

    /// nil without any.
    package init?(_ gaps: [UInt64]) {
        guard !gaps.isEmpty else { return nil }
        let sorted = gaps.sorted()
        func rank(_ percent: Int) -> UInt64 { sorted[max(0, (sorted.count * percent + 99) / 100 - 1)] }
        count = sorted.count
        p50Nanoseconds = rank(50)
        p99Nanoseconds = rank(99)
        maxNanoseconds = sorted.last!
    }
}
