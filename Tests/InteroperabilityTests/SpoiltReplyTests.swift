// Real members behind a proxy that spoils one reply in 500: the load generator notices each way of it and calls it by its name,
// and sees nothing where nothing is spoilt.

import Ensemble
import Foundation
import LoadGenerator
import Testing
import Workload

@Suite(.serialized) struct SpoiltReplyTests {
    /// Sets and reads of one pool, or a queue, at a fixed rate through the proxy.
    private func load(_ spoiling: Spoiling, queue: Bool = false, every: Int = 500) throws -> (
        report: LoadReport, deeds: ProxyDeeds
    ) {
        let roles =
            queue
            ? """
              producer: {clients: 2, pipeline: 32, arrivals: {rate: 1500/s}, do: [{enqueue: {queue: /jobs/q-}}]}
              worker: {clients: 2, pipeline: 32, do: [{take: {queue: /jobs/q-}}]}
            """
            : """
              client:
                clients: 2
                pipeline: 64
                arrivals: {rate: 4000/s}
                mix: [{set: {path: /p/z-}, weight: 3}, {get: {path: /p/z-}, weight: 2}, {exists: {path: /p/z-}, weight: 1}]
            """
        let workload = try Workload(
            text: """
                apiVersion: quorate/v1
                name: spoilt
                data: {tree: [{path: /p/z-, count: 20, size: 100B}, {path: /jobs/q-, count: 2}]}
                payload: {size: {list: [64B, 100B, 300B]}}
                roles:
                \(roles)
                phases: [{name: steady, for: 2500ms}]
                check: [no_loss, no_duplicates]
                """, file: "spoilt.yaml")
        var options = LoadOptions()
        options.graceNanoseconds = 2_000_000_000
        options.drainLimitNanoseconds = 5_000_000_000
        options.verifyLimitNanoseconds = 3_000_000_000
        return try RealEnsemble.with(1, security: .plain) { ensemble in
            let proxy = try SpoilingProxy(to: try #require(ensemble.members.first).ports.client, spoiling, every: every)
            let outcome = Result { try LoadRun(workload: workload, hosts: [proxy.address], options: options).run() }
            let deeds = proxy.stop()
            return (try outcome.get(), deeds)
        }
    }

    private func passed(_ report: LoadReport, _ name: String) -> Bool? { report.checks.first { $0.name == name }?.passed }

    @Test(arguments: [false, true]) func whereNothingIsSpoiltNothingIsFound(queue: Bool) throws {
        let (report, deeds) = try load(.nothing, queue: queue)
        #expect(report.anomalies == ReplyAnomalies())
        #expect(report.allChecksPassed, "\(report.summary)")
        #expect(deeds.replies > 5_000 && deeds.spoilt == 0)
        if deeds.longestWait < 900_000_000 { #expect(report.silences == SilenceFigures()) }
    }

    @Test func swappedReplies() throws {
        let (report, deeds) = try load(.swapped)
        // Where no request was in flight behind it, the reply is only late.
        #expect(deeds.spoilt >= 10 && report.anomalies.swapped > 0 && Int(report.anomalies.swapped) <= deeds.spoilt)
        #expect(passed(report, "replies") == false)
        // A reply that comes too late brings an old zxid and an old Stat.
        #expect(report.anomalies.stray + report.anomalies.malformed == 0)
        #expect(report.anomalies.doubled <= 2, "one a connection may come after it was given up")
    }

    @Test func lostReplies() throws {
        let (report, deeds) = try load(.lost)
        #expect(deeds.spoilt >= 10 && Int(report.anomalies.lost + report.anomalies.unanswered) == deeds.spoilt)
        #expect(report.anomalies.lost > 0 && report.anomalies.total == report.anomalies.lost)
        #expect(passed(report, "replies") == false && passed(report, "no_loss") == false)
    }

    @Test func doubledReplies() throws {
        let (report, deeds) = try load(.doubled)
        #expect(deeds.spoilt >= 10 && Int(report.anomalies.doubled) == deeds.spoilt)
        #expect(report.anomalies.total == report.anomalies.doubled && passed(report, "replies") == false)
    }

    @Test func wrongErrors() throws {
        let (report, deeds) = try load(.wrongError)
        #expect(deeds.spoilt >= 10 && Int(report.anomalies.wrongError) == deeds.spoilt)
        #expect(passed(report, "replies") == false && passed(report, "accepted") == false)
    }

    @Test func aZxidThatGoesBack() throws {
        let (report, deeds) = try load(.zxidBack)
        #expect(deeds.spoilt >= 10 && Int(report.anomalies.zxidBack) == deeds.spoilt)
        #expect(report.anomalies.total == report.anomalies.zxidBack && passed(report, "replies") == false)
    }

    /// Every flip is noticed, and none twice, but for those that no client can notice: FlippedBytes.swift says which these are
    /// and counts them.
    @Test(arguments: [false, true]) func flippedBytes(queue: Bool) throws {
        let (report, deeds) = try load(.flippedByte, queue: queue, every: 97)
        let (found, flipped) = (report.anomalies, deeds.flipped)
        #expect(flipped.all >= 50 && flipped.xids > 0 && flipped.hidden < flipped.all / 4, "\(flipped)")
        // A request whose reply bears a wrong number has none.
        #expect(Int(found.stray + found.doubled) == flipped.xids, "\(report.summary)")
        #expect(Int(found.lost + found.unanswered) == flipped.xids, "\(report.summary)")
        let noticed = found.wrongContent + found.wrongError + found.zxidBack + (report.queues?.damaged ?? 0)
        #expect(
            Int(noticed) == flipped.others - flipped.hidden, "\(flipped.hidden) hidden of \(flipped.others):\n\(report.summary)")
        #expect(found.swapped == 0 && found.malformed == 0 && passed(report, "replies") == false)
    }

    @Test func flippedLengths() throws {
        let (report, deeds) = try load(.flippedLength)
        // Where the length grew, the client waits for the rest of a frame that never ends.
        #expect(deeds.spoilt > 0 && report.anomalies.total + report.anomalies.unanswered > 0, "\(report.summary)")
        #expect(!report.allChecksPassed)
    }

    @Test func acknowledgedSetsThatWereNotDone() throws {
        let (report, deeds) = try load(.notDone)
        let sets = try #require(report.sets)
        #expect(deeds.spoilt >= 5 && Int(sets.lost) == deeds.spoilt, "\(report.summary)")
        #expect(passed(report, "no_loss") == false)
        #expect(report.checks.contains { $0.name == "no_loss" && $0.sentence.contains("acknowledged sets lost") })
    }

    @Test func acknowledgedItemsThatWereNotMade() throws {
        let (report, deeds) = try load(.notDone, queue: true)
        let queues = try #require(report.queues)
        #expect(deeds.spoilt >= 5 && Int(queues.lost) == deeds.spoilt && queues.isDrained, "\(report.summary)")
        #expect(passed(report, "no_loss") == false)
    }

    @Test func aSilentSecond() throws {
        let (report, deeds) = try load(.silence(1_200_000_000))
        #expect(deeds.spoilt == 1 && report.silences.count >= 1)
        #expect(report.silences.longestNanoseconds >= 1_150_000_000)
        #expect(report.silences.longestNanoseconds < 1_300_000_000 + deeds.longestWait)
        #expect(report.anomalies == ReplyAnomalies() && report.allChecksPassed, "\(report.summary)")
        #expect(report.summary.contains("of a second or more while a reply was due, the longest 1"))
    }
}
