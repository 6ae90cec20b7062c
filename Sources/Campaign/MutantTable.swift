// The table of mutants, and whether it is what it has to be.

#if QUORATE_MUTANTS
import Rules

package struct MutantTable {
    package var seeds: UInt64
    package var findings: [MutantHunt.Job: MutantFinding] = [:]

    package init(seeds: UInt64) { self.seeds = seeds }

    private var defects: [Mutant] { Mutant.allCases.filter { !$0.isNull && findings.keys.map(\.mutant).contains($0) } }

    private func finding(_ mutant: Mutant, _ withAssertions: Bool) -> MutantFinding? {
        findings[MutantHunt.Job(mutant: mutant, withAssertions: withAssertions)]
    }

    private func count(_ withAssertions: Bool, _ isCounted: (MutantFinding) -> Bool) -> Int {
        defects.count { finding($0, withAssertions).map(isCounted) ?? false }
    }

    /// All are found, four fifths of them from outside, and those that change nothing are not.
    package var objections: [String] {
        var objections: [String] = []
        for mutant in defects where finding(mutant, true)?.seeds == nil {
            objections.append("mutant \(mutant.rawValue), \(mutant), is not found within \(seeds) seeds")
        }
        let outside = count(false, \.isOutside)
        if outside * 5 < defects.count * 4 { objections.append("only \(outside) of \(defects.count) are found from outside") }
        for (job, finding) in findings where job.mutant.isNull && finding.seeds != nil {
            objections.append("mutant \(job.mutant), which changes nothing, is found: \(finding.text)")
        }
        return objections.sorted()
    }

    package var text: String {
        let lines = Mutant.allCases.filter { findings.keys.map(\.mutant).contains($0) }.map(row)
        return """
            # Mutants

            Defects on purpose, one at a time, each of which takes away or reorders one rule of [ZAB.md](ZAB.md), and how many seeds of the
            simulator it takes to find them; first with everything, then with the assertions of all rules off, so that only what is seen from
            outside can. No build that is shipped has them. `scripts/mutants` makes this table.

            | # | mutant | rule | defect | had it | found after | by | without assertions after | by |
            |---|---|---|---|---|---|---|---|---|
            \(lines.joined(separator: "\n"))

            \(summary)

            """
    }

    private var summary: String {
        let (all, found, outside) = (defects.count, count(true) { $0.seeds != nil }, count(false, \.isOutside))
        let needed = defects.compactMap { finding($0, true)?.seeds }.sorted()
        let median = needed.isEmpty ? 0 : needed[needed.count / 2]
        return "Of \(all) mutants \(found) are found within \(seeds) seeds, half of them within \(median), and \(outside) with the "
            + "assertions of all rules switched off, by checks that look from outside. Those that change nothing were run through "
            + "\(seeds) seeds in both columns."
    }

    private func row(_ mutant: Mutant) -> String {
        let facts = mutant.facts
        let (one, other) = (cells(finding(mutant, true)), cells(finding(mutant, false)))
        return "| \(mutant.rawValue) | \(mutant) | \(facts.rule) | \(facts.defect) | \(facts.issue) | \(one) | \(other) |"
    }

    private func cells(_ finding: MutantFinding?) -> String {
        guard let finding else { return "not run | " }
        guard let seeds = finding.seeds else { return "never | " }
        return "\(seeds) | \(finding.finder): \(short(finding.text))"
    }

    private func short(_ text: String) -> String {
        let plain = text.replacing("|", with: "/")
        return plain.count <= 90 ? plain : plain.prefix(88) + "…"
    }
}
#endif
