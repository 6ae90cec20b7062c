// Tests of tasks with priorities and delays by recipe: the lowest priority comes first, nothing comes before its delay is over,
// and the books notice a task that is lost, doubled or early.

import LoadGenerator
import Statistics
import Testing
import Workload

@Suite(.serialized) struct TaskAccountingTests {
    private func workload(
        workers: Int = 2, arrivals: String = "{rate: 400/s}", delay: String = "{uniform: {min: 20ms, max: 200ms}, share: 0.5}",
        pipeline: Int = 8, checks: String = "no_loss, no_duplicates, not_early"
    ) throws -> Workload {
        try Workload(
            text: """
                apiVersion: quorate/v1
                name: tasks
                target: {session_timeout: 4s}
                data: {tree: [{path: /tasks/q-, count: 2}]}
                payload: {size: {list: [40B, 100B]}}
                roles:
                  producer:
                    clients: 2
                    pipeline: 8
                    arrivals: \(arrivals)
                    do:
                      - enqueue:
                          queue: /tasks/q-
                          max_backlog: 60
                          priority: {list: [{value: 1, weight: 1}, {value: 2, weight: 3}, {value: 3, weight: 6}]}
                          delay: \(delay)
                  worker: {clients: \(workers), pipeline: \(pipeline), do: [{take: {queue: /tasks/q-}}]}
                phases: [{name: steady, for: 500ms}]
                check: [\(checks)]
                """, file: "tasks.yaml")
    }

    private func run(_ misbehaviour: Misbehaviour, _ workload: Workload) throws -> (QueueAccounting, LoadReport) {
        let server = try ScriptedServer(misbehaviour)
        defer { server.stop() }
        let report = try load(workload, server)
        return (try #require(report.queues), report)
    }

    private func passed(_ report: LoadReport, _ name: String) -> Bool? { report.checks.first { $0.name == name }?.passed }

    @Test func everyTaskIsTakenOnceAndNotBeforeItIsDue() throws {
        let (tasks, report) = try run(Misbehaviour(), workload())
        #expect(tasks.enqueued == 200 && tasks.taken == 200 && tasks.isDrained && tasks.early == 0)
        #expect(tasks.lost == 0 && tasks.doubled == 0 && tasks.damaged == 0 && tasks.foreign == 0 && tasks.reordered == nil)
        #expect(report.allChecksPassed && report.anomalies.total == 0)
        let phase = report.phases[0]
        let dispatch = try #require(phase.operation(role: "worker", kind: .dispatch))
        #expect(dispatch.response.count == 200 && dispatch.name == "dispatch")
        var parts: UInt64 = 0
        for priority in 1...3 {
            let part = try #require(phase.operation(role: "worker", kind: .dispatch, label: "priority_\(priority)"))
            #expect(part.name == "dispatch_priority_\(priority)")
            parts += part.response.count
        }
        #expect(parts == 200)
        #expect(phase.operation(role: "producer", kind: .enqueue)?.response.count == 200)
    }

    @Test func aTaskCountsFromWhenItIsDue() throws {
        let (tasks, report) = try run(Misbehaviour(), workload(delay: "{const: 300ms}"))
        #expect(tasks.taken == 200 && tasks.early == 0 && report.allChecksPassed)
        let dispatch = try #require(report.phases[0].operation(role: "worker", kind: .dispatch))
        #expect(dispatch.response.min < 150_000_000, "far less than the delay")
    }

    @Test func aTaskOfHigherPriorityOvertakes() throws {
        let (tasks, report) = try run(
            Misbehaviour(serviceTime: 5_000_000),
            workload(arrivals: "closed", delay: "{const: 0ms}", pipeline: 2, checks: "no_loss, no_duplicates"))
        #expect(tasks.taken == tasks.enqueued && tasks.taken > 50 && report.allChecksPassed)
        let phase = report.phases[0]
        let first = try #require(phase.operation(role: "worker", kind: .dispatch, label: "priority_1"))
        let last = try #require(phase.operation(role: "worker", kind: .dispatch, label: "priority_3"))
        #expect(first.response.value(atPercentile: 50) * 2 < last.response.value(atPercentile: 50))
    }

    @Test(arguments: [1, 4])
    func workersMayBeFewerOrMoreThanQueues(workers: Int) throws {
        let (tasks, report) = try run(Misbehaviour(), workload(workers: workers))
        #expect(tasks.taken == 200 && tasks.isDrained && tasks.lost == 0 && tasks.doubled == 0 && report.allChecksPassed)
    }

    @Test func aTaskTakenEarlyIsNoticed() throws {
        let (tasks, report) = try run(Misbehaviour(hastenFromCreate: 100), workload(delay: "{const: 200ms}"))
        #expect(tasks.early > 50 && tasks.early <= 101 && tasks.taken == 200)
        #expect(passed(report, "not_early") == false && passed(report, "no_loss") == true)
    }

    @Test func aLostTaskIsNoticed() throws {
        let (tasks, report) = try run(Misbehaviour(loseCreate: 77), workload())
        #expect(tasks.lost == 1 && tasks.taken == 199 && tasks.isDrained && passed(report, "no_loss") == false)
    }

    @Test func aDoubledTaskIsNoticed() throws {
        let (tasks, report) = try run(Misbehaviour(doubleCreate: 77), workload())
        #expect(tasks.doubled == 1 && tasks.taken == 200 && passed(report, "no_duplicates") == false)
        #expect(passed(report, "no_loss") == true && passed(report, "not_early") == true)
    }

    @Test func aWatchThatDoesNotFireIsNoticed() throws {
        let (tasks, report) = try run(Misbehaviour(firesWatches: false), workload(arrivals: "{rate: 100/s}"))
        #expect(tasks.taken == 50 && tasks.isDrained && tasks.lost == 0)
        #expect(report.anomalies.missedWatch > 0 && passed(report, "replies") == false)
    }

    @Test func aTakeWithoutOutcomeIsNotALoss() throws {
        let (tasks, report) = try run(Misbehaviour(breakAfterDelete: 77), workload())
        #expect(tasks.takenUnseen == 1 && tasks.lost == 0 && tasks.enqueued == tasks.taken + tasks.takenUnseen)
        #expect(report.sessions.resumed == 1 && report.allChecksPassed)
    }
}
