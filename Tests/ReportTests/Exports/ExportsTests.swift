// Every format as text: golden files of one document, every document that figures are quoted from, and what none of them may do:
// hand on a figure that the load generator made as if it held.

import Foundation
import Report
import Results
import Testing

@Suite struct ExportsTests {
    /// QUORATE_REWRITE=1 writes the files anew; what changes in them is what readers of the format see.
    @Test(arguments: ExportFormat.allCases) func theGoldenFileIsWhatIsWritten(format: ExportFormat) throws {
        let document = try ExportSample.rich()
        var exported = try format.export(document, ExportSample.options(format))
        exported.text += exported.remarks.map { "(remark) \($0)\n" }.joined()
        let file = ExportSample.golden.appendingPathComponent("\(format.rawValue).txt")
        if ProcessInfo.processInfo.environment["QUORATE_REWRITE"] != nil {
            try exported.text.write(to: file, atomically: true, encoding: .utf8)
        }
        #expect(try exported.text == String(contentsOf: file, encoding: .utf8))
    }

    /// Tasks are dispatched in one of them only.
    @Test func everyReferenceIsExported() throws {
        for name in try ExportSample.referenceNames {
            let document = try ResultFolder.read(ExportSample.references.appendingPathComponent(name).path)
            for format in ExportFormat.allCases where format != .openmessaging || name.hasPrefix("task-dispatch") {
                let exported = try format.export(document, ExportSample.options(format))
                #expect(exported.text.hasSuffix("\n") && exported.text.utf8.count < 1_024 * 1_024, "\(name) as \(format)")
                #expect(!exported.text.contains(/[ ,:]-?(nan|inf)\b/), "\(name) as \(format)")
            }
        }
        let document = try ResultFolder.read(ExportSample.references.appendingPathComponent("write-only-1-3-5.json").path)
        let error = #expect(throws: ResultError.self) { try ExportFormat.openmessaging.export(document, ExportOptions()) }
        #expect(error?.description.contains("has no queue or messages in phase 'paced' with 1 member of quorate") == true)
    }

    @Test(arguments: ExportFormat.allCases) func aDocumentWithoutFiguresIsRefusedOrSaysSo(format: ExportFormat) throws {
        var document = try ExportSample.plain()
        document.cells = []
        switch format {
        case .junit, .markdown:
            let text = try format.export(document, ExportSample.options(format)).text
            #expect(format == .junit ? text.contains("result is complete") : text.contains("Nothing was measured."))
        default:
            let error = #expect(throws: ResultError.self) { try format.export(document, ExportSample.options(format)) }
            #expect(error?.description.hasPrefix("'2026-11-24T01-04-58Z-task-dispatch' has no ") == true, "\(error!)")
        }
    }

