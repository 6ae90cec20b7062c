// What the action benchmark-action/github-action-benchmark reads with `customSmallerIsBetter` or `customBiggerIsBetter`: a list
// of figures that must not be empty. A file has one direction, so that a result makes two of them.

internal import Foundation
internal import Results

enum GitHubActionBenchmarkExport {
    private struct Entry: Encodable {
        let name: String
        let unit: String
        let value: Double
        /// Left out of a single run.
        let range: String?
        let extra: String
    }

    static func export(
        _ document: ResultDocument, _ direction: ExportOptions.Direction?
    ) throws(ResultError) -> Exported {
        guard let direction else {
            throw ResultError(
                description: "github-action-benchmark has one direction a file: say --direction smaller or --direction bigger.")
        }
        let (all, remarks) = try ExportedFigure.holding(document)
        let figures = all.filter { $0.metric.isMoreBetter == (direction == .bigger) }
        guard !figures.isEmpty else {
            throw ResultError(
                description:
                    "'\(document.id)' has no figure of which \(direction.rawValue) is better, and an empty list is an error.")
        }
        let extra = about(document)
        return Exported(text: try JSONText.of(figures.map { entry($0, document, extra) }), remarks: remarks)
    }

    private static func entry(_ figure: ExportedFigure, _ document: ResultDocument, _ extra: String) -> Entry {
        // Nanoseconds make unreadable axes.
        let isTime = figure.metric.unit == "ns"
        let scale = isTime ? 1e-6 : 1
        var range: String?
        if let low = figure.low, let high = figure.high {
            range = "[\(Numbers.significant(low * scale)), \(Numbers.significant(high * scale))]"
        }
        return Entry(
            name: "\(document.workload.name)/\(figure.place) \(figure.metric.subject)", unit: isTime ? "ms" : figure.metric.unit,
            value: figure.value * scale, range: range, extra: "runs: \(figure.samples)\n\(extra)")
    }

    /// What the chart shows of a point beside its value.
    private static func about(_ document: ResultDocument) -> String {
        var lines = ["result: \(document.id)", "version: \(document.tool.version)"]
        if let git = document.tool.git { lines.append("commit: \(git)") }
        var names: [String] = []
        for mark in document.marks.map(\.name.rawValue) where !names.contains(mark) { names.append(mark) }
        if !names.isEmpty { lines.append("marks: \(names.joined(separator: ", "))") }
        return lines.joined(separator: "\n")
    }
}
