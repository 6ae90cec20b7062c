// Faults that a workload file asks for: carried out at their moments under `quorate bench`, told in the result, and refused
// before anything begins where they make no sense.

import Ensemble
import Foundation
import Results
import Testing

@Suite(.serialized) struct FaultTimelineTests {
    private static func workload(_ faults: String) -> String {
        """
        apiVersion: quorate/v1
        name: harmed
        target: {session_timeout: 2s}
        data: {tree: [{path: /harmed/z-, count: 20, size: 100B}]}
        roles:
          writer: {clients: 6, pipeline: 4, do: [{set: {path: /harmed/z-}}]}
        phases: [{name: full, for: 5s}]
        faults: [\(faults)]
        check: [no_loss, replicas_agree]
        """
    }

    private func tool(_ faults: String) throws -> Tool {
        let tool = try Tool()
        try Self.workload(faults).write(toFile: "\(tool.place)/harmed.yaml", atomically: true, encoding: .utf8)
        return tool
    }

    @Test func faultsStrikeAtTheirMomentsAndAreTold() throws {
        let tool = try tool(
            "{at: 1s, fault: kill, role: leader, for: 1s}, {at: 3s, fault: delay, role: all, for: 500ms, delay: 30ms}, "
                + "{at: 4s, fault: slow-flush, role: follower, for: 300ms, delay: 5ms}")
        _ = try tool.run(["\(tool.place)/harmed.yaml", "--nodes", "3"])
        let document = try #require(try tool.documents.first, "\(tool.output)")
        let cell = try #require(document.cells.first)
        #expect(cell.failure == nil && cell.failedChecks.isEmpty, "\(cell.failure ?? "") \(cell.checks)")
        let faults = try #require(cell.faults, "\(cell.faultProblems ?? [])")
        #expect(faults.map(\.fault) == ["kill", "delay", "slow-flush"] && faults.map(\.role) == ["leader", "all", "follower"])
        for (fault, moment) in zip(faults, [1.0, 3.0, 4.0]) {
            #expect(abs(Double(fault.atNanoseconds) / 1e9 - moment) < 0.5, "\(fault)")
        }
        #expect(faults[0].nanoseconds >= 900_000_000 && faults[0].nanoseconds < 2_000_000_000)
        #expect(faults[0].writeGapNanoseconds ?? 0 > 5_000_000, "nobody writes while nobody leads")
        #expect(document.marks.filter { $0.name == .faults }.count == 3)
        #expect(tool.output.contains("3 members: kill of member"), "\(tool.output)")
    }

    /// Nobody would carry them out there.
    @Test func aLoadOfServersThatRunRefusesThem() throws {
        let tool = try tool("{at: 1s, fault: reset, role: leader}")
        #expect(try tool.quorate(["load", "PLACE/harmed.yaml", "--connect", "127.0.0.1:1"]) == .exited(code: 64))
        #expect(tool.output.contains("the workload has faults, which only quorate bench carries out"), "\(tool.output)")
    }

    @Test(arguments: [
        ("{at: 1s, fault: kill, role: leader, for: 1s}", ["--nodes", "3", "--quick"], "leave --quick out"),
        ("{at: 1s, fault: kill, role: leader, for: 1s}", ["--nodes", "3", "--rounds", "2"], "leave --rounds out"),
        (
            "{at: 1s, fault: kill, role: 3, for: 1s}", ["--nodes", "1,3"],
            "faults[0] is for member 3, and an ensemble of 1 has none"
        ),
        ("{at: 1s, fault: reset, role: leader}", ["--nodes", "1"], "faults[0], reset, is one of links between members"),
        ("{at: 6s, fault: reset, role: leader}", ["--nodes", "3"], "lasts beyond the last phase, which ends after 5000ms"),
    ])
    func whatMakesNoSenseIsRefused(faults: String, arguments: [String], sentence: String) throws {
        let tool = try tool(faults)
        #expect(try tool.run(["\(tool.place)/harmed.yaml"] + arguments) == .exited(code: 64))
        #expect(tool.output.contains(sentence), "\(tool.output)")
        #expect(try tool.documents.isEmpty)
    }
}
