// Tests of the small pure parts: due instants, gaps between writes, the stamp of an item.

import LoadGenerator
import Testing

@Suite struct RecorderTests {
    @Test func dueInstantsDoNotDrift() {
        var schedule = ArrivalSchedule(start: 1_000, end: 1_000 + 10_000_000_000, perSecond: 3_000)
        var due: [UInt64] = []
        while let instant = schedule.due {
            due.append(instant)
            schedule.advance()
        }
        #expect(due.count == 30_000)
        #expect(due[0] == 1_000 && due[3_000] == 1_000_001_000 && due[29_997] == 1_000 + 9_999_000_000)
        #expect(zip(due, due.dropFirst()).allSatisfy { $1 - $0 == 333_333 || $1 - $0 == 333_334 })
    }

    /// Gaps of a Poisson process: their mean and their spread are 1/rate, and one in e is longer than that.
    @Test func chanceArrivalsAreAPoissonProcess() {
        func instants(_ seed: UInt64) -> [UInt64] {
            var schedule = ArrivalSchedule(start: 500, end: 500 + 50_000_000_000, poissonPerSecond: 2_000, seed: seed)
            var due: [UInt64] = []
            while let instant = schedule.due {
                due.append(instant)
                schedule.advance()
            }
            return due
        }
        let due = instants(1)
        #expect(due == instants(1) && due != instants(2))
        #expect(abs(due.count - 100_000) < 1_300, "four standard deviations")
        let gaps = zip(due, due.dropFirst()).map { Double($1 - $0) / 500_000 }
        let mean = gaps.reduce(0, +) / Double(gaps.count)
        let spread = (gaps.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(gaps.count)).squareRoot()
        let longer = Double(gaps.count { $0 > 1 }) / Double(gaps.count)
        #expect(abs(mean - 1) < 0.015 && abs(spread - 1) < 0.02 && abs(longer - 0.3679) < 0.006)
    }

    @Test func gapsAreKeptLongestFirstWithTheirPhase() {
        var gaps = WriteGapRecorder()
        gaps.acknowledged(at: 5)
        #expect(gaps.longest.isEmpty, "nothing counts before a recorded phase")
        gaps.begin(phase: 2, at: 100)
        for instant in [110, 150, 150, 155] as [UInt64] { gaps.acknowledged(at: instant) }
        gaps.end(at: 175)
        gaps.acknowledged(at: 9_000)
        #expect(gaps.longest.map(\.length) == [40, 20, 10, 5])
        #expect(gaps.longest[0].start == 110 && gaps.longest[0].phase == 2)
        #expect(gaps.longest[1].start == 155, "from the last write to the phase's end")
    }

    @Test func aGapOverTheBorderOfTwoPhasesIsOneGap() {
        var gaps = WriteGapRecorder()
        gaps.begin(phase: 0, at: 0)
        gaps.acknowledged(at: 50)
        gaps.begin(phase: 1, at: 100)
        gaps.acknowledged(at: 180)
        gaps.acknowledged(at: 220)
        gaps.end(at: 225)
        #expect(gaps.longest.map(\.length) == [130, 50, 40, 5])
        #expect(gaps.longest.map(\.phase) == [0, 0, 1, 1])
    }

    @Test func eachSecondHasItsLongestGap() {
        var gaps = WriteGapRecorder()
        let start: UInt64 = 7_000_000_000
        gaps.start(at: start)
        for offset in [100, 400, 900, 3_200, 3_300, 3_950, 4_500] as [UInt64] {
            gaps.acknowledged(at: start + offset * 1_000_000)
        }
        gaps.finish(at: start + 4_900_000_000)
        #expect(gaps.series.longest == [500_000_000, 1_000_000_000, 1_000_000_000, 650_000_000])
    }

    @Test func aLedgerOfSetsFindsWhatIsLost() {
        var ledger = SetLedger(znodes: 6)
        for (znode, zxid, version) in [
            (0, 10, 1), (0, 12, 2), (1, 11, 5), (2, 20, 1), (2, 22, 2), (2, 23, 3), (3, 30, 1), (4, 31, 9),
        ] {
            ledger.acknowledged(znode: znode, zxid: Int64(zxid), version: Int32(version))
        }
        ledger.found(znode: 0, (zxid: 12, version: 2))
        ledger.found(znode: 1, (zxid: 40, version: 6))
        #expect(ledger.settled.lost == 0 && ledger.settled.stale == 0 && ledger.settled.verified == 2)
        ledger.found(znode: 2, (zxid: 50, version: 2))
        #expect(ledger.settled.lost == 1, "three sets, and the version leaves room for two")
        ledger.found(znode: 3, nil)
        ledger.found(znode: 4, (zxid: 30, version: 8))
        ledger.found(znode: 5, nil)
        #expect(ledger.settled.lost == 3 && ledger.settled.stale == 2)
        #expect(ledger.settled.znodes == 5 && ledger.settled.verified == 5 && ledger.settled.acknowledged == 8)
    }

    @Test func onlyTheLongestGapsAreKept() {
        var gaps = WriteGapRecorder()
        gaps.begin(phase: 0, at: 0)
        var now: UInt64 = 0
        for length in 1...1_000 as ClosedRange<UInt64> {
            now += length * 9 % 1_001
            gaps.acknowledged(at: now)
        }
        #expect(gaps.longest.map(\.length) == Array((969...1_000).reversed()))
    }

    @Test func aStampIsReadAsItWasWritten() {
        let stamp = ItemStamp(
            run: 0xfeed_beef_0123_4567, producer: 77, queue: 900, phase: 3, sequence: 1 << 40, intended: .max - 5)
        var bytes = [UInt8](repeating: 0xff, count: 60)
        bytes.withUnsafeMutableBytes { stamp.write(to: $0.baseAddress!) }
        #expect(bytes.withUnsafeBytes { ItemStamp($0) } == stamp)
        #expect(bytes[40...].allSatisfy { $0 == 0xff })
    }

    @Test func aStampWithAnyBitFlippedIsNone() {
        let stamp = ItemStamp(run: 12, producer: 1, queue: 2, phase: 3, sequence: 4, intended: 5)
        var bytes = [UInt8](repeating: 0, count: ItemStamp.byteCount)
        bytes.withUnsafeMutableBytes { stamp.write(to: $0.baseAddress!) }
        for bit in 0..<(8 * ItemStamp.byteCount) {
            bytes[bit / 8] ^= 1 << (bit % 8)
            #expect(bytes.withUnsafeBytes { ItemStamp($0) } == nil, "bit \(bit)")
            bytes[bit / 8] ^= 1 << (bit % 8)
        }
        #expect(bytes.dropLast().withUnsafeBytes { ItemStamp($0) } == nil)
    }
}
