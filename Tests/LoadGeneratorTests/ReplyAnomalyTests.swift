// Tests that each way in which a server can answer wrongly is noticed, once, and by its name; and that a run ends in
// time whatever the server does.

import LoadGenerator
import Testing
import Workload

@Suite(.serialized) struct ReplyAnomalyTests {
    private func anomalies(of misbehaviour: Misbehaviour, pipeline: Int = 8) throws -> LoadReport {
        let server = try ScriptedServer(misbehaviour)
        defer { server.stop() }
        var options = LoadOptions()
        options.graceNanoseconds = 500_000_000
        let workload = try setWorkload(arrivals: "{rate: 500/s}", clients: 1, pipeline: pipeline, seconds: "400ms")
        let report = try load(workload, server, options)
        let sets = try #require(report.phase(named: "steady")?.operation(role: "writer", kind: .set))
        #expect(sets.offered == 200)
        return report
    }

    private func replies(_ report: LoadReport) -> Bool? { report.checks.first { $0.name == "replies" }?.passed }

    @Test func aServerInOrderShowsNothing() throws {
        let report = try anomalies(of: Misbehaviour())
        #expect(report.anomalies == ReplyAnomalies())
        #expect(report.allChecksPassed && replies(report) == true)
    }

    @Test func swappedRepliesAreNoticed() throws {
        let report = try anomalies(of: Misbehaviour(serviceTime: 20_000_000, swapReplyOfSet: 100))
        #expect(report.anomalies.swapped == 1 && report.anomalies.lost == 0)
        #expect(replies(report) == false)
        #expect(report.phases[0].operations[0].acknowledged == 200)
    }

    @Test func aLostReplyIsNoticed() throws {
        let report = try anomalies(of: Misbehaviour(dropReplyOfSet: 100))
        #expect(report.anomalies.lost == 1 && report.anomalies.swapped == 0)
        #expect(replies(report) == false)
        #expect(report.checks.first { $0.name == "no_loss" }?.passed == false)
        #expect(report.phases[0].operations[0].acknowledged == 199)
        #expect(report.phases[0].operations[0].errors == ["no_reply": 1])
    }

    @Test func anAcknowledgedSetThatIsLostIsNoticed() throws {
        let report = try anomalies(of: Misbehaviour(loseSet: 200))
        let sets = try #require(report.sets)
        #expect(sets.acknowledged == 200 && sets.verified == sets.znodes && sets.stale == 1 && sets.lost == 1)
        let check = try #require(report.checks.first { $0.name == "no_loss" })
        #expect(check.passed == false)
        #expect(check.sentence == "1 acknowledged sets lost, 1 znodes older than their last acknowledged set")
    }

    @Test func aDoubledReplyIsNoticed() throws {
        let report = try anomalies(of: Misbehaviour(doubleReplyOfSet: 100))
        #expect(report.anomalies.doubled == 1 && report.anomalies.total == 1)
        #expect(replies(report) == false)
    }

    @Test func aReplyToNothingIsNoticed() throws {
        let report = try anomalies(of: Misbehaviour(strayReplyAfterSet: 100))
        #expect(report.anomalies.stray == 1 && report.anomalies.total == 1)
    }

    @Test func aZxidThatGoesBackIsNoticed() throws {
        let report = try anomalies(of: Misbehaviour(zxidBackAtSet: 100))
        #expect(report.anomalies.zxidBack == 1 && report.anomalies.total == 1)
    }

    @Test func aReplyThatDoesNotFitItsRequestIsNoticed() throws {
        let report = try anomalies(of: Misbehaviour(wrongSizeAtSet: 100))
        #expect(report.anomalies.wrongContent == 1 && report.anomalies.total == 1)
    }

    @Test func anErrorIsCountedByItsName() throws {
        let report = try anomalies(of: Misbehaviour(errorAtSet: 100, errorCode: -101))
        #expect(report.phases[0].operations[0].errors == ["no_node": 1])
        #expect(report.anomalies.wrongError == 1, "what was laid out is there")
        #expect(report.anomalies.total == 1)
        #expect(report.checks.first { $0.name == "accepted" }?.passed == false)
        #expect(report.checks.first { $0.name == "accepted" }?.sentence == "requests were refused: 1 no_node for set of writer")
    }

    @Test func anErrorThatTheRequestCanNotHaveIsNoticed() throws {
        let report = try anomalies(of: Misbehaviour(errorAtSet: 100, errorCode: -110))
        #expect(report.phases[0].operations[0].errors == ["node_exists": 1])
        #expect(report.anomalies.wrongError == 1 && report.anomalies.total == 1)
    }

