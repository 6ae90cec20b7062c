// A stretch of time on the monotonic clock, and how long several of them last that lie over each other.

package struct Stretch: Sendable, Equatable, Codable {
    package var start: UInt64
    package var end: UInt64

    package init(start: UInt64, end: UInt64) {
        self.start = start
        self.end = end
    }

    /// How long at least one of them lasted.
    package static func nanosecondsOfAny(_ stretches: [Stretch]) -> UInt64 {
        var sum: UInt64 = 0
        var through: UInt64 = 0
        for stretch in stretches.sorted(by: { $0.start < $1.start }) where stretch.end > through {
            sum += stretch.end - max(stretch.start, through)
            through = stretch.end
        }
        return sum
    }
}
