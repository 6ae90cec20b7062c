// Two results that were measured at different times: each figure's values over the runs of either, as two sets that have only the
// machine in common. What the machine did meanwhile is not seen, so such a comparison needs more distance than one of sides that
// took turns.

internal import Foundation
package import Results
internal import Statistics

package struct DocumentSides {
    private let base: ResultDocument
    private let new: ResultDocument
    private let targets: (base: String, new: String)
    private let rule: GateRule

    /// - Parameter target: of both; nil for the first of each.
    package init(base: ResultDocument, new: ResultDocument, target: String? = nil, _ rule: GateRule) {
        self.base = base
        self.new = new
        self.rule = rule
        targets = (target ?? base.targets.first?.name ?? "", target ?? new.targets.first?.name ?? "")
    }

    package var figures: [ComparedFigure] {
        let sizes = base.rows.filter { $0.target == targets.base }.map(\.nodes)
        let phases = ComparedPhase.all(base.rows + new.rows)
        return sizes.flatMap { nodes in
            phases.flatMap { phase in ResultMetric.allCases.compactMap { figure(nodes, phase, $0) } }
        }
    }

    private func figure(_ nodes: Int, _ phase: ComparedPhase, _ metric: ResultMetric) -> ComparedFigure? {
        let before = base.values(nodes, targets.base, phase.name, metric)
        let after = new.values(nodes, targets.new, phase.name, metric)
        guard let base = median(before), let new = median(after) else { return nil }
        let interval = Interval.bootstrapOfDifference(after.map { log($0) }, before.map { log($0) }, seed: PairedSides.seed)
        let ratio = ResultInterval(logarithms: interval, orMedian: log(new / base), of: min(before.count, after.count))
        return ComparedFigure(
            nodes: nodes, phase: phase, metric: metric, base: base, new: new, ratio: ratio, resolution: nil, rule: rule)
    }
}

extension ResultDocument {
    /// One value of each run on fresh directories; of a single run one of each slice, or its only one.
    func values(_ nodes: Int, _ target: String, _ phase: String, _ metric: ResultMetric) -> [Double] {
        func figure(_ phases: [ResultSlicePhase]) -> Double? { phases.first { $0.name == phase }?.figures[metric] }
        let found: [Double?]
        if let runs {
            let counting = runs.filter {
                $0.nodes == nodes && $0.target == target && $0.failure == nil && $0.isTooSlow != true
            }
            found = counting.map { figure($0.phases) }
        } else {
            let own = cells.filter { $0.nodes == nodes && $0.target == target && $0.failure == nil }
            found = own.flatMap { cell in cell.slices?.map { figure($0.phases) } ?? [figure(cell.comparedPhases)] }
        }
        return found.compactMap(\.self).filter { $0 > 0 }
    }
}
