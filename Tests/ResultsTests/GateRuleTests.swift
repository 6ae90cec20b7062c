// When a figure counts as worse, and when nothing is decided.

import Results
import Testing

@Suite struct GateRuleTests {
    private let rule = GateRule(threshold: 0.05)

    private func interval(_ low: Double?, _ median: Double, _ high: Double?) -> ResultInterval {
        ResultInterval(median: median, low: low, high: high, confidence: 0.95, samples: low == nil ? 3 : 24)
    }

    private func verdict(
        _ metric: ResultMetric, _ low: Double?, _ median: Double, _ high: Double?, resolution: Double? = nil
    ) -> ResultVerdict {
        rule.judge(interval(low, median, high), of: metric, resolution: resolution).verdict
    }

    @Test func moreTimeIsWorseAndLessIsBetter() {
        #expect(verdict(.cpuPerWrite, 1.07, 1.10, 1.13) == .worse)
        #expect(verdict(.cpuPerWrite, 0.87, 0.90, 0.93) == .better)
        #expect(verdict(.cpuPerWrite, 0.98, 1.01, 1.03) == .same)
    }

    @Test func ofARateItIsTheOtherWayRound() {
        #expect(verdict(.writes, 0.87, 0.90, 0.93) == .worse)
        #expect(verdict(.writes, 1.07, 1.10, 1.13) == .better)
        #expect(verdict(.writes, 0.98, 1.00, 1.02) == .same)
    }

    @Test func theEffectMustReachTheThreshold() {
        // Certain, and too small.
        #expect(verdict(.commitMedian, 1.03, 1.04, 1.045) == .same)
        #expect(verdict(.commitMedian, 1.03, 1.04, 1.06) == .undecided)
    }

    @Test func theIntervalMustLeaveHalfTheThresholdOut() {
        #expect(verdict(.commitMedian, 1.02, 1.09, 1.16) == .undecided)
        #expect(verdict(.commitMedian, 1.026, 1.09, 1.16) == .worse)
    }

    @Test func aMachineThatCantTellDecidesNothing() {
        #expect(verdict(.cpuPerWrite, 1.07, 1.10, 1.13, resolution: 0.11) == .undecided)
        #expect(verdict(.cpuPerWrite, 1.07, 1.10, 1.13, resolution: 0.04) == .worse)
        #expect(verdict(.cpuPerWrite, 0.99, 1.0, 1.01, resolution: 0.06) == .undecided, "it can't say that nothing has changed")
        let told = rule.judge(interval(1.01, 1.05, 1.09), of: .cpuPerWrite, resolution: 0.066)
        #expect(told.reason == "base differs from itself by up to 6.6 % here")
    }

    @Test func whatIsFarBeyondTheMachinesOwnNoiseIsDecided() {
        #expect(verdict(.cpuPerWrite, 6.4, 8.4, 12.9, resolution: 0.77) == .worse)
        #expect(verdict(.cpuPerWrite, 1.3, 2.0, 4.0, resolution: 0.77) == .undecided)
    }

    @Test func fewValuesDecideNothing() {
        let told = rule.judge(interval(nil, 2, nil), of: .cpuPerWrite, resolution: nil)
        #expect(told.verdict == .undecided && told.reason == "too few values for an interval (3)")
    }

    private func figure(_ verdict: ResultVerdict, _ metric: ResultMetric = .cpuPerWrite, gated: Bool = true) -> ComparedFigure {
        ComparedFigure(
            nodes: 3, phase: "deep", metric: metric, base: 1, new: 1, ratio: interval(1, 1, 1), resolution: nil, isGated: gated,
            verdict: verdict, reason: nil)
    }

    @Test func theWholeIsAsBadAsItsWorstFigureThatCounts() {
        #expect(rule.verdict([figure(.same), figure(.worse), figure(.undecided)]) == .worse)
        #expect(rule.verdict([figure(.same), figure(.worse, gated: false)]) == .same)
        #expect(rule.verdict([figure(.same), figure(.undecided), figure(.better)]) == .undecided)
        #expect(rule.verdict([figure(.same), figure(.better)]) == .better)
        #expect(rule.verdict([]) == .undecided)
        #expect(rule.verdict([figure(.worse, gated: false)]) == .undecided)
    }

    @Test func whatWasWorseMustBeSoAgain() {
        let first = [figure(.worse), figure(.same, .writes)]
        #expect(rule.confirmed(first, by: [figure(.worse), figure(.same, .writes)]) == .worse)
        #expect(rule.confirmed(first, by: [figure(.same), figure(.same, .writes)]) == .undecided)
        // Another figure than the first time is another finding.
        #expect(rule.confirmed(first, by: [figure(.same), figure(.worse, .writes)]) == .undecided)
        #expect(rule.confirmed([figure(.same)], by: []) == .same)
    }
}
