// Targets beside each other: the ratio of the first to another for each figure and phase, with its interval, on an axis whose
// middle is 1. What is not decided is hollow and carries a `~`.

internal import Results

struct ForestChart {
    private static let rowHeight = 18.0

    /// A chart for each target that the first one is compared with.
    static func figures(_ subject: PageSubject) -> String {
        subject.document.targets.dropFirst().map { figure(subject, $0.name) }.joined(separator: "\n")
    }

    private static func figure(_ subject: PageSubject, _ other: String) -> String {
        let document = subject.document
        let ratios = (document.ratios ?? []).enumerated().filter { $0.element.other == other }
        guard let first = ratios.first?.element else { return "" }
        let values = ratios.flatMap { [$0.element.ratio.median, $0.element.ratio.low, $0.element.ratio.high].compactMap(\.self) }
        guard let x = ChartScale.logarithmic(values + [0.8, 1.25]) else { return "" }
        var sizes: [Int] = []
        for (_, ratio) in ratios where !sizes.contains(ratio.nodes) { sizes.append(ratio.nodes) }
        let height = Double(ratios.count + sizes.count) * rowHeight
        let panel = ChartPanel(left: 150, top: 34, width: 190, height: height, x: x, y: .even(0, 1))
        var drawing = axes(panel)
        var line = panel.top + rowHeight * 0.5
        for size in sizes {
            drawing += ChartPanel.words("\(size) member\(size == 1 ? "" : "s")", 4, line + 4, "b")
            line += rowHeight
            for (_, ratio) in ratios where ratio.nodes == size {
                drawing += draw(ratio, panel, line, document)
                line += rowHeight
            }
        }
        let names = "\(subject.shortName(first.target)) : \(subject.shortName(other))"
        return ChartFigure(
            id: subject.prefix + "ratios-\(document.targets.firstIndex { $0.name == other } ?? 0)",
            title: "\(first.target) beside \(other): how many times as much",
            remark:
                "\(names), median and 95 % interval, logarithmic. Round: \(first.target) is better; square: \(other) is better; "
                + "hollow and ~: not decided, as the interval holds 1 or there is none. \(Numbers.void) is void.",
            height: panel.bottom + 42, drawing: drawing + panel.horizontal("ratio \(names)"), numbers: numbers(subject, ratios)
        ).text
    }

    private static func axes(_ panel: ChartPanel) -> String {
        panel.x.ticks.map { ChartPanel.line(panel.x($0), panel.top, panel.x($0), panel.bottom, "g") }.joined()
            + ChartPanel.line(panel.x(1), panel.top - 6, panel.x(1), panel.bottom, "one")
            + ChartPanel.words("equal", panel.x(1), panel.top - 10, "t m")
            + ChartPanel.line(panel.left, panel.bottom, panel.right, panel.bottom, "a")
    }

    private static func draw(_ ratio: ResultRatio, _ panel: ChartPanel, _ line: Double, _ document: ResultDocument) -> String {
        let isUndecided = ratio.ratio.isUndecided(against: 1)
        let isBetter = (ratio.ratio.median > 1) == ratio.metric.isMoreBetter
        let color = isUndecided ? "c0" : isBetter ? "c1" : "c2"
        let shown = text(ratio, document)
        var drawing = ChartPanel.words(name(ratio), panel.left - 8, line + 4, "t e")
        if let low = ratio.ratio.low, let high = ratio.ratio.high {
            drawing += ChartPanel.line(panel.x(low), line, panel.x(high), line, "i \(color)")
        }
        drawing += ChartMark.shape(
            isUndecided ? 3 : isBetter ? 0 : 1, panel.x(ratio.ratio.median), line, classes: (isUndecided ? "h " : "p ") + color,
            tip: "\(ratio.nodes) members, \(name(ratio)): \(shown)")
        return drawing + ChartPanel.words(shown, panel.right + 8, line + 4, "t")
    }

    /// Phase and figure, without its unit: a ratio has none.
    private static func name(_ ratio: ResultRatio) -> String {
        let title = ratio.metric.title.replacing(" ms", with: "").replacing(" µs", with: "")
        let phase = ratio.phase.count > 10 ? ratio.phase.prefix(9) + "…" : ratio.phase[...]
        return "\(phase): \(title)"
    }

    private static func text(_ ratio: ResultRatio, _ document: ResultDocument) -> String {
        let mark = document.isVoid(ratio.nodes, [ratio.target, ratio.other], ratio.phase, ratio.metric) ? Numbers.void : ""
        let center = (ratio.ratio.isUndecided(against: 1) ? "~ " : "") + Numbers.significant(ratio.ratio.median)
        guard let low = ratio.ratio.low, let high = ratio.ratio.high else { return center + mark }
        return "\(center) [\(Numbers.significant(low)), \(Numbers.significant(high))]\(mark)"
    }

    private static func numbers(_ subject: PageSubject, _ ratios: [(offset: Int, element: ResultRatio)]) -> String {
        var table = PageTable(["members", "phase", "figure", "", "ratio", "low", "high", "values", "of"])
        for (index, ratio) in ratios {
            let place = "ratios.\(index)"
            let isVoid = subject.document.isVoid(ratio.nodes, [ratio.target, ratio.other], ratio.phase, ratio.metric)
            table.add([
                .figure(.count(ratio.nodes, "\(place).nodes")), .name(ratio.phase), .words(ratio.metric.title),
                .words((ratio.ratio.isUndecided(against: 1) ? "~" : "") + (isVoid ? Numbers.void : "")),
                .figure(.significant(ratio.ratio.median, "\(place).ratio.median")),
                .figure(.significant(ratio.ratio.low, "\(place).ratio.low")),
                .figure(.significant(ratio.ratio.high, "\(place).ratio.high")),
                .figure(.count(ratio.ratio.samples, "\(place).ratio.samples")), .words(ratio.basis.rawValue),
            ])
        }
        return table.text
    }
}
