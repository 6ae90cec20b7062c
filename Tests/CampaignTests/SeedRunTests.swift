// Seeds in processes: the same as in this one, however they are shared; and one that ends its process ends nothing else.

import Campaign
import Ensemble
import Foundation
import Testing

@Suite struct SeedRunTests {
    /// `quorate`, which is built beside the tests.
    private static func quorate() throws -> String {
        let tests = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        return URL(filePath: tests).deletingLastPathComponent().appending(path: "quorate").path
    }

    private func run(_ program: String, seeds: UInt64, workers: Int) throws -> SeedLedger {
        var ledger = SeedLedger()
        let run = SeedRun(workers: workers, program: program)
        try run.run([1..<1 + seeds], into: &ledger) { _ in }
        return ledger
    }

    @Test func processesRunTheSameAsThisOne() throws {
        var here = SeedLedger()
        try SeedPart(seeds: 1..<13).run { here.note($0) }
        for workers in [1, 3] {
            let there = try run(try SeedRunTests.quorate(), seeds: 12, workers: workers)
            #expect(there.trace == here.trace && there.steps == here.steps && there.runs == 12 && there.broken.isEmpty)
            #expect(there.marks == here.marks)
        }
    }

    @Test func aSeedThatEndsItsProcessIsNamed() throws {
        let place = try Place()
        let program = try place.script(
            """
            seed=$3
            while [ $seed -lt $(($3 + $5)) ]; do
                echo "begun $seed"
                if [ $seed -eq 5 ]; then echo "Zab/Some.swift:1: Fatal error: Rule E1: it fell" >&2; kill -ILL $$; fi
                echo "done $seed 10 1 1 1"
                seed=$((seed + 1))
            done
            echo "marks 1"
            """)
        let ledger = try run(program, seeds: 8, workers: 2)
        #expect(ledger.runs == 8 && ledger.broken.count == 1)
        #expect(ledger.broken.first?.seed == 5 && ledger.broken.first?.text == "Rule E1: it fell")
        #expect(ledger.missing(1, from: 1) == [9..<10])
    }

    @Test func whatSomebodyElseEndsIsRunAgain() throws {
        let place = try Place()
        let program = try place.script(
            """
            seed=$3
            while [ $seed -lt $(($3 + $5)) ]; do
                echo "begun $seed"
                if [ $seed -eq 5 ] && [ ! -e \(place.path)/killed ]; then touch \(place.path)/killed; kill -KILL $$; fi
                echo "marks 1"
                echo "done $seed 10 1 1 1"
                seed=$((seed + 1))
            done
            """)
        let ledger = try run(program, seeds: 8, workers: 1)
        #expect(ledger.runs == 8 && ledger.broken.isEmpty)
        // Of all eight: what was met before the end is not lost with it.
        #expect(ledger.marks.values.reduce(0, +) == 8)
    }

    @Test func whatIsEndedAgainAndAgainEndsTheRun() throws {
        let place = try Place()
        let program = try place.script("echo \"begun $3\"; kill -KILL $$")
        let error = #expect(throws: EnsembleError.self) { try run(program, seeds: 3, workers: 1) }
        #expect(error?.cause == .outOfResources)
        #expect(error?.description.contains("The process for seed 1 was ended 3 times from outside (signal 9)") == true)
    }

    /// The command itself: what it has found by then is in the file and on the output, and the code is the signal's.
    @Test func askedToEndItKeepsAndTellsWhatItHas() throws {
        let place = try Place()
        let (file, log) = ("\(place.path)/seeds.json", "\(place.path)/log")
        let arguments = ["simulate", "--seeds", "1000000", "--workers", "2", "--resume", file]
        let child = try ChildProcess.start(
            ProcessCommand(program: try SeedRunTests.quorate(), arguments: arguments), logFile: log, on: SpawningThread())
        let end = Date(timeIntervalSinceNow: 60)
        func kept() throws -> SeedLedger { try SeedLedger(decoding: Data(contentsOf: URL(filePath: file))) }
        // The first results come into the file after five seconds.
        while try !FileManager.default.fileExists(atPath: file) || kept().runs == 0, Date() < end { usleep(50_000) }
        child.send(signal: SIGTERM)
        #expect(child.waitForEnd(nanoseconds: 30_000_000_000) == .exited(code: 128 + SIGTERM))
        let runs = try kept().runs
        #expect(runs > 0 && runs < 1_000_000)
        #expect(try String(contentsOfFile: log, encoding: .utf8).contains("\(runs) runs (seeds 1"))
        #expect(place.names == ["log", "seeds.json"])
    }

    @Test func aProgramThatRunsNoSeedsIsNoRun() throws {
        let place = try Place()
        #expect(throws: EnsembleError.self) { try run(try place.script("echo never; exit 3"), seeds: 3, workers: 1) }
        #expect(throws: EnsembleError.self) { try run(try place.script("exit 0"), seeds: 3, workers: 1) }
        #expect(throws: EnsembleError.self) { try run("\(place.path)/none", seeds: 3, workers: 1) }
    }

    /// What is shipped carries no defect and no name of one.
    @Test func theBinaryHasNoMutants() throws {
        let binary = try Data(contentsOf: URL(filePath: try SeedRunTests.quorate()))
        for name in ["promisesBeforeDurable", "acksHistoryUnflushed", "judgesBeforeReading"] {
            #expect(binary.range(of: Data(name.utf8)) == nil, "\(name)")
        }
        #expect(binary.range(of: Data("Run members in virtual time under faults".utf8)) != nil)
    }
}
