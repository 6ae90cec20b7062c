// The course of one `quorate bench`: progress while it runs, rows as they come, the document after every cell, and the closing
// words.

import ArgumentParser
import Benchmark
import CLinux
import Ensemble
import Foundation
import LoadGenerator
import Report
import Results
import Server
import Workload

final class BenchRun {
    private let order: SweepOrder
    private let place: ResultFolder
    private let options: Options
    private let ending: EndingSignals
    private var document: ResultDocument
    /// Of every run, whole.
    private var cells: [ResultCell] = []
    private let isTerminal = isatty(2) != 0
    private var lastLineAt: UInt64 = 0
    private let begin = quorate_monotonic_ns()
    private let table: ResultTable
    private let isByScript: Bool
    /// Why the table can't be written any more; the document is kept all the same.
    private var loss: OutputLoss?
    /// Why the document could not be written when that was tried last; what was found is said all the same.
    private var unwritten: ResultError?
    /// Less was carried than was offered, or, if that was asked for, the generator was the bottleneck.
    private var isInvalid = false

    struct Options {
        /// The document goes to the output, all else to the error output.
        var json: Bool
        var quick: Bool
        /// A generator that was the bottleneck is a failure.
        var strict: Bool
        /// A phase that is recorded without having reached its steady state is a failure.
        var requiresSteady: Bool
        /// Of targets that were asked for and are not there, one sentence each.
        var missing: [String]
        /// Runs in which Apache ZooKeeper carries fewer writes/s do not count.
        var zookeeperFloors: SpeedFloors?
    }

    init(
        _ order: SweepOrder, _ place: ResultFolder, _ checkout: Checkout?, options: Options, ending: EndingSignals,
        command: [String]
    ) {
        isByScript = ProcessInfo.processInfo.environment["QUORATE_CHECKOUT"] != nil
        self.order = order
        self.place = place
        self.options = options
        self.ending = ending
        table = ResultTable(
            hasQueues: order.workload.hasQueues, hasReads: order.workload.hasReads, targets: order.targets.map(\.name),
            axes: BenchVariants.axes(order.variants))
        document = ResultDocument(
            id: place.id, started: ResultFolder.timestamp(Date()), command: command,
            tool: ResultTool(version: Version.text, git: checkout?.commit, dirty: checkout?.isDirty),
            environment: EnvironmentProbe.read(at: order.dataParent),
            workload: ResultWorkload(
                name: order.workload.name, file: order.workloadFile, seed: order.workload.seed, resolved: order.workload.resolved,
                overrides: order.overrides),
            targets: order.targets.map { target in
                var described = target.described(nodes: order.nodes)
                if order.clientTLS, target.isLaunched { described.clientTLS = true }
                return described
            })
    }

    func run() throws {
        let before = try ceilings()
        document.ceilings = ResultCeilingsAround(before: before)
        markDurability(before)
        say(table.head)
        if let loss { throw loss }
        try place.write(document)
        let isDone = Sweep(order, cancel: ending.cancel).run(
            Sweep.Events(
                progress: { self.show($0) }, notice: { self.note($0) }, cell: { self.take($0) }, size: { self.showRows(of: $0) }))
        if isDone { measureCeilingsAgain() }
        document.status = isDone && cells.allSatisfy { $0.failure == nil } ? .complete : .partial
        if !isDone { document.mark(.partial, "The run was ended before all of it was done.") }
        document.durationNanoseconds = quorate_monotonic_ns() - begin
        clearProgress()
        keep()
        try conclude()
    }

    private func markDurability(_ ceilings: ResultCeilings) {
        if document.environment.filesystem.inMemory {
            document.mark(.notDurable, "The data lies in memory: what is acknowledged does not survive a power cut.")
        } else if ceilings.fsync.isTooFastToBeDurable {
            document.mark(.notDurable, "A flush takes under 10 µs here, so the device does not wait for its medium.")
        }
        if options.quick { document.mark(.quick, "Phases last a fifth of their time: for a first look, not for figures.") }
        for sentence in options.missing { document.mark(.partial, sentence) }
        for sentence in order.delays { document.mark(.delayed, sentence) }
        for sentence in order.inequalities { document.mark(.unequal, sentence) }
        for mark in document.marks { standardError("\(mark.name.rawValue): \(mark.sentence)\n") }
    }

