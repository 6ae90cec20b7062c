// A trace is played with its timing; names that the server gives and versions that it tells stand for the recorded ones; what was
// there before is laid out; results that differ are counted.

import LoadGenerator
import Statistics
import Testing
import Workload

@Suite(.serialized) struct ReplayTests {
    private func play(_ trace: Trace, _ speed: Replay.Speed = .times(1), _ options: LoadOptions = LoadOptions()) throws
        -> LoadReport
    {
        let server = try ScriptedServer()
        defer { server.stop() }
        let file = try TraceFile(trace)
        return try load(file.workload(speed), server, options)
    }

    private func createItem(_ trace: inout Trace, number: String, session: Int, at milliseconds: UInt64) {
        trace.add(.create, "/q/item-", session: session, at: milliseconds) { operation, outcome in
            operation.mode = .sequential
            operation.size = 40
            outcome.created = "/q/item-\(number)"
        }
    }

    /// Here the first item gets the number 0, whatever it was when the trace was recorded.
    private var items: Trace {
        var trace = Trace(sessions: 2)
        createItem(&trace, number: "0000000917", session: 0, at: 0)
        trace.add(.get, "/q/item-0000000917", session: 1, at: 20)
        createItem(&trace, number: "0000000918", session: 0, at: 30)
        trace.add(.create, "/q/item-0000000918/below", session: 0, at: 40) { operation, _ in operation.size = 5 }
        trace.add(.delete, "/q/item-0000000917", session: 1, at: 50)
        trace.add(.get, "/q/item-0000000917", session: 1, at: 60, error: -101)
        trace.add(.exists, "/q/item-0000000918/below", session: 1, at: 70)
        return trace
    }

    @Test(arguments: [Replay.Speed.times(1), .times(10), .max])
    func givenNamesStandForRecordedOnes(speed: Replay.Speed) throws {
        let report = try play(items, speed)
        let replay = try #require(report.replay)
        #expect(replay.differing == [:] && replay.compared == 7 && replay.requests == 7 && replay.untold == 0)
        #expect(replay.names == 4, "the second get came when its item was gone, and needs no name")
        #expect(replay.laidOut == 1, "/q itself")
        #expect(report.allChecksPassed && report.anomalies.total == 0)
        #expect(report.checks.contains { $0.name == "same_results" && $0.passed == true })
        let phase = try #require(report.phase(named: "replay"))
        #expect(phase.operation(role: "client", kind: .create)?.acknowledged == 3)
        #expect(phase.operation(role: "client", kind: .get)?.acknowledged == 2, "a refusal that was recorded, too, is an answer")
    }

    @Test func aRequestWaitsForTheNameThatItNeeds() throws {
        var trace = Trace(sessions: 2)
        createItem(&trace, number: "0000000000", session: 0, at: 0)
        trace.add(.get, "/q/item-0000000000", session: 1, at: 0)
        let server = try ScriptedServer(Misbehaviour(serviceTime: 50_000_000))
        defer { server.stop() }
        let file = try TraceFile(trace)
        let report = try load(file.workload(), server)
        #expect(report.replay?.differing == [:] && report.replay?.waited == 1)
        let get = try #require(report.phase(named: "replay")?.operation(role: "client", kind: .get))
        #expect(get.response.max >= 90_000_000, "its latency counts from the instant at which it was due")
        #expect(get.service?.max ?? 0 < get.response.max)
    }

    @Test func versionsAreThoseOfTheReplaysOwnReplies() throws {
        var trace = Trace(sessions: 2, znodes: [TraceZnode(path: "/v", size: 1)])
        trace.add(.get, "/v", at: 0) { $1.version = 41 }
        trace.add(.set, "/v", at: 10) { operation, outcome in (operation.version, outcome.version) = (41, 42) }
        trace.add(.set, "/v", at: 20) { operation, outcome in (operation.version, outcome.version) = (42, 43) }
        trace.add(.set, "/v", session: 1, at: 30, error: -103) { operation, _ in operation.version = 42 }
        trace.add(.exists, "/v", session: 1, at: 40) { $1.version = 43 }
        trace.add(.delete, "/v", session: 1, at: 50) { operation, _ in operation.version = 43 }
        let report = try play(trace)
        let replay = try #require(report.replay)
        #expect(replay.differing == [:] && replay.compared == 6)
        #expect(replay.versions == 4 && replay.unknownVersions == 0 && replay.untold == 0)
    }

    /// As in a log that tells no replies: versions follow from counting, the first from what was laid out.
    @Test func versionsThatNoReplyTellsAreCounted() throws {
        var trace = Trace(sessions: 1)
        trace.add(.set, "/w", at: 0) { operation, outcome in (operation.version, outcome.version) = (7, -1) }
        trace.add(.set, "/w", at: 10) { operation, outcome in (operation.version, outcome.version) = (8, -1) }
        trace.add(.set, "/w", at: 20, error: -103) { operation, _ in operation.version = 1_000 }
        trace.add(.delete, "/w", at: 30) { operation, _ in operation.version = 9 }
        let report = try play(trace)
        let replay = try #require(report.replay)
        #expect(replay.differing == [:] && replay.compared == 4)
        #expect(replay.versions == 3 && replay.unknownVersions == 1 && replay.laidOut == 1)
    }

