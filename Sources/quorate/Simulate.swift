// `quorate simulate`: the shipping member under virtual time and injected faults, seed after seed. The runs are Simulator's, how
// they are shared among processes is Campaign's.

import ArgumentParser
import Campaign
import Foundation
import Simulator

struct Simulate: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run members in virtual time under faults, one run for each seed.",
        discussion: """
            A seed is an ensemble of 1 to 7 members, its clients and a list of faults; the same seed is the same run. A run \
            in which something broke is named with its seed. Exit codes: 0 nothing broke, 3 something did or was not reached, \
            64 usage, 74 a file can't be read or written.
            """)

    @Option(help: "How many seeds.")
    var seeds: UInt64 = 100

    @Option(help: "The first seed.")
    var from: UInt64 = 1

    @Option(help: "Processes that share the seeds.")
    var workers = 1

    @Option(help: "Add to what this file tells of earlier runs: seeds that it has are not run again.")
    var resume: String?

    @Flag(help: "Fail if a situation was met less than ten times, as every run of 10,000 seeds or more does.")
    var requireMarks = false

    @Flag(help: "Tell what happens in each run.")
    var trace = false

    @Flag(help: "Of a run that breaks, leave out what it does not need, and tell the rest, as a timeline and as a test.")
    var shrink = false

    @Flag(help: "Measure steps a second of processor time, with all checks, and fail below 300,000.")
    var benchmark = false

    @Option(
        help: "Flip so many bits of what three members have stored, and look what becomes of each; --from is the first ensemble.")
    var bitFlips: Int?

    func validate() throws {
        if let bitFlips {
            guard bitFlips >= 1 else { throw ValidationError("--bit-flips is \(bitFlips); give a number from 1 on") }
            if benchmark || shrink || requireMarks || resume != nil || workers != 1 {
                throw ValidationError("--bit-flips goes with --from and --trace only")
            }
        }

        guard seeds >= 1, seeds <= 1_000_000_000 else { throw ValidationError("--seeds is \(seeds); give a number from 1 on") }
        guard from <= .max - 2_000_000_000 else { throw ValidationError("--from is \(from); give a smaller number") }
        guard (1...256).contains(workers) else { throw ValidationError("--workers is \(workers); give a number from 1 to 256") }
        if benchmark, trace || shrink || resume != nil {
            throw ValidationError("--benchmark only measures; leave out --trace, --shrink and --resume")
        }
    }

    func run() throws {
        if benchmark { return try measure() }
        if let bitFlips { return try flip(bitFlips) }
        var ledger = try resume.map(read) ?? SeedLedger()
        let before = ledger.broken.count
        if trace { try tellAll(&ledger) } else { try shareOut(&ledger) }
        if let resume { try write(ledger, resume) }
        for broken in ledger.broken[before...] {
            try StandardOutput.write("seed \(broken.seed), found by \(broken.finder): \(broken.text)\n")
            if shrink { try tellSmall(broken) }
        }
        try StandardOutput.write(ledger.text + "\n")
        var isGood = ledger.broken.count == before
        if requireMarks || ledger.runs >= 10_000 {
            for mark in ledger.rare(below: 10) {
                standardError("quorate: '\(mark.name)' was met \(mark.count) times in \(ledger.runs) runs, 10 are asked for\n")
                isGood = false
            }
        }
        if !isGood { throw ExitCode(3) }
    }

    private func flip(_ count: Int) throws {
        var flips = FlippedBits(seed: from)
        flips.isTelling = trace
        var told = Date()
        while flips.tally.all < count, flips.breach == nil {
            flips.run(most: count - flips.tally.all)
            guard -told.timeIntervalSinceNow >= 60 else { continue }
            told = Date()
            standardError("\(flips.tally.text)\n")
        }
        try StandardOutput.write("\(flips.tally.text)\n")
        guard let breach = flips.breach else { return try StandardOutput.write("nothing was lost or passed over\n") }
        try StandardOutput.write((flips.story + [breach]).joined(separator: "\n") + "\n")
        throw ExitCode(3)
    }

    private func tellAll(_ ledger: inout SeedLedger) throws {
        for range in ledger.missing(seeds, from: from) {
            var part = SeedPart(seeds: range)
            part.isTelling = true
            try part.run({ ledger.note($0) }, story: { try StandardOutput.write($0.joined(separator: "\n") + "\n") })
        }
    }

    private func shareOut(_ ledger: inout SeedLedger) throws {
        let directory = NSTemporaryDirectory() + "/quorate-seeds-\(getpid())"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let run = SeedRun(workers: workers, program: try Simulate.ownProgram(), directory: directory)
        var bar = SeedProgress(wanted: seeds, before: ledger)
        var savedAt = Date()
        try run.run(ledger.missing(seeds, from: from), into: &ledger) { ledger in
            if let line = bar.line(ledger) { standardError(line) }
            if let resume, Date().timeIntervalSince(savedAt) > 5 {
                savedAt = Date()
                try write(ledger, resume)
            }
        }
        standardError(bar.end)
    }

    static func ownProgram() throws -> String {
        try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    }

    private func tellSmall(_ broken: SeedLedger.Broken) throws {
        guard broken.finder != SeedLedger.endOfProcess else {
            return try StandardOutput.write("It ends its process, so it can't be made smaller.\n")
        }
        guard let small = Shrinking(seed: broken.seed) else { return }
        try StandardOutput.write(small.timeline + "\n\n" + small.test + "\n")
    }

    private func read(_ path: String) throws -> SeedLedger {
        do {
            return try SeedLedger.read(path)
        } catch {
            throw Failure("\(path) is no file that --resume has written (\(error)); name another one", code: 74)
        }
    }

    private func write(_ ledger: SeedLedger, _ path: String) throws {
        do {
            try ledger.write(path)
        } catch {
            throw Failure("\(path) can't be written: \(error.localizedDescription)", code: 74)
        }
    }

    private func measure() throws {
        let figure = SeedBenchmark(seeds: from..<from + seeds).run()
        try StandardOutput.write(figure.text + "\n")
        if !figure.isFastEnough { throw ExitCode(3) }
    }
}
