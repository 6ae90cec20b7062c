// Whether an ensemble carried a class of load, line by line.

package import Results

package enum ClassJudgement {
    package static func findings(_ facts: ClassFacts, _ loadClass: LoadClass) -> [DoctorFinding] {
        let subject = "class \(loadClass.rawValue)"
        func finding(_ name: String, _ measured: String, line: String, isKept: Bool) -> DoctorFinding {
            let isSpoilt = !isKept && facts.isGeneratorsDoing
            return DoctorFinding(
                subject, name, measured, line: line, isKept ? .kept : isSpoilt ? .undecided : .missed,
                remedy: isSpoilt
                    ? "the load generator was late, so it proves nothing; ask from a machine of its own" : remedy(facts))
        }
        let who = facts.isOnThisMachine ? "\(facts.members) fresh members on this machine" : "\(facts.members) servers"
        let rate = DoctorWords.whole(UInt64(loadClass.writesPerSecond))
        var found = [
            DoctorFinding(
                subject, "load", "\(rate) writes/s of \(LoadClass.valueBytes) B by \(loadClass.clients) clients on \(who)",
                .told),
            finding(
                "answered",
                "\(DoctorWords.percent(facts.answeredShare)), \(DoctorWords.whole(UInt64(max(facts.answeredPerSecond, 0).rounded())))/s",
                line: "≥ \(DoctorWords.percent(WindowVerdict.answeredShare))",
                isKept: facts.answeredShare >= WindowVerdict.answeredShare),
            finding(
                "failed", DoctorWords.percent(facts.failedShare), line: "0 %", isKept: facts.failedShare == 0),
        ]
        if let p99 = facts.p99, let slowest = facts.slowest {
            found.append(
                finding(
                    "response, p99", DoctorWords.milliseconds(p99), line: "≤ \(DoctorWords.milliseconds(LoadClass.tail))",
                    isKept: p99 <= LoadClass.tail))
            found.append(
                finding(
                    "response, slowest", DoctorWords.milliseconds(slowest),
                    line: "≤ \(DoctorWords.milliseconds(LoadClass.slowest))", isKept: slowest <= LoadClass.slowest))
        }
        if let broken = facts.broken {
            found.append(
                DoctorFinding(
                    subject, "what was written", broken, line: "all checks pass", .missed,
                    remedy: "keep the logs of all members: something that was acknowledged may be missing"))
        }
        return found + facts.remarks.map { DoctorFinding(subject, "beside it", $0, .mind) }
    }

    private static func remedy(_ facts: ClassFacts) -> String {
        facts.isOnThisMachine
            ? "a machine for each member carries more; this one is too small for three and the load, or its disk too slow"
            : "look at the slowest member's disk with --disk there, and at what bounds it with quorate capacity"
    }
}
