// Tests of a load that several generators share: its parts are the whole, no more and no less, and their findings become one.

import Foundation
import LoadGenerator
import Statistics
import Synchronization
import Testing
import Workload

/// Lets parts begin together that are threads here, not processes.
private final class MeetingPlace: Sendable {
    private let parts = Mutex<[JointStart]>([])
    private let joined = Atomic<Int>(0)
    private let count: Int

    init(_ count: Int) { self.count = count }

    func add() -> JointStart {
        let joint = JointStart { [self] step in
            let all = parts.withLock { $0 }
            switch step {
            case .laidOut: for part in all { part.allowJoining() }
            case .joined:
                guard joined.add(1, ordering: .sequentiallyConsistent).newValue == count else { return }
                let instant = DispatchTime.now().uptimeNanoseconds + 50_000_000
                for part in all { part.begin(at: instant) }
            }
        }
        parts.withLock { $0.append(joint) }
        return joint
    }
}

@Suite(.serialized) struct SharedLoadTests {
    /// Both as they come from their processes: written and read again.
    private func parts(_ workload: Workload, _ count: Int, _ misbehaviour: Misbehaviour = Misbehaviour()) throws -> [PartReport] {
        let server = try ScriptedServer(misbehaviour)
        defer { server.stop() }
        let place = MeetingPlace(count)
        let joints = (0..<count).map { _ in place.add() }
        let results = Mutex<[Int: Result<PartReport, any Error>]>([:])
        let finished = DispatchSemaphore(value: 0)
        for index in 0..<count {
            Thread {
                let result = Result {
                    var options = LoadOptions()
                    options.share = LoadShare(index: index, count: count, run: 4_711)
                    let load = try LoadRun(workload: workload, hosts: [server.address], options: options)
                    return try load.runPart(joints[index], cancel: CancelFlag(), progress: nil, phaseChanged: nil)
                }
                results.withLock { $0[index] = result }
                finished.signal()
            }.start()
        }
        for _ in 0..<count { finished.wait() }
        return try (0..<count).map { index in
            let part = try #require(results.withLock { $0[index] }).get()
            return try JSONDecoder().decode(PartReport.self, from: JSONEncoder().encode(part))
        }
    }

