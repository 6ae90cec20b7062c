// A load is recorded as it was: every request with what was answered; and played again it finds the same. A recording that can't
// be written is no trace, and says so.

import Foundation
import LoadGenerator
import Testing
import Workload

@Suite(.serialized) struct RecordingTests {
    private static let mixed = """
        apiVersion: quorate/v1
        name: mixed
        data: {tree: [{path: /m/hot}, {path: /m/queue-, count: 2}, {path: /m/box-, count: 3, size: 20B}]}
        payload: {size: 60B}
        roles:
          pacer: {clients: 2, pipeline: 8, arrivals: {rate: 200/s}, do: [{enqueue: {queue: /m/queue-}}]}
          worker: {clients: 2, pipeline: 8, do: [{take: {queue: /m/queue-}}]}
          editor:
            clients: 2
            pipeline: 4
            arrivals: {poisson: 200/s}
            mix:
              - {get: {path: /m/box-}, weight: 1}
              - {set: {path: /m/box-}, weight: 1}
              - {exists: {path: /m/box-}, weight: 1}
              - {multi: {ops: [{set: {path: /m/hot}}, {create: {path: /m/made-}}, {check: {path: /m/box-}}]}, weight: 1}
        phases: [{name: steady, for: 600ms}]
        check: [no_loss]
        """

    private func record(_ file: TraceFile, _ server: ScriptedServer) throws -> LoadReport {
        var options = LoadOptions()
        options.recordFile = file.path
        return try load(Workload(text: Self.mixed, file: "mixed.yaml"), server, options)
    }

    @Test func everyRequestIsRecordedAndPlayedAgain() throws {
        let server = try ScriptedServer()
        let file = TraceFile()
        let report = try record(file, server)
        server.stop()
        #expect(report.allChecksPassed)
        let trace = try Trace(file: file.path)
        #expect(report.recording?.failure == nil && report.recording?.requests == UInt64(trace.requests))
        #expect(trace.name == "mixed" && trace.roles == ["pacer", "worker", "editor"] && trace.sessions == [0, 0, 1, 1, 2, 2])
        #expect(trace.znodes.count == 1 + 1 + 2 + 3 && trace.znodes.last == TraceZnode(path: "/m/box-0000002", size: 20))
        func count(_ kind: TraceOperation.Kind, role: Int) -> UInt64 {
            UInt64(trace.operations.count { $0.kind == kind && !$0.isPart && trace.sessions[$0.session] == role })
        }
        let steady = try #require(report.phase(named: "steady"))
        #expect(count(.create, role: 0) == steady.operation(role: "pacer", kind: .enqueue)?.sent)
        #expect(count(.get, role: 2) == steady.operation(role: "editor", kind: .get)?.sent)
        #expect(count(.set, role: 2) == steady.operation(role: "editor", kind: .set)?.sent)
        #expect(count(.multi, role: 2) == steady.operation(role: "editor", kind: .multi)?.sent)
        #expect(trace.operations.allSatisfy { $0.outcome?.error == 0 }, "the server was in order")
        let creates = trace.operations.filter { $0.kind == .create && !$0.isPart }
        #expect(creates.allSatisfy { $0.mode == .sequential && $0.size == 60 && $0.outcome?.created.hasPrefix($0.path) == true })
        #expect(creates.map(\.intended).prefix(3) == [0, 5_000_000, 10_000_000], "due instants, not those of sending")
        let multi = try #require(trace.operations.firstIndex { $0.kind == .multi })
        #expect(trace.operations[multi].parts == 3)
        #expect(trace.operations[(multi + 1)...].prefix(3).map(\.kind) == [.set, .create, .check])
        try expectTheSame(file, trace)
    }

    private func expectTheSame(_ file: TraceFile, _ trace: Trace) throws {
        let server = try ScriptedServer()
        defer { server.stop() }
        let again = TraceFile()
        var options = LoadOptions()
        options.recordFile = again.path
        let report = try load(file.workload(), server, options)
        let replay = try #require(report.replay)
        #expect(replay.differing == [:] && replay.requests == UInt64(trace.requests) && replay.untold == 0)
        let second = try Trace(file: again.path)
        #expect(second.requests == trace.requests && second.sessions == trace.sessions && second.znodes == trace.znodes)
        for session in trace.sessions.indices {
            func what(_ trace: Trace) -> [String] {
                trace.operations.filter { $0.session == session }.map { "\($0.kind) \($0.size) \($0.mode) \($0.watches)" }
            }
            #expect(what(trace) == what(second), "each session sends the same in the same order")
        }
    }

    @Test func aBrokenConnectionLeavesRequestsWithoutOutcome() throws {
        let server = try ScriptedServer(Misbehaviour(breakAfterCreate: 20))
        defer { server.stop() }
        let file = TraceFile()
        let report = try record(file, server)
        #expect(report.sessions.connectionsLost == 1)
        let trace = try Trace(file: file.path)
        let unknown = trace.operations.filter { $0.outcome == nil && !$0.isPart }
        #expect(unknown.count >= 1 && unknown.count <= 8 && unknown.contains { $0.kind == .create })
    }

    @Test func whatCanNotBeWrittenIsSaid() throws {
        let server = try ScriptedServer()
        defer { server.stop() }
        var options = LoadOptions()
        options.recordFile = "/dev/full"
        let workload = try setWorkload(arrivals: "{rate: 100/s}", seconds: "200ms")
        let report = try load(workload, server, options)
        #expect(report.recording?.failure == "No space left on device; make room, or name another file with --record")
        #expect(report.summary.contains("recording: /dev/full is no whole trace: No space left"))
        options.recordFile = "/nowhere/t"
        let error = #expect(throws: LoadError.self) { try load(workload, server, options) }
        #expect(error?.cause == .fileUnwritable)
        #expect(
            error?.description
                == "the recording /nowhere/t can't be written: No such file or directory; name another file with --record")
    }

    @Test func noLoadLeavesNoTrace() throws {
        let file = TraceFile()
        var options = LoadOptions()
        options.recordFile = file.path
        options.connectLimitNanoseconds = 200_000_000
        let workload = try setWorkload(arrivals: "closed")
        #expect(throws: LoadError.self) { try LoadRun(workload: workload, hosts: ["127.0.0.1:1"], options: options).run() }
        #expect(!FileManager.default.fileExists(atPath: file.path))
    }
}
