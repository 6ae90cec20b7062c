// Tests of multis: they arrive as they are written, their sets have books, and whatever is wrong with a reply is noticed. And of
// znodes created under a pool, whose names a delete must find again.

import LoadGenerator
import Statistics
import Testing
import Workload

@Suite(.serialized) struct MultiTests {
    /// Three parts in order: one znode is set twice by each multi, one is created.
    private func multis(arrivals: String = "{rate: 500/s}", parts: String = Self.threeParts) throws -> Workload {
        try Workload(
            text: """
                apiVersion: quorate/v1
                name: multis
                data: {tree: [{path: /m/hot}, {path: /m/box-, count: 8}]}
                payload: {size: {uniform: {min: 0B, max: 162B}}}
                roles:
                  changer: {clients: 2, pipeline: 8, arrivals: \(arrivals), do: [{multi: \(parts)}]}
                phases: [{name: steady, for: 400ms}]
                check: [no_loss]
                """, file: "multis.yaml")
    }

    private static let threeParts =
        "{ops: [{set: {path: /m/hot}}, {create: {under: /m/box-, name_length: {min: 8, max: 16}}}, "
        + "{set: {path: /m/hot}}, {check: {path: /m/box-}}]}"

    private func run(_ fault: (number: Int, fault: MultiFault)? = nil) throws -> LoadReport {
        let server = try ScriptedServer(Misbehaviour(faultAtMulti: fault))
        defer { server.stop() }
        return try load(multis(), server)
    }

    @Test func multisOfAServerInOrderShowNothing() throws {
        let report = try run()
        let figures = try #require(report.phases[0].operation(role: "changer", kind: .multi))
        #expect(figures.offered == 200 && figures.acknowledged == 200 && figures.errors.isEmpty)
        #expect(report.anomalies == ReplyAnomalies() && report.allChecksPassed)
        let sets = try #require(report.sets)
        #expect(sets.znodes == 1 && sets.acknowledged == 400, "a multi has two sets of the one znode")
        #expect(sets.verified == 1 && sets.lost == 0 && sets.stale == 0)
        #expect(report.phases[0].writeResponse.count == 200, "and is one write")
    }

    @Test(arguments: MultiFault.allCases)
    func whatIsWrongWithTheReplyIsNoticed(fault: MultiFault) throws {
        let report = try run((200, fault))
        let figures = try #require(report.phases[0].operation(role: "changer", kind: .multi))
        func passed(_ name: String) -> Bool? { report.checks.first { $0.name == name }?.passed }
        switch fault {
        case .refused, .refusedInHeader:
            #expect(figures.acknowledged == 199 && figures.errors == ["no_node": 1])
            #expect(report.anomalies.wrongError == 1 && report.anomalies.total == 1, "what was laid out is there")
            #expect(passed("accepted") == false)
        case .lost:
            #expect(figures.acknowledged == 200 && report.anomalies.total == 0)
            #expect(report.sets?.stale == 1 && passed("no_loss") == false)
        default:
            #expect(figures.acknowledged == 200 && report.anomalies.wrongContent == 1 && report.anomalies.total == 1)
            #expect(passed("replies") == false)
        }
    }

    @Test func aBrokenConnectionLeavesAMultiUnknown() throws {
        let server = try ScriptedServer()
        defer { server.stop() }
        let mixed = "{size: {min: 3, max: 7}, ops: [{set: {path: /m/hot}, weight: 1}, {create: {path: /m/made-}, weight: 1}]}"
        let report = try load(multis(arrivals: "closed", parts: mixed), server)
        let figures = try #require(report.phases[0].operation(role: "changer", kind: .multi))
        #expect(figures.acknowledged > 100 && report.anomalies.total == 0 && report.allChecksPassed)
    }

    /// A delete finds the very path that its create has made, whatever parent and length chance gave it.
    @Test(arguments: ["{rate: 1000/s}", "closed"])
    func deletesFindWhatWasCreatedUnderAPool(arrivals: String) throws {
        let server = try ScriptedServer()
        defer { server.stop() }
        let child = "under: /m/box-"
        let workload = try Workload(
            text: multis().resolved, file: "children.yaml",
            overrides: [
                "roles.changer={clients: 2, pipeline: 8, arrivals: \(arrivals), "
                    + "mix: [{create: {\(child), name_length: {min: 8, max: 16}}, weight: 1}, {delete: {\(child)}, weight: 9}]}"
            ])
        let report = try load(workload, server)
        let creates = try #require(report.phases[0].operation(role: "changer", kind: .create))
        let deletes = try #require(report.phases[0].operation(role: "changer", kind: .delete))
        #expect(report.anomalies.total == 0 && report.allChecksPassed)
        #expect(creates.errors.isEmpty && deletes.errors.isEmpty)
        #expect(deletes.acknowledged >= 50 && creates.acknowledged >= deletes.acknowledged)
        #expect(creates.offered == creates.acknowledged && deletes.offered == deletes.acknowledged)
        #expect(creates.acknowledged - deletes.acknowledged <= 32, "nearly all that is made is removed at once")
    }
}
