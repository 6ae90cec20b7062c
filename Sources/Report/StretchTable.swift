// Stretches of time that several requests make up: until a lock was held, a message read by a subscriber, a task of each priority
// taken. A row for each recorded phase, size and target.

package import Results

package enum StretchTable {
    /// Nothing where the table of sizes says it all, as of queues without priorities.
    package static func text(_ document: ResultDocument) -> String {
        let rows = document.rows.flatMap { cell in
            cell.recordedPhases.flatMap { phase in
                phase.operations.filter { $0.isStretch && $0.op != "dispatch" && $0.response != nil }.map { (cell, phase, $0) }
            }
        }
        guard !rows.isEmpty else { return "" }
        let names = document.namesTargets
        let first = rows.map { cell, phase, operation in
            "\(phase.name), \(cell.nodes) member\(cell.nodes == 1 ? "" : "s")\(names ? " of \(cell.target)" : "")"
                + (cell.parameterWords.map { " and \($0)" } ?? "") + ": \(operation.op)"
        }
        let width = first.map(\.count).max() ?? 0
        var lines = [padded("", to: width) + " │ times/s    p50 ms    p99    max"]
        lines.append(String(repeating: "─", count: width) + "─┼─" + String(repeating: "─", count: 31))
        for (name, (_, phase, operation)) in zip(first, rows) {
            let seconds = Double(max(phase.durationNanoseconds, 1)) / 1e9
            let figures = operation.response
            let times = [50.0, 99].map { Numbers.milliseconds(figures?.percentile($0)) } + [Numbers.milliseconds(figures?.max)]
            lines.append(
                padded(name, to: width, left: true) + " │ "
                    + padded(Numbers.whole(Double(operation.acknowledgedInside) / seconds), to: 7) + padded(times[0], to: 10)
                    + padded(times[1], to: 7) + padded(times[2], to: 7))
        }
        return lines.joined(separator: "\n")
    }
}
