// `quorate export` from outside: where the text goes, which result is taken if none is named, and every way to get it wrong.

import Ensemble
import Foundation
import Testing

@Suite(.serialized) struct ExportToolTests {
    private static let reference = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("results/reference/write-only-1-3-5.json").path

    /// With the reference as PLACE/r.json.
    private func tool() throws -> Tool {
        let tool = try Tool()
        try FileManager.default.copyItem(atPath: Self.reference, toPath: "\(tool.place)/r.json")
        return tool
    }

    @Test(arguments: [
        (["export"], "Missing expected argument '<format>' (The format); see: quorate export --help"),
        (["export", "junitt"], "there is no format 'junitt'; the nearest is junit, and all are junit, markdown, "),
        (["export", "pdf"], "there is no format 'pdf'; "),
        (["export", "csv", "PLACE/none"], "none can't be read: No such file or directory."),
        (["export", "csv", "PLACE"], "result.json can't be read: No such file or directory."),
        (["export", "csv", "WORKLOAD"], "tiny.yaml is no result that this version reads: it is not JSON."),
        (["export", "csv", "PLACE/r.json", "--out", ""], "--out has an empty value"),
        (["export", "csv", "PLACE/r.json", "--strict"], "--strict means nothing for csv; leave it out."),
        (["export", "hgrm", "PLACE/r.json", "--direction", "smaller"], "--direction means nothing for hgrm; leave it out."),
        (["export", "hgrm", "PLACE/r.json", "--phase", "none"], "--phase: '"),
        (["export", "hgrm", "PLACE/r.json", "--nodes", "x"], "The value 'x' is invalid for '--nodes <nodes>'"),
        (["export", "github-action-benchmark", "PLACE/r.json"], "say --direction smaller or --direction bigger."),
        (
            ["export", "github-action-benchmark", "PLACE/r.json", "--direction", "up"],
            "--direction is smaller or bigger, not 'up'."
        ),
        (["export", "openmessaging", "PLACE/r.json"], "has no queue or messages in phase 'paced' with 1 member of quorate"),
        (["export", "otava", "PLACE/r.json"], "otava appends to a history; name its file with --out"),
        (
            ["export", "otava", "PLACE/r.json", "--out", "WORKLOAD"],
            "tiny.yaml' is no history that quorate export otava has begun"
        ),
        (["export", "otava", "PLACE/r.json", "--out", "PLACE"], "can't be read as text; name another file with --out."),
    ])
    func isAnsweredInOneLine(arguments: [String], sentence: String) throws {
        let tool = try tool()
        #expect(try tool.quorate(arguments) == .exited(code: 64), "\(tool.output)")
        #expect(tool.output.contains(sentence), "\(tool.output)")
        #expect(tool.output.hasPrefix("quorate: ") && tool.output.split(separator: "\n").count == 1)
    }

    @Test(arguments: [
        "csv PLACE/r.json --out PLACE/none/x", "csv PLACE/r.json --out PLACE", "csv PLACE/r.json --out /dev/full",
        "otava PLACE/r.json --out PLACE/none/x", "csv PLACE/r.json >/dev/full", "csv PLACE/r.json >&-",
    ])
    func anOutputThatCanNotBeWrittenIsAnError(arguments: String) throws {
        let tool = try tool()
        #expect(try tool.shell("\"$0\" export \(arguments)") == .exited(code: 74), "\(tool.output)")
        #expect(tool.output.contains("can't be written: ") && tool.output.split(separator: "\n").count == 1, "\(tool.output)")
        #expect(ProcFile.names(in: tool.place).allSatisfy { !$0.hasSuffix(".new") })
    }

