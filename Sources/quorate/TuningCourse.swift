// The course of one `quorate tune`: passes around the best settings so far, each in stages of turns with half of the candidates
// of the stage before; then the proof.

import ArgumentParser
import Benchmark
import CLinux
import Ensemble
import Foundation
import Report
import Results
import Workload

final class TuningCourse {
    /// A turn's load is an eighth of the workload's, whatever the number of turns.
    static let slicesOfALoad = 8

    struct Plan {
        /// Without targets: they are the candidates'.
        var order: SweepOrder
        var knobs: [TuningKnob]
        /// Candidates of a pass.
        var limit: Int
        /// The server's own values, where the common lines have others.
        var undone: [TuningSetting] = []
        var makeTarget: (TuningCandidate) throws -> BenchTarget
        var objective: TuningObjective
        var target: String
        var common: [String] = []
        /// nil: nothing is to be proved.
        var proofWorkload: Workload?
        var command: [String] = []

        init(
            order: SweepOrder, knobs: [TuningKnob], limit: Int, objective: TuningObjective, target: String,
            makeTarget: @escaping (TuningCandidate) throws -> BenchTarget
        ) {
            self.order = order
            self.knobs = knobs
            self.limit = limit
            self.makeTarget = makeTarget
            self.objective = objective
            self.target = target
        }
    }

    private let plan: Plan
    private let ending: EndingSignals
    private var marks: [ResultMark] = []
    private var candidates: [TuningCandidate] = []
    private var targets: [BenchTarget] = []
    private var found: [TunedCandidate] = []
    /// Stages of the passes before.
    private var stagesBefore = 0
    private static let mostPasses = 3
    private var lastLineAt: UInt64 = 0

    init(_ plan: Plan, ending: EndingSignals) {
        self.plan = plan
        self.ending = ending
    }

    private func add(_ new: [TuningCandidate]) throws {
        for candidate in new {
            candidates.append(candidate)
            targets.append(try plan.makeTarget(candidate))
            found.append(
                TunedCandidate(
                    name: candidate.name, settings: candidate.settings.map { "\($0.key)=\($0.value)" },
                    changesPromise: candidate.changesPromise, stages: 0, figures: [:], gain: nil, isOnFront: false))
        }
    }

    func run() throws -> TuningDocument {
        let begin = quorate_monotonic_ns()
        let started = ResultFolder.timestamp(Date())
        try add(TuningGrid.candidates(plan.knobs, limit: plan.limit, second: plan.undone))
        try pass(Array(candidates.indices.dropFirst()))
        for _ in 1..<Self.mostPasses {
            guard let name = best(), let place = found.firstIndex(where: { $0.name == name }) else { break }
            let next = TuningGrid.around(
                candidates[place].settings, plan.knobs, limit: plan.limit - 1, tried: Set(candidates.map(\.name)))
            guard !next.isEmpty else { break }
            standardError("On from \(name).\n")
            let first = candidates.count
            try add(next)
            try pass([place] + Array(first..<candidates.count))
            // No step leads farther.
            if best() == name { break }
        }
        found.markFront()
        let recommended = best()
        var document = TuningDocument(
            started: started, command: plan.command, workload: plan.order.workload.name, target: plan.target,
            nodes: plan.order.nodes[0], objective: plan.objective, common: plan.common, candidates: ranked,
            recommended: recommended,
            marks: [])
        if let recommended, let workload = plan.proofWorkload { document.proof = try proof(of: recommended, workload) }
        document.marks = marks
        document.durationNanoseconds = quorate_monotonic_ns() - begin
        return document
    }

    // MARK: stages

    private func pass(_ places: [Int]) throws {
        var halving = SuccessiveHalving(candidates: places.count)
        while true {
            let gains = try stage(halving, places)
            if halving.isLast { break }
            halving.advance(gains: gains)
        }
        stagesBefore += halving.stage
    }

