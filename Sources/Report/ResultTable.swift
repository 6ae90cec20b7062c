// The table of a benchmark for a terminal: one row for each ensemble size, printed as it is done, under a head that says what the
// columns are. The words under it are in ResultWords.swift.

package import Results

package struct ResultTable: Sendable {
    private struct Column {
        let title: String
        let width: Int
        let value: @Sendable (CellFigures) -> String
    }

    private struct Group {
        let title: String
        let columns: [Column]

        var width: Int { max(title.count, columns.reduce(0) { $0 + $1.width } + columns.count - 1) }
    }

    private let groups: [Group]

    /// Columns of queues and of reads are left out of workloads without any, and names of targets where there is only ours.
    /// - Parameter axes: paths of the values of which lists were tried, with their longest one.
    package init(
        hasQueues: Bool, hasReads: Bool = false, targets: [String] = [ResultTarget.quorate],
        axes: [(path: String, width: Int)] = []
    ) {
        let found = Self.groups.compactMap { group in
            let columns = group.columns.filter { column in
                let title = group.title + column.title
                return (hasQueues || !Self.queueTitles.contains(title)) && (hasReads || title != Self.readTitle)
            }
            return columns.isEmpty ? nil : Group(title: group.title, columns: columns)
        }
        let values = axes.map { axis in
            Column(title: axis.path, width: max(axis.path.count, axis.width)) { $0.parameters[axis.path] ?? Numbers.absent }
        }
        var names = found[0].columns + values
        if targets.count > 1 || targets.first != ResultTarget.quorate {
            names.append(Column(title: "target", width: max(6, targets.map(\.count).max() ?? 0)) { $0.target })
        }
        groups = [Group(title: "", columns: names)] + found.dropFirst()
    }

    private static let readTitle = "throughputreads/s"

    private static let queueTitles: Set<String> = ["throughputitems/s", "enqueue→take msp50", "enqueue→take msp99"]

    private static let groups = [
        Group(title: "", columns: [Column(title: "members", width: 7) { "\($0.nodes)" }]),
        Group(
            title: "commit latency ms",
            columns: [
                Column(title: "p50", width: 6) { Numbers.milliseconds($0.commit?.p50) + $0.latencySteadyMark },
                Column(title: "p99", width: 6) { Numbers.milliseconds($0.commit?.p99) + $0.tailMark + $0.latencySteadyMark },
                Column(title: "p99.9", width: 6) { Numbers.milliseconds($0.commit?.p999) + $0.tailMark + $0.latencySteadyMark },
                Column(title: "max", width: 6) { Numbers.milliseconds($0.commit?.max) + $0.tailMark + $0.latencySteadyMark },
            ]),
        Group(
            title: "recv→quorum ms",
            columns: [
                Column(title: "p50", width: 6) { Numbers.coarseMilliseconds($0.receivedToQuorum?.p50) },
                Column(title: "p99", width: 7) { Numbers.coarseMilliseconds($0.receivedToQuorum?.p99) },
            ]),
        Group(
            title: "throughput",
            columns: [
                Column(title: "writes/s", width: 9) { Numbers.whole($0.writesPerSecond) + $0.rateMark + $0.rateSteadyMark },
                Column(title: "reads/s", width: 9) { Numbers.whole($0.readsPerSecond) + $0.readSteadyMark },
                Column(title: "items/s", width: 8) { Numbers.whole($0.itemsPerSecond) + $0.rateSteadyMark },
            ]),
        Group(
            title: "enqueue→take ms",
            columns: [
                Column(title: "p50", width: 6) { Numbers.milliseconds($0.enqueueToTake?.p50) },
                Column(title: "p99", width: 8) { Numbers.milliseconds($0.enqueueToTake?.p99) },
            ]),
        Group(
            title: "batches",
            columns: [
                Column(title: "mean size", width: 9) { Numbers.significant($0.server?.requestsPerBatch) },
                Column(title: "in flight", width: 9) { Numbers.significant($0.server?.batchesInFlight) },
            ]),
        Group(
            title: "cost of all members",
            columns: [
                Column(title: "CPU µs/write", width: 12) { Numbers.significant($0.server?.cpuMicrosecondsPerWrite) },
                Column(title: "flushes/s", width: 9) { Numbers.whole($0.server?.flushesPerSecond) },
            ]),
    ]

    /// Two lines: what belongs together, and each column.
    package var head: String {
        let titles = groups.map { padded($0.title, to: $0.width, left: true) }.joined(separator: " │ ")
        let names = groups.map { group in
            padded(group.columns.map { padded($0.title, to: $0.width) }.joined(separator: " "), to: group.width)
        }.joined(separator: " │ ")
        let rule = groups.map { String(repeating: "─", count: $0.width) }.joined(separator: "─┼─")
        return "\(titles.trimmedEnd)\n\(names)\n\(rule)"
    }

    package func row(_ cell: ResultCell, _ chosen: ChosenPhases) -> String {
        let figures = CellFigures(cell, chosen)
        if let failure = cell.failure, cell.recordedPhases.isEmpty {
            let first = groups[0]
            let names = first.columns.map { padded($0.value(figures), to: $0.width) }.joined(separator: " ")
            return padded(names, to: first.width) + " │ no figures: \(failure)"
        }
        let values = groups.map { group in
            padded(group.columns.map { padded($0.value(figures), to: $0.width) }.joined(separator: " "), to: group.width)
        }
        return values.joined(separator: " │ ") + (cell.failure != nil ? "  failed" : cell.isPartial ? "  ended early" : "")
    }

    /// Titles, with those of their groups, and what stands in each row, for tables of another kind.
    func plain(_ document: ResultDocument) -> (titles: [String], rows: [[String]]) {
        let columns = groups.flatMap { group in
            group.columns.map { (title: group.title.isEmpty ? $0.title : "\(group.title) \($0.title)", value: $0.value) }
        }
        let figures = CellFigures.all(document)
        return (columns.map(\.title), figures.map { figures in columns.map { $0.value(figures) } })
    }

    /// The whole table, for a result that is read again.
    package func text(_ document: ResultDocument) -> String {
        let chosen = ChosenPhases(document)
        return ([head] + document.rows.map { row($0, chosen) }).joined(separator: "\n")
    }
}

extension String {
    /// Without the blanks at its end.
    var trimmedEnd: Substring {
        guard let last = lastIndex(where: { $0 != " " }) else { return "" }
        return self[...last]
    }
}
