// Tests that what replies hold is looked at: Stats against those seen before, data against what was written, and the time in
// which nothing comes at all.

import Foundation
import LoadGenerator
import Testing
import Workload

@Suite(.serialized) struct ReplyContentTests {
    private static func stat(
        created: Int64 = 10, modified: Int64 = 10, version: Int32 = 0, size: Int32 = 5, childrenChanged: Int64 = 10,
        childVersion: Int32 = 0
    ) -> ZnodeStat {
        let bytes =
            Wire.int64(created) + Wire.int64(modified) + Wire.int64(1_000) + Wire.int64(modified * 7) + Wire.int32(version)
            + Wire.int32(childVersion) + Wire.int32(0) + Wire.int64(0) + Wire.int32(size) + Wire.int32(childVersion)
            + Wire.int64(childrenChanged)
        return bytes.withUnsafeBytes { ZnodeStat($0, at: 0) }
    }

    @Test func laterAndEarlierStatsOfAZnodeFit() {
        var book = StatBook(znodes: 2)
        let seen = [
            Self.stat(), Self.stat(modified: 20, version: 3), Self.stat(modified: 15, version: 1),
            Self.stat(modified: 20, version: 3, childrenChanged: 18, childVersion: 1), Self.stat(modified: 20, version: 3),
        ]
        let verdicts = seen.map { book.isCredible($0, of: 1) }
        #expect(!verdicts.contains(false), "\(verdicts)")
        let other = book.isCredible(Self.stat(created: 12, modified: 12, childrenChanged: 12), of: 0)
        #expect(other, "another znode")
    }

    @Test func anyOtherByteOfAStatIsNoticed() {
        let right =
            Wire.int64(10) + Wire.int64(20) + Wire.int64(1_000) + Wire.int64(2_000) + Wire.int32(3) + Wire.int32(0)
            + Wire.int32(0) + Wire.int64(0) + Wire.int32(5) + Wire.int32(0) + Wire.int64(10)
        for place in right.indices {
            var book = StatBook(znodes: 1)
            var wrong = right
            wrong[place] ^= 0xff
            let verdicts = [right, wrong, right].map { bytes in
                book.isCredible(bytes.withUnsafeBytes { ZnodeStat($0, at: 0) }, of: 0)
            }
            #expect(verdicts == [true, false, true], "byte \(place)")
        }
    }

    /// A wrong Stat that nothing speaks against yet is believed; the right one that follows then counts for it, and only once.
    @Test func aWrongStatCountsOnce() {
        var book = StatBook(znodes: 1)
        let wrongVersion = [
            Self.stat(modified: 20, version: 3), Self.stat(modified: 30, version: 252), Self.stat(modified: 40, version: 5),
            Self.stat(modified: 50, version: 6), Self.stat(modified: 40, version: 5), Self.stat(modified: 60, version: 7),
        ]
        #expect(wrongVersion.map { book.isCredible($0, of: 0) } == [true, true, false, true, true, true])
        book = StatBook(znodes: 1)
        let wrongSize = [
            Self.stat(modified: 20, version: 3), Self.stat(modified: 30, version: 4, size: 7),
            Self.stat(modified: 40, version: 5), Self.stat(modified: 30, version: 4), Self.stat(modified: 30, version: 4),
        ]
        #expect(wrongSize.map { book.isCredible($0, of: 0) } == [true, true, true, false, true], "told later, by an older reply")
    }

    @Test func aStatIsNoNewerThanItsReply() {
        var book = StatBook(znodes: 1)
        let verdicts = [20, 19].map { book.isCredible(Self.stat(modified: 20, version: 3), of: 0, upTo: $0) }
        #expect(verdicts == [true, false])
        let children = book.isCredible(Self.stat(childrenChanged: 30, childVersion: 1), of: 0, upTo: 20)
        #expect(!children)
    }

    private func reading(_ misbehaviour: Misbehaviour, seconds: String = "400ms", stall: UInt32 = 0) throws -> LoadReport {
        let server = try ScriptedServer(misbehaviour)
        defer { server.stop() }
        let workload = try Workload(
            text: """
                apiVersion: quorate/v1
                name: readers
                data: {tree: [{path: /r/znode-, count: 20, size: 100B}]}
                payload: {size: {list: [30B, 100B, 200B]}}
                roles:
                  client:
                    arrivals: {rate: 500/s}
                    pipeline: 64
                    do: [{set: {path: /r/znode-}}, {get: {path: /r/znode-}}, {exists: {path: /r/znode-}}]
                phases: [{name: steady, for: \(seconds)}]
                check: [no_loss]
                """, file: "readers.yaml")
        let run = try LoadRun(workload: workload, hosts: [server.address])
        var isFirst = true
        return try run.run { _ in
            if isFirst && stall > 0 { usleep(stall) }
            isFirst = false
        }
    }

    @Test func dataThatNobodyWroteIsNoticed() throws {
        #expect(try reading(Misbehaviour()).anomalies == ReplyAnomalies())
        let report = try reading(Misbehaviour(damageAtGet: 30))
        #expect(report.anomalies.wrongContent == 1 && report.anomalies.total == 1)
    }

    @Test func aSilentSecondIsCountedAndTold() throws {
        let report = try reading(Misbehaviour(pauseAfter: 200_000_000, pauseFor: 1_200_000_000), seconds: "1800ms")
        #expect(report.silences.count == 1)
        #expect(report.silences.longestNanoseconds >= 1_100_000_000 && report.silences.longestNanoseconds < 3_000_000_000)
        #expect(report.anomalies.total == 0 && report.allChecksPassed)
        #expect(report.summary.contains("silences: 1 of a second or more"))
        let short = try reading(Misbehaviour(pauseAfter: 100_000_000, pauseFor: 300_000_000), seconds: "600ms")
        #expect(short.summary.contains("silences: none of a second or more") || short.silences.count > 0)
        #expect(short.silences.longestNanoseconds == 0 || short.silences.longestNanoseconds >= SilenceFigures.leastNanoseconds)
    }

    /// Replies lie there unread meanwhile: the server was not silent.
    @Test func aStillnessOfTheGeneratorIsNoSilenceOfTheServer() throws {
        let report = try reading(Misbehaviour(serviceTime: 5_000_000), seconds: "1500ms", stall: 1_300_000)
        #expect(report.silences.count == 0, "\(report.silences)")
    }
}
