// `quorate simulate`: the shipping member under virtual time and injected faults, seed after seed. The runs are Simulator's, how
// they are shared among processes is Campaign's.

import ArgumentParser
import Campaign
import Ensemble
import Foundation
import Simulator

struct Simulate: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run members in virtual time under faults, one run for each seed.",
        discussion: """
            A seed is an ensemble of 1 to 7 members, its clients and a list of faults; the same seed is the same run. A run \
            in which something broke is named with its seed. Exit codes: 0 nothing broke, 3 something did or was not reached, \
            64 usage, 71 a process can't be started, 74 a file can't be read or written, 75 there is not memory enough, \
            130 and 143 ended by a signal.
            """)

    @Option(help: "How many seeds are run now; 100 without it.")
    var seeds: UInt64?

    @Option(help: "The first seed.")
    var from: UInt64 = 1

    @Option(help: "Processes that share the seeds.")
    var workers = 1

    @Option(help: "Add to what this file tells of earlier runs: seeds that it has are passed over, and so many others are run.")
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

    private var wanted: UInt64 { seeds ?? 100 }
    private static let mostSeeds: UInt64 = 1_000_000_000

    func validate() throws {
        if let bitFlips {
            guard bitFlips >= 1 else { throw ValidationError("--bit-flips is \(bitFlips); give a number from 1 on") }
            if benchmark || shrink || requireMarks || resume != nil || workers != 1 || seeds != nil {
                throw ValidationError("--bit-flips goes with --from and --trace only")
            }
        }
        guard (1...Simulate.mostSeeds).contains(wanted) else {
            throw ValidationError("--seeds is \(wanted); give a number from 1 to \(Simulate.mostSeeds)")
        }
        guard from <= .max / 2 - 2 * Simulate.mostSeeds else { throw ValidationError("--from is \(from); give a smaller number") }
        guard (1...256).contains(workers) else { throw ValidationError("--workers is \(workers); give a number from 1 to 256") }
        if benchmark, trace || shrink || requireMarks || resume != nil || workers != 1 {
            throw ValidationError("--benchmark only measures, and goes with --seeds and --from only")
        }
        if trace, workers != 1 { throw ValidationError("--trace tells one run after the other; leave out --workers") }
    }

    func run() throws {
        if benchmark { return try measure() }
        if let bitFlips { return try flip(bitFlips) }
        try StandardOutput.check()
        let ending = EndingSignals.watch()
        let file = try resume.map { path in try storing { try ResumeFile(path) } }
        var ledger = try file.map(read) ?? SeedLedger()
        let before = ledger.broken.count
        // Found out before the work, not behind it.
        try file.map { try keep(ledger, $0) }
        let failure = Result { try trace ? tellAll(&ledger, ending) : shareOut(&ledger, file, ending) }
        // Whatever came in between: what was found is kept, and told.
        let loss = Result { try file.map { try keep(ledger, $0) } }
        try tell(ledger, newFrom: before)
        _ = try loss.get()
        do {
            try failure.get()
        } catch let error as EnsembleError {
            throw Failure(error.description, code: error.cause == .unusable ? 71 : 75)
        }
        try judge(ledger)
    }

    private func tell(_ ledger: SeedLedger, newFrom: Int) throws {
        for (place, broken) in ledger.broken.enumerated() {
            try StandardOutput.write("seed \(broken.seed), found by \(broken.finder): \(broken.text)\n")
            if shrink, place >= newFrom { try tellSmall(broken) }
        }
        try StandardOutput.write(ledger.text + "\n")
    }

    private func judge(_ ledger: SeedLedger) throws {
        var isGood = ledger.broken.isEmpty
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
            if StandardOutput.isUnread { throw OutputLoss(code: EPIPE) }
        }
        try StandardOutput.write("\(flips.tally.text)\n")
        guard let breach = flips.breach else { return try StandardOutput.write("nothing was lost or passed over\n") }
        try StandardOutput.write((flips.story + [breach]).joined(separator: "\n") + "\n")
        throw ExitCode(3)
    }

    private func tellAll(_ ledger: inout SeedLedger, _ ending: EndingSignals) throws {
        for range in ledger.missing(wanted, from: from) {
            var part = SeedPart(seeds: range)
            part.isTelling = true
            try part.run(
                { report in
                    ledger.note(report)
                    if case .done = report { try endAsAsked(ending) }
                }, story: { try StandardOutput.write($0.joined(separator: "\n") + "\n") })
        }
    }

    private func shareOut(_ ledger: inout SeedLedger, _ file: ResumeFile?, _ ending: EndingSignals) throws {
        let run = SeedRun(workers: workers, program: Simulate.ownProgram)
        var bar = SeedProgress(wanted: wanted, before: ledger)
        var savedAt = Date()
        var isUnsaved = false
        defer { standardError(bar.end) }
        try run.run(ledger.missing(wanted, from: from), into: &ledger) { ledger in
            if let line = bar.line(ledger) { standardError(line) }
            try endAsAsked(ending)
            if StandardOutput.isUnread { throw OutputLoss(code: EPIPE) }
            guard let file, Date().timeIntervalSince(savedAt) > 5 else { return }
            savedAt = Date()
            do {
                try file.write(ledger.encoded())
                isUnsaved = false
            } catch {
                // A disk that is full now may have room in the end; the runs go on.
                if !isUnsaved { standardError("quorate: \(error); trying again\n") }
                isUnsaved = true
            }
        }
    }

    private func endAsAsked(_ ending: EndingSignals) throws {
        if let code = ending.exitCode { throw ExitCode(code) }
    }

    /// Of this process, whatever became of its name meanwhile.
    static let ownProgram = "/proc/self/exe"

    private func tellSmall(_ broken: SeedLedger.Broken) throws {
        guard broken.finder != SeedLedger.endOfProcess else {
            return try StandardOutput.write("It ends its process, so it can't be made smaller.\n")
        }
        guard let small = Shrinking(seed: broken.seed) else { return }
        try StandardOutput.write(small.timeline + "\n\n" + small.test + "\n")
    }

    private func read(_ file: ResumeFile) throws -> SeedLedger {
        let data = try storing { try file.read() }
        do throws(ResumeFileError) {
            return try SeedLedger(decoding: data)
        } catch {
            throw Failure("\(resume ?? "") is no file that --resume has written: \(error); name another one", code: 74)
        }
    }

    private func keep(_ ledger: SeedLedger, _ file: ResumeFile) throws { try storing { try file.write(ledger.encoded()) } }

    private func storing<T>(_ work: () throws -> T) throws -> T {
        do {
            return try work()
        } catch {
            throw Failure("\(error)", code: 74)
        }
    }

    private func measure() throws {
        let figure = SeedBenchmark(seeds: from..<from + wanted).run()
        try StandardOutput.write(figure.text + "\n")
        if !figure.isFastEnough { throw ExitCode(3) }
    }
}
