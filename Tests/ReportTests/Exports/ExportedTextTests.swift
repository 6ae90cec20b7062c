// Exports read back by their own rules: XML by a parser, metrics and tables line by line, distributions slot by slot.

import Foundation
import FoundationXML
import Report
import Results
import Statistics
import Testing

@Suite struct ExportedTextTests {
    // MARK: JUnit

    private final class Counts: NSObject, XMLParserDelegate {
        var elements: [String: Int] = [:]
        var suites: [[String: String]] = []
        var messages: [String] = []

        func parser(
            _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
            attributes: [String: String]
        ) {
            elements[name, default: 0] += 1
            if name.hasPrefix("testsuite") { suites.append(attributes) }
            if let message = attributes["message"] { messages.append(message) }
        }
    }

    private func parsed(_ document: ResultDocument, isStrict: Bool) throws -> Counts {
        var options = ExportOptions()
        options.isStrict = isStrict
        let text = try ExportFormat.junit.export(document, options).text
        let counts = Counts()
        let parser = XMLParser(data: Data(text.utf8))
        parser.delegate = counts
        #expect(parser.parse(), "\(parser.parserError.map { "\($0)" } ?? "")")
        return counts
    }

    @Test func aReportIsWellFormedAndItsCountsAreThoseOfItsCases() throws {
        var document = try ExportSample.rich()
        document.mark(.errors, "an escape \u{1B}[2J and \u{FFFF}")
        for isStrict in [false, true] {
            let found = try parsed(document, isStrict: isStrict)
            #expect(found.suites.count == 5, "one that holds them, three of cells, one of the whole")
            #expect(found.suites[0]["tests"] == "\(found.elements["testcase"] ?? 0)")
            for kind in ["failures": "failure", "errors": "error", "skipped": "skipped"] {
                let sum = found.suites.dropFirst().reduce(0) { $0 + (Int($1[kind.key] ?? "") ?? 0) }
                #expect(
                    found.suites[0][kind.key] == "\(found.elements[kind.value] ?? 0)" && sum == found.elements[kind.value] ?? 0)
            }
            #expect(found.elements["failure"] == 1)
            #expect(found.messages.contains("2 of 3 <differ>"))
            #expect(found.messages.contains("One <encrypts>, the other | does not.\nSo it is."))
            #expect(found.messages.contains("an escape \u{FFFD}[2J and \u{FFFD}"))
            #expect(found.elements["error"] ?? 0 == (isStrict ? 2 : 0), "void is an error only where that is asked for")
        }
    }

    @Test func lessThanWasOfferedIsAnError() throws {
        var document = try ExportSample.plain()
        document.cells[0].phases[1].operations[0].offered = 1_000
        document.cells[0].phases[1].operations[0].acknowledgedInside = 949
        #expect(
            try parsed(document, isStrict: false).messages.contains { $0.hasSuffix("were due, only 94 % were answered in time") })
        document.cells[0].phases[1].operations[0].acknowledgedInside = 950
        #expect(try parsed(document, isStrict: false).elements["error"] == nil)
    }

    // MARK: OpenMetrics

    @Test func metricsAreRoundedAndNamedOnce() throws {
        let text = try ExportFormat.openmetrics.export(ExportSample.rich(), ExportOptions()).text
        #expect(text.hasSuffix("\n# EOF\n"))
        var families: Set<Substring> = []
        var series: Set<Substring> = []
        for line in text.split(separator: "\n") where line != "# EOF" {
            if line.hasPrefix("# TYPE ") {
                #expect(families.insert(line.split(separator: " ")[2]).inserted, "\(line)")
            } else if !line.hasPrefix("# HELP ") {
                let match = try #require(line.wholeMatch(of: /(quorate_bench_[a-z_]+)\{(.*)\} ([0-9.]+)/), "\(line)")
                #expect(families.contains(match.1) && series.insert(line.prefix(line.count - match.3.count)).inserted, "\(line)")
                let digits = match.3.filter(\.isNumber).drop { $0 == "0" }
                #expect(
                    String(digits.prefix(3)).count + digits.dropFirst(3).filter { $0 == "0" }.count == digits.count, "\(line)")
            }
        }
        #expect(text.contains("workload=\"a<b> & \\\"c\\\"|d,\\ne\""))
        let tail = "target=\"quorate\",nodes=\"1\",phase=\"paced\",quantile="
        #expect(text.contains("\(tail)\"0.9\"") && !text.contains("\(tail)\"0.99\""), "the generator made it")
        #expect(
            text.contains("phase_void{workload=\"a<b> & \\\"c\\\"|d,\\ne\",target=\"quorate\",nodes=\"1\",phase=\"paced\"} 1"))
        #expect(
            !text.contains(
                "writes_per_second{workload=\"a<b> & \\\"c\\\"|d,\\ne\",target=\"quorate\",nodes=\"3\",phase=\"full\"}"))
    }

    // MARK: distributions

    private func histogram(least: UInt64) -> LatencyHistogram {
        var histogram = LatencyHistogram()
        for step in 0..<50_000 { histogram.record(UInt64(1_000 + step * step)) }
        histogram.record(3_599_999_999_999, count: 3)
        histogram.record(10, count: least)
        return histogram
    }

    @Test func theTableEndsAtTheGreatestValueAndGrows() throws {
        var document = try ExportSample.plain()
        document.cells[0].phases[1].operations[0].response = LatencyFigures(histogram(least: 700_000))
        var options = ExportOptions()
        options.selection.role = document.cells[0].phases[1].operations[0].role
        options.selection.op = document.cells[0].phases[1].operations[0].op
        let text = try ExportFormat.hgrm.export(document, options).text
        let rows = text.split(separator: "\n").dropFirst().filter { !$0.hasPrefix("#") }.map { line in
            line.split(separator: " ").compactMap { Double($0) }
        }
        #expect(rows.last == [3_600_000, 1, 750_003])
        #expect(rows.dropLast().allSatisfy { $0.count == 4 && abs($0[3] * (1 - $0[1]) - 1) < 0.01 })
        #expect(zip(rows, rows.dropFirst()).allSatisfy { $0[0] <= $1[0] && $0[1] < $1[1] && $0[2] <= $1[2] })
        for row in rows { #expect(row[2] / 750_003 >= row[1] - 1e-9) }
    }

    @Test func aVoidTailIsCutOff() throws {
        var document = try ExportSample.plain()
        document.cells[0].phases[1].isVoid = true
        let exported = try ExportFormat.hgrm.export(document, ExportOptions())
        let shares = exported.text.split(separator: "\n").dropFirst().filter { !$0.hasPrefix("#") }.compactMap {
            Double($0.split(separator: " ")[1])
        }
        #expect(shares.count > 10 && shares.allSatisfy { $0 < 0.99 })
        #expect(
            !exported.text.contains("Max") && exported.remarks.last?.hasPrefix("Left out from the 99th percentile on") == true)
    }

    /// The reverse of what is written, from the format's description.
    @Test func aCompressedHistogramHasEverySlot() throws {
        for histogram in [histogram(least: 700_000_000_000), LatencyHistogram(), SampleFigures.one] {
            let bytes = try #require(Data(base64Encoded: CompressedHistogram.base64(histogram))).map { $0 }
            func number(_ bytes: ArraySlice<UInt8>) -> UInt64 { bytes.reduce(0) { $0 << 8 | UInt64($1) } }
            #expect(number(bytes[0..<4]) == 0x1C84_9314 && Int(number(bytes[4..<8])) == bytes.count - 8)
            let payload = try inflatedStored(Array(bytes[8...]))
            #expect(number(payload[0..<4]) == 0x1C84_9313 && Int(number(payload[4..<8])) == payload.count - 40)
            #expect(number(payload[8..<12]) == 0 && number(payload[12..<16]) == 3 && number(payload[16..<24]) == 1_000)
            #expect(number(payload[24..<32]) == 3_600_000_000_000)
            #expect(Double(bitPattern: number(payload[32..<40])) == 1)
            var found: [Int: UInt64] = [:]
            var slot = 0
            var place = 40
            while place < payload.count {
                var value: UInt64 = 0
                for shift in stride(from: UInt64(0), through: 56, by: 7) {
                    let byte = payload[place]
                    place += 1
                    value |= UInt64(shift == 56 ? byte : byte & 0x7F) << shift
                    if byte & 0x80 == 0 { break }
                }
                let count = Int64(bitPattern: value >> 1) ^ -Int64(value & 1)
                if count > 0 { found[slot] = UInt64(count) }
                slot += count < 0 ? Int(-count) : 1
            }
            #expect(found == Dictionary(uniqueKeysWithValues: histogram.slots.map { ($0.slot, $0.count) }))
        }
    }

    private func inflatedStored(_ stream: [UInt8]) throws -> [UInt8] {
        #expect((Int(stream[0]) << 8 | Int(stream[1])) % 31 == 0 && stream[0] & 0xF == 8)
        var bytes: [UInt8] = []
        var place = 2
        var isLast = false
        while !isLast {
            isLast = stream[place] == 1
            let length = Int(stream[place + 1]) | Int(stream[place + 2]) << 8
            #expect(Int(stream[place + 3]) | Int(stream[place + 4]) << 8 == ~length & 0xFFFF)
            bytes += stream[(place + 5)..<(place + 5 + length)]
            place += 5 + length
        }
        #expect(stream.count == place + 4)
        return bytes
    }

    // MARK: CSV

    @Test func everyFigureIsARowWithItsUnit() throws {
        let document = try ExportSample.rich()
        let text = try ExportFormat.csv.export(document, ExportOptions()).text
        // The only field with a line end, a comma and quotes is the workload's name.
        let name = "\"a<b> & \"\"c\"\"|d,\ne\""
        let rows = text.replacing(name, with: "W").split(separator: "\n").map {
            $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        }
        #expect(rows[0].count == 12 && rows.allSatisfy { $0.count == 12 })
        func value(_ nodes: String, _ target: String, _ phase: String, _ role: String, _ op: String, _ figure: String)
            -> [String]?
        {
            let found = rows.filter { [$0[2], $0[3], $0[4], $0[6], $0[7], $0[8]] == [nodes, target, phase, role, op, figure] }
            #expect(found.count == 1, "\(figure) stands \(found.count) times")
            return found.first.map { Array($0[9...]) }
        }
        let paced = document.cells[1].phases[1]
        #expect(value("3", "quorate", "paced", "", "", "commit.p99_ns") == ["ns", "\(paced.commit!.p99)", ""])
        let operation = paced.operations[0]
        #expect(
            value("3", "quorate", "paced", operation.role, operation.op, "response.p50_ns")
                == ["ns", "\(operation.response!.percentile(50))", ""])
        #expect(value("3", "quorate", "paced", operation.role, operation.op, "series.4.errors") == ["", "1", ""])
        #expect(value("1", "quorate", "full", "", "", "server.cpu_us_per_write") == ["us/write", "1.52", ""])
        #expect(
            value("3", "quorate", "full", "", "", "writes_per_s") == [
                "writes/s", "\(document.cells[1].phases[2].writesPerSecond)", "void",
            ])
        #expect(value("1", "quorate", "paced", "", "", "commit.p99_ns")?.last == "void")
        #expect(value("1", "quorate", "paced", "", "", "commit.p50_ns")?.last == "")
        #expect(value("3", "quorate", "", "", "", "checks.replicas_agree.passed") == ["", "0", ""])
        #expect(value("1", "quorate", "full", "", "", "over_runs.writes_per_s.high") == ["writes/s", "125000.5", ""])
        #expect(Set(rows.dropFirst().map { $0[2...8].joined(separator: ",") }).count == rows.count - 1, "no figure stands twice")
        #expect(!text.contains("histogram") && !text.contains("bucket_"))
    }
}

private enum SampleFigures {
    static var one: LatencyHistogram {
        var histogram = LatencyHistogram()
        histogram.record(512)
        return histogram
    }
}
