// A history that runs are appended to: in their order in time, each once, all with the same figures.

import Foundation
import Report
import Results
import Testing

@Suite struct OtavaHistoryTests {
    private func run(_ started: String, writes: Double = 100) throws -> ResultDocument {
        var document = try ExportSample.plain()
        document.started = started
        document.cells[0].phases[2].writesPerSecond = writes
        return document
    }

    private func rows(_ text: String) -> [[Substring]] {
        text.split(separator: "\n").map { $0.split(separator: ",", omittingEmptySubsequences: false) }
    }

    @Test func runsStandInTheirOrderInTime() throws {
        var text = try OtavaHistory.begun(with: run("2026-11-24T01:00:00Z", writes: 2)).text
        text = try OtavaHistory.continued(text, with: run("2026-11-25T01:00:00Z", writes: 3.5), name: "h").text
        let exported = try OtavaHistory.continued(text, with: run("2026-11-23T01:00:00Z", writes: 1), name: "h")
        let found = rows(exported.text)
        let column = try #require(found[0].firstIndex(of: "task-dispatch.full.1.quorate.writes_per_s"))
        #expect(found.map { $0[column] }.dropFirst() == ["1.0", "2.0", "3.5"])
        #expect(found.dropFirst().allSatisfy { $0[1] == "0123456789abcdef" && $0.count == found[0].count })
        #expect(exported.remarks.isEmpty)
    }

    @Test func aRunStandsOnce() throws {
        let text = try OtavaHistory.begun(with: run("2026-11-24T01:00:00Z")).text
        let error = #expect(throws: ResultError.self) {
            try OtavaHistory.continued(text, with: run("2026-11-24T01:00:00Z"), name: "h")
        }
        #expect(error?.description == "The history has the run of 2026-11-24T01:00:00Z at commit 0123456789abcdef already.")
    }

    @Test func aRowWithoutAFigureOfTheOthersIsRefused() throws {
        let text = try OtavaHistory.begun(with: run("2026-11-24T01:00:00Z")).text
        var less = try run("2026-11-25T01:00:00Z")
        less.cells.removeLast()
        let error = #expect(throws: ResultError.self) { try OtavaHistory.continued(text, with: less, name: "h") }
        #expect(error?.description.contains("lacks figures that this history has, such as task-dispatch.paced.3.") == true)
        let begun = try OtavaHistory.begun(with: less).text
        let more = try OtavaHistory.continued(begun, with: run("2026-11-26T01:00:00Z"), name: "h")
        #expect(rows(more.text).allSatisfy { $0.count == rows(begun)[0].count })
        #expect(
            more.remarks.first?.contains("'h' has no column for them; begin a new file to have them: task-dispatch.paced.3.")
                == true)
    }

    @Test func voidFiguresAreNamed() throws {
        #expect(try OtavaHistory.void(run("2026-11-24T01:00:00Z")).isEmpty)
        #expect(try OtavaHistory.void(ExportSample.rich()).first == "paced/1/quorate commit_p99_ns")
    }

    @Test(arguments: [
        ("a,b\n1,2\n", "'h' is no history that quorate export otava has begun"),
        ("time,commit,version,x\n1,2\n", "'h' is damaged in its row 1: it has 2 values, and there are 4 columns."),
    ])
    func anotherFileIsRefused(text: String, says: String) throws {
        let error = #expect(throws: ResultError.self) {
            try OtavaHistory.continued(text, with: run("2026-11-24T01:00:00Z"), name: "h")
        }
        #expect(error?.description.hasPrefix(says) == true)
    }

    @Test func theSettingsNameEveryFigureAndItsDirection() throws {
        let document = try run("2026-11-24T01:00:00Z")
        let text = try OtavaHistory.begun(with: document).text
        let settings = try OtavaHistory.settings(for: text, of: document, file: "a \"b\"/history.csv")
        #expect(settings.hasPrefix(OtavaHistory.settingsHead + "\ntests:\n  \"task-dispatch\":\n    type: csv\n"))
        #expect(settings.contains("    file: \"a \\\"b\\\"/history.csv\"\n"))
        #expect(settings.contains("      \"task-dispatch.full.1.quorate.writes_per_s\": {direction: 1}\n"))
        #expect(settings.contains("      \"task-dispatch.paced.3.quorate.commit_p99_ns\": {direction: -1}\n"))
        #expect(settings.split(separator: "\n").count { $0.contains("direction:") } == rows(text)[0].count - 3)
    }

    @Test func settingsOfAnotherHistoryAreTold() throws {
        let text = try OtavaHistory.begun(with: run("2026-11-24T01:00:00Z")).text
        let settings = try OtavaHistory.settings(for: text, of: run("2026-11-24T01:00:00Z"), file: "ci/history.csv")
        #expect(
            OtavaHistory.areSettings(settings, for: "history.csv") && OtavaHistory.areSettings(settings, for: "/x/history.csv"))
        #expect(
            !OtavaHistory.areSettings(settings, for: "other-history.csv") && !OtavaHistory.areSettings(settings, for: "ory.csv"))
        #expect(!OtavaHistory.areSettings("tests:\n    file: \"history.csv\"\n", for: "history.csv"))
    }
}
