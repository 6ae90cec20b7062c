// Many seeds in several processes at a time: an assertion or a trap in one seed ends that process, is noted with its seed, and
// ends nothing else.

import Ensemble
import Foundation

package struct SeedRun {
    package var workers: Int
    /// What runs seeds when it is given `simulate-part`.
    package var program: String
    /// Seeds that a process is given at a time.
    private static let share: UInt64 = 100
    /// Seconds that one seed may take.
    static let patience = 120.0

    /// So often a seed may be ended by somebody else before that is somebody's wish, or a want of memory.
    private static let mostKills = 3

    package init(workers: Int, program: String) { (self.workers, self.program) = (workers, program) }

    private final class Worker {
        let seeds: Range<UInt64>
        let process: SeedProcess
        var heardAt = Date()

        init(_ seeds: Range<UInt64>, _ process: SeedProcess) { (self.seeds, self.process) = (seeds, process) }
    }

    /// What is left of a share when its process has ended.
    private enum Outcome {
        case goesOn
        case ended(rest: Range<UInt64>)
    }

    /// - Parameter progress: told of the ledger several times a second; an error that it throws ends the run and its processes.
    package func run(_ ranges: [Range<UInt64>], into ledger: inout SeedLedger, progress: (SeedLedger) throws -> Void) throws {
        let thread = SpawningThread()
        var waiting = ranges[...]
        var running: [Worker] = []
        var kills: [UInt64: Int] = [:]
        let before = ledger.seconds
        let begin = Date()
        while !waiting.isEmpty || !running.isEmpty {
            while running.count < workers, let first = waiting.popFirst() {
                let end = min(first.upperBound, first.lowerBound + SeedRun.share)
                if end < first.upperBound { waiting.insert(end..<first.upperBound, at: waiting.startIndex) }
                running.append(try start(first.lowerBound..<end, thread))
            }
            var still: [Worker] = []
            for worker in running {
                switch try take(worker, &ledger, &kills) {
                case .goesOn: still.append(worker)
                case .ended(let rest): if !rest.isEmpty { waiting.insert(rest, at: waiting.startIndex) }
                }
            }
            running = still
            ledger.seconds = before + Date().timeIntervalSince(begin)
            try progress(ledger)
            usleep(50_000)
        }
    }

    private func start(_ seeds: Range<UInt64>, _ thread: SpawningThread) throws -> Worker {
        let arguments = ["simulate-part", "--from", "\(seeds.lowerBound)", "--seeds", "\(seeds.count)"]
        return Worker(seeds, try SeedProcess(ProcessCommand(program: program, arguments: arguments), on: thread))
    }

    private func take(_ worker: Worker, _ ledger: inout SeedLedger, _ kills: inout [UInt64: Int]) throws -> Outcome {
        let process = worker.process
        let (reports, end) = process.poll()
        if !reports.isEmpty { worker.heardAt = Date() }
        for report in reports { ledger.note(report) }
        let next = process.doneSeed.map { $0 + 1 } ?? worker.seeds.lowerBound
        if let end {
            if end == .exited(code: 0), next == worker.seeds.upperBound { return .ended(rest: next..<next) }
            guard isOwn(end), let seed = process.seed else {
                try noteKill(of: process.seed ?? next, end, process, &kills)
                return .ended(rest: next..<worker.seeds.upperBound)
            }
            ledger.noteEnd(in: seed, process.assertion ?? "\(end)")
            return .ended(rest: seed + 1..<worker.seeds.upperBound)
        }
        guard Date().timeIntervalSince(worker.heardAt) > SeedRun.patience, let seed = process.seed else { return .goesOn }
        process.stop()
        ledger.noteEnd(in: seed, "it takes more than \(Int(SeedRun.patience)) s")
        return .ended(rest: seed + 1..<worker.seeds.upperBound)
    }

    /// Whether a process brings such an end about by what it does: an assertion or a trap.
    private func isOwn(_ end: ProcessEnd) -> Bool {
        guard case .killed(let signal) = end else { return false }
        return [SIGILL, SIGTRAP, SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGSYS].contains(signal)
    }

    /// Somebody else ended it, which says nothing of its seed: that is run again.
    private func noteKill(
        of seed: UInt64, _ end: ProcessEnd, _ process: SeedProcess, _ kills: inout [UInt64: Int]
    ) throws(EnsembleError) {
        let words = process.lastWords.joined(separator: " ")
        guard case .killed = end else {
            throw EnsembleError(.unusable, "A process for seeds ended in seed \(seed) with \(end): \(words).")
        }
        kills[seed, default: 0] += 1
        guard kills[seed, default: 0] < SeedRun.mostKills else {
            throw EnsembleError(
                .outOfResources,
                "The process for seed \(seed) was ended \(SeedRun.mostKills) times from outside (\(end)); see whether the machine has "
                    + "memory enough, and go on with --resume.")
        }
    }
}
