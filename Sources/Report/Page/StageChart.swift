// Where a write's time goes: on the member that answers it, in stages that add up to the whole, as bars of their means; and on
// the leader, in stages that lie beside each other, from median to 99th percentile.

internal import Results

struct StageChart {
    private static let own: [(key: String, words: String)] = [
        ("proposed", "in a batch or sent on"), ("quorum", "committed, durable here"), ("applied", "applied"),
        ("replied", "answered"),
    ]
    private static let leading: [(key: String, words: String)] = [
        ("proposed", "received → batch"), ("durable", "batch → own disk"), ("quorum", "batch → quorum"),
        ("applied", "committed → applied"), ("received_to_quorum", "received → quorum"),
    ]
    private static let rowHeight = 20.0

    static func figures(_ subject: PageSubject) -> String {
        [ownFigure(subject), leaderFigure(subject)].joined(separator: "\n")
    }

    // MARK: on the member that answers

    private static func ownFigure(_ subject: PageSubject) -> String {
        let fields = phases(subject).compactMap { name -> (String, [(row: PageRow, phase: PagePhase)])? in
            let rows = rows(subject, name) { $0.phase.server?.ownStages?.isEmpty == false }
            return rows.isEmpty ? nil : (name, rows)
        }
        guard !fields.isEmpty else { return "" }
        var drawing = legend()
        var top = 66.0
        for (name, rows) in fields {
            let sums = rows.map { sum($0.phase) }
            guard let x = ChartScale.fromZero(sums) else { continue }
            let height = Double(rows.count) * rowHeight + 4
            let panel = ChartPanel(left: 96, top: top, width: 300, height: height, x: x, y: .even(0, 1))
            drawing += ChartPanel.words("Phase '\(name)'", 4, top - 8, "b")
            drawing += x.ticks.map { ChartPanel.line(panel.x($0), top, panel.x($0), panel.bottom, "g") }.joined()
            for (index, item) in rows.enumerated() {
                drawing += bar(item.row, item.phase, panel, top + 3 + Double(index) * rowHeight)
            }
            drawing += panel.horizontal("mean, ms")
            top = panel.bottom + 64
        }
        return ChartFigure(
            id: subject.prefix + "own-stages", title: "Where a write's time goes on the member that answers it",
            remark: "Means over all members of the writes of their own clients; each stage begins where the one before it ends.",
            height: top - 26, drawing: drawing,
            numbers: numbers(subject, "own_stages", own.map(\.key) + ["total"]) { $0.ownStages }
        ).text
    }

    /// The phases that the tables speak of, once each.
    private static func phases(_ subject: PageSubject) -> [String] {
        var names: [String] = []
        for name in [subject.chosen.latency, subject.chosen.throughput].compactMap(\.self) where !names.contains(name) {
            names.append(name)
        }
        return names
    }

    private static func rows(
        _ subject: PageSubject, _ name: String, _ holds: (PagePhase) -> Bool
    ) -> [(row: PageRow, phase: PagePhase)] {
        subject.rows.compactMap { row in
            row.recordedPhases.first { $0.phase.name == name && holds($0) }.map { (row, $0) }
        }
    }

    private static func sum(_ phase: PagePhase) -> Double {
        own.reduce(0) { $0 + milliseconds(phase.phase.server?.ownStages?[$1.key]) }
    }

    private static func milliseconds(_ stage: ResultStage?) -> Double { Double(stage?.meanNanoseconds ?? 0) / 1e6 }

    private static func legend() -> String {
        own.enumerated().map { index, stage in
            let x = index % 2 == 0 ? 4.0 : 244
            let y = index < 2 ? 10.0 : 28
            return rectangle(x, y - 9, 12, 11, "s\(index + 1)", "") + ChartPanel.words(stage.words, x + 18, y, "t")
        }.joined()
    }

    private static func bar(_ row: PageRow, _ phase: PagePhase, _ panel: ChartPanel, _ top: Double) -> String {
        var text = ChartPanel.words(row.label, panel.left - 6, top + 12, "t e")
        var from = 0.0
        for (index, stage) in own.enumerated() {
            let length = milliseconds(phase.phase.server?.ownStages?[stage.key])
            guard length > 0 else { continue }
            let start = panel.x(from)
            let tip = "\(row.label), \(stage.words): \(Numbers.significant(length)) ms"
            text += rectangle(start, top, panel.x(from + length) - start, rowHeight - 4, "s\(index + 1)", tip)
            from += length
        }
        return text + ChartPanel.words(Numbers.significant(from), panel.x(from) + 5, top + 12, "t")
    }

