// Go's benchmark text, which `benchstat` compares by medians and a rank test: a line for each run, or for each slice of a single
// run. Keys of the head divide tables, so they hold what must be alike on both sides; the rest are lines that it passes over.

internal import Foundation
internal import Results

enum BenchstatExport {
    /// Of fewer it gives no interval.
    private static let fewestLines = 6

    static func export(_ document: ResultDocument) throws(ResultError) -> Exported {
        let (figures, remarks) = try ExportedFigure.holding(document)
        var lines = head(document) + units(figures)
        var fewest = Int.max
        for row in document.rows where row.failure == nil && row.isTooSlow != true {
            let samples = samples(row, document)
            for phase in row.recordedPhases {
                let held = figures.filter { $0.nodes == row.nodes && $0.target == row.target && $0.phase == phase.name }
                let own = samples.compactMap { $0.first { $0.name == phase.name } }
                let found = own.compactMap { line(held.map(\.metric), $0, row, document) }
                lines += found
                if !found.isEmpty { fewest = min(fewest, found.count) }
            }
        }
        let few = "benchstat gives no interval of fewer than \(fewestLines) runs, and here are \(fewest); measure with --repeat."
        return Exported(
            text: lines.joined(separator: "\n") + "\n", remarks: remarks + (fewest < fewestLines ? [few] : []))
    }

    private static func head(_ document: ResultDocument) -> [String] {
        let commit = document.tool.git.map { " commit \($0)\(document.tool.dirty == true ? " with changes" : "")" } ?? ""
        var lines = ["# \(oneLine(document.id)): quorate \(oneLine(document.tool.version))\(oneLine(commit))"]
        var names: [String] = []
        for mark in document.marks.map(\.name.rawValue) where !names.contains(mark) { names.append(mark) }
        if !names.isEmpty { lines.append("# marks: \(names.joined(separator: ", "))") }
        if let model = document.environment.cpuModel { lines.append("cpu: \(oneLine(model))") }
        return lines + ["cpus: \(document.environment.cpus)", ""]
    }

    private static func units(_ figures: [ExportedFigure]) -> [String] {
        ResultMetric.allCases.filter { metric in figures.contains { $0.metric == metric } }.map {
            "Unit \(unit($0).name) better=\($0.isMoreBetter ? "higher" : "lower")"
        }
    }

    /// The runs of a size and target, the slices of its only one, or it alone.
    private static func samples(_ row: ResultCell, _ document: ResultDocument) -> [[ResultSlicePhase]] {
        let runs = (document.runs ?? []).filter {
            $0.nodes == row.nodes && $0.target == row.target && $0.failure == nil && $0.isTooSlow != true
        }
        if !runs.isEmpty { return runs.map(\.phases) }
        if let slices = row.slices, slices.count > 1 { return slices.map(\.phases) }
        return [row.comparedPhases]
    }

    /// nil if nothing of it holds.
    private static func line(
        _ metrics: [ResultMetric], _ phase: ResultSlicePhase, _ row: ResultCell, _ document: ResultDocument
    ) -> String? {
        let values = metrics.compactMap { metric -> String? in
            guard let value = phase.figures[metric] else { return nil }
            let unit = unit(metric)
            return "\(value * unit.scale) \(unit.name)"
        }
        guard !values.isEmpty else { return nil }
        let parts = [
            "workload=\(word(document.workload.name))", "phase=\(word(phase.name))", "nodes=\(row.nodes)",
            "target=\(word(row.target))",
        ]
        return "BenchmarkQuorate/\(parts.joined(separator: "/"))-\(document.environment.cpus) 1 \(values.joined(separator: " "))"
    }

    /// In units that benchstat takes for seconds, so that it can scale them.
    private static func unit(_ metric: ResultMetric) -> (name: String, scale: Double) {
        if metric.unit.hasPrefix("us/") { return ("\(metric.subject)-ns/\(metric.unit.dropFirst(3))", 1_000) }
        return metric.unit == "ns" ? ("\(metric.subject.replacing("_", with: "-"))-ns", 1) : (metric.unit, 1)
    }

    /// Blanks end a name, and a slash divides it.
    private static func word(_ text: String) -> String {
        String(
            text.map {
                $0.isWhitespace || $0 == "/" || $0.isASCII && !$0.isLetter && !$0.isNumber && !"-_.:,[]".contains($0) ? "_" : $0
            })
    }

    private static func oneLine(_ text: String) -> String { String(text.map { $0.isNewline ? " " : $0 }) }
}
