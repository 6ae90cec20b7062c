// Whether a figure has stopped rising and falling: the slope of a straight line through its last whole seconds, by least squares.

package import Workload

package struct SteadyWatch: Sendable {
    private let rule: Steady
    private let window: Int
    private var values: [Double] = []
    /// The share of its mean by which the figure rises, or below 0 falls, in the rule's time; nil before the window is whole.
    package private(set) var slope: Double?
    package private(set) var isSteady = false

    package init(_ rule: Steady) {
        self.rule = rule
        window = Int(rule.least / 1_000_000_000)
    }

    func measures(_ metric: Steady.Metric) -> Bool { rule.metric == metric }

    /// One more second; nil or nothing where nobody was answered in it, which begins the window anew.
    /// - Returns: true once the rule is kept.
    package mutating func add(_ value: Double?) -> Bool {
        guard let value, value > 0 else {
            values.removeAll()
            slope = nil
            return isSteady
        }
        values.append(value)
        if values.count > window { values.removeFirst() }
        guard values.count == window else { return isSteady }
        let found = Self.slope(values) * Double(rule.per) / 1e9
        slope = found
        if abs(found) <= rule.slope { isSteady = true }
        return isSteady
    }

    /// Of the line with the least squared distances from values a second apart, as a share of their mean in a second.
    package static func slope(_ values: [Double]) -> Double {
        let count = Double(values.count)
        let (middle, mean) = ((count - 1) / 2, values.reduce(0, +) / count)
        var (product, square) = (0.0, 0.0)
        for (second, value) in values.enumerated() {
            product += (Double(second) - middle) * (value - mean)
            square += (Double(second) - middle) * (Double(second) - middle)
        }
        return product / square / mean
    }
}

/// How a phase came to be recorded.
package struct SteadinessReport: Sendable, Equatable, Codable {
    package var rule: Steady
    /// As `SteadyWatch` has it; nil where no window of seconds was whole.
    package var slope: Double?
    /// False if the time was up before.
    package var isReached: Bool
    /// From the beginning of the load in it until it was recorded.
    package var nanoseconds: UInt64

    package init(rule: Steady, slope: Double?, isReached: Bool, nanoseconds: UInt64) {
        self.rule = rule
        self.slope = slope
        self.isReached = isReached
        self.nanoseconds = nanoseconds
    }
}
