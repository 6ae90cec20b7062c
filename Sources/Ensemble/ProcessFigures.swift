// What a process has used so far, as the kernel counts it: time on a CPU, time waiting for one, memory, context switches.

internal import CLinux
internal import Glibc

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
            if let line = ProcFile.bytes("\(place)/schedstat") {
                // The time on a CPU stands first, that of waiting second.
                figures.waitNanoseconds += firstNumber(line.drop { $0 != UInt8(ascii: " ") })
            }
            if let status = ProcFile.bytes("\(place)/status") {
                figures.threads += 1
                figures.voluntarySwitches += number("voluntary_ctxt_switches:", in: status)
                figures.involuntarySwitches += number("nonvoluntary_ctxt_switches:", in: status)
                figures.residentBytes = max(figures.residentBytes, number("VmRSS:", in: status) * 1_024)
            }
        }
        return figures
    }

    /// CPU time alone: one system call, cheap enough for a sampler.
    package static func cpuNanoseconds(pid: Int32) -> UInt64? {
        let cpu = quorate_process_cpu_of(pid)
        return cpu >= 0 ? UInt64(cpu) : nil
    }

    /// What stands behind `key` at the beginning of a line; 0 if the text has no such line. Servers with hundreds of threads are
    /// read several times a second beside the load: bytes, no strings.
    private static func number(_ key: StaticString, in text: [UInt8]) -> UInt64 {
        var rest = text[...]
        while rest.count > key.utf8CodeUnitCount {
            let isFound = rest.withUnsafeBytes { memcmp($0.baseAddress!, key.utf8Start, key.utf8CodeUnitCount) == 0 }
            if isFound { return firstNumber(rest.dropFirst(key.utf8CodeUnitCount)) }
            guard let end = rest.firstIndex(of: UInt8(ascii: "\n")) else { return 0 }
            rest = rest[(end + 1)...]
        }
        return 0
    }

    /// The number that comes after blanks; 0 if something else does.
    private static func firstNumber(_ text: some Sequence<UInt8>) -> UInt64 {
        var number: UInt64 = 0
        for byte in text.drop(while: { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }) {
            guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { break }
            number = number &* 10 &+ UInt64(byte - UInt8(ascii: "0"))
        }
        return number
    }
}
