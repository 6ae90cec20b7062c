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
        var some = ledger([1, 2, 9])
        some.note(.marks([4, 0, 2]))
        let read = try SeedLedger(decoding: some.encoded())
        #expect(read.text == some.text && read.missing(1, from: 1) == [3..<4])
        #expect(try SeedLedger(decoding: Data()).runs == 0)
    }

    /// What can't be counted on from is refused with a sentence, and met by no trap.
    @Test(arguments: [
        ("[[5]]", 1, "1.0", "\"ranges\" has [5]"), ("[[]]", 1, "1.0", "\"ranges\" has []"),
        ("[[10, 5]]", 1, "1.0", "\"ranges\" has [10, 5]"), ("[[1, 4], [3, 5]]", 5, "1.0", "\"ranges\" has [3, 5]"),
        ("[[0, 18446744073709551615]]", 1, "1.0", "\"ranges\" has [0"), ("[[1, 3]]", 5, "1.0", "\"runs\" is 5"),
        ("[[1, 3]]", 2, "-1.0", "\"seconds\" is -1.0"), ("7", 2, "1.0", "\"ranges\" has a value of another kind"),
        ("[[1, 3]", 2, "1.0", "it is not JSON of this kind"), ("[[1, 3]]", -2, "1.0", "it is not JSON of this kind"),
        ("[[1, 1.5]]", 2, "1.0", "it is not JSON of this kind"),
    ])
    func nonsenseIsRefused(ranges: String, runs: Int, seconds: String, sentence: String) throws {
        func text(_ steps: String = "7") -> Data {
            Data(
                """
                {"ranges": \(ranges), "runs": \(runs), "steps": \(steps), "faults": 1, "answers": 1, "trace": 1, "broken": [],
                 "marks": {}, "seconds": \(seconds)}
                """.utf8)
        }
        let error = #expect(throws: ResumeFileError.self) { try SeedLedger(decoding: text()) }
        #expect(error?.description.contains(sentence) == true, "\(error?.description ?? "")")
    }

    @Test func hugeFiguresAreRefusedAndTinyTimesAreNone() throws {
        var some = ledger([1, 2])
        some.seconds = 1e-300
        #expect(try SeedLedger(decoding: some.encoded()).text.contains("0 a second"))
        let text = try String(decoding: some.encoded(), as: UTF8.self)
        for key in ["steps", "answers", "faults"] {
            let huge = text.replacing(try Regex("\"\(key)\" : [0-9]+"), with: "\"\(key)\" : 18446744073709551615")
            #expect(huge != text)
            #expect(throws: ResumeFileError.self) { try SeedLedger(decoding: Data(huge.utf8)) }
        }
        #expect(throws: ResumeFileError.self) { try SeedLedger(decoding: Data("{}".utf8)) }
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
