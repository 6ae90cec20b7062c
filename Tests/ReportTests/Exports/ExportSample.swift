// The golden document of ResultsTests with more in it that an export can get wrong: names that no format takes as they are, a
// second target, runs with intervals, a ratio, seconds, checks that failed or were not decided, and void phases.

import Foundation
import Report
import Results

enum ExportSample {
    private static let here = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    static let golden = here.deletingLastPathComponent().appendingPathComponent("golden/exports")
    static let references = here.deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("results/reference")

    static func plain() throws -> ResultDocument {
        let tests = here.deletingLastPathComponent().deletingLastPathComponent()
        return try ResultFolder.read(tests.appendingPathComponent("ResultsTests/golden/result.json").path)
    }

    /// One member, quorate: `paced` is void in its tail. Three members, quorate: `full` is void in its rates.
    static func rich() throws -> ResultDocument {
        var document = try plain()
        document.workload.name = "a<b> & \"c\"|d,\ne"
        document.cells[0].phases[1].isVoid = true
        document.cells[1].phases[2].isVoid = true
        document.cells[1].checks[1] = ResultCheck(name: "replicas_agree", passed: false, sentence: "2 of 3 <differ>")
        var seconds: [ResultSecond] = []
        for second in 0..<2 {
            seconds.append(
                ResultSecond(
                    second: 3 + second, count: 1_000, errors: UInt64(second), p50: 300_000, p99: 2_000_000, max: 3_000_000))
        }
        document.cells[1].phases[1].operations[0].series = seconds
        var other = document.cells[0]
        other.target = ResultTarget.zookeeper
        other.phases[1].isVoid = nil
        document.cells.append(other)
        document.targets.append(
            ResultTarget(name: ResultTarget.zookeeper, version: "3.8.0", program: "java", tls: false, nodes: [1], settings: []))
        let interval = ResultInterval(median: 119_000, low: 110_000, high: 125_000.5, confidence: 0.95, samples: 5)
        document.summaries = [
            ResultSummary(nodes: 1, target: "quorate", phase: "full", metric: .writes, value: interval),
            ResultSummary(nodes: 1, target: "quorate", phase: "paced", metric: .commitMedian, value: interval),
        ]
        document.ratios = [
            ResultRatio(
                nodes: 1, target: "quorate", other: "zookeeper", phase: "full", metric: .writes, basis: .runs,
                ratio: ResultInterval(median: 12.5, low: 10.25, high: 14, confidence: 0.95, samples: 5))
        ]
        document.mark(.unequal, "One <encrypts>, the other | does not.\nSo it is.")
        return document
    }

    static var referenceNames: [String] {
        get throws {
            try FileManager.default.contentsOfDirectory(atPath: references.path).filter { $0.hasSuffix(".json") }.sorted()
        }
    }

    static func options(_ format: ExportFormat) -> ExportOptions {
        var options = ExportOptions()
        if format == .githubActionBenchmark { options.direction = .bigger }
        return options
    }
}
