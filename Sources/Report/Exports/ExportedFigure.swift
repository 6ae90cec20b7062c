// The figures that tools which watch a project over time are given: those by which targets are compared, of each size, target and
// recorded phase, with the interval over the runs where there were several. Cells that failed or do not count have none.

internal import Foundation
package import Results

package struct ExportedFigure: Sendable, Equatable {
    package let nodes: Int
    package let target: String
    package let phase: String
    package let metric: ResultMetric
    package let value: Double
    /// Over the runs; nil of fewer than an interval needs.
    package let low: Double?
    package let high: Double?
    /// From how many runs.
    package let samples: Int
    /// The generator made it.
    package let isVoid: Bool

    /// What it is of, in words that stay the same from run to run.
    var place: String { "\(phase)/\(nodes)/\(target)" }
    var name: String { "\(place) \(metric.rawValue)" }

    /// All of them, void ones, too.
    package static func all(_ document: ResultDocument) -> [ExportedFigure] {
        document.rows.filter { $0.failure == nil && $0.isTooSlow != true }.flatMap { row in
            zip(row.recordedPhases, row.comparedPhases).flatMap { phase, compared in
                ResultMetric.allCases.compactMap { metric in
                    compared.figures[metric].map { ExportedFigure(document, row, phase, metric, $0) }
                }
            }
        }
    }

    /// Where there were several runs, the median over them: the interval is that of the median.
    private init(
        _ document: ResultDocument, _ row: ResultCell, _ phase: ResultPhase, _ metric: ResultMetric, _ value: Double
    ) {
        let over = document.summaries?.first {
            $0.nodes == row.nodes && $0.target == row.target && $0.phase == phase.name && $0.metric == metric
        }?.value
        nodes = row.nodes
        target = row.target
        self.phase = phase.name
        self.metric = metric
        self.value = over?.median ?? value
        low = over?.low
        high = over?.high
        samples = over?.samples ?? 1
        isVoid = phase.makesVoid(metric)
    }

    /// Those that hold, and a remark on those that do not. A result without any is of no use to whoever reads them.
    static func holding(_ document: ResultDocument) throws(ResultError) -> (figures: [ExportedFigure], remarks: [String]) {
        let all = all(document)
        let void = all.filter(\.isVoid)
        let figures = all.filter { !$0.isVoid }
        guard !figures.isEmpty else {
            let reason = void.isEmpty ? "nothing was measured" : "the load generator made all of them"
            throw ResultError(description: "'\(document.id)' has no figure that holds: \(reason).")
        }
        return (figures, leftOut(void.map(\.name)))
    }

    static func leftOut(_ names: [String]) -> [String] {
        guard !names.isEmpty else { return [] }
        return ["Left out, as the load generator made them: \(names.joined(separator: ", "))."]
    }
}

/// Every number's key ends in its unit.
enum FigureUnit {
    private static let plain: Set<Substring> = ["ns", "us", "bytes"]

    /// Empty of a count or a share.
    static func of(key: String) -> String {
        if key.hasPrefix("per_") { return "/" + key.dropFirst("per_".count) }
        if let per = key.range(of: "_per_") {
            return "\(key[..<per.lowerBound].split(separator: "_").last ?? "")/\(key[per.upperBound...])"
        }
        return key.split(separator: "_").last.flatMap { plain.contains($0) ? String($0) : nil } ?? ""
    }
}

extension ResultMetric {
    var unit: String { FigureUnit.of(key: rawValue) }

    /// The key without its unit.
    var subject: String {
        if let per = rawValue.range(of: "_per_") {
            let words = rawValue[..<per.lowerBound].split(separator: "_")
            return words.count > 1 ? words.dropLast().joined(separator: "_") : String(words[0])
        }
        return unit.isEmpty ? rawValue : String(rawValue.dropLast(unit.count + 1))
    }
}
