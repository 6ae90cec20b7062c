// What a history says, for a terminal: of each figure where it stands now, and where it changed, by which factor, and at which
// commit. Figures of different machines are different series.

package import Results
package import Statistics

package struct HistoryChange: Sendable, Equatable {
    package let workload: String
    package let machine: String
    package let figure: String
    /// The first entry of the new stretch.
    package let time: String
    package let commit: String
    /// Medians of the stretches before and from there on.
    package let before: Double
    package let after: Double
    /// How many entries there are from the change on.
    package let age: Int

    package var factor: Double { after / before }
    package var isWorse: Bool { HistoryTable.isMoreBetter(figure) ? factor < 1 : factor > 1 }
}

package enum HistoryTable {
    /// - Parameter least: by how much a stretch must differ from the one before, as a share.
    package static func changes(_ entries: [HistoryEntry], least: Double, by rule: ChangePoints) -> [HistoryChange] {
        series(entries).flatMap { key, points -> [HistoryChange] in
            let borders = [0] + rule.find(points.map(\.value)) + [points.count]
            return (1..<max(borders.count - 1, 1)).compactMap { place in
                func middle(_ from: Int, _ to: Int) -> Double { median(points[from..<to].map(\.value)) ?? 0 }
                let (before, after) = (middle(borders[place - 1], borders[place]), middle(borders[place], borders[place + 1]))
                guard before > 0, after > 0, max(before / after, after / before) >= 1 + least else { return nil }
                let first = points[borders[place]].entry
                return HistoryChange(
                    workload: key.workload, machine: key.machine, figure: key.figure, time: first.time, commit: first.commit,
                    before: before, after: after, age: points.count - borders[place])
            }
        }
    }

    private struct Key: Hashable, Comparable {
        let workload: String
        let machine: String
        let figure: String

        static func < (one: Key, other: Key) -> Bool {
            (one.workload, one.machine, one.figure) < (other.workload, other.machine, other.figure)
        }
    }

    /// In the order of time.
    private static func series(_ entries: [HistoryEntry]) -> [(Key, [(entry: HistoryEntry, value: Double)])] {
        var found: [Key: [(entry: HistoryEntry, value: Double)]] = [:]
        for entry in entries.sorted(by: { $0.time < $1.time }) {
            for (figure, value) in entry.figures {
                found[Key(workload: entry.workload, machine: entry.machine, figure: figure), default: []].append(
                    (entry, value.value))
            }
        }
        return found.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    static func isMoreBetter(_ figure: String) -> Bool {
        figure.split(separator: ".").last.flatMap { ResultMetric(rawValue: String($0)) }?.isMoreBetter ?? true
    }

    package static func text(_ entries: [HistoryEntry], _ changes: [HistoryChange]) -> String {
        let all = series(entries)
        let machines = Set(entries.map(\.machine)).count
        let longest = all.map(\.1.count).max() ?? 0
        var lines = [
            "\(entries.count) result\(entries.count == 1 ? "" : "s"), \(all.count) series"
                + (machines > 1 ? " on \(machines) machines" : "") + ", the longest of \(longest)."
        ]
        if changes.isEmpty {
            lines.append("No figure has changed by more than chance.")
        } else {
            lines.append("")
            lines += table(changes)
        }
        return lines.joined(separator: "\n")
    }

    private static func table(_ changes: [HistoryChange]) -> [String] {
        let rows = changes.map { change in
            [
                "\(change.workload) \(change.figure)", String(change.commit.prefix(12)), change.time,
                shown(change.before, change.figure), shown(change.after, change.figure),
                Numbers.fixed(change.factor, places: 3), change.isWorse ? "worse" : "better",
            ]
        }
        let titles = ["figure", "commit", "since", "before", "after", "factor", ""]
        let widths = titles.indices.map { column in ([titles] + rows).map { $0[column].count }.max() ?? 0 }
        return ([titles] + rows).map { cells in
            cells.indices.map { padded(cells[$0], to: widths[$0], left: $0 < 3) }.joined(separator: "  ")
        }
    }

    private static func shown(_ value: Double, _ figure: String) -> String {
        let metric = figure.split(separator: ".").last.flatMap { ResultMetric(rawValue: String($0)) }
        return metric?.shown(value) ?? Numbers.significant(value)
    }
}
