// When the requests of an open-loop role are due: at fixed instants, or by chance as of a Poisson process, at an even rate or
// along a course of rates.

internal import Glibc
internal import Statistics

/// Due instants between a start and an end, ascending. They are computed from the start, so that no delay adds up.
package struct ArrivalSchedule {
    let start: UInt64
    let interval: Double
    let end: UInt64
    package private(set) var index: UInt64 = 0
    /// Where gaps are drawn by chance, the source of it.
    private var chance: SeededRandom?
    /// Nanoseconds from the start to the next due instant.
    private var offset = 0.0
    /// Where the rate changes, the stretch under way, and the number of the next request: a whole one, or a sum of chance gaps.
    private var stretch: RateStretch?
    private var count = 0.0
    /// A request so close to a stretch's end belongs to the next one: sums of rates and times are not exact.
    private static let tolerance = 1e-6

    /// One request every 1/`perSecond` seconds.
    package init(start: UInt64, end: UInt64, perSecond: Double) {
        self.start = start
        self.end = end
        interval = 1e9 / perSecond
    }

    /// A Poisson process of `perSecond` requests a second: exponential gaps, by inversion.
    package init(start: UInt64, end: UInt64, poissonPerSecond perSecond: Double, seed: UInt64) {
        self.init(start: start, end: end, perSecond: perSecond)
        chance = SeededRandom(seed: seed)
        offset = gap()
    }

    /// Along a course, of which it takes the first stretch in which anything is due: each request when the area under the rate
    /// reaches its number, or, with a seed, a Poisson process of that rate.
    package init(start: UInt64, end: UInt64, along course: inout RateCourse, seed: UInt64?) {
        self.init(start: start, end: end, perSecond: 1e9)
        chance = seed.map { SeededRandom(seed: $0) }
        count = seed == nil ? 0 : gap()
        offset = Double(end - start)
        _ = goOn(&course)
    }

    /// Nothing more is due in the stretch under way: goes on to the next one in which anything is; false if there is none.
    package mutating func goOn(_ course: inout RateCourse) -> Bool {
        while let next = course.next() {
            stretch = next
            if findInStretch(next) { return true }
        }
        return false
    }

    /// Whether the next request is due in the stretch; if not, nothing is until ``goOn(_:)``.
    private mutating func findInStretch(_ stretch: RateStretch) -> Bool {
        let isInside = count + Self.tolerance < stretch.countAfter
        offset = isInside ? stretch.offset(of: count) : Double(end - start)
        return isInside
    }

    /// The next due instant; nil after the last, and after the last of a stretch.
    @inline(__always) package var due: UInt64? {
        let instant = start &+ UInt64(offset)
        return instant < end ? instant : nil
    }

    @inline(__always) package mutating func advance() {
        index += 1
        if let stretch {
            count = chance == nil ? Double(index) : count + gap()
            _ = findInStretch(stretch)
        } else {
            offset = chance == nil ? Double(index) * interval : offset + gap()
        }
    }

    private mutating func gap() -> Double {
        // 53 bits, never 0, so that the logarithm is finite.
        let uniform = (Double(chance!.next() >> 11) + 0.5) * 0x1p-53
        return -log(uniform) * interval
    }
}
