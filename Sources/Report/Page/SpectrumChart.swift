// Latency by percentile: how long commits took against how rare it is to take longer, a line for each size and target. Service
// time, from the sending, has a field of its own below response time, from when a request was due.

internal import Results
internal import Statistics

struct SpectrumChart {
    private struct Line {
        let row: PageRow
        let phase: PagePhase
        let histogram: LatencyHistogram
        /// The generator made what lies beyond the 99th percentile.
        let isVoid: Bool
        /// The steps where there are any values behind them, by how many times rarer it is to take longer.
        let points: [(x: Double, y: Double)]

        init?(_ row: PageRow, _ phase: PagePhase, _ figures: [LatencyFigures?], isVoid: Bool) {
            guard let histogram = LatencyFigures.joined(figures)?.histogram else { return nil }
            self.row = row
            self.phase = phase
            self.histogram = histogram
            self.isVoid = isVoid
            let total = Double(histogram.count)
            let steps = PercentileStep.all(histogram).map { step in
                (x: step.percentile < 100 ? 1 / (1 - step.percentile / 100) : total, y: Double(step.value) / 1e6)
            }
            // The marks lie on the line, which is straight between its steps.
            let marked = SpectrumChart.percentiles.map { mark in
                (x: mark.rare, y: Double(histogram.value(atPercentile: mark.percentile)) / 1e6)
            }
            points = (steps + marked).filter { $0.x <= total }.sorted { ($0.x, $0.y) < ($1.x, $1.y) }
        }
    }

    private static let percentiles: [(percentile: Double, label: String, rare: Double)] = [
        (50, "50 %", 2), (90, "90", 10), (99, "99", 100), (99.9, "99.9", 1_000), (99.99, "99.99", 10_000),
        (99.999, "99.999", 100_000), (99.9999, "99.9999", 1_000_000),
    ]
    private static let voidFrom = 100.0
    private static let fieldHeight = 200.0

    static func figure(_ subject: PageSubject) -> String {
        let rows = subject.rows.compactMap { row in row.latency.map { (row, $0) } }
        let response = rows.compactMap { row, phase in
            Line(row, phase, phase.phase.commitOperations.map(\.response), isVoid: !row.figures.tailMark.isEmpty)
        }
        let service = rows.compactMap { row, phase in
            Line(row, phase, phase.phase.commitOperations.map(\.service), isVoid: !row.figures.tailMark.isEmpty)
        }
        guard let first = response.first else { return "" }
        let isOpen = first.phase.phase.isOpenLoop
        let values = (response + service).flatMap { $0.points.map(\.y) }
        guard let y = ChartScale.logarithmic(values) else { return "" }
        let rarest = (response + service).flatMap { $0.points.map(\.x) }.max() ?? 1
        guard let x = ChartScale.logarithmic([1, max(rarest, 100)]) else { return "" }
        let fields = [(response, isOpen ? "from when it was due" : "from when it was sent"), (service, "from when it was sent")]
            .filter { !$0.0.isEmpty }
        var drawing = ""
        for (index, field) in fields.enumerated() {
            let panel = ChartPanel(
                left: 46, top: 26 + Double(index) * (fieldHeight + 64), width: 330, height: fieldHeight, x: x, y: y)
            drawing += Self.draw(field.0, panel, fields.count > 1 ? "ms \(field.1)" : "ms")
        }
        let load = first.phase.phase.offeredPerSecond.map { " while \(Numbers.whole($0)) requests/s are due" }
        return ChartFigure(
            id: subject.prefix + "spectrum", title: "How long a write takes, from the usual to the rarest",
            remark:
                "Phase '\(first.phase.phase.name)'\(load ?? ", as fast as answers come"). Read at 99 %: one write in a hundred "
                + "took longer. Both axes are logarithmic." + (response.contains(where: \.isVoid) ? " Dotted: void." : ""),
            height: Double(fields.count) * (fieldHeight + 64) + 6, drawing: drawing, numbers: numbers(subject, rows)
        ).text
    }

