// The table and the words under it, made from the golden document of ResultsTests and compared with golden text.

import Foundation
import Report
import Results
import Testing

@Suite struct ResultTableTests {
    private static let here = URL(fileURLWithPath: #filePath).deletingLastPathComponent()

    private func sample() throws -> ResultDocument {
        let path = Self.here.deletingLastPathComponent().appendingPathComponent("ResultsTests/golden/result.json").path
        return try ResultFolder.read(path)
    }

    private func text(_ document: ResultDocument, hasQueues: Bool) -> String {
        [
            ResultTable(hasQueues: hasQueues).text(document), ResultWords.legend(document), ResultWords.sentence(document),
            ResultWords.remarks(document),
        ].joined(separator: "\n\n") + "\n"
    }

    private func check(_ text: String, against name: String) throws {
        let file = Self.here.appendingPathComponent("golden/\(name)")
        if ProcessInfo.processInfo.environment["QUORATE_REWRITE"] != nil {
            try text.write(to: file, atomically: true, encoding: .utf8)
        }
        #expect(try text == String(contentsOf: file, encoding: .utf8))
    }

    @Test func aWorkloadWithQueues() throws {
        try check(text(sample(), hasQueues: true), against: "queues.txt")
    }

    @Test func aWorkloadWithoutQueues() throws {
        var document = try sample()
        for cell in document.cells.indices {
            for phase in document.cells[cell].phases.indices {
                document.cells[cell].phases[phase].itemsPerSecond = nil
                document.cells[cell].phases[phase].enqueueToTake = nil
            }
        }
        try check(text(document, hasQueues: false), against: "writes.txt")
    }

    @Test func targetsSideBySide() throws {
        var document = try sample()
        var others = document.cells
        for place in others.indices {
            others[place].target = ResultTarget.zookeeper
            for phase in others[place].phases.indices { others[place].phases[phase].server = nil }
        }
        document.targets.append(
            ResultTarget(
                name: ResultTarget.zookeeper, version: "3.8.0", program: "java", tls: false, nodes: [1, 3], settings: []))
        document.cells += others
        document.cells.swapAt(1, 2)
        for place in document.cells.indices {
            document.cells[place].phases[2].machine = ResultMachine(
                cpus: 2, members: place == 3 ? nil : 0.82, generator: 0.09, others: place == 3 ? 0.9 : 0.09, stolen: 0)
        }
        document.cells[0].phases[1].isVoid = true
        document.cells[3].phases[2].isVoid = true
        func ratio(_ nodes: Int, _ metric: ResultMetric, _ phase: String, _ median: Double, _ low: Double?) -> ResultRatio {
            ResultRatio(
                nodes: nodes, target: "quorate", other: "zookeeper", phase: phase, metric: metric, basis: .runs,
                ratio: ResultInterval(median: median, low: low, high: low.map { $0 * 1.5 }, confidence: 0.95, samples: 5))
        }
        document.ratios = [
            ratio(1, .writes, "full", 12.5, 10.1), ratio(3, .writes, "full", 11, nil), ratio(1, .commitP99, "paced", 0.97, 0.8),
        ]
        let words = [
            ResultTable(hasQueues: true, targets: document.targets.map(\.name)).text(document), RatioTable.text(document),
            ResultWords.legend(document), ResultWords.sentence(document), ResultWords.remarks(document),
        ]
        try check(words.joined(separator: "\n\n") + "\n", against: "targets.txt")
    }

    @Test func lostConnections() throws {
        var document = try sample()
        func storm(_ phase: String, _ lasts: [UInt64]?, lost: UInt64 = 0) -> ResultReconnect {
            var storm = ResultReconnect(
                phase: phase, cut: 1_016 + lost, back: 1_016, lastNanoseconds: lasts?.max() ?? 5_000_000, response: nil)
            storm.lasts = lasts
            return storm
        }
        document.cells[0].reconnects = [storm("paced", nil), storm("full", [1_200_000_000, 1_500_000_000, 1_300_000_000])]
        document.cells[1].reconnects = [storm("full", [7, 9], lost: 1)]
        document.ratios = [
            ResultRatio(
                nodes: 1, target: "quorate", other: "zookeeper", phase: "full", metric: .lastBack, basis: .rounds,
                ratio: ResultInterval(median: 0.25, low: 0.2, high: 0.3, confidence: 0.95, samples: 6))
        ]
        document.targets.append(
            ResultTarget(name: "zookeeper", version: "3.8.0", program: "java", tls: false, nodes: [1, 3], settings: []))
        let words = [RatioTable.text(document), ResultWords.remarks(document)]
        try check(words.joined(separator: "\n\n") + "\n", against: "storms.txt")
    }

    @Test func aWorkloadOfManyPhasesHasARowForEach() throws {
        var document = try sample()
        #expect(PhaseTable.text(document).isEmpty, "two phases stand in the table above")
        for place in document.cells.indices {
            var reading = document.cells[place].phases[2]
            reading.name = "read-90"
            reading.readsPerSecond = 9_000
            reading.operations = [document.cells[place].phases[1].operations[0]]
            reading.operations[0].op = "get"
            document.cells[place].phases.append(reading)
        }
        try check(PhaseTable.text(document) + "\n", against: "phases.txt")
    }

    @Test func whatFailedWasNotMeasuredOrEndedEarlySaysSo() throws {
        var document = try sample()
        document.cells[0].phases = document.cells[0].phases.map { phase in
            var bare = phase
            bare.server = nil
            bare.offeredPerSecond = nil
            return bare
        }
        document.cells[0].checks[0].passed = false
        document.cells[0].checks[0].sentence = "2 acknowledged items lost"
        document.cells[1].isPartial = true
        document.cells.append(ResultCell(nodes: 5))
        document.cells[2].failure = "Member 3 ended with exit code 74"
        var later = document.cells[1]
        (later.nodes, later.isPartial, later.failure) = (7, false, "generator 2 of 2 ended by signal 9")
        document.cells.append(later)
        document.mark(.partial, "The run was ended by a signal")
        try check(text(document, hasQueues: true), against: "spoilt.txt")
    }

    @Test func aCheckIsSaidToHavePassedOnlyIfItDidWithEverySize() throws {
        var document = try sample()
        document.cells[0].checks = [ResultCheck(name: "no_loss", passed: true, sentence: "all taken")]
        document.cells[1].checks = [
            ResultCheck(name: "no_loss", passed: true, sentence: "all taken"),
            ResultCheck(name: "replicas_agree", passed: nil, sentence: "nobody could be asked"),
        ]
        let words = ResultWords.remarks(document)
        #expect(words.contains("Checks passed with every size: no_loss.\n"))
        #expect(words.contains("Check undecided with 3 members, replicas_agree: nobody could be asked."))
    }

    @Test func allRowsSpeakOfTheSamePhases() throws {
        var document = try sample()
        // The second size has no phase of the first one's names but `paced`, and was faster there.
        document.cells[1].phases.removeAll { $0.name == "full" }
        let lines = ResultTable(hasQueues: false).text(document).split(separator: "\n")
        #expect(lines[3].contains("123,457"))
        #expect(!lines[4].contains("2,000"), "throughput is of the phase 'full', which this size lacks")
        #expect(ChosenPhases(document) == ChosenPhases(Array(document.cells.prefix(1))))
    }

    @Test func nothingAtAll() throws {
        var document = try sample()
        document.cells = []
        #expect(ResultWords.sentence(document) == "Nothing was measured.")
        #expect(ResultWords.legend(document).isEmpty)
    }

    @Test func rowsAreAsWideAsTheHead() throws {
        let table = ResultTable(hasQueues: true)
        let widths = Set(try table.text(sample()).split(separator: "\n").dropFirst().map(\.count))
        #expect(widths.count == 1)
    }

    @Test func aFileThatIsNoResultIsNamed() throws {
        let place = FileManager.default.temporaryDirectory.path + "/quorate-report-\(getpid())"
        try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: place) }
        let missing = #expect(throws: ResultError.self) { try ResultFolder.read(place) }
        #expect(missing?.description.hasPrefix("\(place)/result.json can't be read: ") == true)
        try "{\"schema\": \"quorate.result/1\"}".write(toFile: "\(place)/result.json", atomically: true, encoding: .utf8)
        let empty = #expect(throws: ResultError.self) { try ResultFolder.read(place) }
        #expect(empty?.description.hasSuffix("is no result that this version reads: 'id' is missing.") == true)
        try "{".write(toFile: "\(place)/result.json", atomically: true, encoding: .utf8)
        #expect(throws: ResultError.self) { try ResultFolder.read(place) }
    }

    /// Whatever build wrote them.
    @Test func theDocumentsThatFiguresAreFromAreRead() throws {
        let place = Self.here.deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("results/reference")
        let names = try FileManager.default.contentsOfDirectory(atPath: place.path).filter { $0.hasSuffix(".json") }
        #expect(names.count >= 5)
        for name in names {
            let document = try ResultFolder.read(place.appendingPathComponent(name).path)
            #expect(
                ResultWords.sentence(document).hasPrefix(document.targets.count > 1 ? "quorate: Half of" : "Half of"), "\(name)")
        }
    }

    @Test func aDocumentIsWrittenAndReadAgain() throws {
        let place = FileManager.default.temporaryDirectory.path + "/quorate-written-\(getpid())"
        defer { try? FileManager.default.removeItem(atPath: place) }
        let (folder, _) = try ResultFolder.make(in: [place], workload: "w", started: Date())
        try folder.write(sample())
        #expect(try ResultFolder.read(folder.path) == sample())
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["result.json"])
    }
}
