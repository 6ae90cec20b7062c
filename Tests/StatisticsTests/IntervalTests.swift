// Tests of median and bootstrap interval: known values, repeatability from a seed, and coverage of the true median.

import Statistics
import Testing

@Suite struct IntervalTests {
    @Test func medians() {
        #expect(median([]) == nil)
        #expect(median([4]) == 4)
        #expect(median([9, 1, 5]) == 5)
        #expect(median([9, 1, 5, 7]) == 6)
    }

    @Test func aFewValuesHaveNoInterval() {
        #expect(Interval.bootstrapOfMedian([3], seed: 1) == nil)
        #expect(Interval.bootstrapOfMedian([3, 4, 5, 6], seed: 1) == nil)
        #expect(Interval.bootstrapOfMedian([3, 4, 5, 6, 7], seed: 1)?.sampleCount == 5)
    }

    @Test func theSameSeedGivesTheSameInterval() {
        let values = [10.0, 12, 11, 30, 9, 10.5, 11.5]
        let first = Interval.bootstrapOfMedian(values, seed: 5)
        #expect(first == Interval.bootstrapOfMedian(values, seed: 5))
        #expect(first!.low <= first!.median && first!.median <= first!.high)
        #expect(first!.low >= 9 && first!.high <= 30)
        #expect(first!.median == 11 && first!.sampleCount == 7)
    }

    @Test func ninetyFivePercentOfIntervalsHoldTheTrueMedian() {
        var random = SeededRandom(seed: 2011)
        var held = 0
        let trials = 200
        for trial in 0..<trials {
            let values = (0..<31).map { _ in Double(random.below(1_000_000)) / 1_000_000 }
            let interval = Interval.bootstrapOfMedian(values, resamples: 400, seed: UInt64(trial))!
            if interval.low <= 0.5 && 0.5 <= interval.high { held += 1 }
        }
        #expect(held >= 176 && held <= 200, "\(held) of \(trials)")
    }

    @Test func boundedChoicesStayBelowTheirBoundAndReachAll() {
        var random = SeededRandom(seed: 3)
        var seen = [0, 0, 0, 0, 0]
        for _ in 0..<5_000 { seen[Int(random.below(5))] += 1 }
        #expect(seen.allSatisfy { $0 > 850 && $0 < 1_150 })
    }
}