    /// Items that were there before get new numbers, too: otherwise the server would give theirs once more.
    @Test func whatWasThereBeforeIsLaidOutUnderNewNumbers() throws {
        var trace = Trace(sessions: 1)
        trace.add(.get, "/q/item-0000000002", at: 0)
        trace.add(.get, "/q/item-0000000001", at: 1)
        for number in 5...8 { createItem(&trace, number: "000000000\(number)", session: 0, at: UInt64(number)) }
        trace.add(.delete, "/q/item-0000000001", at: 10)
        trace.add(.delete, "/q/item-0000000005", at: 11)
        trace.add(.list, "/q", at: 12)
        trace.add(.list, "/r/s", at: 13)
        let report = try play(trace)
        let replay = try #require(report.replay)
        #expect(replay.differing == [:] && replay.compared == 10)
        #expect(replay.laidOut == 5, "/q, /r, /r/s and two items")
        #expect(replay.names == 4)
    }

    @Test func resultsThatDifferAreCountedByKind() throws {
        var trace = Trace(sessions: 1, znodes: [TraceZnode(path: "/a", size: 3)])
        trace.add(.get, "/a", at: 0, error: -101)
        trace.add(.delete, "/b", at: 1, error: -101)
        trace.add(.create, "/a", at: 2) { _, outcome in outcome.created = "/a" }
        trace.add(.create, "/a", at: 3, error: nil)
        trace.add(.exists, "/c", at: 4, error: -102)
        let report = try play(trace)
        let replay = try #require(report.replay)
        #expect(replay.compared == 4, "what had no reply can't be compared")
        #expect(
            replay.differing == ["get no_node became ok": 1, "create ok became node_exists": 1, "exists no_auth became ok": 1])
        let check = try #require(report.checks.first { $0.name == "same_results" })
        #expect(check.passed == false && check.sentence.hasPrefix("3 of 4 replies differ from the trace's: 1 create ok became"))
        #expect(report.summary.contains("results: of 4 that could be compared 3 differ from the trace's"))
        let phase = try #require(report.phase(named: "replay"))
        #expect(phase.operation(role: "client", kind: .create)?.errors == ["node_exists": 2])
    }

    @Test func aConnectionThatBreaksKeepsNobodyWaiting() throws {
        var trace = Trace(sessions: 2)
        createItem(&trace, number: "0000000000", session: 0, at: 0)
        trace.add(.get, "/q/item-0000000000", session: 1, at: 1)
        trace.add(.exists, "/q", session: 0, at: 300)
        let server = try ScriptedServer(Misbehaviour(breakAfterCreate: 1))
        defer { server.stop() }
        let file = try TraceFile(trace)
        let report = try load(file.workload(), server)
        let replay = try #require(report.replay)
        #expect(report.sessions.connectionsLost == 1 && replay.untold == 1 && replay.compared == 2)
        #expect(report.phase(named: "replay")?.operation(role: "client", kind: .create)?.unknown == 1)
    }

    @Test func aSessionThatWasClosedIsClosedAgain() throws {
        var trace = Trace(sessions: 2)
        trace.add(.create, "/e", at: 0) { operation, _ in operation.mode = .ephemeral }
        trace.add(.exists, "/e", session: 1, at: 10)
        trace.add(.close, "", at: 20, error: nil)
        trace.add(.exists, "/e", session: 1, at: 120, error: -101)
        let report = try play(trace)
        #expect(report.replay?.differing == [:] && report.replay?.compared == 3)
    }

    /// A hundred sets over half a second: the timing is kept, and divided by the speed.
    @Test(arguments: [(Replay.Speed.times(1), 500_000_000), (.times(4), 125_000_000), (.max, 0)] as [(Replay.Speed, UInt64)])
    func timingIsKept(speed: Replay.Speed, least: UInt64) throws {
        var trace = Trace(sessions: 4, znodes: [TraceZnode(path: "/t", size: 10)])
        for number in 0...100 {
            trace.add(.set, "/t", session: number % 4, at: UInt64(number) * 5) { operation, _ in operation.size = 10 }
        }
        let report = try play(trace, speed)
        let phase = try #require(report.phase(named: "replay"))
        let sets = try #require(phase.operation(role: "client", kind: .set))
        #expect(sets.offered == 101 && sets.sent == 101 && sets.acknowledged == 101 && sets.notSent == 0)
        #expect(sets.isOpenLoop == (speed != .max) && sets.slip?.count ?? 101 == 101)
        #expect(phase.durationNanoseconds >= least && phase.durationNanoseconds < least + 400_000_000)
        #expect(report.replay?.differing == [:])
    }
}
