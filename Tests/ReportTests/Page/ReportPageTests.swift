// Pages of all kinds of results: well-formed, small, sufficient in themselves, and each number is that of the document.

import Foundation
import Report
import Results
import Testing

@Suite struct ReportPageTests {
    private static let limit = 1 << 20

    private func numbers(_ value: some Encodable) throws -> DocumentNumbers {
        try JSONDecoder().decode(DocumentNumbers.self, from: ResultFolder.encode(value))
    }

    /// What holds for each page. `rows` are the document's cells, joined as tables join them.
    @discardableResult
    private func check(_ document: ResultDocument, against written: DocumentNumbers? = nil) throws -> ReadPage {
        let text = ReportPage.text([document])
        let page = ReadPage(text)
        #expect(page.isWellFormed && ReportPage.isReport(text))
        #expect(Set(page.ids).count == page.ids.count, "each place has a name of its own")
        #expect(!text.contains("\"nan") && !text.contains("\"inf") && !text.contains("\"-inf"))
        let fields = try written ?? numbers(document)
        let rows = try numbers(["rows": document.rows])
        for number in page.numbers {
            let found = number.key.hasPrefix("rows.") ? rows[number.key] : fields[number.key]
            #expect(found?.isNumber(number.value) == true, "\(number.key): \(number.value), not \(String(describing: found))")
            #expect(!number.text.isEmpty && number.text != "-", "\(number.key) is shown")
        }
        return page
    }

    private func reference(_ name: String) throws -> ResultDocument {
        try ResultFolder.read(ExportSample.references.appendingPathComponent(name).path)
    }

    // MARK: results that were measured

