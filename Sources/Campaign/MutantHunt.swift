// How good the simulator is: each mutant is looked for, seed after seed, twice: with everything, and with all assertions of rules
// off, so that only what is seen from outside can find it. Only a build that has mutants has this.

#if QUORATE_MUTANTS
import Ensemble
import Foundation
package import Rules

package struct MutantFinding: Codable, Sendable {
    /// How many seeds it took, from 1 on; nil as long as it was not found.
    package var seeds: UInt64?
    /// The last seed that was looked at.
    package var lookedAt: UInt64 = 0
    /// By a check of the simulator, or by an assertion or a trap of the process.
    package var finder = ""
    package var text = ""
    package var seconds = 0.0
    /// Whether what found it looks from outside.
    package var isOutside: Bool { seeds != nil && !MutantFinding.inside.contains(finder) }

    static let assertion = "assertion"
    static let trap = "trap"
    private static let inside: Set<String> = [assertion, trap]
}

package struct MutantHunt {
    package struct Job: Sendable, Hashable {
        package var mutant: Mutant
        package var withAssertions: Bool

        package init(mutant: Mutant, withAssertions: Bool) { (self.mutant, self.withAssertions) = (mutant, withAssertions) }

        /// In a ledger.
        var key: String { "\(mutant)" + (withAssertions ? "" : " from outside") }
    }

    package var workers: Int
    package var program: String

    package init(workers: Int, program: String) { (self.workers, self.program) = (workers, program) }

    private final class Running {
        let job: Job
        let before: MutantFinding
        let process: SeedProcess
        let begin = Date()
        var heardAt = Date()

        init(_ job: Job, _ before: MutantFinding, _ process: SeedProcess) {
            (self.job, self.before, self.process) = (job, before, process)
        }
    }

    /// Looks at the seeds up to `last` that `table` does not know of yet.
    /// - Parameter told: after each job, when the table has what came of it.
    package func run(_ jobs: [Job], through last: UInt64, into table: inout MutantTable, told: (Job, MutantTable) throws -> Void)
        throws
    {
        let thread = SpawningThread()
        var waiting = jobs.filter { table[$0].seeds == nil && table[$0].lookedAt < last }[...]
        var running: [Running] = []
        while !waiting.isEmpty || !running.isEmpty {
            while running.count < workers, let job = waiting.popFirst() {
                running.append(try start(job, table[job], through: last, thread))
            }
            var rest: [Running] = []
            for one in running {
                guard var finding = try judge(one) else {
                    rest.append(one)
                    continue
                }
                finding.lookedAt = finding.seeds ?? last
                table[one.job] = finding
                try told(one.job, table)
            }
            running = rest
            usleep(20_000)
        }
    }

    private func start(_ job: Job, _ before: MutantFinding, through last: UInt64, _ thread: SpawningThread) throws -> Running {
        var arguments = [
            "simulate-part", "--from", "\(before.lookedAt + 1)", "--seeds", "\(last - before.lookedAt)", "--until-broken",
            "--mutant", "\(job.mutant.rawValue)",
        ]
        if !job.withAssertions { arguments.append("--only-outside") }
        return Running(job, before, try SeedProcess(ProcessCommand(program: program, arguments: arguments), on: thread))
    }

    /// - Returns: nil while it runs.
    private func judge(_ one: Running) throws -> MutantFinding? {
        let (reports, end) = one.process.poll()
        if !reports.isEmpty { one.heardAt = Date() }
        var finding = MutantFinding(seconds: one.before.seconds + Date().timeIntervalSince(one.begin))
        for case .broken(let seed, let check, let text) in reports {
            (finding.seeds, finding.finder, finding.text) = (seed, check, text)
            return finding
        }
        if let end {
            guard end != .exited(code: 0) else { return finding }
            finding.seeds = one.process.seed
            finding.text = one.process.assertion ?? "\(end)"
            finding.finder = finding.text.hasPrefix("Rule ") ? MutantFinding.assertion : MutantFinding.trap
            guard finding.seeds != nil else {
                throw EnsembleError(
                    .unusable, "A process for seeds ended with \(end): \(one.process.lastWords.joined(separator: " ")).")
            }
            return finding
        }
        guard Date().timeIntervalSince(one.heardAt) > SeedRun.patience else { return nil }
        one.process.stop()
        (finding.seeds, finding.finder, finding.text) = (one.process.seed, "no rest", "a seed takes more than two minutes")
        return finding
    }
}
#endif