    private static func rectangle(
        _ x: Double, _ y: Double, _ width: Double, _ height: Double, _ classes: String, _ tip: String
    ) -> String {
        HTMLText.element(
            "rect",
            [
                "class": classes, "x": ChartMark.px(x), "y": ChartMark.px(y), "width": ChartMark.px(width),
                "height": ChartMark.px(height),
            ], tip.isEmpty ? "" : HTMLText.element("title", [:], HTMLText.words(tip)))
    }

    // MARK: on the leader

    private static func leaderFigure(_ subject: PageSubject) -> String {
        guard let name = subject.chosen.latency else { return "" }
        let rows = rows(subject, name) { $0.phase.server?.stages.isEmpty == false }
        let all = rows.flatMap { $0.phase.phase.server?.stages.values.map(\.self) ?? [] }
        let times = all.flatMap { [$0.p50, $0.p99].compactMap(\.self) }.map { Double($0) / 1e6 }
        guard let x = ChartScale.logarithmic(times) else { return "" }
        let known = leading.filter { stage in rows.contains { $0.phase.phase.server?.stages[stage.key] != nil } }
        let step = max(rowHeight, Double(rows.count) * 12 + 6)
        let panel = ChartPanel(
            left: 136, top: 14, width: 244, height: Double(known.count) * step, x: x, y: .even(0, 1))
        var drawing = x.ticks.map { ChartPanel.line(panel.x($0), panel.top, panel.x($0), panel.bottom, "g") }.joined()
        for (index, stage) in known.enumerated() {
            let top = panel.top + Double(index) * step
            if index > 0 { drawing += ChartPanel.line(panel.left, top, panel.right, top, "g") }
            drawing += ChartPanel.words(stage.words, panel.left - 8, top + step / 2 + 4, "t e")
            for (place, item) in rows.enumerated() {
                let line = top + step / 2 + (Double(place) - Double(rows.count - 1) / 2) * 12
                drawing += span(
                    item.row, item.phase.phase.server?.stages[stage.key], stage.words, panel, line, isNamed: index == 0)
            }
        }
        return ChartFigure(
            id: subject.prefix + "leader-stages", title: "Where a write's time goes on the leader",
            remark:
                "Phase '\(name)': the mark is the median, the line reaches to the 99th percentile. Stages lie beside each other: "
                + "the own disk and the quorum work at the same time. Logarithmic, in steps of an eighth.",
            height: panel.bottom + 42, drawing: drawing + panel.horizontal("ms"),
            numbers: numbers(subject, "stages", leading.map(\.key)) { $0.stages }
        ).text
    }

    private static func span(
        _ row: PageRow, _ stage: ResultStage?, _ words: String, _ panel: ChartPanel, _ line: Double, isNamed: Bool
    ) -> String {
        guard let stage, let middle = stage.p50 else { return "" }
        let from = panel.x(Double(middle) / 1e6)
        var text = ""
        var end = from
        if let high = stage.p99 {
            end = panel.x(Double(high) / 1e6)
            text += ChartPanel.line(from, line, end, line, "i c\(row.style.color + 1)")
            text += ChartPanel.line(end, line - 4, end, line + 4, "i c\(row.style.color + 1)")
        }
        let tip =
            "\(row.label), \(words): p50 \(Numbers.coarseMilliseconds(middle)) ms, p99 \(Numbers.coarseMilliseconds(stage.p99))"
        text += row.style.mark(from, line, tip: tip)
        return text + (isNamed ? ChartPanel.words(row.label, panel.right + 8, line + 4, "b c\(row.style.color + 1)") : "")
    }

    // MARK: numbers

    private static func numbers(
        _ subject: PageSubject, _ list: String, _ keys: [String], _ stages: (ResultServerFigures) -> [String: ResultStage]?
    ) -> String {
        var table = PageTable(["phase"] + subject.nameTitles + ["stage", "writes", "mean ms", "p50", "p99", "p99.9"])
        for row in subject.rows {
            for phase in row.recordedPhases {
                guard let server = phase.phase.server, let found = stages(server) else { continue }
                for key in keys {
                    guard let stage = found[key] else { continue }
                    let place = "\(phase.place).server.\(list).\(key)"
                    table.add(
                        [.name(phase.phase.name)] + subject.names(row) + [
                            .words(key.replacing("_", with: " ")), .figure(.count(stage.count, "\(place).count")),
                            .figure(.coarseMilliseconds(stage.meanNanoseconds, "\(place).mean_ns")),
                            .figure(.coarseMilliseconds(stage.p50, "\(place).p50_ns")),
                            .figure(.coarseMilliseconds(stage.p99, "\(place).p99_ns")),
                            .figure(.coarseMilliseconds(stage.p999, "\(place).p999_ns")),
                        ])
                }
            }
        }
        return table.text
    }
}
