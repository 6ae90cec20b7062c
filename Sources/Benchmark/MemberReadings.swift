// What was seen of the members while the load ran, by time, and what follows from it for a stretch: a value without threads or
// sockets. Times are those at which a member took its values, on the monotonic clock that all processes of a machine share.

package import Ensemble

package struct MemberReadings: Sendable {
    /// What one member told of itself at one moment.
    package struct Reading: Sendable {
        package let at: UInt64
        package let member: Int
        package let metrics: MetricsText

        var isLeading: Bool { metrics.value("quorate_leading") == 1 }
    }

    /// Two readings of one member, the later one second.
    package struct Window: Sendable {
        package let first: Reading
        package let last: Reading

        var seconds: Double { Double(last.at - first.at) / 1e9 }

        /// By how much a counter has grown; nil where it is not told, or has shrunk because the member was started again.
        func change(_ name: String) -> Double? {
            guard let before = first.metrics.value(name), let after = last.metrics.value(name), after >= before else {
                return nil
            }
            return after - before
        }

        func rate(_ name: String) -> Double? { change(name).map { $0 / seconds } }

        func histogram(_ name: String, _ labels: [String: String] = [:]) -> MetricsHistogram? {
            guard let before = first.metrics.histogram(name, labels: labels) else { return nil }
            return last.metrics.histogram(name, labels: labels)?.minus(before)
        }
    }

    package private(set) var readings: [Reading] = []
    private var cpu: [(at: UInt64, nanoseconds: UInt64)] = []
    private var cpuOfEach: [(at: UInt64, nanoseconds: [Int: UInt64])] = []
    private var switches: [(at: UInt64, count: UInt64)] = []
    private var machine: [(at: UInt64, time: MachineTime)] = []

    package init() {}

    /// A reading without a time of its own, or the same one as before, says nothing.
    package mutating func add(_ metrics: MetricsText, of member: Int) {
        guard let seconds = metrics.value("quorate_observed_monotonic_seconds"), seconds > 0, seconds < 1e9 else { return }
        let at = UInt64(seconds * 1e9)
        guard readings.last(where: { $0.member == member }).map({ $0.at < at }) ?? true else { return }
        readings.append(Reading(at: at, member: member, metrics: metrics))
    }

    /// Processor time of all members at the border of a phase.
    package mutating func addCPU(_ nanoseconds: UInt64, at: UInt64) { cpu.append((at, nanoseconds)) }

    /// The same, member by member.
    package mutating func addCPU(ofEach nanoseconds: [Int: UInt64], at: UInt64) { cpuOfEach.append((at, nanoseconds)) }

    package mutating func addSwitches(_ count: UInt64, at: UInt64) { switches.append((at, count)) }

    package mutating func addMachine(_ time: MachineTime, at: UInt64) { machine.append((at, time)) }

    /// The first and the last reading of a member inside of a stretch.
    package func window(of member: Int, from begin: UInt64, to end: UInt64) -> Window? {
        let inside = readings.filter { $0.member == member && $0.at >= begin && $0.at <= end }
        guard let first = inside.first, let last = inside.last, last.at > first.at else { return nil }
        return Window(first: first, last: last)
    }

    /// The window of the member that led in its first and last reading; nil if the lead has moved.
    package func leader(from begin: UInt64, to end: UInt64, members: [Int]) -> Window? {
        let windows = members.compactMap { window(of: $0, from: begin, to: end) }
        guard !windows.contains(where: { $0.first.isLeading != $0.last.isLeading }) else { return nil }
        return windows.first { $0.first.isLeading }
    }

    /// A window of every member; nil if one of them could not be read twice.
    package func all(from begin: UInt64, to end: UInt64, members: [Int]) -> [Window]? {
        let windows = members.compactMap { window(of: $0, from: begin, to: end) }
        return windows.count == members.count ? windows : nil
    }

    /// By how much a counter of all members has grown in a stretch, counted from the last reading before it.
    package func growth(_ name: String, from begin: UInt64, to end: UInt64, members: [Int]) -> Double? {
        var sum = 0.0
        for member in members {
            let own = readings.filter { $0.member == member && $0.at <= end }
            guard let first = own.last(where: { $0.at <= begin }) ?? own.first, let last = own.last, last.at >= begin,
                let change = Window(first: first, last: last).change(name)
            else { return nil }
            sum += change
        }
        return sum
    }

    /// Where a counter was seen to have grown, and between which readings.
    package func sightings(_ name: String) -> [(member: Int, count: Double, after: UInt64, by: UInt64)] {
        var latest: [Int: Reading] = [:]
        var found: [(member: Int, count: Double, after: UInt64, by: UInt64)] = []
        for reading in readings {
            if let before = latest[reading.member], let change = Window(first: before, last: reading).change(name), change > 0 {
                found.append((reading.member, change, before.at, reading.at))
            }
            latest[reading.member] = reading
        }
        return found
    }

    /// Processor time between two borders.
    package func cost(from begin: UInt64, to end: UInt64) -> UInt64? {
        guard let first = cpu.last(where: { $0.at <= begin + 1_000_000 }),
            let last = cpu.first(where: { $0.at + 1_000_000 >= end }),
            last.nanoseconds >= first.nanoseconds
        else { return nil }
        return last.nanoseconds - first.nanoseconds
    }

    /// Processor time of one member between two borders.
    package func cost(of member: Int, from begin: UInt64, to end: UInt64) -> UInt64? {
        guard let first = cpuOfEach.last(where: { $0.at <= begin + 1_000_000 })?.nanoseconds[member],
            let last = cpuOfEach.first(where: { $0.at + 1_000_000 >= end })?.nanoseconds[member],
            last >= first
        else { return nil }
        return last - first
    }

    /// What the machine's processors did between two borders.
    package func machine(from begin: UInt64, to end: UInt64) -> MachineTime? {
        guard let first = machine.last(where: { $0.at <= begin + 1_000_000 }),
            let last = machine.first(where: { $0.at + 1_000_000 >= end })
        else { return nil }
        return MachineTime(
            busyNanoseconds: last.time.busyNanoseconds - min(first.time.busyNanoseconds, last.time.busyNanoseconds),
            stolenNanoseconds: last.time.stolenNanoseconds - min(first.time.stolenNanoseconds, last.time.stolenNanoseconds),
            cpus: last.time.cpus)
    }

    /// Context switches a second inside of a stretch.
    package func switchRate(from begin: UInt64, to end: UInt64) -> Double? {
        let inside = switches.filter { $0.at >= begin && $0.at <= end }
        guard let first = inside.first, let last = inside.last, last.at > first.at, last.count >= first.count else { return nil }
        return Double(last.count - first.count) * 1e9 / Double(last.at - first.at)
    }
}
