// The course of one `quorate compare live`: all runs, their figures, and once more all of it if anything was found to be worse.

import ArgumentParser
import Benchmark
import CLinux
import Ensemble
import Foundation
import Report
import Results
import Workload

final class TurnTaking {
    private let order: SweepOrder
    private let rule: GateRule
    private let confirms: Bool
    private let ending: EndingSignals
    private var marks: [ResultMark] = []
    private var lastLineAt: UInt64 = 0

    init(_ order: SweepOrder, _ rule: GateRule, confirms: Bool, ending: EndingSignals) {
        self.order = order
        self.rule = rule
        self.confirms = confirms
        self.ending = ending
    }

    func compare(base: ComparedSide, new: ComparedSide, command: [String]) throws -> ComparisonDocument {
        let begin = quorate_monotonic_ns()
        let started = ResultFolder.timestamp(Date())
        let first = try figures()
        var document = ComparisonDocument(
            started: started, command: command, workload: order.workload.name, base: base, new: new, threshold: rule.threshold,
            differences: [], figures: first, verdict: rule.verdict(first), marks: [])
        if document.verdict == .worse, confirms {
            standardError("\(VerdictTable.sentence(document)) Once more, to be sure.\n")
            let second = try figures()
            document.confirmation = second
            document.verdict = rule.confirmed(first, by: second)
        }
        document.marks = marks
        document.durationNanoseconds = quorate_monotonic_ns() - begin
        return document
    }

    /// Of all runs; a target that could not be started or loaded, or that failed a check, ends the command.
    private func figures() throws -> [ComparedFigure] {
        var cells: [ResultCell] = []
        let isDone = Sweep(order, cancel: ending.cancel).run(
            Sweep.Events(
                progress: { self.show($0) }, notice: { standardError($0 + "\n") }, cell: { cells.append($0) }, size: { _ in }))
        if let code = ending.exitCode { throw ExitCode(code) }
        if let failed = cells.first(where: { $0.failure != nil }) {
            throw Failure("\(failed.target): \(failed.failure!)", code: 2)
        }
        guard isDone else { throw Failure("The comparison was ended early.", code: 2) }
        for cell in cells {
            if let check = cell.failedChecks.first {
                throw Failure("\(cell.target): check \(check.name) failed: \(check.sentence).", code: 3)
            }
        }
        note(cells)
        return PairedSides(cells.map { $0.withVoidPhases }, rule).figures
    }

    /// What speaks against what was measured; of several runs and sides each kind once.
    private func note(_ cells: [ResultCell]) {
        for cell in cells {
            for mark in cell.objections.map(\.mark) where !marks.contains(where: { $0.name == mark.name }) {
                marks.append(ResultMark(mark.name, "\(cell.target): \(mark.sentence)."))
            }
            if cell.target == PairedSides.new, cell.memberMarks?.contains("faults") == true,
                !marks.contains(where: { $0.name == .faults })
            {
                marks.append(ResultMark(.faults, "Faults were armed in the new side's members."))
            }
        }
    }

    private func show(_ progress: ProgressFigures) {
        let now = quorate_monotonic_ns()
        guard now - lastLineAt >= 10_000_000_000 else { return }
        lastLineAt = now
        standardError(
            "side=\(progress.target) phase=\(progress.phase) writes=\(progress.writesPerSecond)/s errors=\(progress.errors)\n")
    }
}

extension ResultCell {
    fileprivate var withVoidPhases: ResultCell {
        var noted = self
        noted.noteVoidPhases()
        return noted
    }
}
