// `quorate compare` as a user runs it: a slowdown that was put in is found, results that are there are judged, and the exit codes
// say what came of it.

import Ensemble
import Foundation
import Results
import Testing

@Suite(.serialized) struct CompareToolTests {
    private static let load = """
        apiVersion: quorate/v1
        name: short
        data: {tree: [{path: /short/znode-, count: 8, size: 100B}]}
        payload: {size: 100B}
        roles: {writer: {clients: 4, pipeline: 8, do: [{set: {path: /short/znode-}}]}}
        phases: [{name: deep, for: 1s}]
        check: [no_loss, replicas_agree]

        """

    private func comparison(_ tool: Tool) throws -> ComparisonDocument {
        let folder = try #require(tool.folders.last)
        let data = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/comparison.json"))
        return try JSONDecoder().decode(ComparisonDocument.self, from: data)
    }

    @Test(.timeLimit(.minutes(3))) func aSlowdownIsFoundTwice() throws {
        let tool = try Tool()
        try Self.load.write(toFile: "\(tool.place)/short.yaml", atomically: true, encoding: .utf8)
        let end = try tool.quorate([
            "compare", "live", "PLACE/short.yaml", "--nodes", "1", "--runs", "1", "--rounds", "5", "--threshold", "50%",
            "--metrics", "cpu_us_per_write", "--new-setting", "quorate.faults=true", "--new-setting",
            "quorate.faults.cpuPerWriteNs=100000", "--out", "PLACE/out",
        ])
        #expect(end == .exited(code: 4), "\(tool.output)")
        #expect(tool.output.contains("WORSE: CPU µs per write in 'deep' with 1 member"), "\(tool.output)")
        #expect(tool.output.contains("a second run says so, too"))
        let found = try comparison(tool)
        #expect(found.verdict == .worse && found.confirmation?.isEmpty == false)
        #expect(found.new.settings.contains("quorate.faults.cpuPerWriteNs=100000") && found.base.settings.isEmpty)
        #expect(found.marks.contains { $0.name == .faults })
        #expect(tool.data.isEmpty)
    }

    @Test(.timeLimit(.minutes(2))) func whatCantBeStartedIsNoVerdict() throws {
        let tool = try Tool()
        try Self.load.write(toFile: "\(tool.place)/short.yaml", atomically: true, encoding: .utf8)
        let end = try tool.quorate([
            "compare", "live", "PLACE/short.yaml", "--nodes", "1", "--runs", "1", "--rounds", "1", "--new-program", "/bin/false",
            "--out", "PLACE/out",
        ])
        #expect(end == .exited(code: 2), "\(tool.output)")
        #expect(tool.output.contains("quorate: new: "), "\(tool.output)")
    }

    @Test func resultsThatAreThere() throws {
        let tool = try Tool()
        let golden = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../ResultsTests/golden/result.json").standardizedFileURL.path
        #expect(try tool.quorate(["compare", golden, golden]) == .exited(code: 0), "\(tool.output)")
        #expect(tool.output.contains("Undecided: "), "\(tool.output)")
        #expect(try tool.quorate(["compare", golden, golden, "--gate"]) == .exited(code: 5), "\(tool.output)")
        #expect(try tool.quorate(["compare", golden, golden, "--target", "nix"]) == .exited(code: 64), "\(tool.output)")
        let other = try String(contentsOfFile: golden, encoding: .utf8).replacing(
            "\"kind\" : \"ext4\"", with: "\"kind\" : \"xfs\"")
        try other.write(toFile: "\(tool.place)/other.json", atomically: true, encoding: .utf8)
        #expect(try tool.quorate(["compare", golden, "PLACE/other.json"]) == .exited(code: 64), "\(tool.output)")
        #expect(
            tool.output.contains("differ in more than what is asked: the file system of the data: ext4 and xfs."),
            "\(tool.output)")
        #expect(try tool.quorate(["compare", golden, "PLACE/other.json", "--anyway"]) == .exited(code: 0), "\(tool.output)")
    }
}
