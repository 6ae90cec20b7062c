// What follows from readings of members: each over the stretch in which its values were taken, and nothing where it can't be
// told.

import Benchmark
import Ensemble
import Results
import Testing

@Suite struct MemberReadingsTests {
    private func text(
        _ seconds: Double, flushes: Int, leads: Bool = false, snapshots: Int = 0, acks: (count: Int, sum: Int) = (0, 0)
    ) -> MetricsText {
        MetricsText(
            """
            quorate_observed_monotonic_seconds \(seconds)
            quorate_leading \(leads ? 1 : 0)
            quorate_flushes_total \(flushes)
            quorate_snapshots_taken_total \(snapshots)
            quorate_journal_records_total \(flushes * 10)
            quorate_journal_batches_total \(flushes * 2)
            quorate_batches_per_ack_bucket{le="2"} \(acks.count)
            quorate_batches_per_ack_bucket{le="+Inf"} \(acks.count)
            quorate_batches_per_ack_sum \(acks.sum)
            """)
    }

    private func readings() -> MemberReadings {
        var readings = MemberReadings()
        readings.add(text(9, flushes: 0, leads: true, snapshots: 1), of: 1)
        readings.add(text(10, flushes: 100, leads: true, snapshots: 1), of: 1)
        readings.add(text(10.5, flushes: 1_000, acks: (10, 20)), of: 2)
        readings.add(text(10.5, flushes: 1_000, acks: (10, 20)), of: 2)
        readings.add(text(12, flushes: 500, leads: true, snapshots: 3), of: 1)
        readings.add(text(12.5, flushes: 1_600, snapshots: 1, acks: (30, 80)), of: 2)
        return readings
    }

    private let second: UInt64 = 1_000_000_000

    @Test func flushesAreOfAllMembersAndBatchesOfTheLeader() throws {
        let span = (begin: 10 * second, end: 13 * second)
        let figures = ResultServerFigures(readings(), span, members: [1, 2], writes: 0)
        #expect(figures.leader == 1 && figures.windowNanoseconds == 2 * second)
        #expect(figures.leaderFlushesPerSecond == 200)
        #expect(figures.flushesPerSecond == 500, "200 of the leader and 300 of the other")
        #expect(figures.recordsPerFlush == 10 && figures.batchesPerFlush == 2)
        #expect(figures.batchesPerAck == 3, "60 more batches in 20 more acknowledgements")
        #expect(figures.snapshotsTaken == 3)
    }

    @Test func whatNobodyCanTellIsLeftOut() {
        let span = (begin: 10 * second, end: 13 * second)
        #expect(ResultServerFigures(readings(), span, members: [1, 2, 3], writes: 0).flushesPerSecond == nil)
        let late = ResultServerFigures(readings(), (begin: 12 * second, end: 13 * second), members: [1, 2], writes: 0)
        #expect(late.leader == nil && late.flushesPerSecond == nil && late.batchesPerAck == nil)
        var moved = readings()
        moved.add(text(12.9, flushes: 700, leads: true), of: 2)
        #expect(ResultServerFigures(moved, span, members: [1, 2], writes: 0).leader == nil)
    }

    @Test func snapshotsAreSeenBetweenTwoReadings() {
        let seen = readings().sightings("quorate_snapshots_taken_total")
        #expect(seen.map(\.member) == [1, 2] && seen.map(\.count) == [2, 1])
        #expect(seen[0].after == 10 * second && seen[0].by == 12 * second)
    }

    @Test func anEpochIsNewWhenNobodyToldOfItBefore() {
        var readings = MemberReadings()
        func add(_ seconds: Int, _ member: Int, epoch: Int) {
            readings.add(MetricsText("quorate_observed_monotonic_seconds \(seconds)\nquorate_epoch \(epoch)\n"), of: member)
        }
        for (seconds, member, epoch) in [(9, 1, 0), (10, 2, 3), (11, 1, 3), (12, 2, 0), (13, 1, 4), (14, 2, 4), (15, 2, 6)] {
            add(seconds, member, epoch: epoch)
        }
        let seen = readings.newEpochs(since: 10 * second + second / 2)
        #expect(seen.map(\.epoch) == [4, 6] && seen.map(\.member) == [1, 2])
        #expect(seen.map(\.afterNanoseconds) == [3 * second / 2, 7 * second / 2])
        #expect(seen.map(\.byNanoseconds) == [5 * second / 2, 9 * second / 2])
    }

    @Test func costIsBetweenTheBordersOfAPhase() {
        var readings = MemberReadings()
        for (at, used) in [(10, 5), (13, 9), (20, 30)] as [(UInt64, UInt64)] { readings.addCPU(used * second, at: at * second) }
        #expect(readings.cost(from: 10 * second, to: 13 * second) == 4 * second)
        #expect(readings.cost(from: 13 * second, to: 20 * second) == 21 * second)
        #expect(readings.cost(from: 5 * second, to: 13 * second) == nil)
        readings.addSwitches(100, at: 10 * second)
        readings.addSwitches(300, at: 12 * second)
        #expect(readings.switchRate(from: 9 * second, to: 13 * second) == 100)
    }
}
