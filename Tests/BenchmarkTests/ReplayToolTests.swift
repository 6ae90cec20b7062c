// `quorate load --record` and `quorate replay` from outside, against real members: what was recorded is offered again second by
// second, on another ensemble; and a trace that is not whole is refused.

import Ensemble
import Foundation
import Results
import Testing
import Workload

@Suite(.serialized) struct ReplayToolTests {
    private static let queue = """
        apiVersion: quorate/v1
        name: queue
        data: {tree: [{path: /r/queue-, count: 2}]}
        roles:
          pacer: {clients: 4, pipeline: 16, arrivals: {poisson: 300/s}, do: [{enqueue: {queue: /r/queue-}}]}
          worker: {clients: 2, pipeline: 16, do: [{take: {queue: /r/queue-}}]}
        phases: [{name: steady, for: 4s}]
        check: [no_loss]

        """

    private func member(_ tool: Tool, _ name: String) throws -> Ensemble {
        let place = "\(tool.place)/\(name)"
        try DataDirectory.makeWithParents("\(place)/logs")
        return try Ensemble.start(
            EnsembleOrder(nodes: 1, directory: place, logDirectory: "\(place)/logs", command: .quorate(program: tool.program)))
    }

    /// Requests of each whole second, by when they were due.
    private func seconds(_ trace: Trace) -> [Int] {
        var counts = [Int](repeating: 0, count: 4)
        for operation in trace.operations where operation.intended < 4_000_000_000 {
            counts[Int(operation.intended / 1_000_000_000)] += 1
        }
        return counts
    }

    @Test func aReplayOffersWhatWasRecordedSecondBySecond() throws {
        let tool = try Tool()
        try Self.queue.write(toFile: "\(tool.place)/queue.yaml", atomically: true, encoding: .utf8)
        let first = try member(tool, "first")
        defer { first.stop() }
        let load = ["load", "PLACE/queue.yaml", "--connect", first.hosts[0], "--quiet", "--record", "PLACE/first.trace"]
        #expect(try tool.quorate(load) == .exited(code: 0), "\(tool.output)")
        #expect(tool.output.contains("requests in \(tool.place)/first.trace"))
        let second = try member(tool, "second")
        defer { second.stop() }
        let replay = ["replay", "PLACE/first.trace", "--connect", second.hosts[0], "--quiet", "--record", "PLACE/second.trace"]
        #expect(try tool.quorate(replay) == .exited(code: 0), "\(tool.output)")
        let recorded = try Trace(file: "\(tool.place)/first.trace")
        #expect(tool.output.contains("replay: \(recorded.requests) requests at 1x, 3 znodes laid out before"), "\(tool.output)")
        let played = try Trace(file: "\(tool.place)/second.trace")
        #expect(played.requests == recorded.requests && recorded.requests > 3_000)
        for (was, came) in zip(seconds(recorded), seconds(played)) {
            #expect(was > 500 && abs(was - came) * 100 <= was, "\(was) requests were due in a second, and \(came) came")
        }
    }

    /// Sets of a znode that is not there where the trace is played: laid out, so nothing differs; and deleted by it, so a second
    /// replay finds the same. A create does differ.
    @Test func resultsThatDifferEndInTheirOwnCodeIfThatIsAskedFor() throws {
        let tool = try Tool()
        let server = try member(tool, "member")
        defer { server.stop() }
        try """
        request_event_time,session_id,op_num,path,data,error
        1.0,1,Create,/made,abc,ZOK
        1.1,2,Get,/made,,ZOK
        1.2,1,Set,/there,abc,ZOK
        """.write(toFile: "\(tool.place)/log.csv", atomically: true, encoding: .utf8)
        let replay = ["replay", "PLACE/log.csv", "--connect", server.hosts[0], "--quiet", "--same"]
        #expect(try tool.quorate(replay) == .exited(code: 0), "\(tool.output)")
        #expect(tool.output.contains("same_results: ok, all 3 replies say what the trace says"))
        #expect(try tool.quorate(replay) == .exited(code: 3), "\(tool.output)")
        #expect(
            tool.output.contains("same_results: FAILED, 1 of 3 replies differ from the trace's: 1 create ok became node_exists"))
        #expect(try tool.quorate(replay.dropLast()) == .exited(code: 0), "\(tool.output)")
    }

    @Test func aTraceIsShownAndOneThatIsCutIsRefused() throws {
        let tool = try Tool()
        try "request_event_time,session_id,op_num,path\n7,1,List,/\n".write(
            toFile: "\(tool.place)/log.csv", atomically: true, encoding: .utf8)
        #expect(try tool.quorate(["replay", "PLACE/log.csv", "--show"]) == .exited(code: 0))
        #expect(tool.output.contains("# request-log: 1 requests of 1 sessions over 0.000 s, 0 znodes laid out before\n"))
        #expect(tool.output.hasSuffix("0.000000 session 0 list / -> no reply\n"), "\(tool.output)")
        try "quorate-trace 1\n\u{10}\0\0\0".write(toFile: "\(tool.place)/cut", atomically: true, encoding: .utf8)
        #expect(try tool.quorate(["replay", "PLACE/cut", "--connect", "127.0.0.1:1"]) == .exited(code: 64))
        #expect(
            tool.output.hasPrefix(
                "quorate replay: \(tool.place)/cut: is cut off at byte 16: a block's head is not whole; the run"))
        #expect(tool.output.split(separator: "\n").count == 1)
    }

    @Test func aWorkloadThatNamesATraceIsMeasuredLikeOthers() throws {
        let tool = try Tool()
        try """
        request_event_time,session_id,op_num,path,data,error
        1.0,1,Create,/made,abc,ZOK
        1.5,2,Set,/made,abcd,ZOK
        2.5,2,Get,/made,,ZOK
        """.write(toFile: "\(tool.place)/log.csv", atomically: true, encoding: .utf8)
        try "apiVersion: quorate/v1\nname: again\nreplay: {trace: log.csv}\ncheck: [same_results, replicas_agree]\n".write(
            toFile: "\(tool.place)/again.yaml", atomically: true, encoding: .utf8)
        let end = try tool.run(["\(tool.place)/again.yaml", "--nodes", "1,2"])
        #expect(end == .exited(code: 0) || end == .exited(code: 5), "\(tool.output)")
        let document = try #require(try tool.documents.first)
        #expect(document.cells.count == 2)
        for cell in document.cells {
            #expect(cell.failure == nil && cell.failedChecks.isEmpty)
            #expect(cell.checks.first { $0.name == "same_results" }?.passed == true)
            let phase = try #require(cell.phases.first)
            #expect(phase.name == "replay" && Set(phase.operations.map(\.op)) == ["create", "set", "get"])
        }
    }
}