    /// Lets the default and what is left of `all` take turns; the gains of these, as logarithms would rank them.
    private func stage(_ halving: SuccessiveHalving, _ all: [Int]) throws -> [Double?] {
        let places = [0] + halving.left.map { all[$0] }
        let stage = stagesBefore + halving.stage
        standardError(
            "Stage \(stage): \(halving.left.count) candidate\(halving.left.count == 1 ? "" : "s") beside the default, "
                + "\(halving.turns) turns each.\n")
        var order = plan.order
        order.targets = places.map { targets[$0] }
        order.rounds = halving.turns
        let cells = try load(order)
        let judge = TuningGain(cells, plan.objective)
        if let objection = judge.objection {
            throw Failure("--objective \(objection); '\(order.workload.name)' has none.", code: 64)
        }
        for place in places {
            found[place].stages = stage
            found[place].figures = judge.figures(of: found[place].name)
            if place > 0 { found[place].gain = judge.gain(of: found[place].name) }
        }
        return halving.left.map { found[all[$0]].gain?.median }
    }

    /// Settings with which no ensemble comes up are out; the default must.
    private func load(_ order: SweepOrder) throws -> [ResultCell] {
        var cells: [ResultCell] = []
        let isDone = Sweep(order, cancel: ending.cancel).run(
            Sweep.Events(
                progress: { self.show($0) }, notice: { standardError($0 + "\n") }, cell: { cells.append($0) }, size: { _ in }))
        if let code = ending.exitCode { throw ExitCode(code) }
        guard isDone else { throw Failure("The search was ended early.", code: 2) }
        for cell in cells {
            if let failure = cell.failure {
                guard cell.target != TuningCandidate.defaultName else { throw Failure("\(cell.target): \(failure)", code: 2) }
                marks.append(ResultMark(.partial, "\(cell.target) gave no figures: \(failure)"))
            } else if let check = cell.failedChecks.first {
                throw Failure("\(cell.target): check \(check.name) failed: \(check.sentence).", code: 3)
            }
            for mark in cell.objections.map(\.mark) where !marks.contains(where: { $0.name == mark.name }) {
                marks.append(ResultMark(mark.name, "\(cell.target): \(mark.sentence)."))
            }
        }
        return cells
    }

    private func show(_ progress: ProgressFigures) {
        let now = quorate_monotonic_ns()
        guard now - lastLineAt >= 10_000_000_000 else { return }
        lastLineAt = now
        standardError(
            "settings=\"\(progress.target)\" phase=\(progress.phase) writes=\(progress.writesPerSecond)/s errors=\(progress.errors)\n"
        )
    }

    // MARK: the choice

    /// The default, then those that came farthest, by what they gained there.
    private var ranked: [TunedCandidate] {
        [found[0]]
            + found.dropFirst().sorted { ($0.stages, $0.gain?.median ?? 0) > ($1.stages, $1.gain?.median ?? 0) }
    }

    /// Of those that were in the last stage and keep the default's promise, the one that gained most, if it is more than chance.
    private func best() -> String? {
        let last = found.dropFirst().map(\.stages).max() ?? 0
        return found.dropFirst().filter { $0.stages == last && !$0.changesPromise }
            .filter { ($0.gain?.low ?? 0) > 1 }.max { ($0.gain?.median ?? 0) < ($1.gain?.median ?? 0) }?.name
    }

    /// The default against what is recommended, both anew and under a load that the search did not see.
    private func proof(of name: String, _ workload: Workload) throws -> ComparisonDocument {
        standardError("The proof: the default against \(name).\n")
        let place = found.firstIndex { $0.name == name }!
        func side(_ name: String, _ target: BenchTarget) -> BenchTarget {
            BenchTarget(
                name: name, kind: target.kind, version: target.version, program: target.program, mustWarmUp: target.mustWarmUp)
        }
        let (base, new) = (targets[0], targets[place])
        var order = plan.order
        order.workload = workload
        order.targets = [side(PairedSides.base, base), side(PairedSides.new, new), side(PairedSides.again, base)]
        order.repetitions = 3
        order.rounds = 4
        let metrics: Set<ResultMetric> =
            switch plan.objective {
            case .throughput: [.writes, .items, .reads]
            case .latency: [.commitMedian, .commitP99]
            case .both: [.writes, .items, .reads, .commitP99]
            }
        let rule = GateRule(threshold: 0.05, gated: metrics)
        func described(_ settings: [String]) -> ComparedSide {
            ComparedSide(name: plan.target, version: base.version, git: nil, settings: plan.common + settings)
        }
        return try TurnTaking(order, rule, confirms: false, ending: ending).compare(
            base: described([]), new: described(found[place].settings), command: plan.command)
    }
}