    /// What the members say of themselves: they know what their configuration came to, whatever it was written like.
    private func markMembers(_ cell: ResultCell) {
        let told = cell.memberMarks ?? []
        if told.contains("no_fsync") { document.mark(.noFsync, "The members were told not to flush.") }
        if told.contains("faults") { document.mark(.faults, "Faults were armed in the members.") }
        for fault in cell.faults ?? [] { document.mark(.faults, sentence(fault, cell)) }
        for problem in cell.faultProblems ?? [] {
            let members = "\(cell.nodes) member\(cell.nodes == 1 ? "" : "s")"
            document.mark(.faults, "With \(members) a fault could not be carried out: \(problem)")
        }
        if cell.memberMarks == nil, cell.failure == nil, cell.target == ResultTarget.quorate {
            document.mark(.metricsMissing, "Whether \(cell.nodes) members flush and are free of armed faults could not be read.")
        }
    }

    private func sentence(_ fault: ResultFault, _ cell: ResultCell) -> String {
        func seconds(_ nanoseconds: UInt64) -> String { String(format: "%.2f s", Double(nanoseconds) / 1e9) }
        let target = (order.targets.count > 1 ? "\(cell.target) " : "") + (cell.parameterWords.map { $0 + ", " } ?? "")
        let run = cell.repetition.map { ", run \($0)" } ?? ""
        let who = (fault.members.count == 1 ? "member " : "members ") + fault.members.map(String.init).joined(separator: ", ")
        let role = fault.role.hasPrefix("member") ? "" : " (\(fault.role))"
        let lasting = fault.nanoseconds > 1_000_000 ? " for \(seconds(fault.nanoseconds))" : ""
        let gap = fault.writeGapNanoseconds.map { "; no write was acknowledged for \(seconds($0))" } ?? ""
        let what = "\(fault.fault) of \(who)\(role) at \(seconds(fault.atNanoseconds))\(lasting)"
        return "\(target)\(cell.nodes) member\(cell.nodes == 1 ? "" : "s")\(run): \(what)\(gap)."
    }

    private func ceilings() throws(EnsembleError) -> ResultCeilings {
        try Ceilings.measure(
            directory: order.dataParent, cpus: document.environment.cpus, nanosecondsEach: 300_000_000,
            isCancelled: { [ending] in ending.isEnding })
    }

    /// What was measured stays measured, even if the ceilings can't be any more.
    private func measureCeilingsAgain() {
        do {
            let after = try ceilings()
            document.ceilings?.after = after
            judgeDisturbance()
        } catch {
            document.mark(.ceilingsMissing, "The machine's ceilings could not be measured again: \(error.description)")
        }
    }

    /// The machine itself was slower after the run than before, or much slower before than after: what was measured between is
    /// worth less.
    private func judgeDisturbance() {
        if let slowdown = document.ceilings?.slowdown, slowdown > 0.15 {
            document.mark(.disturbed, "The machine's own ceilings were \(Int(slowdown * 100)) % lower after the run than before.")
        }
        if let speedup = document.ceilings?.speedup, speedup >= 2 {
            document.mark(.disturbed, "The machine's own ceilings were \(Int(speedup)) times as high after the run as before it.")
        }
    }

    private func take(_ found: ResultCell) {
        var cell = found
        judgeSpeed(of: &cell)
        cell.noteVoidPhases()
        cells.append(cell)
        document.hold(cells, repetitions: order.repetitions)
        for objection in cell.objections where !cell.isPartial {
            document.mark(objection.mark.name, objection.mark.sentence + ".")
            if objection.weight == .invalid || objection.weight == .void && options.strict { isInvalid = true }
            if objection.mark.name == .unsteady && options.requiresSteady { isInvalid = true }
        }
        markMembers(cell)
        let comparison = Comparison(cells.map(ResultRun.init), targets: document.targets.map(\.name))
        if document.targets.count > 1 { document.ratios = comparison.ratios }
        if order.repetitions > 1 { document.summaries = comparison.summaries }
        keep()
    }

    /// Writes the document anew; a reason why that can't be done is said once.
    private func keep() {
        do throws(ResultError) {
            try place.write(document)
            unwritten = nil
        } catch {
            if error != unwritten {
                standardError("\(error.description) The run goes on; what it finds is printed in the end.\n")
            }
            unwritten = error
        }
    }