    @Test func anUnreadableFrameEndsTheConnectionNotTheRun() throws {
        let report = try anomalies(of: Misbehaviour(garbageAtSet: 100))
        #expect(report.anomalies.malformed == 1)
        #expect(report.sessions.connectionsLost == 1 && report.sessions.resumed == 1)
        let sets = report.phases[0].operations[0]
        #expect(sets.unknown >= 1 && sets.errors["connection_loss"] == sets.unknown)
        #expect(sets.acknowledged + sets.unknown == 200)
    }

    @Test func aBrokenConnectionLeavesOutcomesUnknownAndTheSessionIsTakenUpAgain() throws {
        let report = try anomalies(of: Misbehaviour(breakAtSet: 100))
        #expect(report.anomalies.total == 0)
        #expect(report.sessions.connectionsLost == 1 && report.sessions.resumed == 1 && report.sessions.expired == 0)
        let sets = report.phases[0].operations[0]
        #expect(sets.unknown >= 1 && sets.acknowledged + sets.unknown == 200 && sets.notSent == 0)
        #expect(report.allChecksPassed)
    }

    @Test func anExpiredSessionIsReplacedByANewOne() throws {
        let report = try anomalies(of: Misbehaviour(breakAtSet: 100, forgetsSessions: true))
        #expect(report.sessions.expired == 1 && report.sessions.resumed == 0 && report.sessions.opened == 3)
        #expect(report.phases[0].operations[0].acknowledged >= 150)
    }

    @Test func layingOutIsTriedAgainAFewTimes() throws {
        let report = try anomalies(of: Misbehaviour(breaksAtSetup: 3))
        #expect(report.anomalies.total == 0 && report.allChecksPassed)
        let server = try ScriptedServer(Misbehaviour(breaksAtSetup: .max))
        defer { server.stop() }
        let error = try #require(throws: LoadError.self) { try load(setWorkload(arrivals: "closed"), server) }
        #expect(error.cause == .setupFailed && error.description.contains("broke 6 times while the znodes were laid out"))
    }

    @Test func aServerThatIsNotThereIsOneSentence() throws {
        let server = try ScriptedServer()
        server.stop()
        var options = LoadOptions()
        options.connectLimitNanoseconds = 200_000_000
        let error = try #require(throws: LoadError.self) { try load(setWorkload(arrivals: "closed"), server, options) }
        #expect(error.cause == .unreachable)
        #expect(error.description.contains("no session could be opened at \(server.address)"))
    }

    @Test(arguments: [Misbehaviour(refusesSessions: true), Misbehaviour(isMute: true)])
    func aServerThatOpensNoSessionIsOneSentence(misbehaviour: Misbehaviour) throws {
        let server = try ScriptedServer(misbehaviour)
        defer { server.stop() }
        var options = LoadOptions()
        options.connectLimitNanoseconds = 300_000_000
        let error = try #require(throws: LoadError.self) { try load(setWorkload(arrivals: "closed"), server, options) }
        #expect(error.cause == .unreachable && !error.description.contains("\n"))
    }

    @Test(arguments: ["", "host", "host:", ":2181", "host:0", "host:99999", "host:port"])
    func anUnusableAddressIsOneSentence(text: String) throws {
        let error = try #require(throws: LoadError.self) { try LoadRun(workload: setWorkload(arrivals: "closed"), hosts: [text]) }
        #expect(error.cause == .addressUnusable && !error.description.contains("\n"))
        #expect(throws: LoadError.self) { try LoadRun(workload: setWorkload(arrivals: "closed"), hosts: []) }
    }

    @Test func anEndAskedForComesAtOnceWithWhatThereIs() throws {
        let server = try ScriptedServer()
        defer { server.stop() }
        let cancel = CancelFlag()
        let run = try LoadRun(
            workload: setWorkload(arrivals: "{rate: 200/s}", seconds: "1h"), hosts: [server.address])
        let report = try run.run(cancel: cancel) { _ in cancel.set() }
        #expect(report.isInterrupted)
        let phase = try #require(report.phase(named: "steady"))
        #expect(phase.seconds >= 1 && phase.seconds < 5)
        #expect(phase.operations[0].acknowledged >= 190)
    }

    @Test func anEndAskedForBeforeTheLoadIsAnError() throws {
        let server = try ScriptedServer(Misbehaviour(isMute: true))
        defer { server.stop() }
        let cancel = CancelFlag()
        cancel.set()
        let error = try #require(throws: LoadError.self) {
            try LoadRun(workload: setWorkload(arrivals: "closed"), hosts: [server.address]).run(cancel: cancel)
        }
        #expect(error.cause == .interrupted)
    }
}