    @Test func figuresThatTheGeneratorMadeAreNotWatched() throws {
        let document = try ExportSample.rich()
        let all = ExportedFigure.all(document)
        let void = all.filter(\.isVoid).map { "\($0.phase)/\($0.nodes)/\($0.target) \($0.metric.rawValue)" }
        #expect(void == ["paced/1/quorate commit_p99_ns", "full/3/quorate writes_per_s", "full/3/quorate items_per_s"])
        for format in [ExportFormat.bencher, .benchstat, .openmetrics] {
            let exported = try format.export(document, ExportSample.options(format))
            #expect(exported.remarks.contains { $0.hasSuffix("made them: \(void.joined(separator: ", ")).") }, "\(format)")
        }
        let watched = try ExportFormat.bencher.export(document, ExportOptions()).text
        let read = try #require(
            try JSONSerialization.jsonObject(with: Data(watched.utf8)) as? [String: [String: [String: Double]]])
        let name = document.workload.name
        #expect(read["\(name)/full/3/quorate"]?.keys.contains("throughput") == false)
        #expect(
            read["\(name)/full/1/quorate"]?["throughput"] == ["value": 119_000, "lower_value": 110_000, "upper_value": 125_000.5])
        #expect(read["\(name)/paced/1/quorate"]?.keys.contains("commit-p99-ns") == false)
        #expect(
            read["\(name)/paced/1/zookeeper"]?["commit-p99-ns"]?["value"]
                == all.first {
                    $0.target == "zookeeper" && $0.phase == "paced" && $0.metric == .commitP99
                }?.value)
    }

    @Test func whatFailedOrDoesNotCountIsNotWatched() throws {
        var document = try ExportSample.plain()
        document.cells[0].failure = "Member 1 ended with exit code 74"
        document.cells[1].isTooSlow = true
        #expect(ExportedFigure.all(document).isEmpty)
        #expect(throws: ResultError.self) { try ExportFormat.openmetrics.export(document, ExportOptions()) }
        let junit = try ExportFormat.junit.export(document, ExportOptions()).text
        #expect(junit.contains("<error type=\"invalid\" message=\"Member 1 ended with exit code 74\"/>"))
        #expect(junit.contains("slower here than it is known to be"))
    }

    @Test func aFileHasOneDirection() throws {
        let document = try ExportSample.rich()
        func names(_ direction: ExportOptions.Direction) throws -> Set<String> {
            var options = ExportOptions()
            options.direction = direction
            let text = try ExportFormat.githubActionBenchmark.export(document, options).text
            let list = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [[String: Any]])
            #expect(list.allSatisfy { $0["value"] is Double && $0["unit"] is String })
            return Set(list.compactMap { $0["name"] as? String })
        }
        let (smaller, bigger) = (try names(.smaller), try names(.bigger))
        #expect(smaller.isDisjoint(with: bigger))
        #expect(smaller.count + bigger.count == ExportedFigure.all(document).count { !$0.isVoid })
        #expect(throws: ResultError.self) { try ExportFormat.githubActionBenchmark.export(document, ExportOptions()) }
        var slow = document
        for place in slow.cells.indices { slow.cells[place].phases.removeAll { $0.name == "full" } }
        for place in slow.cells.indices { slow.cells[place].phases[1].writesPerSecond = 0 }
        for place in slow.cells.indices { slow.cells[place].phases[1].itemsPerSecond = nil }
        var options = ExportOptions()
        options.direction = .bigger
        let error = #expect(throws: ResultError.self) { try ExportFormat.githubActionBenchmark.export(slow, options) }
        #expect(error?.description.contains("no figure of which bigger is better, and an empty list is an error") == true)
    }

    @Test func aLongSummaryIsCutAndSaysSo() throws {
        var document = try ExportSample.plain()
        for number in 0..<20_000 {
            document.marks.append(ResultMark(.errors, "phase \(number): \(String(repeating: "x", count: 80))"))
        }
        let text = try ExportFormat.markdown.export(document, ExportOptions()).text
        #expect(text.utf8.count < 1_000_000 && text.utf8.count > 800_000)
        #expect(text.contains("more, for which a summary has no room; they are in result.json\n"))
        #expect(text.contains("</details>\n\nMeasured 2026-11-24T01:04:58Z"))
    }

    /// The sign of GitHub's own markup and of HTML do nothing, and a row stays a row.
    @Test func namesDoNotBreakASummary() throws {
        let text = try ExportFormat.markdown.export(ExportSample.rich(), ExportOptions()).text
        #expect(text.hasPrefix("## quorate bench: a&lt;b&gt; &amp; \"c\"\\|d, e\n"))
        #expect(!text.contains("<b>") && !text.contains("<encrypts>") && !text.contains("<differ>"))
        let tables = text.split(separator: "\n").filter { $0.hasPrefix("|") }
        func bars(_ line: Substring) -> Int { line.replacing("\\|", with: "").count { $0 == "|" } }
        #expect(Set(tables.map(bars)).count == 2, "two tables, each with rows of one width")
        #expect(tables.count == 2 + 3 + 2 + 1)
    }

    @Test func linesForBenchstatAreThoseOfRunsThenOfSlices() throws {
        var document = try ExportSample.plain()
        func lines(_ phase: String, _ nodes: Int) throws -> [Substring] {
            let exported = try ExportFormat.benchstat.export(document, ExportOptions())
            let wanted = "BenchmarkQuorate/workload=task-dispatch/phase=\(phase)/nodes=\(nodes)/target=quorate-2 1 "
            return exported.text.split(separator: "\n").filter { $0.hasPrefix(wanted) }
        }
        #expect(try lines("full", 1).count == 1)
        func phases(_ writes: Double) -> [ResultSlicePhase] {
            [ResultSlicePhase(name: "full", figures: [.writes: writes, .commitMedian: 1_000, .cpuPerWrite: 2.5])]
        }
        document.cells[0].slices = (0..<6).map { ResultSlice(place: $0, round: $0, phases: phases(Double(100 + $0))) }
        #expect(try lines("full", 1).count == 6)
        #expect(try lines("full", 1)[5].hasSuffix(" 1 105.0 writes/s 1000.0 commit-p50-ns 2500.0 cpu-ns/write"))
        document.runs = (1...3).map { number in
            var cell = ResultCell(nodes: 1)
            cell.repetition = number
            var run = ResultRun(cell)
            run.phases = phases(Double(number))
            run.failure = number == 2 ? "ended" : nil
            return run
        }
        #expect(try lines("full", 1).map { $0.split(separator: " ")[2] } == ["1.0", "3.0"], "a run that failed is none")
        #expect(try lines("full", 3).count == 1)
    }
}
