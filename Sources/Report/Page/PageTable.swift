// A table of a page: titles, in groups where columns belong together, and rows of names and figures. It scrolls in a box of its
// own where it is wider than the page.

struct PageTable {
    enum Cell {
        case name(String)
        case words(String)
        /// A dash where nothing was measured.
        case figure(PageFigure?)
        /// Over all columns that are left.
        case rest(String)
    }

    private let groups: [(title: String, columns: [String])]
    private var rows: [[Cell]] = []

    init(_ columns: [String]) { groups = [("", columns)] }

    init(groups: [(title: String, columns: [String])]) { self.groups = groups }

    var isEmpty: Bool { rows.isEmpty }

    mutating func add(_ cells: [Cell]) { rows.append(cells) }

    /// Nothing without a row.
    var text: String {
        guard !rows.isEmpty else { return "" }
        let head = HTMLText.element("thead", [:], heads)
        let body = HTMLText.element("tbody", [:], rows.map(line).joined(separator: "\n"))
        // A box that scrolls is reached by the keyboard, too.
        return HTMLText.element(
            "div", ["class": "scroll", "tabindex": "0"], HTMLText.element("table", [:], head + "\n" + body))
    }

    private var columnCount: Int { groups.reduce(0) { $0 + $1.columns.count } }

    /// Where a group begins.
    private var starts: Set<Int> { Set(groups.indices.map { place in groups[..<place].reduce(0) { $0 + $1.columns.count } }) }

    private func look(_ column: Int, isFigure: Bool) -> String? {
        let classes = [starts.contains(column) ? "first" : nil, isFigure ? "n" : nil].compactMap(\.self)
        return classes.isEmpty ? nil : classes.joined(separator: " ")
    }

    private func holdsFigures(_ column: Int) -> Bool {
        rows.contains { cells in
            guard column < cells.count, case .figure = cells[column] else { return false }
            return true
        }
    }

    private var heads: String {
        let names = groups.flatMap(\.columns).enumerated().map { column, title in
            HTMLText.element(
                "th", ["scope": "col", "class": look(column, isFigure: holdsFigures(column))], HTMLText.words(title))
        }
        let line = HTMLText.element("tr", [:], names.joined())
        guard groups.count > 1 else { return line }
        let titles = groups.map { group in
            HTMLText.element(
                "th", ["scope": "colgroup", "class": "first", "colspan": "\(group.columns.count)"], HTMLText.words(group.title))
        }
        return HTMLText.element("tr", ["class": "groups"], titles.joined()) + line
    }

    private func line(_ cells: [Cell]) -> String {
        let items = cells.enumerated().map { column, cell in
            switch cell {
            case .name(let name):
                return HTMLText.element("th", ["scope": "row", "class": look(column, isFigure: false)], HTMLText.words(name))
            case .words(let words):
                return HTMLText.element("td", ["class": look(column, isFigure: false)], HTMLText.words(words))
            case .rest(let words):
                return HTMLText.element("td", ["colspan": "\(columnCount - column)"], HTMLText.words(words))
            case .figure(let figure):
                return HTMLText.element(
                    "td",
                    ["class": look(column, isFigure: true), "data-key": figure?.key, "data-value": figure?.value],
                    HTMLText.words(figure?.text ?? Numbers.absent))
            }
        }
        return HTMLText.element("tr", [:], items.joined())
    }
}
