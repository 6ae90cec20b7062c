// The search for the highest rate that keeps an objective, against a server of known capacity: a bucket of 5,000 tokens a second,
// whose pace differs a little from window to window.

import Benchmark
import Statistics
import Testing

@Suite struct RateSearchTests {
    private static let truth = 5_000.0

    /// A window of three seconds keeps a limit of 10 ms unless more has piled up in its end than the bucket works off in that.
    private struct Bucket {
        var noise: Double
        /// The share of windows that fail whatever the rate is.
        var disturbed = 0.0
        var random: SeededRandom

        mutating func holds(_ rate: Double) -> Bool {
            // The sum of twelve is normal enough.
            let deviation = (0..<12).reduce(-6.0) { sum, _ in sum + share() }
            let pace = truth * (1 + noise * deviation)
            let isDisturbed = share() < disturbed
            return !isDisturbed && (rate - pace) * 3 <= 0.010 * pace
        }

        private mutating func share() -> Double { Double(random.next() >> 11) / 9_007_199_254_740_992 }
    }

    private func plan(from: Double = 250, lowest: Double = 250, highest: Double = 100_000) -> RateSearch.Plan {
        RateSearch.Plan(from: from, lowest: lowest, highest: highest)
    }

    private func searched(_ plan: RateSearch.Plan, _ outcome: (Double) -> RateSearch.Outcome) -> RateSearch {
        var search = RateSearch(plan)
        for _ in 0..<200 {
            guard let rate = search.next else { break }
            search.take(outcome(rate))
        }
        return search
    }

    private func hits(seeds: Range<UInt64>, noise: Double, disturbed: Double = 0) -> Int {
        seeds.count { seed in
            var bucket = Bucket(noise: noise, disturbed: disturbed, random: SeededRandom(seed: seed &* 7_919))
            let search = searched(plan()) { bucket.holds($0) ? .held : .failed }
            guard case .found(let interval) = search.finding else { return false }
            return interval.low <= Self.truth && Self.truth <= interval.high
        }
    }

    @Test(arguments: [0.005, 0.02, 0.05]) func theIntervalHoldsTheTruthInNineOfTen(noise: Double) {
        #expect(hits(seeds: 0..<10, noise: noise) >= 9)
        #expect(hits(seeds: 100..<300, noise: noise) >= 180)
    }

    @Test func soItDoesWhereOneWindowInTwentyIsDisturbed() {
        #expect(hits(seeds: 0..<200, noise: 0.02, disturbed: 0.05) >= 180)
    }

    @Test func itIsNarrowWhereTheServerIsEven() throws {
        let search = searched(plan()) { $0 <= Self.truth ? .held : .failed }
        guard case .found(let interval) = search.finding else { throw SearchEndedOtherwise() }
        #expect(interval.high / interval.low < 1.05 && interval.low <= Self.truth && Self.truth <= interval.high)
        #expect(search.trials.count <= 30)
    }

    private struct SearchEndedOtherwise: Error {}

    @Test func theSameOutcomesGiveTheSameRates() {
        let first = searched(plan()) { $0 <= 3_210 ? .held : .failed }
        let second = searched(plan()) { $0 <= 3_210 ? .held : .failed }
        #expect(first.trials == second.trials && first.finding == second.finding)
        #expect(first.trials.prefix(3).map(\.value) == [250, 500, 1_000])
    }

    // MARK: other ends

    @Test func notEvenTheLowestRateHolds() {
        let search = searched(plan()) { _ in .failed }
        #expect(search.finding == .unmet)
        #expect(search.trials.map(\.value) == [250, 250], "a single failure may be chance")
    }

    @Test func oneFailureOnTheWayUpDoesNotEndTheClimb() {
        var hasFailed = false
        let search = searched(plan()) { rate in
            if rate == 1_000 && !hasFailed {
                hasFailed = true
                return .failed
            }
            return rate <= Self.truth ? .held : .failed
        }
        guard case .found(let interval) = search.finding else {
            Issue.record("\(String(describing: search.finding))")
            return
        }
        #expect(interval.low > 4_700 && interval.high < 5_300)
    }

    @Test func whatTheGeneratorSpoilsIsRepeatedOnceAndThenEndsTheSearch() {
        var tried: [Double] = []
        let search = searched(plan()) { rate in
            tried.append(rate)
            return rate <= 1_000 ? .held : .spoilt
        }
        #expect(search.finding == .boundedByGenerator(heldAt: 1_000))
        #expect(tried == [250, 500, 1_000, 2_000, 2_000])
    }

    @Test func aGeneratorThatRecoversSpoilsNothing() {
        var spoilt: Set<Double> = []
        let search = searched(plan()) { rate in
            if spoilt.insert(rate).inserted { return .spoilt }
            return rate <= Self.truth ? .held : .failed
        }
        guard case .found(let interval) = search.finding else {
            Issue.record("\(String(describing: search.finding))")
            return
        }
        #expect(interval.low <= Self.truth && Self.truth <= interval.high)
    }

    @Test func theHighestRateHolds() {
        let search = searched(plan(highest: 3_000)) { _ in .held }
        #expect(search.finding == .unbounded(heldAt: 3_000))
        #expect(search.trials.map(\.value) == [250, 500, 1_000, 2_000, 3_000])
    }

    @Test func aSearchFromAboveGoesDown() {
        var downwards = plan(from: 8_000, lowest: 250)
        downwards.growth = 1.3
        let search = searched(downwards) { $0 <= Self.truth ? .held : .failed }
        guard case .found(let interval) = search.finding else {
            Issue.record("\(String(describing: search.finding))")
            return
        }
        #expect(interval.low <= Self.truth && Self.truth <= interval.high)
    }
}
