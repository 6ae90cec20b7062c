// A rate that changes over a phase, cut into stretches in each of which it is even or changes in a straight line.

internal import Glibc
package import Workload

/// One stretch. It is a plain value of numbers, so that whoever looks for the next due instant copies nothing else.
package struct RateStretch: Sendable {
    /// Nanoseconds since the phase began.
    let begin: Double
    /// Requests a second at its begin, and by how much that changes in a second.
    let perSecond: Double
    let change: Double
    /// Requests that are due before it, and by its end.
    let countBefore: Double
    let countAfter: Double

    /// When the request of this number is due, in nanoseconds since the phase began: where the area under the rate reaches it.
    func offset(of count: Double) -> Double {
        let within = max(0, count - countBefore)
        guard within > 0 else { return begin.rounded() }
        guard change != 0 else { return (begin + within * 1e9 / perSecond).rounded() }
        let root = max(0, perSecond * perSecond + 2 * change * within).squareRoot()
        return (begin + 2e9 * within / (perSecond + root)).rounded()
    }
}

/// The stretches of one phase, one after the other.
package struct RateCourse {
    private static let perSecondMax = 100_000_000.0

    private let shape: RateShape
    private let scale: Double
    private let length: Double
    private var place = 0
    private var begin = 0.0
    private var count = 0.0

    /// `scale` multiplies all rates; `nanoseconds` is how long the phase lasts.
    package init(_ shape: RateShape, scale: Double, nanoseconds: UInt64) {
        self.shape = shape
        self.scale = scale
        length = Double(nanoseconds)
    }

    /// The next stretch; nil when the phase is over.
    package mutating func next() -> RateStretch? {
        guard begin < length else { return nil }
        let (from, to, lasts) = part()
        let end = min(length, begin + lasts)
        let seconds = (end - begin) / 1e9
        let stretch = RateStretch(
            begin: begin, perSecond: from, change: (to - from) / (lasts / 1e9), countBefore: count,
            countAfter: count + seconds * (from + (to - from) * ((end - begin) / lasts) / 2))
        (place, begin, count) = (place + 1, end, stretch.countAfter)
        return stretch
    }

    /// Rates at both ends of the stretch, and how long it would last if the phase did.
    private func part() -> (from: Double, to: Double, lasts: Double) {
        func even(_ rate: Double, _ nanoseconds: UInt64?) -> (Double, Double, Double) {
            let rate = min(rate * scale, Self.perSecondMax)
            return (rate, rate, nanoseconds.map { Double($0) } ?? length - begin)
        }
        switch shape {
        case .burst(let perSecond, let on, let off):
            return place % 2 == 0 ? even(perSecond, on) : even(0, off)
        case .ramp(let from, let to):
            return (min(from * scale, Self.perSecondMax), min(to * scale, Self.perSecondMax), length)
        case .stairs(let from, let by, let every):
            return even(from + by * Double(place), every)
        case .steps(let steps):
            return place < steps.count - 1
                ? even(steps[place].perSecond, steps[place].nanoseconds) : even(steps.last!.perSecond, nil)
        }
    }
}
