// Many seeds in several processes at a time: an assertion or a trap in one seed ends that process, is noted with its seed, and
// ends nothing else.

import Ensemble
import Foundation

package struct SeedRun {
    package var workers: Int
    /// What runs seeds when it is given `simulate-part`.
    package var program: String
    /// Where the processes write; theirs alone.
    package var directory: String
    /// Seeds that a process is given at a time.
    private static let share: UInt64 = 100
    /// Seconds that one seed may take.
    static let patience = 120.0

    package init(workers: Int, program: String, directory: String) {
        (self.workers, self.program, self.directory) = (workers, program, directory)
    }

    private final class Worker {
        let seeds: Range<UInt64>
        let process: SeedProcess
        var heardAt = Date()

        init(_ seeds: Range<UInt64>, _ process: SeedProcess) { (self.seeds, self.process) = (seeds, process) }
    }

    /// - Parameter progress: told of the ledger several times a second.
    package func run(_ ranges: [Range<UInt64>], into ledger: inout SeedLedger, progress: (SeedLedger) throws -> Void) throws {
        let thread = SpawningThread()
        var waiting = ranges[...]
        var running: [Worker] = []
        var number = 0
        let before = ledger.seconds
        let begin = Date()
        while !waiting.isEmpty || !running.isEmpty {
            while running.count < workers, let first = waiting.popFirst() {
                let end = min(first.upperBound, first.lowerBound + SeedRun.share)
                if end < first.upperBound { waiting.insert(end..<first.upperBound, at: waiting.startIndex) }
                number += 1
                running.append(try start(first.lowerBound..<end, number, thread))
            }
            var rest: [Worker] = []
            for worker in running {
                guard try take(worker, &ledger) else {
                    rest.append(worker)
                    continue
                }
                // What is left of its share behind a seed in which it ended.
                if let seed = worker.process.seed, seed + 1 < worker.seeds.upperBound {
                    waiting.insert(seed + 1..<worker.seeds.upperBound, at: waiting.startIndex)
                }
            }
            running = rest
            ledger.seconds = before + Date().timeIntervalSince(begin)
            try progress(ledger)
            usleep(50_000)
        }
    }

    private func start(_ seeds: Range<UInt64>, _ number: Int, _ thread: SpawningThread) throws -> Worker {
        let arguments = ["simulate-part", "--from", "\(seeds.lowerBound)", "--seeds", "\(seeds.count)"]
        let command = ProcessCommand(program: program, arguments: arguments)
        return Worker(seeds, try SeedProcess(command, output: "\(directory)/seeds-\(number).part", on: thread))
    }

    /// - Returns: whether it has ended.
    private func take(_ worker: Worker, _ ledger: inout SeedLedger) throws -> Bool {
        let (reports, end) = try worker.process.poll()
        if !reports.isEmpty { worker.heardAt = Date() }
        for report in reports { ledger.note(report) }
        if let end {
            guard let seed = worker.process.seed else {
                guard end == .exited(code: 0) else {
                    let words = worker.process.lastWords.joined(separator: " ")
                    throw EnsembleError(.unusable, "A process for seeds ended with \(end): \(words).")
                }
                return true
            }
            ledger.noteEnd(in: seed, worker.process.assertion ?? "\(end)")
            return true
        }
        guard Date().timeIntervalSince(worker.heardAt) > SeedRun.patience, let seed = worker.process.seed else { return false }
        worker.process.stop()
        ledger.noteEnd(in: seed, "it takes more than \(Int(SeedRun.patience)) s")
        return true
    }
}
