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

    @Option(help: "Write the table to this file.")
    var out: String?

    func run() throws {
        let mutants = try chosen()
        var jobs: [MutantHunt.Job] = []
        // Those that take longest first.
        for mutant in mutants.filter(\.isNull) + mutants.filter({ !$0.isNull }) {
            for withAssertions in [false, true] { jobs.append(MutantHunt.Job(mutant: mutant, withAssertions: withAssertions)) }
        }
        let directory = NSTemporaryDirectory() + "/quorate-mutants-\(getpid())"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let program = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        let hunt = MutantHunt(seeds: seeds, workers: workers, program: program, directory: directory)
        var table = MutantTable(seeds: seeds)
        try hunt.run(jobs) { job, finding in
            table.findings[job] = finding
            let column = job.withAssertions ? "" : " from outside"
            let found = finding.seeds.map { "\($0) seeds, \(finding.finder): \(finding.text)" } ?? "not found in \(seeds) seeds"
            try StandardOutput.write("\(job.mutant.rawValue) \(job.mutant)\(column): \(found) (\(Int(finding.seconds)) s)\n")
        }
        try StandardOutput.write("\n" + table.text)
        if let out { try table.text.write(toFile: out, atomically: true, encoding: .utf8) }
        for objection in table.objections { standardError(objection + "\n") }
        if !table.objections.isEmpty { throw ExitCode(3) }
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
