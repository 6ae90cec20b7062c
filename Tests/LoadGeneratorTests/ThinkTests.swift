// Tests of clients that think between their requests: the pace that this makes, and that thinking is no part of a response.

import LoadGenerator
import Statistics
import Testing
import Workload

@Suite(.serialized) struct ThinkTests {
    private func sets(think: String, clients: Int, seconds: String = "2s", _ server: Misbehaviour = Misbehaviour()) throws -> (
        OperationReport, LoadReport
    ) {
        let server = try ScriptedServer(server)
        defer { server.stop() }
        let text = try setWorkload(arrivals: "closed", clients: clients, seconds: seconds).resolved
        let workload = try Workload(text: text, file: "think.yaml", overrides: ["roles.writer.think=\(think)"])
        let report = try load(workload, server)
        return (try #require(report.phase(named: "steady")?.operation(role: "writer", kind: .set)), report)
    }

    /// A client has one request in think and service time, so it can't do more than that, and on any machine does most of it.
    @Test func aPauseBetweenRequestsSetsThePace() throws {
        let (sets, report) = try sets(think: "20ms", clients: 5)
        #expect(sets.acknowledged <= 5 * 101 && sets.acknowledged > 5 * 50, "\(sets.acknowledged)")
        #expect(!sets.isOpenLoop && sets.offered == sets.acknowledged)
        #expect(sets.response.value(atPercentile: 50) < 15_000_000, "thinking is not part of a response")
        #expect(report.allChecksPassed && report.anomalies.total == 0)
    }

    @Test func chancePausesHaveTheirMean() throws {
        let (sets, _) = try sets(think: "{exp: 10ms}", clients: 10)
        // 2,000 would be answered at once; that number strays by 45
        #expect(sets.acknowledged < 2_200 && sets.acknowledged > 1_000, "\(sets.acknowledged)")
    }

    @Test func serviceComesOnTopOfThinking() throws {
        let (sets, _) = try sets(think: "20ms", clients: 2, seconds: "1s", Misbehaviour(serviceTime: 30_000_000))
        #expect(sets.acknowledged <= 2 * 21 && sets.acknowledged > 2 * 10, "\(sets.acknowledged)")
        #expect(sets.response.min >= 30_000_000)
    }

    /// Who comes back after a lost connection thinks and goes on.
    @Test func aBrokenConnectionDoesNotEndTheThinking() throws {
        let (sets, report) = try sets(think: "5ms", clients: 1, seconds: "1s", Misbehaviour(breakAtSet: 10))
        #expect(sets.acknowledged > 40 && sets.unknown == 1, "\(sets.acknowledged)")
        #expect(report.sessions.resumed == 1)
    }
}
