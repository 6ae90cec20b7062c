// A server that is gone or lets in no more clients: what could not be looked at is told apart from what is lost.

import LoadGenerator
import Testing
import Workload

@Suite(.serialized) struct GoneServerTests {
    private static var impatient: LoadOptions {
        var options = LoadOptions()
        options.graceNanoseconds = 300_000_000
        options.drainLimitNanoseconds = 700_000_000
        options.verifyLimitNanoseconds = 700_000_000
        options.refusalLimitNanoseconds = 700_000_000
        return options
    }

    /// The server ends after the first second of three.
    private func loseServer(_ workload: Workload, _ misbehaviour: Misbehaviour = Misbehaviour()) throws -> LoadReport {
        let server = try ScriptedServer(misbehaviour)
        var isThere = true
        defer { if isThere { server.stop() } }
        return try LoadRun(workload: workload, hosts: [server.address], options: Self.impatient).run { _ in
            if isThere { server.stop() }
            isThere = false
        }
    }

    private func jobs() throws -> Workload {
        try Workload(
            text: """
                apiVersion: quorate/v1
                name: jobs
                data: {tree: [{path: /jobs/q-, count: 2}]}
                roles:
                  producer: {clients: 2, pipeline: 8, arrivals: {rate: 200/s}, do: [{enqueue: {queue: /jobs/q-}}]}
                  worker: {clients: 2, pipeline: 16, do: [{take: {queue: /jobs/q-}}]}
                phases: [{name: steady, for: 2s}]
                check: [no_loss]
                """, file: "jobs.yaml")
    }

    private func loss(_ report: LoadReport) throws -> CheckOutcome { try #require(report.checks.first { $0.name == "no_loss" }) }

    @Test func setsThatNobodyCanReadAgainAreNotLost() throws {
        let report = try loseServer(setWorkload(arrivals: "{rate: 200/s}", seconds: "2s"))
        let check = try loss(report)
        #expect(check.passed == nil && check.isPrevented && report.isKeptFromChecking && report.allChecksPassed)
        #expect(check.sentence.hasPrefix("could not be checked, so whether anything is lost is not known: only 0 of the "))
        #expect(report.summary.contains("no_loss: UNKNOWN, could not be checked"))
    }

    @Test func setsThatCouldNotBeReadAgainInTimeAreNotLost() throws {
        let server = try ScriptedServer(Misbehaviour(serviceTime: 50_000_000))
        defer { server.stop() }
        let workload = try Workload(
            text: """
                apiVersion: quorate/v1
                name: slow
                data: {tree: [{path: /slow/z-, count: 60}]}
                roles: {writer: {clients: 1, pipeline: 1, do: [{set: {path: /slow/z-}}]}}
                phases: [{name: steady, for: 2s}]
                check: [no_loss]
                """, file: "slow.yaml")
        let report = try LoadRun(workload: workload, hosts: [server.address], options: Self.impatient).run()
        let check = try loss(report)
        #expect(check.passed == nil && check.isPrevented && report.isKeptFromChecking)
        #expect(check.sentence.hasPrefix("could not be checked in time, so whether anything is lost is not known: only "))
    }

    @Test func itemsThatNobodyCanTakeAreNotLost() throws {
        let report = try loseServer(jobs())
        let check = try loss(report)
        #expect(report.queues?.isDrained == false)
        #expect(check.passed == nil && check.isPrevented && report.isKeptFromChecking, "\(check.sentence)")
        #expect(check.sentence.contains(" acknowledged items were not taken, as 2 workers had no server in the end ("))
    }

    /// What is known to be wrong stays wrong, whatever else could not be looked at.
    @Test func aDamagedItemIsAFailureAllTheSame() throws {
        let report = try loseServer(jobs(), Misbehaviour(damageAtGet: 20))
        let check = try loss(report)
        #expect(check.passed == false && !check.isPrevented && !report.isKeptFromChecking)
        #expect(check.sentence.contains("1 damaged"))
    }

    @Test func aServerThatLetsInNoMoreClientsIsNamedSoon() throws {
        let server = try ScriptedServer(Misbehaviour(sessionsMax: 5))
        defer { server.stop() }
        let begin = ContinuousClock.now
        let error = try #require(throws: LoadError.self) {
            try load(setWorkload(arrivals: "closed", clients: 8), server, Self.impatient)
        }
        #expect(ContinuousClock.now - begin < .seconds(5))
        #expect(error.cause == .unreachable)
        #expect(error.description.contains(" of 8 sessions could be opened, and further connections are ended"))
        #expect(error.description.contains("maxClientCnxns=0"))
        #expect(error.description.hasSuffix("or take fewer clients, for example --set roles.writer.clients=2"))
    }
}
