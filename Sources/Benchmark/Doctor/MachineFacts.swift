// What an examination looks at of the machine that it runs on, beside the disk.

internal import Ensemble
internal import Glibc
package import Results
package import Statistics

package struct MachineFacts: Sendable {
    package var cpus: Int
    package var loadAverage: Double?
    /// Share of all processors' time that the host kept for itself while the disk was measured; nil where it is not told.
    package var stolenShare: Double?
    package var clockSource: String?
    /// Descriptors that a process of this shell may have open at most.
    package var descriptors: Int
    /// How late a sleeping thread was woken; nil where no thread could be started.
    package var hiccups: LatencyHistogram?

    package init(cpus: Int, descriptors: Int) {
        self.cpus = cpus
        self.descriptors = descriptors
    }

    /// Reads what stands still, and what has changed since `before`.
    package static func read(_ environment: ResultEnvironment, since before: MachineTime?, _ hiccups: LatencyHistogram?) -> Self {
        var limit = rlimit()
        _ = getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        var facts = MachineFacts(cpus: environment.cpus, descriptors: Int(clamping: limit.rlim_max))
        facts.loadAverage = environment.loadAverage
        facts.hiccups = hiccups
        facts.clockSource = ProcFile.text("/sys/devices/system/clocksource/clocksource0/current_clocksource")
            .map { String($0.prefix { !$0.isNewline }) }
        if let before, let now = MachineTime.read() { facts.stolenShare = Self.stolenShare(from: before, to: now) }
        return facts
    }

    /// Of what programs wanted: a host takes nothing of time in which nothing wants to run.
    static func stolenShare(from before: MachineTime, to now: MachineTime) -> Double {
        let stolen = Double(now.stolenNanoseconds - min(now.stolenNanoseconds, before.stolenNanoseconds))
        let busy = Double(now.busyNanoseconds - min(now.busyNanoseconds, before.busyNanoseconds))
        return stolen / max(stolen + busy, 1)
    }
}
