// Two sides that took turns in the same run: their figures in pairs of one round, and beside them the base once more, as an
// ensemble of its own, which tells what the machine can't tell apart today.

internal import Foundation
package import Results
internal import Statistics

package struct PairedSides {
    package static let base = "base"
    package static let again = "again"
    package static let new = "new"
    /// Resampling begins from it, so that a verdict can be computed again.
    static let seed: UInt64 = 20_110_627

    private let rule: GateRule
    private let runs: [ResultRun]
    private let phases: [ComparedPhase]

    /// - Parameter cells: of the targets `base`, `new` and, where there is one, `again`, each run whole.
    package init(_ cells: [ResultCell], _ rule: GateRule) {
        self.rule = rule
        runs = cells.filter { $0.failure == nil }.map(ResultRun.init)
        phases = ComparedPhase.all(cells)
    }

    package var figures: [ComparedFigure] {
        var sizes: [Int] = []
        for run in runs where !sizes.contains(run.nodes) { sizes.append(run.nodes) }
        return sizes.flatMap { nodes in
            phases.flatMap { phase in ResultMetric.allCases.compactMap { figure(nodes, phase, $0) } }
        }
    }

    private func figure(_ nodes: Int, _ phase: ComparedPhase, _ metric: ResultMetric) -> ComparedFigure? {
        var against: [[Double]] = []
        var itself: [[Double]] = []
        var sides: (base: [Double], new: [Double]) = ([], [])
        for run in Set(runs.map(\.repetition)).sorted(by: { ($0 ?? 0) < ($1 ?? 0) }) {
            let rounds = Round.all(of: runs.filter { $0.nodes == nodes && $0.repetition == run }, phase.name, metric)
            against.append(rounds.compactMap(\.newOverBase))
            itself.append(rounds.compactMap(\.baseOverItself))
            sides.base += rounds.flatMap(\.bases)
            sides.new += rounds.compactMap(\.new)
        }
        guard let base = median(sides.base), let new = median(sides.new), let middle = median(against.flatMap(\.self)) else {
            return nil
        }
        let ratio = ResultInterval(
            logarithms: Interval.bootstrapOfMedian(ofRuns: against, seed: Self.seed), orMedian: middle,
            of: against.joined().count)
        let resolution = Interval.bootstrapOfMedian(ofRuns: itself, seed: Self.seed).map { max(exp($0.high), exp(-$0.low)) - 1 }
        return ComparedFigure(
            nodes: nodes, phase: phase, metric: metric, base: base, new: new, ratio: ratio, resolution: resolution, rule: rule)
    }
}

/// One figure of one round.
private struct Round {
    var new: Double?
    var bases: [Double]

    static func all(of runs: [ResultRun], _ phase: String, _ metric: ResultMetric) -> [Round] {
        func figures(_ target: String) -> [Int: Double] {
            var found: [Int: Double] = [:]
            for slice in runs.first(where: { $0.target == target })?.slices ?? [] {
                let value = slice.phases.first { $0.name == phase }?.figures[metric]
                if let value, value > 0 { found[slice.round] = value }
            }
            return found
        }
        let (base, again, new) = (figures(PairedSides.base), figures(PairedSides.again), figures(PairedSides.new))
        return Set(base.keys).union(again.keys).union(new.keys).sorted().map { round in
            Round(new: new[round], bases: [base[round], again[round]].compactMap(\.self))
        }
    }

    /// As a logarithm. The base stands for itself twice where it was there twice, so chance falls out by a quarter more.
    var newOverBase: Double? {
        guard let new, !bases.isEmpty else { return nil }
        return log(new) - bases.reduce(0) { $0 + log($1) } / Double(bases.count)
    }

    var baseOverItself: Double? { bases.count == 2 ? log(bases[1]) - log(bases[0]) : nil }
}

/// A recorded phase, and which of its figures say anything: a rate that is prescribed doesn't, nor does the time that requests
/// wait behind each other where as many as possible are on their way.
struct ComparedPhase {
    let name: String
    let isOpenLoop: Bool
    let isVoid: Bool
    let isUnsteady: Bool

    static func all(_ cells: [ResultCell]) -> [ComparedPhase] {
        var found: [ComparedPhase] = []
        for phase in cells.flatMap(\.recordedPhases) where !found.contains(where: { $0.name == phase.name }) {
            let isVoid = cells.contains { $0.phases.contains { $0.name == phase.name && $0.isVoid == true } }
            let isUnsteady = cells.contains { $0.phases.contains { $0.name == phase.name && $0.isUnsteady } }
            found.append(
                ComparedPhase(name: phase.name, isOpenLoop: phase.isOpenLoop, isVoid: isVoid, isUnsteady: isUnsteady))
        }
        return found
    }

    func says(_ metric: ResultMetric) -> Bool {
        switch metric {
        case .writes, .reads, .items: !isOpenLoop
        case .commitMedian, .commitP99, .flushMean: isOpenLoop
        case .cpuPerWrite, .lastBack: true
        }
    }

    /// The generator made this figure.
    func isVoid(_ metric: ResultMetric) -> Bool { isVoid && (isOpenLoop ? metric == .commitP99 : metric.isRate) }
}

extension ComparedFigure {
    init?(
        nodes: Int, phase: ComparedPhase, metric: ResultMetric, base: Double, new: Double, ratio: ResultInterval,
        resolution: Double?, rule: GateRule
    ) {
        guard phase.says(metric) else { return nil }
        let found =
            phase.isVoid(metric)
            ? (.undecided, "the load generator made it")
            : phase.isUnsteady
                ? (.undecided, "its phase did not reach steady state") : rule.judge(ratio, of: metric, resolution: resolution)
        self.init(
            nodes: nodes, phase: phase.name, metric: metric, base: base, new: new, ratio: ratio, resolution: resolution,
            isGated: rule.gated.contains(metric), verdict: found.0, reason: found.1)
    }
}

extension ResultInterval {
    /// Back from logarithms; without an interval `median`, a logarithm, alone.
    init(logarithms interval: Interval?, orMedian median: Double, of samples: Int) {
        self.init(
            median: exp(interval?.median ?? median), low: interval.map { exp($0.low) }, high: interval.map { exp($0.high) },
            confidence: interval?.confidence ?? 0.95, samples: samples)
    }
}
