// Where a series of measurements changes: the divisive procedure with the energy statistic (Matteson and James, "A nonparametric
// approach for multiple change point analysis of multivariate data", 2014), whose splits have to stand a permutation test.

package struct ChangePoints: Sendable {
    /// Splits that chance makes in no more than so many of a hundred series.
    package var significance = 0.05
    package var permutations = 199
    /// Values that a stretch has at least: of fewer nobody can tell a change from an outlier.
    package var shortest = 5
    package var seed: UInt64 = 20_110_627

    package init() {}

    /// The first places of new stretches, ascending; none of fewer than twice `shortest` values.
    package func find(_ values: [Double]) -> [Int] {
        var random = SeededRandom(seed: seed)
        return split(values[...], &random).sorted()
    }

    private func split(_ values: ArraySlice<Double>, _ random: inout SeededRandom) -> [Int] {
        guard values.count >= 2 * shortest, let best = strongest(Array(values)) else { return [] }
        var shuffled = Array(values)
        var asStrong = 0
        for _ in 0..<permutations {
            shuffle(&shuffled, &random)
            if (strongest(shuffled)?.strength ?? 0) >= best.strength { asStrong += 1 }
        }
        guard Double(asStrong + 1) / Double(permutations + 1) <= significance else { return [] }
        let place = values.startIndex + best.place
        return split(values[..<place], &random) + [place] + split(values[place...], &random)
    }

    private func shuffle(_ values: inout [Double], _ random: inout SeededRandom) {
        for place in stride(from: values.count - 1, to: 0, by: -1) {
            values.swapAt(place, Int(random.below(UInt64(place + 1))))
        }
    }

    /// Where the two sides differ most, by the energy distance between them, weighed by their lengths. Sums of distances within
    /// and between the sides are carried along from place to place, so that a series takes time with the square of its length.
    private func strongest(_ values: [Double]) -> (place: Int, strength: Double)? {
        let count = values.count
        var within = (left: 0.0, right: 0.0, between: 0.0)
        for first in 0..<count {
            for second in first + 1..<count { within.right += abs(values[first] - values[second]) }
        }
        var best: (place: Int, strength: Double)?
        for place in 1..<count {
            // One more value goes from the right to the left.
            let moved = values[place - 1]
            let toLeft = values[..<(place - 1)].reduce(0) { $0 + abs($1 - moved) }
            let toRight = values[place...].reduce(0) { $0 + abs($1 - moved) }
            within.left += toLeft
            within.right -= toRight
            within.between += toRight - toLeft
            guard place >= shortest, count - place >= shortest else { continue }
            let (left, right) = (Double(place), Double(count - place))
            let distance =
                2 * within.between / (left * right) - 2 * within.left / (left * (left - 1))
                - 2 * within.right / (right * (right - 1))
            let strength = left * right / (left + right) * distance
            if strength > best?.strength ?? 0 { best = (place, strength) }
        }
        return best
    }
}
