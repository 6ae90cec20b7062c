// The value at which trials begin to fail, from trials at several values. The chance to hold falls with the value's logarithm
// along a logistic curve, whose middle and steepness are weighed on a grid by how likely they make what was seen; the interval
// cuts both tails of the middle. So thresholds of perception are measured (Watson and Pelli, QUEST, 1983; Kontsevich and Tyler,
// 1999), and it stays right where earlier outcomes have chosen the later values, as in a search they always have.

internal import Numerics

package struct ThresholdTrial: Sendable, Equatable {
    package var value: Double
    package var held: Bool

    package init(value: Double, held: Bool) {
        self.value = value
        self.held = held
    }
}

extension Interval {
    /// The interval of the value at which half of the trials hold; `median` is that of its distribution. nil unless some trials
    /// held and some failed: then there is nothing on one side.
    package static func ofThreshold(_ trials: [ThresholdTrial], confidence: Double = 0.95) -> Interval? {
        precondition(confidence > 0 && confidence < 1, "a confidence lies between 0 and 1")
        precondition(trials.allSatisfy { $0.value > 0 }, "values have logarithms")
        guard trials.contains(where: \.held), trials.contains(where: { !$0.held }) else { return nil }
        let values = trials.map { Double.log($0.value) }
        var grid = ThresholdGrid(from: values.min()! - 1, to: values.max()! + 1)
        // A coarse look first, then the same number of points where nearly all of the weight is.
        let coarse = grid.weights(trials)
        grid = grid.narrowed(to: coarse)
        let fine = grid.weights(trials)
        let tail = (1 - confidence) / 2
        return Interval(
            median: Double.exp(grid.quantile(0.5, fine)), low: Double.exp(grid.quantile(tail, fine)),
            high: Double.exp(grid.quantile(1 - tail, fine)), confidence: confidence, sampleCount: trials.count)
    }
}

private struct ThresholdGrid {
    private static let points = 400
    /// How much wider than a step of the logarithm the curve falls: from a sharp edge to one that is smeared over a third.
    private static let spreads: [Double] = [0.002, 0.004, 0.008, 0.015, 0.03, 0.06, 0.12]
    /// A trial that has nothing to do with its value: somebody else had the machine, or was away.
    private static let lapse = 0.03

    let low: Double
    let step: Double

    init(from low: Double, to high: Double) {
        self.low = low
        step = (high - low) / Double(Self.points - 1)
    }

    private func point(_ index: Int) -> Double { low + Double(index) * step }

    /// Of each point, over all spreads; they add up to one.
    func weights(_ trials: [ThresholdTrial]) -> [Double] {
        let values = trials.map { (Double.log($0.value), $0.held) }
        var logarithms: [[Double]] = []
        for spread in Self.spreads {
            logarithms.append(
                (0..<Self.points).map { index in
                    values.reduce(0) { sum, trial in
                        let held = Self.lapse + (1 - 2 * Self.lapse) / (1 + Double.exp((trial.0 - point(index)) / spread))
                        return sum + Double.log(trial.1 ? held : 1 - held)
                    }
                })
        }
        let largest = logarithms.joined().max()!
        let sums = (0..<Self.points).map { index in logarithms.reduce(0) { $0 + Double.exp($1[index] - largest) } }
        let whole = sums.reduce(0, +)
        return sums.map { $0 / whole }
    }

    func narrowed(to weights: [Double]) -> ThresholdGrid {
        let edge = 0.0005
        return ThresholdGrid(
            from: quantile(edge, weights) - 2 * step, to: quantile(1 - edge, weights) + 2 * step)
    }

    func quantile(_ share: Double, _ weights: [Double]) -> Double {
        var sum = 0.0
        for index in weights.indices {
            if sum + weights[index] >= share {
                // Within a cell the weight is spread evenly.
                return point(index) + (weights[index] > 0 ? (share - sum) / weights[index] - 0.5 : 0) * step
            }
            sum += weights[index]
        }
        return point(weights.count - 1)
    }
}
