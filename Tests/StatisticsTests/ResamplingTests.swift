// Bootstraps of runs and of differences: known values, repeatability, and how often they hold the truth.

import Foundation
import Statistics
import Testing

@Suite struct ResamplingTests {
    /// About normal, by the central limit.
    private func noise(_ random: inout SeededRandom, _ spread: Double) -> Double {
        let sum = (0..<12).reduce(0.0) { sum, _ in sum + Double(random.below(1 << 30)) / Double(1 << 30) }
        return (sum - 6) * spread
    }

    @Test func oneRunIsResampledWithin() throws {
        let found = try #require(Interval.bootstrapOfMedian(ofRuns: [[1, 2, 3, 4, 5, 6, 7], []], seed: 3))
        #expect(found.median == 4 && found.low < 4 && found.high > 4 && found.sampleCount == 7)
        #expect(found == Interval.bootstrapOfMedian(ofRuns: [[1, 2, 3, 4, 5, 6, 7]], seed: 3))
        #expect(Interval.bootstrapOfMedian(ofRuns: [[1, 2], [3, 4]], seed: 3) == nil)
    }

    @Test func runsThatDifferWidenTheInterval() throws {
        let alike = (0..<4).map { _ in (0..<10).map { Double($0) / 100 } }
        let apart = (0..<4).map { run in (0..<10).map { Double(run) + Double($0) / 100 } }
        let narrow = try #require(Interval.bootstrapOfMedian(ofRuns: alike, seed: 1))
        let wide = try #require(Interval.bootstrapOfMedian(ofRuns: apart, seed: 1))
        #expect(narrow.high - narrow.low < 0.1)
        #expect(wide.high - wide.low > 1)
    }

    @Test func theIntervalOfRunsHoldsTheTruthWhereRunsDiffer() throws {
        var random = SeededRandom(seed: 20_110_627)
        var held = 0
        for trial in 0..<200 {
            let runs = (0..<6).map { _ in
                let own = noise(&random, 0.02)
                return (0..<6).map { _ in 0.1 + own + noise(&random, 0.05) }
            }
            let found = try #require(Interval.bootstrapOfMedian(ofRuns: runs, resamples: 400, seed: UInt64(trial)))
            if found.low <= 0.1, 0.1 <= found.high { held += 1 }
        }
        #expect(held >= 180, "\(held) of 200")
    }

    @Test func differences() throws {
        let found = try #require(Interval.bootstrapOfDifference([11, 12, 13, 14, 15], [1, 2, 3, 4, 5], seed: 9))
        #expect(found.median == 10 && found.low >= 6 && found.high <= 14 && found.sampleCount == 5)
        #expect(Interval.bootstrapOfDifference([1, 2, 3, 4], [1, 2, 3, 4, 5], seed: 9) == nil)
        let none = try #require(Interval.bootstrapOfDifference([7, 7, 7, 7, 7], [7, 7, 7, 7, 7], seed: 9))
        #expect(none.low == 0 && none.high == 0)
    }
}
