// From values to places along an axis, even or logarithmic, with round numbers at its ends and at its ticks.

internal import Foundation

struct ChartScale {
    let low: Double
    let high: Double
    let isLog: Bool

    /// Beyond these no measurement lies, and their logarithms and multiples are still numbers.
    private static let bounds = 1e-9...1e15
    /// From this ratio of the largest value to the smallest on, an even axis hides the small ones.
    private static let evenUpTo = 20.0

    private init(low: Double, high: Double, isLog: Bool) {
        self.low = low
        self.high = high
        self.isLog = isLog
    }

    static func even(_ low: Double, _ high: Double) -> ChartScale {
        ChartScale(low: low, high: Swift.max(high, low + 1e-9), isLog: false)
    }

    /// From zero to a round number above all values; nil if none is above zero.
    static func fromZero(_ values: [Double]) -> ChartScale? {
        guard let highest = positive(values).max() else { return nil }
        let step = roundStep(highest / 4)
        return ChartScale(low: 0, high: (highest / step).rounded(.up) * step, isLog: false)
    }

    /// Around all values that are above zero; nil if none is.
    static func logarithmic(_ values: [Double]) -> ChartScale? {
        let all = positive(values)
        guard let least = all.min(), let most = all.max() else { return nil }
        let low = steps(below: least)
        let high = steps(above: most)
        return ChartScale(low: low, high: high > low ? high : low * 10, isLog: true)
    }

    /// Even while that shows all values, else logarithmic.
    static func fitting(_ values: [Double]) -> ChartScale? {
        let all = positive(values)
        guard let least = all.min(), let most = all.max() else { return nil }
        return most / least < evenUpTo ? fromZero(all) : logarithmic(all)
    }

    /// 0 at the axis' beginning, 1 at its end; what lies beyond is put there.
    func share(_ value: Double) -> Double {
        guard value.isFinite else { return 0 }
        if isLog {
            guard value > 0 else { return 0 }
            return Swift.min(1, Swift.max(0, (log10(value) - log10(low)) / (log10(high) - log10(low))))
        }
        return Swift.min(1, Swift.max(0, (value - low) / (high - low)))
    }

    var ticks: [Double] { isLog ? logTicks : evenTicks }

    private var evenTicks: [Double] {
        let step = Self.roundStep((high - low) / 4)
        let first = (low / step).rounded(.up)
        return (0...5).map { (first + Double($0)) * step }.filter { $0 <= high * (1 + 1e-9) }
    }

    private var logTicks: [Double] {
        let decades = log10(high) - log10(low)
        let digits = decades <= 2.1 ? [1.0, 2, 5] : [1]
        let exponents = Int(log10(low).rounded(.down))...Int(log10(high).rounded(.up))
        let all = exponents.filter { decades <= 6.1 || $0 % 2 == 0 }.flatMap { exponent in
            digits.map { $0 * pow(10, Double(exponent)) }
        }
        return all.filter { $0 >= low * (1 - 1e-9) && $0 <= high * (1 + 1e-9) }
    }

    // MARK: round numbers

    private static func positive(_ values: [Double]) -> [Double] {
        values.filter { $0.isFinite && $0 > 0 }.map { Swift.min(bounds.upperBound, Swift.max(bounds.lowerBound, $0)) }
    }

    /// The next of 1, 2, 5 and 10 at or above.
    private static func roundStep(_ value: Double) -> Double { steps(above: Swift.max(value, bounds.lowerBound)) }

    private static func steps(above value: Double) -> Double {
        let decade = pow(10, log10(value).rounded(.down))
        return [1.0, 2, 5, 10].first { $0 * decade >= value * (1 - 1e-9) }.map { $0 * decade } ?? 10 * decade
    }

    private static func steps(below value: Double) -> Double {
        let decade = pow(10, log10(value).rounded(.down))
        return [5.0, 2, 1].first { $0 * decade <= value * (1 + 1e-9) }.map { $0 * decade } ?? decade
    }

    /// A tick in as few signs as it needs.
    static func label(_ value: Double) -> String {
        if value >= 1e6 { return short(value / 1e6) + "M" }
        if value >= 1e4 { return short(value / 1e3) + "k" }
        return short(value)
    }

    private static func short(_ value: Double) -> String {
        if abs(value - value.rounded()) < 1e-9 * Swift.max(1, abs(value)) { return Numbers.whole(value) }
        for places in 1...9 {
            let scale = pow(10, Double(places))
            if abs(value * scale - (value * scale).rounded()) < 1e-6 { return Numbers.fixed(value, places: places) }
        }
        return Numbers.significant(value)
    }
}
