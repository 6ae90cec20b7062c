// Tests of the books over messages: every subscriber gets each message once and in order from a good server; a lost, doubled,
// damaged or late one is told apart, and what was removed before it was read is said.

import LoadGenerator
import Statistics
import Testing
import Workload

@Suite(.serialized) struct TopicAccountingTests {
    private func workload(
        publishers: Int = 2, topics: Int = 2, keep: String = "1000", arrivals: String = "{rate: 400/s}"
    ) throws -> Workload {
        try Workload(
            text: """
                apiVersion: quorate/v1
                name: news
                target: {session_timeout: 4s}
                data: {tree: [{path: /news/t-, count: \(topics)}]}
                payload: {size: {list: [40B, 100B]}}
                roles:
                  publisher:
                    clients: \(publishers)
                    pipeline: 8
                    arrivals: \(arrivals)
                    do: [{publish: {topic: /news/t-, keep: \(keep)}}]
                  reader: {clients: 3, pipeline: 16, do: [{subscribe: {topic: /news/t-}}]}
                phases: [{name: steady, for: 500ms}]
                check: [no_loss, no_duplicates, fifo_per_producer]
                """, file: "news.yaml")
    }

    private func run(_ workload: Workload) throws -> (TopicAccounting, LoadReport) { try run(Misbehaviour(), workload) }

