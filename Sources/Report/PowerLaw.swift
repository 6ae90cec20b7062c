// A straight line through the logarithms of points: y = scale · x^exponent, by least squares.

internal import Foundation

package struct PowerLaw: Sendable, Equatable {
    package let scale: Double
    package let exponent: Double
    /// The largest factor by which a point lies off.
    package let worstFactor: Double

    /// nil of fewer than three different x, or of anything that is not above zero.
    package init?(_ points: [(x: Double, y: Double)]) {
        guard Set(points.map(\.x)).count >= 3, points.allSatisfy({ $0.x > 0 && $0.y > 0 }) else { return nil }
        let logs = points.map { (x: log($0.x), y: log($0.y)) }
        let count = Double(logs.count)
        let (meanX, meanY) = (logs.reduce(0) { $0 + $1.x } / count, logs.reduce(0) { $0 + $1.y } / count)
        let spread = logs.reduce(0) { $0 + ($1.x - meanX) * ($1.x - meanX) }
        let slope = logs.reduce(0) { $0 + ($1.x - meanX) * ($1.y - meanY) } / spread
        exponent = slope
        scale = exp(meanY - slope * meanX)
        worstFactor = exp(logs.map { abs($0.y - (meanY + slope * ($0.x - meanX))) }.max() ?? 0)
    }
}
