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
        let ceilings = try Ceilings.measure(directory: directory, cpus: 2, nanosecondsEach: 50_000_000)
        #expect(ceilings.fsync.bytes == 4_096)
        #expect(ceilings.fsync.latency.count > 0)
        #expect(abs(ceilings.fsync.flushesPerSecond * Double(ceilings.fsync.latency.mean) / 1e9 - 1) < 0.05)
        #expect(ceilings.loopback.latency.count > 10)
        let cpu = try #require(ceilings.cpu)
        // Six operations of a cycle each: no CPU of less than 10 GHz does more, and one of 3 GHz does 500 million.
        #expect(cpu.cpus == 2 && (10e6...1_700e6).contains(cpu.stepsPerSecondAlone), "\(cpu)")
        #expect(cpu.stepsPerSecondTogether > 0 && cpu.stepsPerSecondTogether < 3 * cpu.stepsPerSecondAlone, "\(cpu)")
        #expect(abs(ceilings.loopback.roundTripsPerSecond * Double(ceilings.loopback.latency.mean) / 1e9 - 1) < 0.05)
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory).isEmpty)
    }

    @Test func aPlaceThatCanNotBeWrittenIsNamed() {
        let error = #expect(throws: (any Error).self) {
            try Ceilings.measure(directory: "/proc/nowhere", cpus: 1, nanosecondsEach: 1)
        }
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
        var (fresh, throttled) = (before, before)
        fresh.cpu = CPUCeiling(cpus: 2, stepsPerSecondAlone: 600e6, stepsPerSecondTogether: 600e6)
        throttled.cpu = CPUCeiling(cpus: 2, stepsPerSecondAlone: 600e6, stepsPerSecondTogether: 300e6)
        #expect(ResultCeilingsAround(before: fresh, after: throttled).slowdown == 0.5)
        #expect(ResultCeilingsAround(before: throttled, after: fresh).speedup == 2)
        #expect(ResultCeilingsAround(before: before).speedup == nil)
        let unmeasured = ceilings(flush: 100_000, roundTrips: 0)
        #expect(ResultCeilingsAround(before: unmeasured, after: before).speedup == 1, "not infinite")
        let stalled = ceilings(flush: 1_500_000, roundTrips: 2_000)
        #expect(abs(try #require(ResultCeilingsAround(before: stalled, after: before).speedup) - 15) < 1e-9)
    }
}
