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

    @Test func withoutFindingsThereIsNoTable() {
        #expect(DoctorText.text(document([])) == "not fit: disk")
    }
}
