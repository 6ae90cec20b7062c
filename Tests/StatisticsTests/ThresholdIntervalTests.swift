// Tests of the interval of a threshold: sharp and smeared edges, a trial that went wrong by chance, and what has no interval.

import Statistics
import Testing

@Suite struct ThresholdIntervalTests {
    private func trials(_ held: [Double], _ failed: [Double]) -> [ThresholdTrial] {
        held.map { ThresholdTrial(value: $0, held: true) } + failed.map { ThresholdTrial(value: $0, held: false) }
    }

    @Test func aSharpEdgeLiesBetweenWhatHeldAndWhatFailed() throws {
        let found = try #require(Interval.ofThreshold(trials([500, 900, 990, 990, 990], [1_010, 1_010, 1_010, 1_100, 2_000])))
        #expect(found.low > 900 && found.low < 990 && found.high > 1_010 && found.high < 1_100, "\(found)")
        #expect(abs(found.median - 1_000) < 8 && found.sampleCount == 10)
    }

    @Test func whatGoesBothWaysWidensIt() throws {
        let sharp = try #require(Interval.ofThreshold(trials([500, 900, 990, 990], [1_010, 1_010, 1_100, 2_000])))
        let smeared = try #require(Interval.ofThreshold(trials([500, 1_010, 990, 1_100], [1_010, 900, 990, 2_000])))
        #expect(smeared.high / smeared.low > 1.5 * (sharp.high / sharp.low), "\(sharp) \(smeared)")
    }

    @Test func oneTrialThatFailedByChanceMovesLittle() throws {
        let held = [500, 900, 980, 980, 980, 980.0]
        let failed = [1_020, 1_020, 1_020, 1_020, 2_000.0]
        let clean = try #require(Interval.ofThreshold(trials(held, failed)))
        let disturbed = try #require(Interval.ofThreshold(trials(held, failed + [250])))
        #expect(abs(disturbed.median / clean.median - 1) < 0.02, "\(clean) \(disturbed)")
    }

    @Test func withoutBothSidesThereIsNone() {
        #expect(Interval.ofThreshold([]) == nil)
        #expect(Interval.ofThreshold(trials([100, 200], [])) == nil)
        #expect(Interval.ofThreshold(trials([], [100, 200])) == nil)
    }
}