    @Test(arguments: try ExportSample.referenceNames)
    func aReferenceIsShownAsItIs(name: String) throws {
        let document = try reference(name)
        let bytes = try Data(contentsOf: ExportSample.references.appendingPathComponent(name))
        let page = try check(document, against: JSONDecoder().decode(DocumentNumbers.self, from: bytes))
        #expect(page.numbers.count > 300 && page.elements["svg", default: 0] > 1)
        let text = ReportPage.text([document])
        #expect(text.utf8.count < Self.limit)
        for sign in ["http:", "https:", "src=", "url(", "@import"] { #expect(!text.contains(sign), "\(sign) in the page") }
    }

    @Test(arguments: try ExportSample.referenceNames)
    func theFirstTableIsThatOfTheTerminal(name: String) throws {
        let document = try reference(name)
        let table = ResultTable(
            hasQueues: document.rows.contains { $0.phases.contains { $0.itemsPerSecond != nil } },
            hasReads: ChosenPhases(document).reading != nil, targets: document.targets.map(\.name))
        let lines = table.text(document).split(separator: "\n").dropFirst(3)
        let rows = ReadPage(ReportPage.text([document])).firstTable
        let columns = lines.map { $0.split(whereSeparator: { $0 == " " || $0 == "│" }).map(String.init) }
        #expect(rows == columns)
    }

    @Test func theCourseOfALoadWithFaultsIsShown() throws {
        var document = try ExportSample.plain()
        document.cells[1].course = ResultCourse(
            binNanoseconds: 10_000_000, writes: Array(repeating: 7, count: 5_000) + [0, 0], worstMicroseconds: [])
        document.cells[1].elections = [
            ResultElectionSighting(member: 2, epoch: 3, afterNanoseconds: 1_000_000_000, byNanoseconds: 1_200_000_000)
        ]
        document.cells[1].stretches = [
            ResultFaultStretch(
                place: "during", faults: ["kill"], fromNanoseconds: 5, toNanoseconds: 2_000_000_000,
                response: document.cells[1].phases[1].operations[0].response, silentBins: 12)
        ]
        let page = try check(document)
        #expect(page.words.contains("Rates of hundredths of a second") && page.words.contains("epoch 3 by 1.20 s"))
        #expect(page.words.contains("during kill") && page.numbers.contains { $0.key == "cells.1.fault_stretches.0.silent_bins" })
        #expect(ReportPage.text([document]).utf8.count < Self.limit)
    }

    @Test func severalResultsStandOneBehindAnother() throws {
        let documents = try [
            reference("snapshot-gap-3.json"), reference("write-only-1-3-5.json"), reference("snapshot-gap-3.json"),
        ]
        let page = ReadPage(ReportPage.text(documents))
        #expect(page.isWellFormed && page.elements["article"] == 3 && Set(page.ids).count == page.ids.count)
        #expect(page.ids.contains("r1-top") && page.ids.contains("r3-command"))
    }

    // MARK: results of all kinds

    @Test func aSmallOneIsTheSameInEveryByte() throws {
        let file = ExportSample.golden.deletingLastPathComponent().appendingPathComponent("page.html")
        let text = try ReportPage.text([ExportSample.plain()])
        if ProcessInfo.processInfo.environment["QUORATE_REWRITE"] != nil {
            try text.write(to: file, atomically: true, encoding: .utf8)
        }
        #expect(try text == String(contentsOf: file, encoding: .utf8))
        try check(ExportSample.plain())
    }

    @Test func strangeNamesAreShownAndNotRead() throws {
        var document = try ExportSample.rich()
        let name = "</title><script>alert('1')</script>&amp;\u{7}\"\u{FFFE}"
        document.workload.name = name
        document.workload.resolved = "name: \(name)"
        document.id = name
        document.command = ["bench", "it's", name, ""]
        document.targets[1].name = name
        document.cells[2].target = name
        document.ratios?[0].other = name
        document.cells[0].phases[1].name = name
        document.summaries?[1].phase = name
        document.cells[0].phases[1].operations[0].role = name
        document.cells[0].checks[0] = ResultCheck(name: name, passed: false, sentence: name)
        let page = try check(document)
        #expect(page.elements["script"] == 1 && page.elements["title", default: 0] > 1)
        #expect(page.words.contains("</title><script>alert('1')</script>&amp;\u{FFFD}\"\u{FFFD}"))
        #expect(page.words.contains("scripts/quorate bench 'it'\\''s' '</title>"))
    }

    @Test func whatIsVoidCarriesItsMark() throws {
        let page = try check(ExportSample.rich())
        func texts(_ key: String) -> Set<String> { Set(page.numbers.filter { $0.key == key }.map(\.text)) }
        #expect(texts("cells.0.phases.1.commit.p99_ns") == ["1.90!"] && texts("cells.0.phases.1.commit.p50_ns") == ["0.210"])
        #expect(texts("cells.1.phases.2.writes_per_s") == ["61,728!"])
        #expect(page.words.contains("Void in part") || page.words.contains("A check failed"))
        let clean = try check(ExportSample.plain())
        #expect(!clean.numbers.contains { $0.text.hasSuffix("!") })
    }

    @Test func aFailedCellSaysWhy() throws {
        var document = try ExportSample.plain()
        document.status = .partial
        document.cells[1].failure = "the ensemble <did> not start"
        document.cells[1].phases = []
        let page = try check(document)
        #expect(page.firstTable[1] == ["3", "no figures: the ensemble <did> not start"])
        #expect(page.words.contains("✗ A load failed"))
        #expect(!page.ids.contains("r1-scaling"), "one size is no scaling")
        document.cells = []
        document.ceilings = nil
        let empty = try check(document)
        #expect(empty.elements["svg"] == nil && empty.words.contains("Nothing was measured."))
    }

    @Test func chartsWithoutDataAreLeftOut() throws {
        var document = try ExportSample.plain()
        for cell in document.cells.indices {
            document.cells[cell].queue = nil
            for phase in document.cells[cell].phases.indices {
                document.cells[cell].phases[phase].server = nil
                for operation in document.cells[cell].phases[phase].operations.indices {
                    document.cells[cell].phases[phase].operations[operation].series = []
                }
            }
        }
        let page = try check(document)
        for id in ["own-stages", "leader-stages", "course-0", "ratios-1"] { #expect(!page.ids.contains("r1-\(id)")) }
        #expect(page.ids.contains("r1-spectrum") && page.ids.contains("r1-scaling"))
        #expect(!page.words.contains("What became of queue items"))
    }

    @Test func runsThatStandApartAreShownJoined() throws {
        var document = try ExportSample.plain()
        for cell in document.cells.indices { document.cells[cell].repetition = 1 }
        document.cells += document.cells
        for cell in 2..<4 { document.cells[cell].repetition = 2 }
        let page = try check(document)
        #expect(page.firstTable.count == 2 && page.numbers.contains { $0.key == "rows.1.phases.1.commit.p50_ns" })
    }

    @Test func numbersThatNobodyMeasuredTrapNothing() throws {
        var document = try ExportSample.rich()
        document.durationNanoseconds = .max
        document.cells[0].phases[1].startNanoseconds = .max
        document.cells[0].phases[1].durationNanoseconds = .max
        document.cells[0].phases[2].writesPerSecond = 1e300
        document.cells[1].phases[1].operations[0].series[0].second = .max
        document.cells[1].phases[1].operations[0].series[1].second = .min
        document.cells[1].phases[1].operations[0].series[1].count = .max
        document.cells[1].writeGapSeries = [ResultGapSecond(second: .max, longestNanoseconds: .max)]
        document.cells[1].faults = [
            ResultFault(
                atNanoseconds: .max, nanoseconds: .max, fault: "kill", role: "leader", members: [1], writeGapNanoseconds: .max)
        ]
        document.cells[1].snapshots = [ResultSnapshotSighting(member: 1, count: .max, afterNanoseconds: 5, byNanoseconds: .max)]
        document.cells[1].course = ResultCourse(binNanoseconds: .max, writes: [.max, 0], worstMicroseconds: [])
        document.cells[1].elections = [
            ResultElectionSighting(member: 1, epoch: .max, afterNanoseconds: .max, byNanoseconds: .max)
        ]
        document.cells[1].stretches = [
            ResultFaultStretch(
                place: "during", faults: [], fromNanoseconds: .max, toNanoseconds: 0, response: nil, silentBins: .max)
        ]
        #expect(!FaultTable.text(document).isEmpty)
        document.ratios?[0].ratio = ResultInterval(median: 0, low: -1, high: 1e300, confidence: 0.95, samples: 0)
        let page = ReadPage(ReportPage.text([document]))
        #expect(page.isWellFormed && page.ids.contains("r1-course-1"))
    }
}