    private func run(_ misbehaviour: Misbehaviour, _ workload: Workload) throws -> (TopicAccounting, LoadReport) {
        let server = try ScriptedServer(misbehaviour)
        defer { server.stop() }
        let report = try load(workload, server)
        return (try #require(report.topics), report)
    }

    private func passed(_ report: LoadReport, _ name: String) -> Bool? { report.checks.first { $0.name == name }?.passed }

    @Test func everyMessageReachesEverySubscriber() throws {
        let (topics, report) = try run(workload())
        #expect(topics.published == 200 && topics.subscribers == 3 && topics.delivered == 600 && topics.isDrained)
        #expect(topics.lost == 0 && topics.missed == 0 && topics.doubled == 0 && topics.reordered == 0 && topics.vanished == 0)
        #expect(report.allChecksPassed && report.anomalies.total == 0)
        let publish = try #require(report.phases[0].operation(role: "publisher", kind: .publish))
        #expect(publish.isOpenLoop && publish.response.count == 200)
        let deliver = try #require(report.phases[0].operation(role: "reader", kind: .deliver))
        #expect(deliver.response.count == 600 && deliver.response.max >= publish.response.min)
        #expect(report.phases[0].operation(role: "publisher", kind: .delete) == nil, "there is room for all of them")
    }

    @Test func aPublisherRemovesItsOldMessages() throws {
        let (topics, report) = try run(workload(keep: "20"))
        #expect(topics.published == 200 && topics.delivered + topics.missed == 600 && topics.lost == 0 && topics.vanished == 0)
        // of the fifty messages of each publisher in each topic all but twenty
        let delete = try #require(report.phases[0].operation(role: "publisher", kind: .delete))
        #expect(delete.acknowledged >= 100 && delete.acknowledged <= 120 && !delete.isOpenLoop)
        #expect(report.allChecksPassed && report.anomalies.total == 0)
    }

    @Test func whatWasRemovedBeforeItWasReadIsSaid() throws {
        let (topics, report) = try run(Misbehaviour(serviceTime: 30_000_000), workload(keep: "1"))
        #expect(topics.missed > 0 && topics.lost == 0 && topics.delivered + topics.missed == 600)
        let check = try #require(report.checks.first { $0.name == "no_loss" })
        #expect(check.passed == true && check.sentence.contains("except \(topics.missed) times"))
    }

    @Test func aLostMessageIsNoticed() throws {
        let (topics, report) = try run(Misbehaviour(loseCreate: 77), workload())
        #expect(topics.published == 200 && topics.lost == 3 && topics.delivered == 597 && topics.missed == 0)
        #expect(passed(report, "no_loss") == false && passed(report, "no_duplicates") == true)
    }

    @Test func aLostMessageIsNoticedEvenIfItWasToBeRemoved() throws {
        let (topics, report) = try run(Misbehaviour(loseCreate: 77), workload(keep: "5"))
        #expect(topics.vanished == 1 && passed(report, "no_loss") == false)
    }

    @Test func aDoubledMessageIsNoticed() throws {
        let (topics, report) = try run(Misbehaviour(doubleCreate: 77), workload())
        #expect(topics.doubled == 3 && topics.delivered == 600 && topics.lost == 0)
        #expect(passed(report, "no_duplicates") == false && passed(report, "no_loss") == true)
    }

    @Test func messagesOutOfOrderAreNoticed() throws {
        let (topics, report) = try run(Misbehaviour(exchangeCreate: 50), workload(publishers: 1, topics: 1))
        #expect(topics.reordered == 3 && topics.lost == 0 && topics.doubled == 0 && topics.delivered == 600)
        #expect(passed(report, "fifo_per_producer") == false)
    }

    @Test func aDamagedMessageIsNoticed() throws {
        let (topics, report) = try run(Misbehaviour(damageAtGet: 77), workload())
        #expect(topics.damaged == 1 && passed(report, "no_loss") == false)
    }

    @Test func aWatchThatDoesNotFireIsNoticed() throws {
        let (topics, report) = try run(Misbehaviour(firesWatches: false), workload())
        #expect(topics.delivered == 600 && topics.isDrained && topics.lost == 0)
        #expect(report.anomalies.missedWatch > 0 && passed(report, "replies") == false)
    }

    @Test func aSubscriberGoesOnWhereItsConnectionBroke() throws {
        let (topics, report) = try run(Misbehaviour(breakAtGet: 77), workload())
        #expect(topics.delivered == 600 && topics.doubled == 0 && topics.lost == 0 && topics.isDrained)
        #expect(report.sessions.resumed == 1 && report.allChecksPassed && report.anomalies.total == 0)
    }

    @Test func aPublishWithoutOutcomeReachesAllOrNobody() throws {
        let (there, report) = try run(Misbehaviour(breakAfterCreate: 77), workload())
        #expect(there.unknownPublishes >= 1 && there.unknownPublishesRead >= 1 && there.lost == 0)
        #expect(there.published + there.unknownPublishes == 200)
        #expect(there.delivered == 3 * (there.published + there.unknownPublishesRead) && report.allChecksPassed)
        let (gone, other) = try run(Misbehaviour(breakBeforeCreate: 77), workload())
        #expect(gone.unknownPublishes >= 1 && gone.lost == 0 && other.allChecksPassed)
    }

    @Test func aRemovalWithoutOutcomeIsSentAgain() throws {
        let (topics, report) = try run(Misbehaviour(breakAfterDelete: 20), workload(keep: "10"))
        #expect(topics.vanished == 0 && topics.lost == 0 && report.sessions.resumed == 1 && report.allChecksPassed)
    }

    @Test func aClosedPublisherWaitsForTheSlowestSubscriber() throws {
        let (topics, report) = try run(workload(keep: "100, max_backlog: 10", arrivals: "closed"))
        #expect(topics.published > 100 && topics.missed == 0 && topics.delivered == 3 * topics.published)
        #expect(report.allChecksPassed && topics.isDrained)
    }

    @Test func messagesOfAnotherRunAreToldApart() throws {
        let server = try ScriptedServer()
        defer { server.stop() }
        _ = try load(workload(keep: "5"), server)
        let report = try load(workload(), server)
        let topics = try #require(report.topics)
        #expect(topics.foreign == 60, "two publishers, two topics, five messages each, for three subscribers")
        #expect(topics.delivered == 600 && topics.lost == 0 && report.allChecksPassed)
    }

    @Test func theSlowestSubscriberDecidesHowFarBehindATopicIs() {
        var ledger = TopicLedger(run: 1, publishers: 1, topics: 2, subscriptions: [0..<1, 0..<2])
        func isBehind(_ topic: Int, _ limit: Int32) -> Bool { ledger.isBehind(topic: topic, by: limit) }
        for number in 0..<5 {
            let sequence = ledger.publish(publisher: 0, topic: 0)
            ledger.acknowledged(publisher: 0, sequence: sequence, number: Int32(number))
        }
        #expect(isBehind(0, 5) && !isBehind(0, 6))
        ledger.reached(4, subscriber: 0, topic: 0)
        #expect(isBehind(0, 5))
        ledger.reached(1, subscriber: 1, topic: 0)
        #expect(isBehind(0, 3) && !isBehind(0, 4))
        _ = ledger.publish(publisher: 0, topic: 0)
        #expect(isBehind(0, 4), "what is on its way counts")
        #expect(!isBehind(1, 1))
    }
}