    /// A run in which the peer is slower than it is known to be compares with nothing.
    private func judgeSpeed(of cell: inout ResultCell) {
        guard cell.target == ResultTarget.zookeeper, cell.failure == nil else { return }
        let members = "\(cell.nodes) member\(cell.nodes == 1 ? "" : "s")"
        let run = cell.repetition.map { " in run \($0)" } ?? ""
        if let warmUp = cell.warmUp, !warmUp.isSteady {
            document.mark(
                .tooSlow,
                "Apache ZooKeeper with \(members)\(run) had no steady rate yet after "
                    + "\(warmUp.nanoseconds / 1_000_000_000) s of warming; its figures count all the same.")
        }
        guard let floor = options.zookeeperFloors?.floor(nodes: cell.nodes),
            let best = cell.recordedPhases.map(\.writesPerSecond).max(), best < floor
        else { return }
        cell.isTooSlow = true
        document.mark(
            .tooSlow,
            "Apache ZooKeeper with \(members) carried \(Int(best)) writes/s\(run), less than \(Int(floor)): it does not count.")
    }

    /// All runs of a size are done.
    private func showRows(of nodes: Int) {
        clearProgress()
        let chosen = ChosenPhases(document)
        for row in document.rows where row.nodes == nodes { say(table.row(row, chosen)) }
    }

    private func note(_ sentence: String) {
        clearProgress()
        standardError(sentence + "\n")
    }

    private func conclude() throws {
        let other = order.workload.name == "write-only" ? "task-dispatch" : "write-only"
        let command = isByScript ? "scripts/bench" : "quorate bench"
        say("")
        for part in [
            PhaseTable.text(document), StretchTable.text(document), FaultTable.text(document), RatioTable.text(document),
            ResultWords.legend(document), ScalingText.text(document),
            ResultWords.sentence(document),
            ResultWords.remarks(document),
        ] where !part.isEmpty { say(part + "\n") }
        if unwritten == nil {
            let logs = order.targets.contains(where: \.isLaunched) ? ", members' logs" : ""
            say("Files: \(place.path) (result.json\(logs)). Next: \(command) \(other), or \(command) --help.")
        }
        if options.json { put(String(decoding: try ResultFolder.encode(document), as: UTF8.self)) }
        if let code = ending.exitCode { throw ExitCode(code) }
        if let loss { throw loss }
        if let unwritten {
            throw Failure("\(unwritten.description) Name a place with room for it with --out.", code: 74)
        }
        if !options.missing.isEmpty || cells.contains(where: { $0.failure != nil }) { throw ExitCode(2) }
        if cells.contains(where: { !$0.failedChecks.isEmpty }) { throw ExitCode(3) }
        if isInvalid { throw ExitCode(5) }
    }

    /// The table and its words: the command's output, unless that is the document.
    private func say(_ text: String) {
        if options.json { return standardError(text + "\n") }
        put(text + "\n")
    }

    /// A full disk takes the table and not the figures, so the run goes on; where nobody reads any more it ends as by a signal.
    private func put(_ text: String) {
        guard loss == nil else { return }
        do throws(OutputLoss) {
            try StandardOutput.write(text)
        } catch {
            loss = error
            if error.isUnread { ending.cancel.set() }
        }
    }

    // MARK: progress

    /// A live line on a terminal, else a line every ten seconds.
    private func show(_ p: ProgressFigures) {
        let p99 = String(format: "%.2f", Double(p.p99) / 1e6)
        let target = order.targets.count > 1 ? " target=\(p.target)" : ""
        let text =
            "nodes=\(p.nodes)\(target) phase=\(p.phase) \(Int(p.seconds))/\(Int(p.plannedSeconds))s "
            + "writes=\(p.writesPerSecond)/s items=\(p.itemsPerSecond)/s p99=\(p99)ms backlog=\(p.backlog) errors=\(p.errors)"
        let now = quorate_monotonic_ns()
        if isTerminal {
            standardError("\r\u{1b}[K\(text)")
        } else if now - lastLineAt >= 10_000_000_000 {
            lastLineAt = now
            standardError(text + "\n")
        }
    }

    private func clearProgress() { if isTerminal { standardError("\r\u{1b}[K") } }
}
