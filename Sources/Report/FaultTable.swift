// What faults did to those who wrote, for a terminal: a row for each stretch before, during and after them.

package import Results

package enum FaultTable {
    /// Nothing without faults.
    package static func text(_ document: ResultDocument) -> String {
        let rows = document.rows.flatMap { cell in
            (cell.stretches ?? []).filter { $0.response != nil || $0.place == "during" }.map {
                row($0, cell, document.namesTargets)
            }
        }
        guard !rows.isEmpty else { return "" }
        let titles = ["", "from s", "to s", "writes/s", "p50 ms", "p99", "max", "silent ms"]
        let widths = titles.indices.map { column in ([titles] + rows).map { $0[column].count }.max() ?? 0 }
        func line(_ cells: [String]) -> String {
            let parts = cells.indices.map { padded(cells[$0], to: widths[$0], left: $0 == 0) }
            return parts[0] + " │ " + parts.dropFirst().joined(separator: "  ")
        }
        let rule =
            String(repeating: "─", count: widths[0]) + "─┼─"
            + String(repeating: "─", count: widths.dropFirst().reduce(0, +) + 2 * (widths.count - 2))
        return ([line(titles), rule] + rows.map(line)).joined(separator: "\n")
            + "\nResponse times of writes by when they were answered; silent: hundredths of a second without any."
    }

    private static func row(_ stretch: ResultFaultStretch, _ cell: ResultCell, _ namesTargets: Bool) -> [String] {
        let whose = "\(cell.nodes) member\(cell.nodes == 1 ? "" : "s")\(namesTargets ? " of \(cell.target)" : "")"
        let what = stretch.place == "during" ? "during " + Numbers.list(stretch.faults) : stretch.place
        let seconds = Double(max(stretch.toNanoseconds, stretch.fromNanoseconds) - stretch.fromNanoseconds) / 1e9
        let times = stretch.response
        return [
            "\(whose): \(what)", seconds1(stretch.fromNanoseconds), seconds1(stretch.toNanoseconds),
            seconds > 0 ? Numbers.whole(Double(times?.count ?? 0) / seconds) : Numbers.absent,
            Numbers.milliseconds(times?.percentile(50)), Numbers.milliseconds(times?.percentile(99)),
            Numbers.milliseconds(times?.max), stretch.silentBins.map { Numbers.whole(Double($0) * 10) } ?? Numbers.absent,
        ]
    }

    private static func seconds1(_ nanoseconds: UInt64) -> String { Numbers.fixed(Double(nanoseconds) / 1e9, places: 2) }
}
