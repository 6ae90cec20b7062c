// An examination for a terminal: the verdict in one sentence, a table of what was seen and what it is held to, and what helps.

package import Results

package enum DoctorText {
    private static let titles = ["", "what", "found", "held to", ""]
    /// Longer cells go on in the next row, so that a sentence in one does not push the others out of the window.
    private static let widest = 56

    package static func text(_ document: DoctorDocument) -> String {
        guard !document.findings.isEmpty else { return document.sentence }
        var last = ""
        let rows = document.findings.flatMap { finding in
            defer { last = finding.subject }
            return wrapped([
                finding.subject == last ? "" : finding.subject, finding.name, finding.measured, finding.line ?? "",
                word(finding.state),
            ])
        }
        let widths = titles.indices.map { column in ([titles] + rows).map { $0[column].count }.max() ?? 0 }
        func line(_ cells: [String]) -> String {
            let text = cells.indices.map { padded(cells[$0], to: widths[$0], left: true) }.joined(separator: " │ ")
            return String(text.reversed().drop { $0 == " " }.reversed())
        }
        let rule = widths.map { String(repeating: "─", count: $0) }.joined(separator: "─┼─")
        let table = ([line(titles), rule] + rows.map(line)).joined(separator: "\n")
        return ([document.sentence, table] + [remedies(document)].filter { !$0.isEmpty }).joined(separator: "\n\n")
    }

    private static func wrapped(_ cells: [String]) -> [[String]] {
        let parts = cells.map(pieces)
        return (0..<(parts.map(\.count).max() ?? 0)).map { row in parts.map { row < $0.count ? $0[row] : "" } }
    }

    /// Cut at blanks, and behind commas where there are none.
    private static func pieces(_ text: String) -> [String] {
        var pieces: [String] = []
        var rest = text[...]
        while rest.count > widest {
            let head = rest.prefix(widest)
            let blank = head.dropFirst().lastIndex(of: " ")
            let end = blank ?? head.lastIndex(of: ",").map { head.index(after: $0) } ?? head.endIndex
            pieces.append(String(rest[..<end]))
            rest = rest[end...].drop { $0 == " " }
        }
        return pieces + [String(rest)]
    }

    private static func word(_ state: DoctorFinding.State) -> String {
        switch state {
        case .kept: "ok"
        case .missed: "MISSED"
        case .mind: "mind"
        case .told: ""
        case .unknown: "not known"
        case .undecided: "undecided"
        }
    }

    /// One line for each remedy, whatever number of findings it helps with.
    private static func remedies(_ document: DoctorDocument) -> String {
        var lines: [(remedy: String, line: String)] = []
        for finding in document.findings where [.missed, .mind, .undecided].contains(finding.state) {
            guard let remedy = finding.remedy, !lines.contains(where: { $0.remedy == remedy }) else { continue }
            lines.append((remedy, "\(finding.subject), \(finding.name): \(remedy)."))
        }
        return lines.map(\.line).joined(separator: "\n")
    }
}
