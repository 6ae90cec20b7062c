// The verdicts over locks. Those over queues and sets stand in LoadDriver+Checks.swift.

internal import Workload

extension LoadDriver {
    func exclusionCheck() -> CheckOutcome {
        let found = lockLedger.accounting
        let name = Check.mutualExclusion.rawValue
        if found.heldByTwo + found.vanished > 0 {
            return CheckOutcome(
                name: name, passed: false,
                sentence: "\(found.heldByTwo) locks were held by two clients at once, \(found.vanished) contenders were gone "
                    + "although their session lived on")
        }
        guard found.acquired > 0 else { return CheckOutcome(name: name, passed: nil, sentence: "no lock was ever held") }
        let broken = found.givenUp > 0 ? "; \(found.givenUp) were given up as their holder's connection broke" : ""
        return CheckOutcome(
            name: name, passed: true, sentence: "no lock was held by two clients at once, in \(found.acquired) times\(broken)")
    }
}