    @Test func aFileHoldsWhatTheOutputWouldAndAPipeMayEnd() throws {
        let tool = try tool()
        let line =
            "\"$0\" export markdown PLACE/r.json >PLACE/a && \"$0\" export markdown PLACE/r.json --out PLACE/b && "
            + "ln -s b PLACE/c && \"$0\" export markdown PLACE/r.json --out PLACE/c && cmp PLACE/a PLACE/b && test -L PLACE/c"
        #expect(try tool.shell(line) == .exited(code: 0), "\(tool.output)")
        #expect(try tool.shell("\"$0\" export csv PLACE/r.json | head -n 1") == .exited(code: 0))
        #expect(tool.output == "result,workload,nodes,target,phase,recorded,role,op,figure,unit,value,void\n")
    }

    @Test func theNewestResultIsTakenIfNoneIsNamed() throws {
        let tool = try tool()
        let results = "PLACE/checkout/results"
        let lay =
            "mkdir -p PLACE/checkout/workloads \(results)/2026-11-26T01-00-00Z-a \(results)/2026-11-27T01-00-00Z-b "
            + "\(results)/2026-11-28T01-00-00Z-c && touch PLACE/checkout/Package.swift && cp PLACE/r.json "
            + "\(results)/2026-11-26T01-00-00Z-a/result.json && cp PLACE/r.json \(results)/2026-11-27T01-00-00Z-b/result.json"
        #expect(try tool.shell(lay) == .exited(code: 0), "\(tool.output)")
        let export = "QUORATE_CHECKOUT=PLACE/checkout HOME=PLACE XDG_DATA_HOME=PLACE/none \"$0\" export bencher >/dev/null"
        #expect(try tool.shell(export) == .exited(code: 0), "\(tool.output)")
        let path = "\(tool.place)/checkout/results/2026-11-27T01-00-00Z-b"
        #expect(tool.output == "quorate: the newest result is \(path).\n", "the folder of a run that has written none is none")
        #expect(try tool.shell("echo x >\(results)/2026-11-28T01-00-00Z-c/result.json; \(export)") == .exited(code: 64))
        #expect(tool.output.contains("result.json is no result that this version reads: it is not JSON."), "\(tool.output)")
    }

    @Test func aHistoryGrowsAndForeignSettingsAreLeftAlone() throws {
        let tool = try tool()
        let export = "\"$0\" export otava PLACE/r.json --out PLACE/history.csv"
        let later = "sed 's/\"started\":\"[^\"]*\"/\"started\":\"2099-01-01T00:00:00Z\"/' PLACE/r.json >PLACE/later.json"
        #expect(try tool.shell("\(export) && \(later) && \(export.replacing("r.json", with: "later.json"))") == .exited(code: 0))
        let history = try String(contentsOfFile: "\(tool.place)/history.csv", encoding: .utf8).split(separator: "\n")
        #expect(history.count == 3 && history[2].hasPrefix("2099-01-01T00:00:00Z,"), "\(tool.output)")
        let settings = try String(contentsOfFile: "\(tool.place)/otava.yaml", encoding: .utf8)
        #expect(settings.contains("file: \"\(tool.place)/history.csv\""))
        #expect(try tool.shell(export) == .exited(code: 64) && tool.output.contains("already."))
        let spoilt = "sed 's/\"recorded\":true/\"recorded\":true,\"void\":true/g' PLACE/r.json >PLACE/void.json"
        #expect(
            try tool.shell("\(spoilt) && \(export.replacing("r.json", with: "void.json"))") == .exited(code: 5), "\(tool.output)")
        #expect(tool.output.hasPrefix("quorate: Nothing is appended, as Otava takes no gaps and the load generator made these"))
        #expect(
            try tool.shell("echo tests: >PLACE/otava.yaml; \(export.replacing("r.json", with: "later.json"))")
                == .exited(code: 64))
        #expect(tool.output.contains("otava.yaml is not of this history; give each history a folder"), "\(tool.output)")
        #expect(try String(contentsOfFile: "\(tool.place)/otava.yaml", encoding: .utf8) == "tests:\n")
        #expect(try String(contentsOfFile: "\(tool.place)/history.csv", encoding: .utf8).split(separator: "\n") == history)
    }
}
