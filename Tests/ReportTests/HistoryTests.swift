// Histories: lines that are written and read again, damaged ones, and changes told with their commits.

import Report
import Results
import Statistics
import Testing

@Suite struct HistoryTests {
    private func entry(_ number: Int, _ value: Double, machine: String = "m", metric: String = "writes_per_s") -> HistoryEntry {
        HistoryEntry(
            time: "2026-11-\(number + 10)T00:00:00Z", commit: "c\(number)", version: "1", result: "r\(number)", workload: "w",
            machine: machine, figures: ["deep.3.quorate.\(metric)": HistoryFigure(value: value, low: nil, high: nil)])
    }

    @Test func aLineIsReadAsItWasWritten() throws {
        let (written, remarks) = try HistoryFile.entry(ExportSample.plain(), commit: "abc")
        #expect(written.commit == "abc" && !written.figures.isEmpty && remarks.allSatisfy { $0.contains("Left out") })
        let line = try HistoryFile.line(written)
        #expect(line.hasSuffix("\n") && line.dropLast().allSatisfy { !$0.isNewline })
        #expect(try HistoryFile.read(line + line, name: "f") == [written, written])
        let error = #expect(throws: ResultError.self) { try HistoryFile.check(written, against: [written], name: "f") }
        #expect(error?.description == "'f' has the result \(written.result) already.")
    }

    @Test func aDamagedLineIsNamed() throws {
        let line = try HistoryFile.line(entry(1, 5))
        for bad in ["{}", "x", String(line.dropLast(9)), line.replacing("history/1", with: "history/2")] {
            let error = #expect(throws: ResultError.self) { try HistoryFile.read(line + bad + "\n", name: "h.jsonl") }
            #expect(error?.description.hasPrefix("'h.jsonl' is damaged in line 2") == true)
        }
        #expect(try HistoryFile.read("", name: "f").isEmpty)
    }

    @Test func aChangeIsToldWithItsCommit() throws {
        let slower = (0..<12).map { entry($0, $0 < 6 ? 100 + Double($0) : 80 + Double($0)) }
        let found = HistoryTable.changes(slower.shuffled(), least: 0.05, by: ChangePoints())
        #expect(found.count == 1 && found[0].commit == "c6" && found[0].isWorse && found[0].age == 6)
        #expect(abs(found[0].factor - 88.5 / 102.5) < 1e-9)
        let text = HistoryTable.text(slower, found)
        #expect(text.contains("12 results, 1 series, the longest of 12.") && text.contains("c6") && text.contains("worse"))
        // Of times less is better; below the threshold nothing is a change.
        let times = (0..<12).map { entry($0, $0 < 6 ? 100 : 80, metric: "commit_p99_ns") }
        #expect(HistoryTable.changes(times, least: 0.05, by: ChangePoints()).map(\.isWorse) == [false])
        #expect(HistoryTable.changes(times, least: 0.5, by: ChangePoints()).isEmpty)
    }

    @Test func machinesAreNotMixed() {
        let both = (0..<12).map { entry($0, $0 < 6 ? 100 : 50, machine: $0 < 6 ? "old" : "new") }
        #expect(HistoryTable.changes(both, least: 0.05, by: ChangePoints()).isEmpty)
        #expect(HistoryTable.text(both, []).contains("2 series on 2 machines"))
    }
}
