// Who had the processors, and what Apache ZooKeeper tells of itself under this project's names.

import Benchmark
import Ensemble
import Results
import Testing

@Suite struct MachineTimeTests {
    @Test func theKernelsCountsAreRead() throws {
        let text = "cpu  100 10 50 999 77 3 7 20 0 0\ncpu0 1 1 1 1 1 1 1 1\ncpu1 1 1 1 1 1 1 1 1\nintr 5\n"
        let time = try #require(MachineTime(stat: text, ticksPerSecond: 100))
        #expect(time.busyNanoseconds == 170 * 10_000_000, "user, nice, system, irq and softirq; waiting is idle")
        #expect(time.stolenNanoseconds == 20 * 10_000_000 && time.cpus == 2)
        #expect(MachineTime(stat: "cpu 1 2 3", ticksPerSecond: 100) == nil)
        #expect(MachineTime(stat: "", ticksPerSecond: 100) == nil)
        #expect(MachineTime.read().map { $0.cpus > 0 && $0.busyNanoseconds > 0 } == true)
    }

    @Test func aStretchIsTheDifferenceOfItsBorders() throws {
        var readings = MemberReadings()
        func time(_ busy: UInt64, _ stolen: UInt64) -> MachineTime {
            MachineTime(busyNanoseconds: busy, stolenNanoseconds: stolen, cpus: 2)
        }
        readings.addMachine(time(5_000, 10), at: 1_000_000_000)
        readings.addMachine(time(9_000, 30), at: 3_000_000_000)
        let found = try #require(readings.machine(from: 1_000_000_000, to: 3_000_000_000))
        #expect(found == time(4_000, 20))
        #expect(readings.machine(from: 1_000_000_000, to: 4_000_000_000) == nil)
    }

    @Test func sharesAreOfAllProcessors() {
        let full = ResultMachine(cpus: 2, members: 0.8, generator: 0.1, others: 0.05, stolen: 0.01)
        #expect(full.isBound && abs(full.busy - 0.96) < 1e-9)
        #expect(!ResultMachine(cpus: 2, members: 0.5, generator: 0.1, others: 0.2, stolen: 0).isBound)
    }
}
