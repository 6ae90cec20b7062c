// Tests of the books over queue items: everything is taken once and in order from a good server, and each way in which an
// item can go wrong is told apart.

import LoadGenerator
import Statistics
import Testing
import Workload

@Suite(.serialized) struct QueueAccountingTests {
    private func workload(workers: Int = 2, queues: Int = 2, arrivals: String = "{rate: 400/s}") throws -> Workload {
        try Workload(
            text: """
                apiVersion: quorate/v1
                name: jobs
                data: {tree: [{path: /jobs/q-, count: \(queues)}]}
                payload: {size: {list: [40B, 100B, 300B]}}
                roles:
                  producer: {clients: 2, pipeline: 8, arrivals: \(arrivals), do: [{enqueue: {queue: /jobs/q-, max_backlog: 40}}]}
                  worker: {clients: \(workers), pipeline: 16, do: [{take: {queue: /jobs/q-}}]}
                phases: [{name: steady, for: 500ms}]
                check: [no_loss, no_duplicates]
                """, file: "jobs.yaml")
    }

    private func run(_ misbehaviour: Misbehaviour = Misbehaviour(), workers: Int = 2) throws -> (QueueAccounting, LoadReport) {
        let server = try ScriptedServer(misbehaviour)
        defer { server.stop() }
        let report = try load(workload(workers: workers), server)
        return (try #require(report.queues), report)
    }

    private func passed(_ report: LoadReport, _ name: String) -> Bool? { report.checks.first { $0.name == name }?.passed }

    @Test func everyItemIsTakenOnceAndInOrder() throws {
        let (queues, report) = try run()
        #expect(queues.enqueued == 200 && queues.taken == 200 && queues.isDrained)
        #expect(queues.lost == 0 && queues.doubled == 0 && queues.reordered == 0 && queues.damaged == 0 && queues.foreign == 0)
        #expect(report.allChecksPassed && report.anomalies.total == 0)
        let phase = report.phases[0]
        let dispatch = try #require(phase.operation(role: "worker", kind: .dispatch))
        #expect(dispatch.response.count == 200)
        #expect(phase.operation(role: "producer", kind: .enqueue)?.response.count == 200)
        #expect(phase.itemsPerSecond > 200 && phase.itemsPerSecond <= 400)
        // an item is dispatched after its enqueue was due and before its delete was answered
        let enqueue = try #require(phase.operation(role: "producer", kind: .enqueue))
        #expect(dispatch.response.min >= enqueue.response.min / 2)
        // takes follow each other in a closed loop; commit latency is of the enqueues alone, which were due
        #expect(report.phases[0].writeResponse.count == 200)
    }

    @Test func aClosedLoopStopsAtTheBacklog() throws {
        let server = try ScriptedServer()
        defer { server.stop() }
        var seen: Int64 = 0
        let text = try workload(arrivals: "closed").resolved.replacing("500ms", with: "2s")
        let report = try LoadRun(workload: Workload(text: text, file: "jobs.yaml"), hosts: [server.address]).run {
            seen = max(seen, $0.backlog)
        }
        let queues = try #require(report.queues)
        #expect(queues.enqueued > 500 && queues.taken == queues.enqueued && queues.isDrained && report.allChecksPassed)
        #expect(seen <= 80, "two queues with a backlog of 40 each")
    }

    @Test(arguments: [1, 4])
    func workersMayBeFewerOrMoreThanQueues(workers: Int) throws {
        let (queues, report) = try run(workers: workers)
        #expect(queues.enqueued == 200 && queues.taken == 200 && queues.isDrained && queues.lost == 0 && queues.doubled == 0)
        #expect(queues.reordered == (workers == 1 ? 0 : nil))
        #expect(report.allChecksPassed)
    }

    @Test func aLostItemIsNoticed() throws {
        let (queues, report) = try run(Misbehaviour(loseCreate: 77))
        #expect(queues.enqueued == 200 && queues.taken == 199 && queues.lost == 1 && queues.isDrained)
        #expect(passed(report, "no_loss") == false && passed(report, "no_duplicates") == true)
    }

    @Test func anItemTakenTwiceIsNoticed() throws {
        let (queues, report) = try run(Misbehaviour(keepDeleted: 77))
        #expect(queues.taken == 200 && queues.doubled == 1 && queues.lost == 0)
        #expect(passed(report, "no_duplicates") == false && passed(report, "no_loss") == true)
    }

    @Test func itemsOutOfOrderAreNoticed() throws {
        let server = try ScriptedServer(Misbehaviour(exchangeCreate: 50))
        defer { server.stop() }
        let text = try workload(queues: 1, arrivals: "{rate: 400/s}").resolved
            .replacing("clients: 2", with: "clients: 1")
            .replacing("- no_duplicates", with: "- no_duplicates\n  - fifo_per_producer")
        let report = try load(Workload(text: text, file: "jobs.yaml"), server)
        let queues = try #require(report.queues)
        #expect(queues.reordered == 1 && queues.lost == 0 && queues.doubled == 0 && queues.taken == 200)
        #expect(passed(report, "fifo_per_producer") == false)
    }

    @Test func aDamagedItemIsNoticed() throws {
        let (queues, report) = try run(Misbehaviour(damageAtGet: 77))
        #expect(queues.damaged == 1)
        #expect(passed(report, "no_loss") == false)
    }

    @Test func anEnqueueWithoutOutcomeMayTurnUpOrNot() throws {
        let (there, report) = try run(Misbehaviour(breakAfterCreate: 77))
        #expect(there.unknownEnqueues >= 1 && there.unknownEnqueuesTaken >= 1 && there.lost == 0 && there.doubled == 0)
        #expect(there.enqueued + there.unknownEnqueues == 200 && there.taken == there.enqueued + there.unknownEnqueuesTaken)
        #expect(report.allChecksPassed)
        let (gone, other) = try run(Misbehaviour(breakBeforeCreate: 77))
        #expect(gone.unknownEnqueues >= 1 && gone.lost == 0 && gone.taken == gone.enqueued + gone.unknownEnqueuesTaken)
        #expect(other.allChecksPassed)
    }

    @Test func aTakeWithoutOutcomeIsNotALoss() throws {
        let (queues, report) = try run(Misbehaviour(breakAfterDelete: 77))
        #expect(queues.takenUnseen == 1 && queues.lost == 0 && queues.enqueued == queues.taken + queues.takenUnseen)
        #expect(report.sessions.connectionsLost == 1 && report.sessions.resumed == 1)
        #expect(report.allChecksPassed)
    }

    @Test func aWatchThatDoesNotFireIsNoticed() throws {
        let (queues, report) = try run(Misbehaviour(firesWatches: false))
        #expect(queues.taken == 200 && queues.isDrained && queues.lost == 0)
        #expect(report.anomalies.missedWatch > 0 && passed(report, "replies") == false)
    }

    @Test func itemsOfAnotherRunAreRemovedAndToldApart() throws {
        let server = try ScriptedServer(Misbehaviour(loseCreate: 0))
        defer { server.stop() }
        let filling = try Workload(
            text: """
                apiVersion: quorate/v1
                name: fill
                data: {tree: [{path: /jobs/q-, count: 2}]}
                roles:
                  producer: {clients: 1, pipeline: 4, arrivals: {rate: 100/s}, do: [{enqueue: {queue: /jobs/q-}}]}
                phases: [{name: steady, for: 200ms}]
                """, file: "fill.yaml")
        let filled = try load(filling, server)
        #expect(filled.queues == nil && filled.phases[0].operations[0].acknowledged == 20)
        let report = try load(workload(), server)
        let queues = try #require(report.queues)
        #expect(queues.foreign == 20 && queues.taken == 200 && queues.lost == 0 && queues.doubled == 0)
    }

    @Test func createdZnodesAreDeletedAgain() throws {
        let server = try ScriptedServer()
        defer { server.stop() }
        let workload = try Workload(
            text: """
                apiVersion: quorate/v1
                name: churn
                roles:
                  plain:
                    clients: 2
                    pipeline: 4
                    arrivals: {rate: 200/s}
                    do: [{create: {path: /churn/a-}}, {delete: {path: /churn/a-}}]
                  counted:
                    clients: 2
                    pipeline: 4
                    arrivals: {rate: 200/s}
                    do: [{create: {path: /churn/b-, mode: sequential}}, {delete: {path: /churn/b-}}, {list: {path: /churn}}]
                phases: [{name: steady, for: 500ms}]
                data: {tree: [{path: /churn}]}
                """, file: "churn.yaml")
        let report = try load(workload, server)
        for role in ["plain", "counted"] {
            let create = try #require(report.phases[0].operation(role: role, kind: .create))
            let delete = try #require(report.phases[0].operation(role: role, kind: .delete))
            #expect(create.errors.isEmpty && delete.errors.isEmpty)
            #expect(create.acknowledged >= 20 && delete.acknowledged >= 20 && delete.acknowledged <= create.acknowledged)
        }
        #expect(report.anomalies.total == 0)
    }
}
