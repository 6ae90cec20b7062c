// `quorate report` from outside: where the page goes, what it may be written over, and every way to get it wrong.

import Ensemble
import Foundation
import Testing

@Suite(.serialized) struct ReportToolTests {
    private static let reference = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("results/reference/write-only-1-3-5.json").path

    /// With the reference as PLACE/r.json and as PLACE/run/result.json.
    private func tool() throws -> Tool {
        let tool = try Tool()
        try FileManager.default.createDirectory(atPath: "\(tool.place)/run", withIntermediateDirectories: true)
        for name in ["r.json", "run/result.json"] {
            try FileManager.default.copyItem(atPath: Self.reference, toPath: "\(tool.place)/\(name)")
        }
        return tool
    }

    @Test(arguments: [
        (["report", "PLACE/none"], "none can't be read: No such file or directory."),
        (["report", "PLACE"], "result.json can't be read: No such file or directory."),
        (["report", "WORKLOAD"], "tiny.yaml is no result that this version reads: it is not JSON."),
        (["report", "PLACE/r.json", "PLACE/none"], "none can't be read: No such file or directory."),
        (["report", "PLACE/r.json", "--out", ""], "--out has an empty value"),
        (["report", "PLACE/r.json", "--out", "WORKLOAD"], "tiny.yaml is there already and is no report; name another file with"),
        (["report", "PLACE/r.json", "--out", "PLACE/r.json"], "r.json is there already and is no report; name another file"),
        (["report", "--format", "pdf"], "Unknown option '--format'"),
    ])
    func isAnsweredInOneLine(arguments: [String], sentence: String) throws {
        let tool = try tool()
        #expect(try tool.quorate(arguments) == .exited(code: 64), "\(tool.output)")
        #expect(tool.output.contains(sentence), "\(tool.output)")
        #expect(tool.output.hasPrefix("quorate: ") && tool.output.split(separator: "\n").count == 1)
        #expect(!FileManager.default.fileExists(atPath: "\(tool.place)/report.html"))
    }

    @Test(arguments: [
        ("s/quorate.result.1/quorate.chaos\\/1/", "the document is 'quorate.chaos/1', and this version reads 'quorate.res"),
        ("s/\"nodes\"/\"knots\"/", "'nodes' is missing."), ("$d", "it is not JSON."),
    ])
    func foreignAndDamagedDocumentsAreNamed(edit: String, sentence: String) throws {
        let tool = try tool()
        #expect(try tool.shell("sed '\(edit)' PLACE/r.json >PLACE/x.json; \"$0\" report PLACE/x.json") == .exited(code: 64))
        #expect(tool.output.contains("x.json is no result that this version reads: ") && tool.output.contains(sentence))
        #expect(tool.output.split(separator: "\n").count == 1, "\(tool.output)")
    }

    @Test(arguments: ["--out PLACE/none/x", "--out PLACE", "--out /dev/full", ">&-"])
    func anOutputThatCanNotBeWrittenIsAnError(arguments: String) throws {
        let tool = try tool()
        #expect(try tool.shell("\"$0\" report PLACE/r.json \(arguments)") == .exited(code: 74), "\(tool.output)")
        #expect(tool.output.contains("can't be written: ") && tool.output.split(separator: "\n").count == 1, "\(tool.output)")
        #expect(ProcFile.names(in: tool.place).allSatisfy { !$0.hasSuffix(".new") })
    }

    @Test func aPageLiesBesideItsResultAndIsWrittenAgain() throws {
        let tool = try tool()
        for _ in 0..<2 {
            #expect(try tool.shell("\"$0\" report PLACE/run PLACE/r.json") == .exited(code: 0), "\(tool.output)")
            let size = try Data(contentsOf: URL(fileURLWithPath: "\(tool.place)/run/report.html")).count
            #expect(tool.output == "\(tool.place)/run/report.html, \((size + 1_023) / 1_024) KiB\n" && size > 100_000)
        }
        #expect(try tool.shell("cd PLACE && \"$0\" report r.json") == .exited(code: 0))
        #expect(tool.output.hasPrefix("report.html, "), "\(tool.output)")
    }

    @Test func forceWritesOverWhatIsNoReportAndADeviceGetsThePage() throws {
        let tool = try tool()
        #expect(try tool.quorate(["report", "PLACE/r.json", "--out", "WORKLOAD", "--force"]) == .exited(code: 0))
        #expect(try String(contentsOfFile: "\(tool.place)/tiny.yaml", encoding: .utf8).hasPrefix("<!DOCTYPE html>\n"))
        let line = "\"$0\" report PLACE/r.json --out /dev/stdout | cmp - PLACE/tiny.yaml"
        #expect(try tool.shell(line) == .exited(code: 0), "\(tool.output)")
    }

    @Test func theNewestResultIsTakenIfNoneIsNamed() throws {
        let tool = try tool()
        let folder = "PLACE/checkout/results/2026-11-27T01-00-00Z-b"
        let lay =
            "mkdir -p PLACE/checkout/workloads \(folder) && touch PLACE/checkout/Package.swift && cp PLACE/r.json "
            + "\(folder)/result.json && QUORATE_CHECKOUT=PLACE/checkout HOME=PLACE XDG_DATA_HOME=PLACE/none \"$0\" report"
        #expect(try tool.shell(lay) == .exited(code: 0), "\(tool.output)")
        let path = folder.replacing("PLACE", with: tool.place)
        #expect(tool.output.hasPrefix("quorate: the newest result is \(path).\n\(path)/report.html, "), "\(tool.output)")
    }

    @Test func aHistoryTakesEachResultOnce() throws {
        let tool = try tool()
        #expect(try tool.quorate(["history", "show", "PLACE/h.jsonl"]) == .exited(code: 64), "\(tool.output)")
        #expect(tool.output.contains("begin it with: quorate history add"))
        #expect(try tool.quorate(["history", "add", "PLACE/h.jsonl", "PLACE/r.json", "--commit", "abc"]) == .exited(code: 0))
        #expect(tool.output.hasSuffix(" at abc\n"), "\(tool.output)")
        #expect(try tool.quorate(["history", "add", "PLACE/h.jsonl", "PLACE/run"]) == .exited(code: 64), "\(tool.output)")
        #expect(tool.output.contains("already."))
        #expect(try tool.quorate(["history", "show", "PLACE/h.jsonl", "--gate"]) == .exited(code: 0), "\(tool.output)")
        #expect(tool.output.contains("1 result, ") && tool.output.contains("No figure has changed by more than chance."))
        #expect(try tool.quorate(["history", "add", "PLACE/none/h", "PLACE/r.json"]) == .exited(code: 74), "\(tool.output)")
        #expect(try tool.shell("printf '{}\\n' >>PLACE/h.jsonl; \"$0\" history show PLACE/h.jsonl") == .exited(code: 64))
        #expect(tool.output.contains("h.jsonl' is damaged in line 2"), "\(tool.output)")
    }
}
