// What a process has used so far, as the kernel counts it: time on a CPU, time waiting for one, memory, context switches.

internal import CLinux

package struct ProcessFigures: Sendable, Equatable {
    /// Of all threads, ended ones included.
    package var cpuNanoseconds: UInt64
    /// Runnable, but without a CPU; of the threads that live.
    package var waitNanoseconds: UInt64
    package var residentBytes: UInt64
    package var voluntarySwitches: UInt64
    package var involuntarySwitches: UInt64
    package var threads: Int

    /// nil if there is no such process (any more).
    package static func read(pid: Int32) -> ProcessFigures? {
        let cpu = quorate_process_cpu_of(pid)
        guard cpu >= 0 else { return nil }
        var figures = ProcessFigures(
            cpuNanoseconds: UInt64(cpu), waitNanoseconds: 0, residentBytes: 0, voluntarySwitches: 0, involuntarySwitches: 0,
            threads: 0)
        for thread in ProcFile.names(in: "/proc/\(pid)/task") {
            let place = "/proc/\(pid)/task/\(thread)"
            if let line = ProcFile.text("\(place)/schedstat") {
                let fields = line.split(whereSeparator: \.isWhitespace)
                if fields.count > 1, let wait = UInt64(fields[1]) { figures.waitNanoseconds += wait }
            }
            if let status = ProcFile.text("\(place)/status") {
                figures.threads += 1
                figures.voluntarySwitches += number("voluntary_ctxt_switches", in: status)
                figures.involuntarySwitches += number("nonvoluntary_ctxt_switches", in: status)
                figures.residentBytes = max(figures.residentBytes, number("VmRSS", in: status) * 1_024)
            }
        }
        return figures
    }

    /// CPU time alone: one system call, cheap enough for a sampler.
    package static func cpuNanoseconds(pid: Int32) -> UInt64? {
        let cpu = quorate_process_cpu_of(pid)
        return cpu >= 0 ? UInt64(cpu) : nil
    }

    private static func number(_ key: String, in status: String) -> UInt64 {
        for line in status.split(separator: "\n") where line.hasPrefix(key) && line.dropFirst(key.count).first == ":" {
            let value = line.dropFirst(key.count + 1).split(whereSeparator: \.isWhitespace).first
            return value.flatMap { UInt64($0) } ?? 0
        }
        return 0
    }
}
