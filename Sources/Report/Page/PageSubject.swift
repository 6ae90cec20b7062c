// One document as a page looks at it: its rows with their places in the document, the phases that its tables speak of, and what
// its sizes and targets are called and look like in charts.

internal import Results

/// A phase and where it stands.
struct PagePhase {
    let phase: ResultPhase
    let place: String
}

/// A size of a target and where it stands.
struct PageRow {
    let cell: ResultCell
    let place: String
    let figures: CellFigures
    /// What its lines are called and look like.
    let label: String
    let style: ChartStyle

    var phases: [PagePhase] {
        cell.phases.enumerated().map { PagePhase(phase: $1, place: "\(place).phases.\($0)") }
    }
    var recordedPhases: [PagePhase] { phases.filter(\.phase.isRecorded) }
    var latency: PagePhase? { recordedPhases.first { $0.phase.name == figures.latency?.name } }
    var throughput: PagePhase? { recordedPhases.first { $0.phase.name == figures.throughput?.name } }
    var reading: PagePhase? { recordedPhases.first { $0.phase.name == figures.reading?.name } }
}

struct PageSubject {
    let document: ResultDocument
    let chosen: ChosenPhases
    let rows: [PageRow]
    /// Before names of places within the page, which may hold several documents.
    let prefix: String

    init(_ document: ResultDocument, number: Int) {
        self.document = document
        prefix = "r\(number)-"
        let chosen = ChosenPhases(document)
        self.chosen = chosen
        let rows = document.rows
        // Where each cell is a row of its own, rows are the document's cells. Joined ones stand nowhere in it.
        let list = rows.count == document.cells.count ? "cells" : "rows"
        let sizes = Set(rows.map(\.nodes)).sorted()
        self.rows = rows.enumerated().map { index, cell in
            let size = sizes.firstIndex(of: cell.nodes) ?? 0
            let target = document.targets.firstIndex { $0.name == cell.target } ?? 0
            let style = ChartStyle(color: document.targets.count > 1 ? target : size, dash: size)
            return PageRow(
                cell: cell, place: "\(list).\(index)", figures: CellFigures(cell, chosen), label: Self.label(cell, document),
                style: style)
        }
    }

    var nodes: [Int] { Set(rows.map(\.cell.nodes)).sorted() }

    /// `3 quorate`, or `3 members` where there is only ours.
    private static func label(_ cell: ResultCell, _ document: ResultDocument) -> String {
        guard document.namesTargets else { return "\(cell.nodes) member\(cell.nodes == 1 ? "" : "s")" }
        return "\(cell.nodes) \(shortName(cell.target, document))"
    }

    /// Names of servers that ran already are lists of addresses, for which a chart has no room.
    static func shortName(_ target: String, _ document: ResultDocument) -> String {
        guard target.count > 12 else { return target }
        let place = document.targets.firstIndex { $0.name == target } ?? 0
        return "target \(place + 1)"
    }

    func shortName(_ target: String) -> String { Self.shortName(target, document) }

    /// The cells that name a row in a table.
    func names(_ row: PageRow) -> [PageTable.Cell] {
        let nodes = PageTable.Cell.figure(.count(row.cell.nodes, "\(row.place).nodes"))
        return document.namesTargets ? [nodes, .name(row.cell.target)] : [nodes]
    }

    var nameTitles: [String] { document.namesTargets ? ["members", "target"] : ["members"] }

    func summary(_ row: PageRow, _ phase: String?, _ metric: ResultMetric) -> (value: ResultInterval, place: String)? {
        let all = document.summaries ?? []
        let index = all.firstIndex {
            $0.nodes == row.cell.nodes && $0.target == row.cell.target && $0.phase == phase && $0.metric == metric
        }
        return index.map { (all[$0].value, "summaries.\($0).value") }
    }
}
