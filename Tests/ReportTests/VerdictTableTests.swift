// The verdict as a terminal shows it: the golden text has each verdict and each kind of reason once.

import Foundation
import Report
import Results
import Testing

@Suite struct VerdictTableTests {
    private func figure(
        _ metric: ResultMetric, _ base: Double, _ ratio: ResultInterval, resolution: Double?, gated: Bool = true
    ) -> ComparedFigure {
        let found = GateRule(threshold: 0.05).judge(ratio, of: metric, resolution: resolution)
        return ComparedFigure(
            nodes: 3, phase: "deep", metric: metric, base: base, new: base * ratio.median, ratio: ratio, resolution: resolution,
            isGated: gated, verdict: found.verdict, reason: found.reason)
    }

    private func interval(_ low: Double?, _ median: Double, _ high: Double?) -> ResultInterval {
        ResultInterval(median: median, low: low, high: high, confidence: 0.95, samples: low == nil ? 1 : 24)
    }

    private func document(_ figures: [ComparedFigure], _ verdict: ResultVerdict) -> ComparisonDocument {
        ComparisonDocument(
            started: "2026-11-28T00:00:00Z", command: ["compare"], workload: "gate",
            base: ComparedSide(name: "quorate", version: nil, git: nil, settings: []),
            new: ComparedSide(name: "quorate", version: nil, git: nil, settings: ["maxBatchSize=1"]), threshold: 0.05,
            differences: [], figures: figures, verdict: verdict, marks: [])
    }

    @Test func goldenText() throws {
        let figures = [
            figure(.cpuPerWrite, 3.63, interval(1.07, 1.10, 1.13), resolution: 0.021),
            figure(.writes, 305_584, interval(0.97, 1.01, 1.04), resolution: 0.034),
            figure(.commitMedian, 870_000, interval(0.86, 0.88, 0.91), resolution: 0.02),
            figure(.flushMean, 210_000, interval(1.01, 1.02, 1.03), resolution: 0.083),
            figure(.commitP99, 3_000_000, interval(0.7, 1.2, 1.9), resolution: nil, gated: false),
            figure(.reads, 1_400_000, interval(nil, 1.3, nil), resolution: nil),
        ]
        var worse = document(figures, .worse)
        worse.confirmation = [figures[0]]
        worse.differences = ["the kernel: 6.1 and 6.2"]
        worse.marks = [ResultMark(.faults, "Faults were armed.")]
        let texts =
            [VerdictTable.text(worse)]
            + [ResultVerdict.better, .same, .undecided].map { VerdictTable.sentence(document(figures, $0)) }
            + [VerdictTable.sentence(document([], .undecided))]
        let text = texts.joined(separator: "\n\n") + "\n"
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("golden/verdict.txt")
        if ProcessInfo.processInfo.environment["QUORATE_REWRITE"] != nil {
            try text.write(to: file, atomically: true, encoding: .utf8)
        }
        #expect(try text == String(contentsOf: file, encoding: .utf8))
    }
}
