// What was seen of the machine, held to lines of this project's own.

package import Results
internal import Transport

package enum MachineJudgement {
    /// A server whose thread is woken so late once in a hundred times can't answer faster.
    package static let wakeTail: UInt64 = 10_000_000
    /// A quarter of ZooKeeper's default tick, in which members must hear of each other.
    package static let pause: UInt64 = 500_000_000
    package static let stolen = 0.1
    package static let descriptors = 4_096
    private static let subject = "machine"
    /// Those that a program reads without a system call.
    private static let cheapClocks: Set<String> = [
        "tsc", "kvm-clock", "arch_sys_counter", "hyperv_clocksource_tsc_page", "timebase",
    ]

    package static func findings(_ facts: MachineFacts, for loadClass: LoadClass? = nil) -> [DoctorFinding] {
        var found = [DoctorFinding(subject, "CPUs", "\(facts.cpus)\(load(facts))", .told)]
        found.append(stolen(facts))
        found += hiccups(facts)
        if let clock = facts.clockSource {
            found.append(
                DoctorFinding(
                    subject, "clock source", clock, line: "one that is read without a system call",
                    cheapClocks.contains(clock) ? .kept : .mind, remedy: "every look at the clock costs a system call"))
        } else {
            found.append(DoctorFinding(subject, "clock source", "is not told", .unknown))
        }
        found.append(files(facts, loadClass))
        return found
    }

    private static func load(_ facts: MachineFacts) -> String { facts.loadAverage.map { ", load \($0)" } ?? "" }

    private static func stolen(_ facts: MachineFacts) -> DoctorFinding {
        guard let share = facts.stolenShare else {
            return DoctorFinding(subject, "taken by the host", "is not told", .unknown)
        }
        return DoctorFinding(
            subject, "taken by the host", DoctorWords.percent(share), line: "≤ \(DoctorWords.percent(stolen))",
            share > stolen ? .missed : .kept, remedy: "take a machine whose processors are its own")
    }

    private static func hiccups(_ facts: MachineFacts) -> [DoctorFinding] {
        guard let late = LatencyFigures(facts.hiccups) else {
            return [DoctorFinding(subject, "woken late", "was not measured: no thread can be started", .unknown)]
        }
        let (tail, worst) = (late.percentile(99), late.max)
        return [
            DoctorFinding(
                subject, "woken late, p99", DoctorWords.milliseconds(tail), line: "≤ \(DoctorWords.milliseconds(wakeTail))",
                tail > wakeTail ? .missed : .kept, remedy: "end what else runs here, or take more processors"),
            DoctorFinding(
                subject, "woken late, max", DoctorWords.milliseconds(worst), line: "≤ \(DoctorWords.milliseconds(pause))",
                worst > pause ? .missed : .kept,
                remedy: "the machine stands still now and then; members take that for a failure"),
        ]
    }

    private static func files(_ facts: MachineFacts, _ loadClass: LoadClass?) -> DoctorFinding {
        let needed = max(descriptors, (loadClass?.clients ?? 0) + DescriptorLimit.least)
        return DoctorFinding(
            subject, "open files", "\(DoctorWords.whole(UInt64(facts.descriptors))) at most",
            line: "≥ \(DoctorWords.whole(UInt64(needed)))", facts.descriptors < needed ? .mind : .kept,
            remedy: "each client needs one; raise it (ulimit -n), and for a service by LimitNOFILE")
    }
}
