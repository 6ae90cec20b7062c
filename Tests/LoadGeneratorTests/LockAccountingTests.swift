// Tests of locks by recipe: the books of a good server are in order, and what they must notice they do: two holders at once,
// a contender that vanishes, a watch that does not fire; and a broken connection leaves no znode behind that nobody knows of.

import LoadGenerator
import Statistics
import Testing
import Workload

@Suite(.serialized) struct LockAccountingTests {
    private func workload(
        clients: Int = 4, locks: Int = 2, hold: String = "1ms", arrivals: String = "closed", seconds: String = "500ms"
    ) throws -> Workload {
        try Workload(
            text: """
                apiVersion: quorate/v1
                name: locks
                target: {session_timeout: 4s}
                data: {tree: [{path: /locks/lock-, count: \(locks)}]}
                roles:
                  contender: {clients: \(clients), arrivals: \(arrivals), do: [{lock: {path: /locks/lock-, hold: \(hold)}}]}
                phases: [{name: steady, for: \(seconds)}]
                check: [no_loss, mutual_exclusion]
                """, file: "locks.yaml")
    }

    private func run(_ workload: Workload) throws -> (LockAccounting, LoadReport) { try run(Misbehaviour(), workload) }

    private func run(_ misbehaviour: Misbehaviour, _ workload: Workload) throws -> (LockAccounting, LoadReport) {
        let server = try ScriptedServer(misbehaviour)
        defer { server.stop() }
        let report = try load(workload, server)
        return (try #require(report.locks), report)
    }

    private func passed(_ report: LoadReport, _ name: String) -> Bool? { report.checks.first { $0.name == name }?.passed }

    @Test func everyRoundIsFourOrMoreRequests() throws {
        let (locks, report) = try run(workload())
        #expect(locks.acquired >= 20 && locks.unfinished == 0 && locks.ghosts == 0 && locks.recovered == 0)
        #expect(locks.heldByTwo == 0 && locks.vanished == 0 && locks.givenUp == 0)
        #expect(report.allChecksPassed && report.anomalies.total == 0 && passed(report, "mutual_exclusion") == true)
        let phase = report.phases[0]
        let lock = try #require(phase.operation(role: "contender", kind: .lock))
        #expect(lock.offered == locks.acquired && lock.sent == locks.acquired && lock.response.count == locks.acquired)
        #expect(lock.errors.isEmpty)
        let create = try #require(phase.operation(role: "contender", kind: .create))
        #expect(create.acknowledged == locks.acquired)
        let list = try #require(phase.operation(role: "contender", kind: .list))
        #expect(list.acknowledged >= locks.acquired)
        #expect(phase.operation(role: "contender", kind: .exists) != nil, "four clients and two locks: somebody had to wait")
        #expect(try #require(phase.operation(role: "contender", kind: .delete)).offered >= 1)
    }

    @Test func timeWithOneLockIsTheSumOfTheHoldings() throws {
        let (locks, report) = try run(workload(clients: 3, locks: 1, hold: "20ms", seconds: "1s"))
        #expect(locks.acquired <= 54 && locks.acquired >= 10, "\(locks.acquired)")
        #expect(report.allChecksPassed)
        // two others are in front of almost everybody
        let lock = try #require(report.phases[0].operation(role: "contender", kind: .lock))
        #expect(lock.response.value(atPercentile: 90) >= 39_000_000)
    }

    @Test func aLockIsWantedFromTheInstantItWasDue() throws {
        let (locks, report) = try run(workload(clients: 1, locks: 1, hold: "40ms", arrivals: "{rate: 50/s}"))
        #expect(locks.acquired == 25 && locks.unfinished == 0 && report.allChecksPassed)
        let lock = try #require(report.phases[0].operation(role: "contender", kind: .lock))
        #expect(lock.isOpenLoop && lock.offered == 25 && lock.response.count == 25 && lock.slip?.count == 25)
        // one every 20 ms is due and each takes 40: the last waits for half a second
        #expect(lock.response.max >= 450_000_000)
        // its requests follow each other, so the wait for the lock is none of theirs
        let create = try #require(report.phases[0].operation(role: "contender", kind: .create))
        #expect(!create.isOpenLoop && create.response.value(atPercentile: 50) < 100_000_000)
    }

    @Test func twoHoldersAtOnceAreNoticed() throws {
        let (locks, report) = try run(Misbehaviour(hideOthersFromList: 20), workload(locks: 1, hold: "5ms"))
        #expect(locks.heldByTwo > 0)
        #expect(passed(report, "mutual_exclusion") == false && !report.allChecksPassed)
    }

    @Test func aContenderThatVanishesIsNoticed() throws {
        let (locks, report) = try run(Misbehaviour(loseCreate: 10), workload())
        #expect(locks.vanished == 1 && locks.heldByTwo == 0)
        #expect(passed(report, "mutual_exclusion") == false)
    }

    @Test func aZnodeWhoseCreateHadNoReplyIsFoundByItsName() throws {
        let (locks, report) = try run(Misbehaviour(breakAfterCreate: 10), workload(locks: 1))
        #expect(locks.recovered == 1 && locks.ghosts == 0 && locks.vanished == 0)
        // were it left behind, nobody would get the only lock any more
        #expect(locks.acquired >= 20 && locks.unfinished == 0)
        #expect(report.sessions.connectionsLost == 1 && report.sessions.resumed == 1 && report.allChecksPassed)
        let (others, other) = try run(Misbehaviour(breakBeforeCreate: 10), workload(locks: 1))
        #expect(others.recovered == 0 && others.acquired >= 20 && others.unfinished == 0 && other.allChecksPassed)
    }

    @Test func aLockEndsWithItsHoldersConnection() throws {
        let (locks, report) = try run(Misbehaviour(breakAfterFrontList: 5), workload(locks: 1, hold: "20ms"))
        #expect(locks.givenUp == 1 && locks.heldByTwo == 0 && locks.unfinished == 0 && locks.acquired >= 10)
        #expect(report.sessions.resumed == 1 && report.allChecksPassed)
    }

    @Test func aLockEndsWithItsHoldersSession() throws {
        let (locks, report) = try run(
            Misbehaviour(breakAfterFrontList: 5, forgetsSessions: true), workload(locks: 1, hold: "20ms"))
        #expect(locks.givenUp == 1 && locks.vanished == 0 && locks.heldByTwo == 0 && locks.unfinished == 0)
        #expect(report.sessions.expired == 1 && report.allChecksPassed)
    }

    @Test func aWatchThatDoesNotFireIsNoticed() throws {
        let (locks, report) = try run(Misbehaviour(skipDeletionEvent: 5), workload(locks: 1, seconds: "2500ms"))
        #expect(report.anomalies.missedWatch == 1 && report.anomalies.total == 1 && passed(report, "replies") == false)
        #expect(locks.unfinished == 0 && passed(report, "mutual_exclusion") == true)
    }

    @Test func aHolderThatMayHaveLostItsSessionDoesNotCount() {
        var ledger = LockLedger(locks: 2)
        ledger.acquired(0, by: 1, isHolderSure: false)
        ledger.acquired(1, by: 2, isHolderSure: false)
        #expect(ledger.holder(of: 0) == 1 && ledger.holder(of: 1) == 2)
        ledger.acquired(0, by: 3, isHolderSure: false)
        #expect(ledger.accounting.givenUp == 1 && ledger.accounting.heldByTwo == 0)
        ledger.released(0, by: 1)
        #expect(ledger.holder(of: 0) == 3, "what the first one does then changes nothing")
        ledger.acquired(1, by: 3, isHolderSure: true)
        #expect(ledger.accounting.heldByTwo == 1 && ledger.accounting.acquired == 4)
        ledger.givenUp(1, by: 3)
        #expect(ledger.holder(of: 1) == nil && ledger.accounting.givenUp == 2)
    }
}
