// How much time the machine's processors have spent since it was started, and on what, as the kernel counts it.

import CLinux
import Ensemble
import Glibc

package struct MachineTime: Sendable, Equatable {
    package var busyNanoseconds: UInt64
    /// Taken by the host while something wanted to run.
    package var stolenNanoseconds: UInt64
    package var cpus: Int

    package init(busyNanoseconds: UInt64, stolenNanoseconds: UInt64, cpus: Int) {
        self.busyNanoseconds = busyNanoseconds
        self.stolenNanoseconds = stolenNanoseconds
        self.cpus = cpus
    }

    /// nil where the kernel does not say.
    package static func read() -> MachineTime? {
        ProcFile.text("/proc/stat").flatMap { MachineTime(stat: $0, ticksPerSecond: UInt64(sysconf(Int32(_SC_CLK_TCK)))) }
    }

    /// Reads the text of `/proc/stat`: on the line of all processors user, nice, system, idle, iowait, irq, softirq, steal.
    package init?(stat: String, ticksPerSecond: UInt64) {
        let lines = stat.split(separator: "\n")
        guard let first = lines.first, first.hasPrefix("cpu "), ticksPerSecond > 0 else { return nil }
        let fields = first.split(separator: " ").dropFirst().map { UInt64($0) ?? 0 }
        guard fields.count >= 8 else { return nil }
        let tick = 1_000_000_000 / ticksPerSecond
        busyNanoseconds = (fields[0] + fields[1] + fields[2] + fields[5] + fields[6]) * tick
        stolenNanoseconds = fields[7] * tick
        cpus = lines.count { $0.hasPrefix("cpu") } - 1
    }
}
