// A row for each recorded phase of a workload that has more of them than the one for latency and the one for throughput, such as
// an axis of read shares: what got through, and how long reads and writes took there.

package import Results

package enum PhaseTable {
    private static let simple = 2

    /// Nothing where the table above says it all.
    package static func text(_ document: ResultDocument) -> String {
        let rows = document.rows.filter { $0.failure == nil }
        var names: [String] = []
        for phase in rows.flatMap(\.recordedPhases) where !names.contains(phase.name) { names.append(phase.name) }
        guard names.count > simple else { return "" }
        let isMarked = rows.contains { $0.recordedPhases.contains(where: \.isUnsteady) }
        let width = max(5, (names.map(\.count).max() ?? 0) + (isMarked ? Numbers.unsteady.count : 0))
        let target = document.namesTargets ? max(6, document.targets.map(\.name.count).max() ?? 0) : 0
        let values = rows.compactMap { $0.parameterWords?.count }.max() ?? 0
        var lines = head(phase: width, values: values, target: target)
        for name in names {
            for cell in rows {
                guard let phase = cell.recordedPhases.first(where: { $0.name == name }) else { continue }
                lines.append(row(phase, cell, width, values, target))
            }
        }
        return lines.joined(separator: "\n")
    }

    private static func head(phase: Int, values: Int, target: Int) -> [String] {
        let first =
            padded("phase", to: phase, left: true) + " members" + (values > 0 ? " " + padded("with", to: values, left: true) : "")
            + (target > 0 ? " " + padded("target", to: target) : "")
        let groups = [
            first, "  reads/s  writes/s", "read ms p50    p99", "write ms p50    p99",
        ]
        return [
            groups.joined(separator: " │ "), groups.map { String(repeating: "─", count: $0.count) }.joined(separator: "─┼─"),
        ]
    }

    private static func row(
        _ phase: ResultPhase, _ cell: ResultCell, _ width: Int, _ values: Int, _ target: Int
    ) -> String {
        func times(_ figures: LatencySummary?, _ width: Int) -> String {
            padded(Numbers.milliseconds(figures?.p50), to: width) + " " + padded(Numbers.milliseconds(figures?.p99), to: 6)
        }
        let names =
            padded(phase.name + (phase.isUnsteady ? Numbers.unsteady : ""), to: width, left: true)
            + padded("\(cell.nodes)", to: 8)
            + (values > 0 ? " " + padded(cell.parameterWords ?? "", to: values, left: true) : "")
            + (target > 0 ? " " + padded(cell.target, to: target) : "")
        let writes = phase.writesPerSecond > 0 ? phase.writesPerSecond : nil
        let rates = padded(Numbers.whole(phase.readsPerSecond), to: 9) + " " + padded(Numbers.whole(writes), to: 9)
        return [names, rates, times(phase.readResponse?.summary, 11), times(phase.commit, 12)].joined(separator: " │ ")
    }
}
