// `quorate capacity` as a user runs it, on one real member: a limit that was put in is found, and the exit codes say what came of
// it.

import Ensemble
import Foundation
import Results
import Testing

@Suite(.serialized) struct CapacityToolTests {
    private static let load = """
        apiVersion: quorate/v1
        name: rated
        data: {tree: [{path: /rated/znode-, count: 8, size: 100B}]}
        payload: {size: 100B}
        roles: {pacer: {clients: 4, pipeline: 64, arrivals: {rate: 100/s}, do: [{set: {path: /rated/znode-}}]}}
        phases: [{name: paced, for: 1s}]
        check: [no_loss, replicas_agree]

        """

    private func tool() throws -> Tool {
        let tool = try Tool()
        try Self.load.write(toFile: "\(tool.place)/rated.yaml", atomically: true, encoding: .utf8)
        return tool
    }

    private func capacity(_ tool: Tool, _ arguments: [String]) throws -> ProcessEnd? {
        try tool.quorate(["capacity", "PLACE/rated.yaml", "--nodes", "1", "--window", "500ms", "--out", "PLACE/out"] + arguments)
    }

    private func document(_ tool: Tool) throws -> CapacityDocument {
        let folder = try #require(tool.folders.last)
        let data = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/capacity.json"))
        return try JSONDecoder().decode(CapacityDocument.self, from: data)
    }

    /// Each write costs the member 2 ms, so that it carries 500 a second at most.
    @Test(.timeLimit(.minutes(2))) func aLimitThatWasPutInIsFound() throws {
        let tool = try tool()
        let end = try capacity(
            tool,
            [
                "--slo", "p90<=250ms", "--from", "50", "--confirmations", "4", "--setting", "quorate.faults=true", "--setting",
                "quorate.faults.cpuPerWriteNs=2000000",
            ])
        #expect(end == .exited(code: 0), "\(tool.output)")
        let found = try document(tool)
        let size = try #require(found.sizes.first)
        let rate = try #require(size.rate)
        #expect(found.objective == "p90<=250ms" && size.nodes == 1 && size.outcome == .found)
        #expect(rate.low! <= rate.median && rate.median <= rate.high! && rate.median < 700, "\(tool.output)")
        #expect(size.windows.contains { $0.held == true } && size.windows.contains { $0.held == false })
        #expect(size.bound != nil && size.failuresTolerated == 0 && size.secondsToRollOver! > 3_600, "\(size)")
        #expect(tool.output.contains("With 1 member, half of the windows of 0.500 s keep p90<=250ms at "), "\(tool.output)")
        #expect(tool.data.isEmpty)
    }

    @Test(.timeLimit(.minutes(1))) func theHighestRateThatMayBeTriedHolds() throws {
        let tool = try tool()
        let end = try capacity(tool, ["--slo", "p50<=2s", "--from", "50", "--to", "100", "--json"])
        #expect(end == .exited(code: 0), "\(tool.output)")
        let size = try #require(try document(tool).sizes.first)
        #expect(size.outcome == .unbounded && size.heldPerSecond == 100 && size.rate == nil)
        #expect(tool.output.contains("\"schema\" : \"quorate.capacity/1\""), "\(tool.output)")
    }

    /// Each write costs 50 ms, so that the generator is not what keeps any of them waiting.
    @Test(.timeLimit(.minutes(1))) func anObjectiveThatNoRateKeepsIsAFailure() throws {
        let tool = try tool()
        let end = try capacity(
            tool,
            [
                "--slo", "p50<=1us", "--from", "50", "--setting", "quorate.faults=true", "--setting",
                "quorate.faults.cpuPerWriteNs=50000000",
            ])
        #expect(end == .exited(code: 3), "\(tool.output)")
        #expect(tool.output.contains("With 1 member, not even 50 requests/s keep p50<=1us ("), "\(tool.output)")
        #expect(try document(tool).sizes.first?.outcome == .unmet)
    }

    @Test(.timeLimit(.minutes(1))) func aSignalLeavesWhatThereIs() throws {
        let tool = try tool()
        let end = try tool.shell(
            "\"$0\" capacity PLACE/rated.yaml --nodes 1 --slo 'p50<=2s' --out PLACE/out & sleep 3; kill -TERM $!; wait $!")
        #expect(end == .exited(code: 143), "\(tool.output)")
        #expect(try document(tool).sizes.first?.outcome == .partial)
        #expect(tool.data.isEmpty)
    }
}
