// When the requests of an open-loop role are due: at fixed instants, or by chance as of a Poisson process.

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

    /// The next due instant; nil after the last.
    @inline(__always) package var due: UInt64? {
        let instant = start &+ UInt64(offset)
        return instant < end ? instant : nil
    }

    @inline(__always) package mutating func advance() {
        index += 1
        offset = chance == nil ? Double(index) * interval : offset + gap()
    }

    private mutating func gap() -> Double {
        // 53 bits, never 0, so that the logarithm is finite.
        let uniform = (Double(chance!.next() >> 11) + 0.5) * 0x1p-53
        return -log(uniform) * interval
    }
}
