// A history for Apache Otava: a CSV file with a row for each run, and the settings that tell Otava how to read it. Otava takes no
// empty places, so a row has every figure that the first one had, or is refused.

package import Results

package struct OtavaHistory {
    private static let attributes = ["time", "commit", "version"]
    package static let settingsHead = "# Written by quorate export otava; what is changed here is lost with the next run."
    private let columns: [String]
    private var rows: [[Substring]]

    /// Figures that would spoil the history; then the run is to be made again.
    package static func void(_ document: ResultDocument) -> [String] {
        ExportedFigure.all(document).filter(\.isVoid).map(\.name)
    }

    package static func begun(with document: ResultDocument) throws(ResultError) -> Exported {
        let (figures, _) = try ExportedFigure.holding(document)
        var history = OtavaHistory(columns: attributes + figures.map { column($0, document) }, rows: [])
        return Exported(text: try history.appended(document), remarks: [])
    }

    /// - Parameter name: of the file, for sentences.
    package static func continued(
        _ text: String, with document: ResultDocument, name: String
    ) throws(ResultError) -> Exported {
        var history = try OtavaHistory(text, name: name)
        let known = Set(history.columns)
        let more = ExportedFigure.all(document).map { column($0, document) }.filter { !known.contains($0) }
        let remark =
            "Left out, as '\(name)' has no column for them; begin a new file to have them: \(more.joined(separator: ", "))."
        return Exported(text: try history.appended(document), remarks: more.isEmpty ? [] : [remark])
    }

    private init(columns: [String], rows: [[Substring]]) {
        self.columns = columns
        self.rows = rows
    }

    private init(_ text: String, name: String) throws(ResultError) {
        let lines = text.split(whereSeparator: \.isNewline).map { $0.split(separator: ",", omittingEmptySubsequences: false) }
        guard let head = lines.first, head.prefix(Self.attributes.count).elementsEqual(Self.attributes, by: ==) else {
            throw ResultError(description: "'\(name)' is no history that quorate export otava has begun; name another file.")
        }
        columns = head.map(String.init)
        rows = Array(lines.dropFirst())
        for (index, row) in rows.enumerated() where row.count != columns.count {
            throw ResultError(
                description: "'\(name)' is damaged in its row \(index + 1): it has \(row.count) values, and there are "
                    + "\(columns.count) columns.")
        }
    }

    /// The row goes to its place in time.
    private mutating func appended(_ document: ResultDocument) throws(ResultError) -> String {
        var values: [String: String] = [:]
        for figure in ExportedFigure.all(document) where !figure.isVoid {
            values[Self.column(figure, document)] = "\(figure.value)"
        }
        let commit = (document.tool.git ?? "unknown") + (document.tool.dirty == true ? "-dirty" : "")
        values["time"] = Self.word(document.started)
        values["commit"] = Self.word(commit)
        values["version"] = Self.word(document.tool.version)
        let missing = columns.filter { values[$0] == nil }
        guard missing.isEmpty else {
            throw ResultError(
                description:
                    "'\(document.id)' lacks figures that this history has, such as \(missing[0]); write results of other "
                    + "workloads, sizes or targets to a file of their own.")
        }
        let row = columns.map { Substring(values[$0]!) }
        guard !rows.contains(where: { $0[0] == row[0] && $0[1] == row[1] }) else {
            throw ResultError(description: "The history has the run of \(row[0]) at commit \(row[1]) already.")
        }
        rows.insert(row, at: rows.firstIndex { $0[0] > row[0] } ?? rows.count)
        return ([columns.joined(separator: ",")] + rows.map { $0.joined(separator: ",") }).joined(separator: "\n") + "\n"
    }

    private static func column(_ figure: ExportedFigure, _ document: ResultDocument) -> String {
        word("\(document.workload.name).\(figure.phase).\(figure.nodes).\(figure.target)") + ".\(figure.metric.rawValue)"
    }

    /// Nothing that CSV or YAML would read otherwise.
    private static func word(_ text: String) -> String {
        String(text.map { $0.isASCII && ($0.isLetter || $0.isNumber || "-_.:+".contains($0)) ? $0 : "_" })
    }

    /// Otava's settings for a history: one test, and of each figure which direction is better.
    /// - Parameter file: as Otava is to open it.
    package static func settings(for history: String, of document: ResultDocument, file: String) throws(ResultError) -> String {
        let columns = try OtavaHistory(history, name: file).columns.dropFirst(attributes.count)
        let lines = [
            settingsHead, "tests:", "  \"\(word(document.workload.name))\":", "    type: csv", "    file: \(quoted(file))",
            "    time_column: time", "    attributes: [commit, version]", "    metrics:",
        ]
        return (lines + columns.map { "      \"\($0)\": {direction: \(isMoreBetter($0) ? 1 : -1)}" }).joined(separator: "\n")
            + "\n"
    }

    /// Whether settings that are there are those of this history; whatever folder they were written from.
    package static func areSettings(_ settings: String, for file: String) -> Bool {
        let name = file.split(separator: "/").last.map(String.init) ?? file
        let places = settings.split(separator: "\n").filter { $0.hasPrefix("    file: ") }
        return settings.hasPrefix(settingsHead) && places.count == 1
            && (places[0].hasSuffix("/" + quoted(name).dropFirst()) || places[0] == "    file: \(quoted(name))")
    }

    private static func isMoreBetter(_ column: String) -> Bool {
        column.split(separator: ".").last.flatMap { ResultMetric(rawValue: String($0)) }?.isMoreBetter ?? true
    }

    private static func quoted(_ text: String) -> String {
        "\"\(text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\""))\""
    }
}
