// The table of mutants, and whether it is what it has to be.

#if QUORATE_MUTANTS
import Foundation
import Rules

package struct MutantTable: Codable, Sendable {
    /// Of the program that has made it: seeds of another one are other runs.
    private let build: String
    private var findings: [String: MutantFinding] = [:]

    package init(build: String) { self.build = build }

    package subscript(job: MutantHunt.Job) -> MutantFinding {
        get { findings[job.key] ?? MutantFinding() }
        set { findings[job.key] = newValue }
    }

    private var defects: [Mutant] { Mutant.allCases.filter { !$0.isNull } }

    private func finding(_ mutant: Mutant, _ withAssertions: Bool) -> MutantFinding {
        self[MutantHunt.Job(mutant: mutant, withAssertions: withAssertions)]
    }

    private func count(_ withAssertions: Bool, _ isCounted: (MutantFinding) -> Bool) -> Int {
        defects.count { isCounted(finding($0, withAssertions)) }
    }

    // MARK: keeping

    /// What an earlier hunt of the same program has written, or an empty one.
    package static func read(_ path: String?, program: String) throws -> MutantTable {
        let empty = MutantTable(build: try checksum(of: program))
        guard let path, let data = FileManager.default.contents(atPath: path) else { return empty }
        let table = try JSONDecoder().decode(MutantTable.self, from: data)
        return table.build == empty.build ? table : empty
    }

    package func write(_ path: String) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        try encoder.encode(self).write(to: URL(fileURLWithPath: path), options: .atomic)
    }

    private static func checksum(of path: String) throws -> String {
        var sum: UInt64 = 0xcbf2_9ce4_8422_2325
        try Data(contentsOf: URL(fileURLWithPath: path)).withUnsafeBytes { bytes in
            for place in stride(from: 0, to: bytes.count - 7, by: 8) {
                sum = (sum ^ bytes.loadUnaligned(fromByteOffset: place, as: UInt64.self)) &* 0x0000_0100_0000_01b3
            }
        }
        return String(sum, radix: 16)
    }

    /// All that were looked for are found within so many seeds, and those that change nothing are not; of all there are, four
    /// fifths are found from outside.
    package func objections(to mutants: [Mutant], seeds: UInt64) -> [String] {
        var objections: [String] = []
        for mutant in mutants where !mutant.isNull && finding(mutant, true).seeds ?? .max > seeds {
            let looked = finding(mutant, true).lookedAt
            objections.append("mutant \(mutant.rawValue), \(mutant), is not found in the \(looked) seeds that were looked at")
        }
        let outside = count(false, \.isOutside)
        if mutants.count == Mutant.allCases.count, outside * 5 < defects.count * 4 {
            objections.append("only \(outside) of \(defects.count) are found from outside")
        }
        for mutant in mutants where mutant.isNull {
            for finding in [finding(mutant, true), finding(mutant, false)] where finding.seeds != nil {
                objections.append("mutant \(mutant), which changes nothing, is found: \(finding.text)")
            }
        }
        return objections
    }

    package var text: String {
        """
        # Mutants

        Defects on purpose, one at a time, each of which takes away or reorders one rule of [ZAB.md](ZAB.md), and how many
        seeds of the simulator it takes to find them; first with everything, then with the assertions of all rules off, so
        that only what is seen from outside can. No build that is shipped has them. `scripts/mutants` makes this table; of
        what build the committed one is stands in [EVIDENCE.md](EVIDENCE.md).

        \(rows(of: Mutant.allCases))

        \(summary)

        """
    }

    package func rows(of mutants: [Mutant]) -> String {
        """
        | # | mutant | rule | defect | had it | found after | by | without assertions after | by |
        |---|---|---|---|---|---|---|---|---|
        \(mutants.map(row).joined(separator: "\n"))
        """
    }

    private var summary: String {
        let (all, found, outside) = (defects.count, count(true) { $0.seeds != nil }, count(false, \.isOutside))
        let needed = defects.compactMap { finding($0, true).seeds }.sorted()
        let median = needed.isEmpty ? 0 : needed[needed.count / 2]
        let nulls = Mutant.allCases.filter(\.isNull).flatMap { [finding($0, true), finding($0, false)] }
        let survived = nulls.contains { $0.seeds != nil } ? 0 : nulls.map(\.lookedAt).min() ?? 0
        return
            "Of \(all) mutants \(found) are found, half of them within \(median) seeds and the last after \(needed.last ?? 0); \(outside) with "
            + "the assertions of all rules switched off, by checks that look from outside. The two that change nothing survived "
            + "\(survived) seeds in both columns."
    }

    private func row(_ mutant: Mutant) -> String {
        let facts = mutant.facts
        let (one, other) = (cells(finding(mutant, true)), cells(finding(mutant, false)))
        return "| \(mutant.rawValue) | \(mutant) | \(facts.rule) | \(facts.defect) | \(facts.issue) | \(one) | \(other) |"
    }

    private func cells(_ finding: MutantFinding) -> String {
        guard let seeds = finding.seeds else { return "not in \(finding.lookedAt) | " }
        return "\(seeds) | \(finding.finder): \(short(finding.text))"
    }

    private func short(_ text: String) -> String {
        let plain = text.replacing("|", with: "/")
        return plain.count <= 90 ? plain : plain.prefix(88) + "…"
    }
}
#endif
