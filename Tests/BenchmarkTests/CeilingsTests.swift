// The ceilings are measured, add up, and tell memory from disk and a machine that has become slower.

import Benchmark
import Foundation
import Results
import Statistics
import Testing

@Suite struct CeilingsTests {
    @Test func bothAreMeasuredAndNothingIsLeft() throws {
        let directory = FileManager.default.temporaryDirectory.path + "/quorate-ceilings-\(getpid())"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let ceilings = try Ceilings.measure(directory: directory, nanosecondsEach: 50_000_000)
        #expect(ceilings.fsync.bytes == 4_096)
        #expect(ceilings.fsync.latency.count > 0)
        #expect(abs(ceilings.fsync.flushesPerSecond * Double(ceilings.fsync.latency.mean) / 1e9 - 1) < 0.05)
        #expect(ceilings.loopback.latency.count > 10)
        #expect(abs(ceilings.loopback.roundTripsPerSecond * Double(ceilings.loopback.latency.mean) / 1e9 - 1) < 0.05)
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory).isEmpty)
    }

    @Test func aPlaceThatCanNotBeWrittenIsNamed() {
        let error = #expect(throws: (any Error).self) { try Ceilings.measure(directory: "/proc/nowhere", nanosecondsEach: 1) }
        #expect("\(error!)".contains("/proc/nowhere/ceiling-fsync can't be made"))
    }

    private func ceilings(flush: UInt64, roundTrips: Double) -> ResultCeilings {
        var histogram = LatencyHistogram()
        histogram.record(flush, count: 100)
        let latency = LatencyFigures(histogram)!
        return ResultCeilings(
            fsync: FsyncCeiling(bytes: 4_096, flushesPerSecond: 1e9 / Double(flush), latency: latency),
            loopback: LoopbackCeiling(bytes: 1_024, roundTripsPerSecond: roundTrips, latency: latency))
    }

    @Test func aFlushFasterThanAnyDiskIsNotDurable() {
        #expect(ceilings(flush: 4_000, roundTrips: 1).fsync.isTooFastToBeDurable)
        #expect(!ceilings(flush: 40_000, roundTrips: 1).fsync.isTooFastToBeDurable)
    }

    @Test func theWorseCeilingTellsTheSlowdown() throws {
        let before = ceilings(flush: 100_000, roundTrips: 1_000)
        #expect(ResultCeilingsAround(before: before).slowdown == nil)
        let slower = ResultCeilingsAround(before: before, after: ceilings(flush: 125_000, roundTrips: 1_000))
        #expect(abs(try #require(slower.slowdown) - 0.2) < 1e-9)
        #expect(ResultCeilingsAround(before: before, after: ceilings(flush: 50_000, roundTrips: 1_500)).slowdown == 0)
    }
}
