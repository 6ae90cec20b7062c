// Pages of searches, for a rate and for settings: well-formed, and each number is that of the document.

import Foundation
import Report
import Results
import Statistics
import Testing

@Suite struct PlanPageTests {
    private func check(_ document: ReportDocument, _ value: some Encodable) throws -> ReadPage {
        let text = ReportPage.text([document])
        let page = ReadPage(text)
        #expect(page.isWellFormed && ReportPage.isReport(text) && Set(page.ids).count == page.ids.count)
        #expect(!text.contains("http:") && !text.contains("https:") && !text.contains("src="))
        let fields = try JSONDecoder().decode(DocumentNumbers.self, from: ResultFolder.encode(value))
        for number in page.numbers {
            let found = fields[number.key]
            #expect(found?.isNumber(number.value) == true, "\(number.key): \(number.value), not \(String(describing: found))")
        }
        return page
    }

    private func window(_ rate: Double, _ tail: UInt64, held: Bool?) -> CapacityWindow {
        var window = CapacityWindow(offeredPerSecond: rate, answeredPerSecond: rate, stage: "climb", writesPerSecond: rate)
        var histogram = LatencyHistogram()
        for time in [tail / 3, tail / 2, tail, tail] { histogram.record(time) }
        window.response = LatencySummary(histogram)
        window.held = held
        (window.leaderShare, window.flushShare) = (0.4, 0.7)
        return window
    }

    @Test func aSearchForARate() throws {
        var document = CapacityDocument(
            started: "2026-11-28T00:00:00Z", command: ["capacity", "gate", "--slo", "p99<=10ms"],
            environment: ResultEnvironment(
                cpus: 2,
                filesystem: ResultFilesystem(kind: "ext4", device: nil, options: nil, inMemory: false, availableBytes: nil)),
            workload: ResultWorkload(name: "<gate>", file: "gate.yaml", seed: 1, resolved: "name: <gate>", overrides: []),
            target: ResultTarget(version: nil, program: nil, tls: true, nodes: [1, 3, 5], settings: []),
            objective: "p99<=10ms", windowNanoseconds: 3_000_000_000)
        for (nodes, rate) in [(1, 20_000.0), (3, 12_000), (5, 7_000)] {
            var size = CapacitySize(nodes: nodes, outcome: .found)
            size.rate = ResultInterval(median: rate, low: rate * 0.9, high: rate * 1.1, confidence: 0.95, samples: 20)
            size.rateOneDown = nodes == 1 ? nil : size.rate
            size.windows = [
                window(250, 1_000_000, held: true), window(rate, 9_000_000, held: true),
                window(2 * rate, 90_000_000, held: false),
                window(rate, 1, held: nil),
            ]
            document.sizes.append(size)
        }
        let page = try check(.capacity(document), document)
        #expect(page.words.contains("half of the windows of 3.00 s keep p99<=10ms at 12,000 requests/s"))
        #expect(page.ids.contains("r1-rates") && page.ids.contains("r1-course") && page.numbers.count > 80)
        #expect(page.numbers.contains { $0.key == "sizes.1.windows.2.response.p99_ns" && $0.text == "90.0" })
        #expect(page.words.contains("scripts/quorate capacity gate --slo 'p99<=10ms'"))
        document.sizes = [CapacitySize(nodes: 3, outcome: .partial)]
        let bare = try check(.capacity(document), document)
        #expect(bare.elements["svg"] == nil && bare.words.contains("the search was ended early"))
    }

    @Test func aSearchForSettings() throws {
        func candidate(_ settings: [String], _ rate: Double, _ tail: Double, _ gain: Double?) -> TunedCandidate {
            TunedCandidate(
                name: settings.isEmpty ? "default" : settings.joined(separator: " "), settings: settings, changesPromise: false,
                stages: 2, figures: [.writes: rate, .commitMedian: tail / 4, .commitP99: tail, .cpuPerWrite: 4],
                gain: gain.map { ResultInterval(median: $0, low: $0 * 0.9, high: $0 * 1.1, confidence: 0.95, samples: 8) },
                isOnFront: rate > 150_000)
        }
        var document = TuningDocument(
            started: "2026-11-28T00:00:00Z", command: ["tune"], workload: "gate", target: "quorate", nodes: 3, objective: .both,
            common: ["snapCount=1000"],
            candidates: [
                candidate([], 140_000, 12e6, nil), candidate(["maxBatchSize=256", "quorate.dispatch=gated"], 200_000, 9e6, 1.4),
                candidate(["maxBatchSize=256"], 160_000, 11e6, 1.05), candidate(["quorate.dispatch=gated"], 130_000, 14e6, 0.8),
            ], recommended: "maxBatchSize=256 quorate.dispatch=gated", marks: [ResultMark(.disturbed, "Something <else> ran.")])
        let page = try check(.tuning(document), document)
        #expect(page.words.contains("! Not proved") && page.words.contains("maxBatchSize=256\nquorate.dispatch=gated"))
        #expect(page.ids.contains("r1-gains") && page.ids.contains("r1-front") && page.ids.contains("r1-map"))
        #expect(page.numbers.contains { $0.key == "candidates.1.gain.low" })
        document.recommended = nil
        document.candidates = [document.candidates[0]]
        let bare = try check(.tuning(document), document)
        #expect(bare.words.contains("The default is best") && bare.elements["svg"] == nil)
    }

    @Test func eachKindIsToldByItsSchema() throws {
        let place = FileManager.default.temporaryDirectory.appendingPathComponent("plan-\(UInt64.random(in: 0 ... .max))").path
        try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: place) }
        let tuning = TuningDocument(
            started: "s", command: [], workload: "w", target: "quorate", nodes: 1, objective: .both, common: [], candidates: [],
            recommended: nil, marks: [])
        try ResultFolder.encode(tuning).write(to: URL(fileURLWithPath: "\(place)/tuning.json"))
        guard case .tuning(let read) = try ReportDocument.read(place) else {
            Issue.record("a folder with tuning.json alone is a search for settings")
            return
        }
        #expect(read == tuning)
        try Data("{\"schema\": \"quorate.tuning/1\"}".utf8).write(to: URL(fileURLWithPath: "\(place)/x.json"))
        let error = #expect(throws: ResultError.self) { try ReportDocument.read("\(place)/x.json") }
        #expect(error?.description.hasSuffix("x.json is no result that this version reads: 'started' is missing.") == true)
    }
}