    @Test(arguments: ["rate", "poisson"]) func togetherTheyKeepOneSchedule(arrivals: String) throws {
        let workload = try setWorkload(arrivals: "{\(arrivals): 800/s}", clients: 5, pipeline: 32, seconds: "1500ms")
        let alone = try parts(workload, 1)
        let parts = try parts(workload, 2)
        let whole = LoadReport.merged(parts, of: workload)
        let one = LoadReport.merged(alone, of: workload)
        let sets = try #require(whole.phase(named: "steady")?.operation(role: "writer", kind: .set))
        let expected = try #require(one.phase(named: "steady")?.operation(role: "writer", kind: .set))
        #expect(sets.offered == expected.offered && sets.acknowledged == sets.offered && sets.notSent == 0)
        if arrivals == "rate" { #expect(sets.offered == 1_200) }
        #expect(sets.response.count == sets.offered && sets.slip?.count == sets.offered && sets.service?.count == sets.offered)
        let shares = parts.map { $0.report.phases[0].operations[0].offered }
        #expect(shares[0] > shares[1] && shares.reduce(0, +) == sets.offered, "three clients and two: \(shares)")
        #expect(parts.map(\.report.startedNanoseconds).allSatisfy { $0 == whole.startedNanoseconds })
        #expect(whole.sessions.opened == 6 && whole.sets?.acknowledged == sets.offered)
        #expect(whole.sets?.verified == whole.sets?.znodes && whole.allChecksPassed, "\(whole.summary)")
        #expect(whole.checks.map(\.name) == one.checks.map(\.name) && whole.checks.map(\.sentence) == one.checks.map(\.sentence))
    }

    @Test func whatEachFoundIsAddedUp() throws {
        let workload = try setWorkload(arrivals: "{rate: 800/s}", clients: 4, pipeline: 64, seconds: "1200ms")
        let parts = try parts(workload, 2, Misbehaviour(pauseAfter: 300_000_000, pauseFor: 300_000_000, wrongSizeAtSet: 200))
        let whole = LoadReport.merged(parts, of: workload)
        let phase = try #require(whole.phase(named: "steady"))
        #expect(whole.anomalies.wrongContent == 1 && whole.checks.first { $0.name == "replies" }?.passed == false)
        #expect(phase.generatorCPUByPart == parts.flatMap { $0.report.phases[0].generatorCPUByPart })
        #expect(phase.generatorCPUByPart.count == 2 && phase.busiestGeneratorCPUNanoseconds < phase.generatorCPUNanoseconds)
        #expect(whole.generator.requests == parts.reduce(0) { $0 + $1.report.generator.requests })
        let sets = phase.operations[0]
        let series = sets.series.reduce(0) { $0 + $1.count }
        #expect(series == parts.reduce(0) { $0 + $1.report.phases[0].operations[0].series.reduce(0) { $0 + $1.count } })
        let first = try #require(sets.series.first)
        let highest = parts.compactMap { $0.report.phases[0].operations[0].series.first?.max }.max()
        #expect(first.second == 0 && first.max == highest && first.p99 > 200_000_000, "the pause lies in the first second")
        let gap = try #require(whole.writeGaps.first)
        #expect(gap.nanoseconds >= 280_000_000 && gap.phase == "steady" && whole.writeGapSeries.count == 1)
        #expect(gap.nanoseconds <= parts.compactMap(\.report.writeGaps.first?.nanoseconds).min()!, "no longer than for either")
    }

    @Test func aQueueStaysInOnePart() throws {
        let workload = try Workload(
            text: """
                apiVersion: quorate/v1
                name: both
                data: {tree: [{path: /jobs/q-, count: 2}, {path: /p/z-, count: 10, size: 64B}]}
                roles:
                  producer: {clients: 2, pipeline: 8, arrivals: {rate: 200/s}, do: [{enqueue: {queue: /jobs/q-}}]}
                  worker: {clients: 2, pipeline: 16, do: [{take: {queue: /jobs/q-}}]}
                  writer: {clients: 3, pipeline: 4, arrivals: {rate: 300/s}, do: [{set: {path: /p/z-}}]}
                phases: [{name: steady, for: 600ms}]
                check: [no_loss, no_duplicates]
                """, file: "both.yaml")
        #expect(LoadShare.objection(to: 3, of: workload) == nil)
        #expect(LoadShare.objection(to: 4, of: workload)?.hasSuffix("take at most --generators 3") == true)
        let parts = try parts(workload, 2)
        let whole = LoadReport.merged(parts, of: workload)
        #expect(parts[1].report.queues == nil && whole.queues?.enqueued == 120 && whole.queues?.taken == 120)
        #expect(whole.phases[0].operation(role: "writer", kind: .set)?.acknowledged == 180)
        #expect(whole.allChecksPassed, "\(whole.summary)")
    }

    @Test(arguments: [
        "{enqueue: {queue: /a/q-}}", "{enqueue: {queue: /a/q-, delay: {uniform: {min: 5ms, max: 20ms}}}}",
        "{take: {queue: /a/q-}}",
        "{lock: {path: /a/q-, hold: 1ms}}", "{publish: {topic: /a/q-, keep: 2}}", "{subscribe: {topic: /a/q-}}",
    ]) func whoHasABookInCommonStaysInOnePart(operation: String) throws {
        let workload = try Workload(
            text: """
                apiVersion: quorate/v1
                name: common
                data: {tree: [{path: /a/q-, count: 2}]}
                roles:
                  some: {clients: 8, do: [\(operation)]}
                phases: [{name: steady, for: 1s}]
                """, file: "common.yaml")
        #expect(workload.roles[0].isUndivided)
        #expect(LoadShare.objection(to: 1, of: workload) == nil)
        #expect(LoadShare.objection(to: 2, of: workload)?.contains("there is nothing to divide over 2 generators") == true)
    }

    /// A set of one part is lost, which its own book can't tell, as the other part's sets have made room for it.
    @Test func aLostSetShowsInTheCommonBook() {
        var left = SetLedger(znodes: 2)
        var right = SetLedger(znodes: 2)
        for (zxid, version) in [(10, 1), (30, 3)] { left.acknowledged(znode: 0, zxid: Int64(zxid), version: Int32(version)) }
        for (zxid, version) in [(20, 2), (30, 3)] { right.acknowledged(znode: 0, zxid: Int64(zxid), version: Int32(version)) }
        left.found(znode: 0, (zxid: 30, version: 3))
        right.found(znode: 0, (zxid: 30, version: 3))
        #expect(left.settled.lost == 0 && right.settled.lost == 0)
        let both = left.merged(with: right).settled
        #expect(both.acknowledged == 4 && both.znodes == 1 && both.verified == 1 && both.lost == 1 && both.stale == 0)
        #expect(right.merged(with: left).settled == both)
    }

    @Test func whatOnePartFindsMissingStaysMissing() {
        var left = SetLedger(znodes: 3)
        var right = SetLedger(znodes: 3)
        for znode in 0..<3 {
            left.acknowledged(znode: znode, zxid: 10, version: 1)
            right.acknowledged(znode: znode, zxid: 20, version: 2)
        }
        left.found(znode: 0, (zxid: 20, version: 2))
        right.found(znode: 0, nil)
        left.found(znode: 1, (zxid: 10, version: 1))
        right.found(znode: 1, (zxid: 20, version: 2))
        right.found(znode: 2, (zxid: 20, version: 2))
        let both = left.merged(with: right).settled
        #expect(both.znodes == 3 && both.verified == 2 && both.stale == 1 && both.lost == 2)
    }

    @Test func quietIsWhatAllShare() {
        func stretches(_ pairs: [(Int, Int)]) -> [Stretch] {
            pairs.map { Stretch(start: UInt64($0.0) * 1_000_000, end: UInt64($0.1) * 1_000_000) }
        }
        let left = stretches([(0, 10), (20, 40), (50, 90)])
        let right = stretches([(5, 25), (39, 60), (85, 100)])
        #expect(QuietStretches.common(left, right) == stretches([(5, 10), (20, 25), (39, 40), (50, 60), (85, 90)]))
        #expect(QuietStretches.common(left, []) == [])
        var kept = QuietStretches()
        kept.start(at: 1_000_000)
        for instant in [1_500_000, 4_000_000, 4_900_000] as [UInt64] { kept.acknowledged(at: instant) }
        #expect(kept.finished(at: 9_000_000).map(\.start) == [1_500_000, 4_900_000])
        #expect(kept.finished(at: 3_000_000) == [Stretch(start: 1_500_000, end: 3_000_000)])
    }

    @Test func secondsOfSeveralBecomeOne() throws {
        func second(writes: UInt64, times: [UInt64]) throws -> LoadProgress {
            var all = LatencyHistogram()
            for time in times { all.record(time) }
            let histogram = String(decoding: try JSONEncoder().encode(all), as: UTF8.self)
            let text = """
                {"seconds": 1, "plannedSeconds": 2, "phase": "steady", "writes": \(writes), "reads": 1, "itemsTaken": 0,
                "errors": 2, "p50": 0, "p99": 0, "writeTimes": \(histogram), "backlog": 3, "connected": 4, "clients": 5}
                """
            return try JSONDecoder().decode(LoadProgress.self, from: Data(text.utf8))
        }
        let whole = try LoadProgress.merged([
            second(writes: 2, times: [1_000_000, 2_000_000]), second(writes: 1, times: [9_000_000]),
        ])
        #expect(whole.writes == 3 && whole.reads == 2 && whole.errors == 4 && whole.backlog == 6)
        #expect(whole.connected == 8 && whole.clients == 10 && whole.p50 >= 2_000_000 && whole.p50 < 2_010_000)
        #expect(whole.p99 > 8_990_000 && whole.p99 <= 9_000_000)
    }
}
