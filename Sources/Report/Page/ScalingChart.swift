// What more members cost: throughput and the 99th percentile of commits by ensemble size, a line for each target, with the
// interval over the runs where there were several.

internal import Results

struct ScalingChart {
    private struct Point {
        let row: PageRow
        let value: Double
        let low: Double?
        let high: Double?
        let isVoid: Bool
    }

    private static let fieldHeight = 150.0

    static func figure(_ subject: PageSubject) -> String {
        guard subject.nodes.count > 1 else { return "" }
        let rates = points(subject, subject.chosen.throughput, .writes) { $0.throughput?.phase.writesPerSecond }
        let tails = points(subject, subject.chosen.latency, .commitP99) { row in
            row.latency?.phase.commit.map { Double($0.p99) }
        }
        let fields = [(rates, "writes/s", ResultMetric.writes), (tails, "commit p99, ms", .commitP99)].filter { field in
            Set(field.0.map(\.row.cell.nodes)).count > 1
        }
        guard !fields.isEmpty else { return "" }
        var drawing = ""
        for (index, field) in fields.enumerated() {
            drawing += draw(field.0, field.1, field.2, subject, top: 26 + Double(index) * (fieldHeight + 62))
        }
        let hasIntervals = (rates + tails).contains { $0.low != nil }
        let runs = hasIntervals ? " Marks are medians over the runs, bars their 95 % intervals." : ""
        return ChartFigure(
            id: subject.prefix + "scaling", title: "What more members cost",
            remark: "Throughput in phase '\(subject.chosen.throughput ?? "")', 99th percentile in phase "
                + "'\(subject.chosen.latency ?? "")'.\(runs)" + (drawing.contains("class=\"h ") ? " Hollow: void." : ""),
            height: Double(fields.count) * (fieldHeight + 62) + 6, drawing: drawing,
            numbers: numbers(subject, fields.map(\.2))
        ).text
    }

    private static func points(
        _ subject: PageSubject, _ phase: String?, _ metric: ResultMetric, _ value: (PageRow) -> Double?
    ) -> [Point] {
        subject.rows.compactMap { row in
            let isVoid = row.recordedPhases.contains { $0.phase.name == phase && $0.phase.makesVoid(metric) }
            let over = subject.summary(row, phase, metric)?.value
            guard row.cell.failure == nil, let center = over?.median ?? value(row), center > 0 else { return nil }
            return Point(row: row, value: center, low: over?.low, high: over?.high, isVoid: isVoid)
        }
    }

    // MARK: drawing

    private static func draw(
        _ points: [Point], _ unit: String, _ metric: ResultMetric, _ subject: PageSubject, top: Double
    ) -> String {
        func scaled(_ value: Double) -> Double { metric == .commitP99 ? value / 1e6 : value }
        let values = points.flatMap { [$0.value, $0.low, $0.high].compactMap(\.self) }.map(scaled)
        guard let y = ChartScale.fitting(values) else { return "" }
        let sizes = subject.nodes
        // Sizes are names here: each has the same room.
        let x = ChartScale.even(-0.4, Double(sizes.count) - 0.6)
        let panel = ChartPanel(left: 56, top: top, width: 320, height: fieldHeight, x: x, y: y)
        var text = panel.vertical(unit + (y.isLog ? ", logarithmic" : ""))
        text += panel.horizontal("members", ticks: sizes.enumerated().map { (Double($0), "\($1)") })
        let targets = subject.document.targets.map(\.name).filter { name in points.contains { $0.row.cell.target == name } }
        var ends: [(label: String, wanted: Double, color: String)] = []
        for (index, target) in targets.enumerated() {
            let style = ChartStyle(color: index, dash: 0)
            // Side by side, so that intervals do not hide each other.
            let shift = (Double(index) - Double(targets.count - 1) / 2) * 0.06
            let own = points.filter { $0.row.cell.target == target }.sorted { $0.row.cell.nodes < $1.row.cell.nodes }
            let places = own.map { (x: Double(sizes.firstIndex(of: $0.row.cell.nodes)!) + shift, y: scaled($0.value)) }
            text += panel.polyline(places, style.line)
            for (point, place) in zip(own, places) { text += mark(point, place, panel, style, metric, scaled) }
            let name = subject.document.namesTargets ? subject.shortName(target) : ""
            ends.append((name, panel.y(places.last?.y ?? 0) + 4, "b c\(style.color + 1)"))
        }
        let heights = ChartPanel.spread(ends.map(\.wanted), from: panel.top + 4, to: panel.bottom)
        for (end, height) in zip(ends, heights) { text += ChartPanel.words(end.label, panel.right + 8, height, end.color) }
        return text
    }

    private static func mark(
        _ point: Point, _ place: (x: Double, y: Double), _ panel: ChartPanel, _ style: ChartStyle, _ metric: ResultMetric,
        _ scaled: (Double) -> Double
    ) -> String {
        var text = ""
        var tip = "\(point.row.label): \(metric.shown(point.value)) (\(metric.title))"
        let center = panel.x(place.x)
        if let low = point.low, let high = point.high {
            let from = panel.y(scaled(low))
            let to = panel.y(scaled(high))
            let line = "i c\(style.color + 1)"
            text += ChartPanel.line(center, from, center, to, line)
            for end in [from, to] { text += ChartPanel.line(center - 4, end, center + 4, end, line) }
            tip += ", 95 % from \(metric.shown(low)) to \(metric.shown(high))"
        }
        return text + style.mark(center, panel.y(place.y), tip: tip + (point.isVoid ? ", void" : ""), isVoid: point.isVoid)
    }

    // MARK: numbers

    private static func numbers(_ subject: PageSubject, _ metrics: [ResultMetric]) -> String {
        let isOver = !(subject.document.summaries ?? []).isEmpty
        let parts = metrics.flatMap { [$0.title] + (isOver ? ["median of runs", "low", "high", "runs"] : []) }
        var table = PageTable(subject.nameTitles + parts)
        for row in subject.rows where row.cell.failure == nil {
            var cells = subject.names(row)
            for metric in metrics {
                let phase = metric == .writes ? row.throughput : row.latency
                let mark = phase?.phase.makesVoid(metric) == true ? Numbers.void : ""
                if metric == .writes {
                    cells.append(.figure(.whole(phase?.phase.writesPerSecond, "\(phase?.place ?? "").writes_per_s", mark: mark)))
                } else {
                    cells.append(
                        .figure(.milliseconds(phase?.phase.commit?.p99, "\(phase?.place ?? "").commit.p99_ns", mark: mark)))
                }
                guard isOver else { continue }
                let over = subject.summary(row, phase?.phase.name, metric)
                cells += interval(over?.value, over?.place ?? "", metric)
            }
            table.add(cells)
        }
        return table.text
    }

    static func interval(_ value: ResultInterval?, _ place: String, _ metric: ResultMetric) -> [PageTable.Cell] {
        [
            .figure(.metric(metric, value?.median, "\(place).median")), .figure(.metric(metric, value?.low, "\(place).low")),
            .figure(.metric(metric, value?.high, "\(place).high")), .figure(.count(value?.samples, "\(place).samples")),
        ]
    }
}
