// `quorate mutants`: finds the defects that this build carries, and makes the table of them. No build that is shipped has it.

#if QUORATE_MUTANTS
import ArgumentParser
import Campaign
import Foundation
import Rules

struct Mutants: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Look for each defect that this build carries, and tell how many seeds that takes.",
        discussion: "Exit codes: 0 all are as they must be, 3 the simulator misses too much, 64 usage.")

    @Option(help: "How many seeds each may take.")
    var seeds: UInt64 = 10_000

    @Option(help: "How many are looked for at a time.")
    var workers = 2

    @Option(help: "Numbers of mutants, separated by commas; all without it.")
    var only: String?

    @Option(help: "Write the table to this file, again and again.")
    var out: String?

    @Option(help: "Go on from what this file tells of an earlier hunt with the same program.")
    var resume: String?

    /// Those that are found soon are found first.
    private static let rounds: [UInt64] = [30, 100, 300, 1_000, 3_000]

    func run() throws {
        let mutants = try chosen()
        let jobs = mutants.flatMap { mutant in
            [false, true].map { MutantHunt.Job(mutant: mutant, withAssertions: $0) }
        }
        let hunt = MutantHunt(workers: workers, program: Simulate.ownProgram)
        var table = try MutantTable.read(resume, program: Simulate.ownProgram)
        for last in Mutants.rounds.filter({ $0 < seeds }) + [seeds] {
            try hunt.run(jobs, through: last, into: &table) { job, table in try tell(job, table) }
        }
        try StandardOutput.write("\n" + (only == nil ? table.text : table.rows(of: mutants) + "\n"))
        let objections = table.objections(to: mutants, seeds: seeds)
        for objection in objections { standardError(objection + "\n") }
        if !objections.isEmpty { throw ExitCode(3) }
    }

    private func tell(_ job: MutantHunt.Job, _ table: MutantTable) throws {
        let finding = table[job]
        let column = job.withAssertions ? "" : " from outside"
        let found = finding.seeds.map { "\($0) seeds, \(finding.finder): \(finding.text)" } ?? "not in \(finding.lookedAt) seeds"
        try StandardOutput.write("\(job.mutant.rawValue) \(job.mutant)\(column): \(found) (\(Int(finding.seconds)) s)\n")
        if let resume { try table.write(resume) }
        if let out { try table.text.write(toFile: out, atomically: true, encoding: .utf8) }
    }

    private func chosen() throws -> [Mutant] {
        guard let only else { return Mutant.allCases }
        return try only.split(separator: ",").map { word in
            guard let number = Int(word), let mutant = Mutant(rawValue: number) else {
                throw ValidationError("--only \(word): give numbers from 1 to \(Mutant.allCases.count)")
            }
            return mutant
        }
    }
}
#endif
