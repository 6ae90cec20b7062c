// What several runs have found adds up, whatever order their seeds were run in, and is the same when it is read again.

import Campaign
import Foundation
import Testing

@Suite struct SeedLedgerTests {
    private static func done(_ seed: UInt64) -> SeedReport {
        guard let report = SeedReport(line: "done \(seed) \(seed * 10) 2 3 \(seed &* 77)") else { preconditionFailure() }
        return report
    }

    private func ledger(_ seeds: [UInt64]) -> SeedLedger {
        var ledger = SeedLedger()
        for seed in seeds { ledger.note(SeedLedgerTests.done(seed)) }
        return ledger
    }

    @Test func seedsThatWereRunAreNotRunAgain() {
        let some = ledger([1, 2, 3, 7, 6, 10])
        #expect(some.missing(4, from: 1) == [4..<6, 8..<10])
        #expect(some.missing(6, from: 2) == [4..<6, 8..<10, 11..<13])
        #expect(some.missing(3, from: 20) == [20..<23])
        #expect(ledger([]).missing(3, from: 5) == [5..<8])
        #expect(ledger([1, 3, 2]).missing(1, from: 1) == [4..<5])
    }

    @Test func orderDoesNotMatter() {
        let (one, other) = (ledger([1, 2, 3, 4]), ledger([3, 1, 4, 2]))
        #expect(one.trace == other.trace && one.runs == 4 && one.steps == 100 && one.text == other.text)
        #expect(one.trace != ledger([1, 2, 3, 5]).trace)
    }

    @Test func aSeedBreaksOnce() {
        var some = ledger([1])
        some.note(.broken(2, check: "history", "a write is lost"))
        some.note(.broken(2, check: "history", "another one, too"))
        some.noteEnd(in: 3, "Rule E1: it fell")
        #expect(some.broken.map(\.seed) == [2, 3] && some.broken[0].text == "a write is lost")
        #expect(some.missing(3, from: 1).first == 2..<3)
    }

    @Test func itIsWrittenAndRead() throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "quorate-ledger-\(UInt64.random(in: 0...UInt64.max))")
            .path
        defer { try? FileManager.default.removeItem(atPath: path) }
        #expect(try SeedLedger.read(path).runs == 0)
        var some = ledger([1, 2, 9])
        some.note(.marks([4, 0, 2]))
        try some.write(path)
        let read = try SeedLedger.read(path)
        #expect(read.text == some.text && read.missing(1, from: 1) == [3..<4])
        try Data("no ledger".utf8).write(to: URL(filePath: path))
        #expect(throws: (any Error).self) { try SeedLedger.read(path) }
    }

    @Test(arguments: [
        SeedReport.begun(7), SeedLedgerTests.done(8), .marks([1, 0, 5]),
        .broken(9, check: "shadow disk", "Rule D4: the log ends at 0x3, 0x4 was durable"),
    ])
    func reportsSurviveTheirLines(_ report: SeedReport) throws {
        #expect(report.line.hasSuffix("\n"))
        #expect(try #require(SeedReport(line: report.line.dropLast())) == report)
    }

    @Test func wordsOfTheRuntimeAreNoReports() {
        for line in ["", "Fatal error: Rule E1", "done 3", "begun x", "marks 1 x", "broken 1"] {
            #expect(SeedReport(line: line[...]) == nil)
        }
    }
}