    private static func draw(_ lines: [Line], _ panel: ChartPanel, _ unit: String) -> String {
        let ticks = percentiles.filter { $0.rare <= panel.x.high * 1.001 }
        // The names of neighbours would run into each other.
        let named = ticks.count > 5 ? ticks.enumerated().filter { $0.offset % 2 == 0 }.map(\.element) : ticks
        var text = panel.vertical(unit)
        text += panel.horizontal("share of writes that took no longer, %", ticks: named.map { ($0.rare, $0.label) })
        for tick in ticks { text += ChartPanel.line(panel.x(tick.rare), panel.top, panel.x(tick.rare), panel.bottom, "g") }
        let ends = lines.map { line in panel.y(line.points.last?.y ?? 0) + 4 }
        let places = ChartPanel.spread(ends, from: panel.top + 4, to: panel.bottom)
        for (line, place) in zip(lines, places) {
            let holds = line.isVoid ? line.points.filter { $0.x <= voidFrom } : line.points
            text += panel.polyline(holds, line.row.style.line)
            if line.isVoid { text += panel.polyline(line.points.filter { $0.x >= voidFrom * 0.8 }, line.row.style.line + " v") }
            text += marks(line, panel)
            let color = "b c\(line.row.style.color + 1)"
            text += ChartPanel.words(line.row.label + (line.isVoid ? " " + Numbers.void : ""), panel.right + 8, place, color)
        }
        return text
    }

    private static func marks(_ line: Line, _ panel: ChartPanel) -> String {
        percentiles.filter { $0.rare <= Double(line.histogram.count) }.map { mark in
            let value = line.histogram.value(atPercentile: mark.percentile)
            let isVoid = line.isVoid && mark.rare >= voidFrom
            return line.row.style.mark(
                panel.x(mark.rare), panel.y(Double(value) / 1e6),
                tip: "\(line.row.label): \(mark.label.replacing(" %", with: "")) % within \(Numbers.milliseconds(value)) ms"
                    + (isVoid ? ", void" : ""), isVoid: isVoid)
        }.joined()
    }

    // MARK: numbers

    private static func numbers(_ subject: PageSubject, _ rows: [(PageRow, PagePhase)]) -> String {
        var table = PageTable(
            subject.nameTitles + ["time of", "writes", "mean ms", "p50", "p90", "p99", "p99.9", "p99.99", "max"])
        for (row, phase) in rows {
            let mark = row.figures.tailMark
            if let commit = phase.phase.commit {
                table.add(subject.names(row) + [.words("response")] + cells(commit, "\(phase.place).commit", mark))
            }
            for (index, operation) in phase.phase.operations.enumerated() {
                guard operation.isWrite, let service = operation.service else { continue }
                let of = PageTable.Cell.words("service, \(operation.op) of \(operation.role)")
                let place = "\(phase.place).operations.\(index).service"
                table.add(subject.names(row) + [of] + cells(service.summary, place, mark))
            }
        }
        return table.text
    }

    static func cells(_ figures: LatencySummary, _ place: String, _ mark: String = "") -> [PageTable.Cell] {
        [
            .figure(.count(figures.count, "\(place).count")), .figure(.milliseconds(figures.mean, "\(place).mean_ns")),
            .figure(.milliseconds(figures.p50, "\(place).p50_ns")), .figure(.milliseconds(figures.p90, "\(place).p90_ns")),
            .figure(.milliseconds(figures.p99, "\(place).p99_ns", mark: mark)),
            .figure(.milliseconds(figures.p999, "\(place).p999_ns", mark: mark)),
            .figure(.milliseconds(figures.p9999, "\(place).p9999_ns", mark: mark)),
            .figure(.milliseconds(figures.max, "\(place).max_ns", mark: mark)),
        ]
    }
}
