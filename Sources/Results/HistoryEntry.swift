// What a history keeps of one result: a line of JSON with the figures by which a project is watched over time. A plain value.

package struct HistoryFigure: Sendable, Equatable, Codable {
    package var value: Double
    /// Over the runs; left out of fewer than an interval needs.
    package var low: Double?
    package var high: Double?

    package init(value: Double, low: Double?, high: Double?) {
        self.value = value
        self.low = low
        self.high = high
    }
}

package struct HistoryEntry: DocumentForm, Codable, Equatable {
    package static let schemaName = "quorate.history/1"

    package var schema = DocumentSchema<HistoryEntry>()
    /// UTC, as RFC 3339 has it.
    package var time: String
    package var commit: String
    package var version: String
    package var result: String
    package var workload: String
    /// Figures of other machines are not comparable.
    package var machine: String
    /// By phase, size, target and figure, with points between them.
    package var figures: [String: HistoryFigure]

    package init(
        time: String, commit: String, version: String, result: String, workload: String, machine: String,
        figures: [String: HistoryFigure]
    ) {
        self.time = time
        self.commit = commit
        self.version = version
        self.result = result
        self.workload = workload
        self.machine = machine
        self.figures = figures
    }
}
