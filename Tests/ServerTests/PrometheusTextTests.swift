// The text that Prometheus scrapes: types, labels, escapes, cumulative buckets.

import Server
import Testing

@Suite struct PrometheusTextTests {
    private func text(_ fill: (inout MetricsSnapshot) -> Void) -> String {
        var snapshot = MetricsSnapshot(takenAt: 0)
        fill(&snapshot)
        return PrometheusText.write(snapshot)
    }

    @Test func countersAndGaugesHaveHelpAndType() {
        let text = text {
            $0.counter("quorate_commits_total", "Batches committed.", 7)
            $0.gauge("quorate_epoch", "Epoch.", -1)
        }
        #expect(
            text == """
                # HELP quorate_commits_total Batches committed.
                # TYPE quorate_commits_total counter
                quorate_commits_total 7
                # HELP quorate_epoch Epoch.
                # TYPE quorate_epoch gauge
                quorate_epoch -1

                """)
    }

    @Test func samplesOfOneFamilyStandTogether() {
        let text = text {
            $0.counter("syncs_total", "Learners.", 1, labels: [MetricLabel("mode", "diff")])
            $0.gauge("other", "Between.", 0)
            $0.counter("syncs_total", "Learners.", 2, labels: [MetricLabel("mode", "snap"), MetricLabel("why", "a\"b\\c\nd")])
        }
        #expect(
            text.hasPrefix(
                "# HELP syncs_total Learners.\n# TYPE syncs_total counter\nsyncs_total{mode=\"diff\"} 1\n"
                    + "syncs_total{mode=\"snap\",why=\"a\\\"b\\\\c\\nd\"} 2\n# HELP other"))
    }

    @Test func bucketsAreCumulativeAndEndInInfinity() {
        let text = text {
            $0.histogram(
                "stage_seconds", "Where time goes.", HistogramCounts(bounds: [0.001, 0.01], counts: [2, 3, 5], sum: 1.5),
                labels: [MetricLabel("stage", "quorum")])
        }
        #expect(
            text == """
                # HELP stage_seconds Where time goes.
                # TYPE stage_seconds histogram
                stage_seconds_bucket{stage="quorum",le="0.001"} 2
                stage_seconds_bucket{stage="quorum",le="0.01"} 5
                stage_seconds_bucket{stage="quorum",le="+Inf"} 10
                stage_seconds_sum{stage="quorum"} 1.5
                stage_seconds_count{stage="quorum"} 10

                """)
    }

    /// Lines of a histogram up to the value.
    private func series(_ text: String) -> [Substring] {
        text.split(separator: "\n").filter { !$0.hasPrefix("#") }.map { $0[..<($0.lastIndex(of: " ") ?? $0.endIndex)] }
    }

    @Test func aLadderShowsTheSameSeriesWhateverWasCounted() {
        func scrape(_ counts: HistogramCounts, _ detail: PrometheusText.Detail = .steady) -> String {
            var snapshot = MetricsSnapshot(takenAt: 0)
            snapshot.histogram("t_seconds", "T.", counts, ladder: .seconds)
            return PrometheusText.write(snapshot, detail)
        }
        let none = HistogramCounts(bounds: [], counts: [0], sum: 0)
        let some = HistogramCounts(bounds: [0.0009, 0.0011, 0.3, 0.34], counts: [0, 4, 0, 2, 1], sum: 12)
        #expect(series(scrape(none)) == series(scrape(some)))
        #expect(series(scrape(none)).count == 19 + 1 + 2)
        #expect(series(scrape(none)).contains("t_seconds_bucket{le=\"1e-05\"}"))
        let text = scrape(some)
        for line in ["le=\"0.0005\"} 0", "le=\"0.001\"} 4", "le=\"0.2\"} 4", "le=\"0.5\"} 6", "le=\"10.0\"} 6", "le=\"+Inf\"} 7"]
        {
            #expect(text.contains(line + "\n"), "\(line) in \(text)")
        }
        #expect(text.contains("t_seconds_sum 12.0\nt_seconds_count 7\n"))
        #expect(scrape(some, .fine).contains("le=\"0.34\"} 6\n"))
    }

    @Test func smallCountsAreExactOnTheirLadder() {
        // Whole numbers below sixteen have buckets of their own.
        let bounds = (0...15).map(Double.init)
        for value in 1...12 {
            var counts = [UInt64](repeating: 0, count: 17)
            counts[value] = 1
            let shown = HistogramCounts(bounds: bounds, counts: counts, sum: Double(value)).on(.counts)
            let place = shown.counts.firstIndex(of: 1)
            #expect(place == BucketLadder.counts.bounds.firstIndex { $0 >= Double(value) }, "\(value)")
        }
        #expect(BucketLadder.counts.bounds.prefix(4) == [1, 2, 5, 10] && BucketLadder.counts.bounds.last == 1e6)
        #expect(BucketLadder.seconds.bounds.first == 1e-5 && BucketLadder.seconds.bounds.last == 10)
    }

    @Test func zooKeepersNamesAreThereWithoutTextAndWithoutDoubles() {
        let text = text {
            $0.gauge("uptime", "Own.", 3)
            $0.monitor = [
                AdminField("version", .text("3")), AdminField("znode_count", .integer(5)), AdminField("uptime", .integer(4)),
                AdminField("1_bad", .integer(1)),
            ]
        }
        #expect(text == "# HELP uptime Own.\n# TYPE uptime gauge\nuptime 3\n# TYPE znode_count gauge\nznode_count 5\n")
    }

    @Test func numbersThatAreNoneAreWrittenAsPrometheusReadsThem() {
        let text = text {
            $0.gauge("a", "A.", number: .nan)
            $0.gauge("b", "B.", number: .infinity)
            $0.gauge("c", "C.", number: 0.25)
        }
        #expect(text.contains("\na NaN\n"))
        #expect(text.contains("\nb +Inf\n"))
        #expect(text.contains("\nc 0.25\n"))
    }
}
