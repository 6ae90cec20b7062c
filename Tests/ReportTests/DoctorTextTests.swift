// An examination as a terminal shows it: the verdict first, each subject named once, and a remedy for what is missed.

import Report
import Results
import Testing

@Suite struct DoctorTextTests {
    private func document(_ findings: [DoctorFinding]) -> DoctorDocument {
        DoctorDocument(
            started: "2026-01-01T00:00:00Z", command: ["doctor"], verdict: .notFit, sentence: "not fit: disk", findings: findings)
    }

    @Test func theVerdictStandsFirstAndRemediesLast() {
        let text = DoctorText.text(
            document([
                DoctorFinding("disk", "place", "/data, ext4", .told),
                DoctorFinding("disk", "flush alone, p99", "31.0 ms", line: "≤ 10 ms", .missed, remedy: "take another one"),
                DoctorFinding("disk", "flush beside it, p99", "32.0 ms", line: "≤ 10 ms", .missed, remedy: "take another one"),
                DoctorFinding("a:1", "watches", "can't be learnt", .unknown),
                DoctorFinding("a:1", "znodes", "5", line: "≤ 1,000,000", .kept, remedy: "keep less"),
            ]))
        #expect(
            text == """
                not fit: disk

                     │ what                 │ found           │ held to     │
                ─────┼──────────────────────┼─────────────────┼─────────────┼──────────
                disk │ place                │ /data, ext4     │             │
                     │ flush alone, p99     │ 31.0 ms         │ ≤ 10 ms     │ MISSED
                     │ flush beside it, p99 │ 32.0 ms         │ ≤ 10 ms     │ MISSED
                a:1  │ watches              │ can't be learnt │             │ not known
                     │ znodes               │ 5               │ ≤ 1,000,000 │ ok

                disk, flush alone, p99: take another one.
                """, "\(text)")
    }

    @Test func longCellsGoOnInTheNextRow() {
        let options = (1...30).map { "option\($0)" }.joined(separator: ",")
        let sentence = "a sentence that is so long that it does not fit into the fifty-six characters of a cell"
        let text = DoctorText.text(
            document([
                DoctorFinding("disk", "mounted with", options, .told), DoctorFinding("disk", "beside it", sentence, .mind),
                DoctorFinding("disk", "one word", String(repeating: "x", count: 60), .told),
            ]))
        let lines = text.split(separator: "\n").map(String.init)
        #expect(lines.allSatisfy { $0.count <= 6 + 3 + 12 + 3 + 56 + 3 + 7 + 3 + 4 }, "\(text)")
        #expect(
            lines.contains("     │ beside it    │ a sentence that is so long that it does not fit into     │         │ mind"),
            "\(text)")
        #expect(
            lines.contains("     │              │ the fifty-six characters of a cell                       │         │"),
            "\(text)")
        #expect(
            lines.filter { $0.contains("option") }.map { $0.split(separator: "│")[2].filter { $0 != " " } }.joined() == options)
        #expect(lines.filter { $0.contains("xx") }.map { $0.count { $0 == "x" } } == [56, 4])
    }

    @Test func withoutFindingsThereIsNoTable() {
        #expect(DoctorText.text(document([])) == "not fit: disk")
    }
}
