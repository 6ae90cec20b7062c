// A workload that names a trace: its roles and its phase follow from the trace, and what does not go with it is refused.

import Foundation
import Testing
import Workload

@Suite struct ReplayWorkloadTests {
    private let folder: String
    private let file: String

    init() throws {
        folder = FileManager.default.temporaryDirectory.path + "/quorate-trace-\(UInt64.random(in: 0...UInt64.max))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        file = "\(folder)/replay.yaml"
        try Data(TraceTests.file).write(to: URL(fileURLWithPath: "\(folder)/small.trace"))
    }

    private func read(_ rest: String, overrides: [String] = []) throws(WorkloadError) -> Workload {
        try Workload(text: "apiVersion: quorate/v1\nname: again\n\(rest)\n", file: file, overrides: overrides)
    }

    @Test func rolesAndPhaseFollowFromTheTrace() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let workload = try read("replay: {trace: small.trace}\ncheck: [same_results, replicas_agree]")
        #expect(
            workload.replay == Replay(file: "\(folder)/small.trace", speed: .times(1)),
            "the file is looked for beside the workload")
        #expect(workload.roles.map(\.name) == ["writer", "reader"] && workload.roles.map(\.clients) == [1, 1])
        #expect(workload.roles.allSatisfy { $0.arrivals == .recorded && $0.operations.isEmpty })
        #expect(workload.phases.map(\.nanoseconds) == [4_000_000], "the last request is due after 3 ms")
        #expect(workload.payload == .constant(100) && workload.hasReads)
        let fast = try read("replay: {trace: small.trace, speed: 10x}")
        #expect(fast.phases[0].nanoseconds == 1_300_000)
        let fastest = try read("replay: {trace: small.trace, speed: max}", overrides: ["replay.speed=max"])
        #expect(fastest.roles.allSatisfy { $0.arrivals == .closed } && fastest.phases[0].nanoseconds == 60_000_000_000)
        #expect(workload.placed(below: "/x").replay?.root == "/x")
    }

    @Test(arguments: [
        (
            "replay: {trace: small.trace, speed: soon}",
            "'replay.speed' must be a factor from 0.001x to 1000x such as 1x or 10x, or max"
        ),
        ("replay: {trace: small.trace, speed: 0x}", "'replay.speed' must be a factor"),
        ("replay: {speed: 1x}", "'replay' needs the key 'trace'"),
        ("replay: {trace: small.trace, pace: 1x}", "unknown key 'pace' in 'replay'; did you mean 'trace'?"),
        ("replay: {trace: none.trace}", "none.trace: can not be read: No such file or directory; give the path of a trace"),
        ("replay: {trace: replay.yaml}", "can not be read"),
        ("replay: {trace: small.trace}\npayload: {size: 1B}", "'payload' and 'replay' exclude each other"),
        ("replay: {trace: small.trace}\ncheck: [fifo_per_producer]", "'fifo_per_producer' can't be seen in a replay"),
        (
            "roles: {r: {do: [{list: {path: /a}}]}}\ndata: {tree: [{path: /a}]}\nphases: [{name: p, for: 1s}]\n"
                + "check: [same_results]",
            "'same_results' says something of a trace, and there is no 'replay'; drop the check"
        ),
    ])
    func whatDoesNotGoTogetherIsRefused(rest: String, sentence: String) throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let error = #expect(throws: WorkloadError.self) { try read(rest) }
        #expect(error?.description.contains(sentence) == true, "\(error?.description ?? "")")
    }

    @Test(arguments: ["task-dispatch", "messages", "locks"]) func shippedTracesAreSmallAndWhole(name: String) throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let traces = URL(fileURLWithPath: #filePath).appendingPathComponent("../../../workloads/traces").standardizedFileURL.path
        let bytes = try #require(FileManager.default.contents(atPath: "\(traces)/\(name).trace"))
        #expect(bytes.count < 100_000)
        let trace = try Trace(bytes: Array(bytes), file: name)
        #expect(trace.name == name && trace.requests > 1_000)
        #expect(trace.operations.allSatisfy { $0.outcome != nil && $0.outcome?.error != -103 })
    }
}
