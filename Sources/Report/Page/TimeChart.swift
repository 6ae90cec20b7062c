// The course of a cell's load as three fields with one axis of time: writes a second, their 99th percentile, and the longest
// stretch of each second without one. Faults are bands over all of them, snapshots ticks below.

internal import Results

struct TimeChart {
    private static let fieldHeight = 84.0
    private static let top = 44.0
    private static let gap = 34.0

    /// One for each row with seconds; joined runs have none.
    static func figures(_ subject: PageSubject) -> String {
        subject.rows.enumerated().map { figure(subject, $1, $0) }.joined(separator: "\n")
    }

    private static func figure(_ subject: PageSubject, _ row: PageRow, _ number: Int) -> String {
        let course = TimeCourse(row.cell)
        guard !course.isEmpty else { return "" }
        let fields: [(points: [TimeCourse.Point], title: String, rates: Bool)] = [
            (course.rates, "writes/s", true), (course.tails, "p99 of writes, ms", false),
            (course.gaps, "longest time without a write, ms", false),
        ]
        var drawing = ""
        var top = Self.top
        var last: ChartPanel?
        for field in fields {
            let values = field.points.compactMap(\.y)
            // Hundredths without a write are what there is to see.
            guard let y = field.rates && course.isFine ? .fromZero(values) : ChartScale.fitting(values) else { continue }
            let panel = ChartPanel(
                left: 56, top: top, width: 404, height: fieldHeight, x: .even(0, course.end), y: y)
            drawing += draw(course, panel, field.title, field.points, row, isRate: field.rates, isFirst: last == nil)
            last = panel
            top += fieldHeight + gap
        }
        guard let last else { return "" }
        var height = last.bottom + 42
        let marks = [("snapshots", course.snapshots), ("elections", course.elections)].filter { !$0.1.isEmpty }
        for (place, mark) in marks.enumerated() {
            drawing += ticks(mark.0, mark.1, last, top: last.bottom + 24 + 16 * Double(place))
            height += 16
        }
        drawing += bottom(course, last, lines: marks.count)
        return ChartFigure(
            id: subject.prefix + "course-\(number)", title: "\(row.label), second by second",
            remark: remark(course), height: height, drawing: drawing,
            numbers: numbers(row) + gapNumbers(row) + stretchNumbers(row)
        ).text
    }

    private static func remark(_ course: TimeCourse) -> String {
        if course.isSliced {
            return "Targets took turns: the seconds of each phase's slices are laid one behind another, and tell no rate."
        }
        var text =
            course.isFine
            ? "Rates of hundredths of a second, of several the least and the most; times of whole seconds. Phases: above."
            : "Whole seconds since the first phase began; phases are named above."
        if !course.faults.isEmpty { text += " Bands are faults." }
        if !course.snapshots.isEmpty { text += " Ticks below are snapshots, by when they were noticed." }
        if !course.elections.isEmpty { text += " And new epochs." }
        if !course.isFine, course.rates.contains(where: { $0.y == 0 }) {
            text += " Hollow: no write was answered in that second."
        }
        return text
    }

    // MARK: drawing

    private static func draw(
        _ course: TimeCourse, _ panel: ChartPanel, _ title: String, _ points: [TimeCourse.Point], _ row: PageRow, isRate: Bool,
        isFirst: Bool
    ) -> String {
        var text = panel.vertical(title + (panel.y.isLog ? ", logarithmic" : ""))
        for (index, phase) in course.phases.enumerated() {
            if index > 0 { text += ChartPanel.line(panel.x(phase.from), panel.top, panel.x(phase.from), panel.bottom, "f") }
        }
        if isFirst { text += names(course, panel) }
        for fault in course.faults { text += panel.band(fault.from, fault.to, "band", tip: fault.tip) }
        for stretch in stretches(points) { text += panel.polyline(stretch, "l c\(row.style.color + 1) d1") }
        for point in points {
            guard let value = point.y else { continue }
            let shown = isRate ? "\(Numbers.whole(value)) writes" : "\(Numbers.significant(value)) ms"
            let tip = "second \(Numbers.whole(point.x - 0.5)): \(shown)"
            if isRate && course.isFine { continue }
            let isNothing = isRate && value == 0
            text += dot(panel.x(point.x), panel.y(value), isNothing ? "h c2" : "p q c\(row.style.color + 1)", tip)
        }
        return text
    }

    private static func dot(_ x: Double, _ y: Double, _ classes: String, _ tip: String) -> String {
        HTMLText.element(
            "circle",
            ["class": classes, "cx": ChartMark.px(x), "cy": ChartMark.px(y), "r": classes.hasPrefix("h") ? "3" : "1.8"],
            HTMLText.element("title", [:], HTMLText.words(tip)))
    }

    /// Names that have room above their phase, and the faults' above theirs.
    private static func names(_ course: TimeCourse, _ panel: ChartPanel) -> String {
        var text = ""
        for phase in course.phases where panel.x(phase.to) - panel.x(phase.from) > Double(phase.name.count) * 6.5 {
            text += ChartPanel.words(phase.name, (panel.x(phase.from) + panel.x(phase.to)) / 2, 12, "t m")
        }
        var free = 0.0
        for fault in course.faults {
            let start = panel.x(fault.from)
            guard start >= free, start + Double(fault.name.count) * 6.5 < ChartPanel.width else { continue }
            text += ChartPanel.words(fault.name, start, panel.top - 22 + 14, "x")
            free = start + Double(fault.name.count) * 6.5 + 6
        }
        return text
    }

    /// Neighbours of which both have a value, so that nothing is drawn through a second that has none.
    private static func stretches(_ points: [TimeCourse.Point]) -> [[(x: Double, y: Double)]] {
        var all: [[(x: Double, y: Double)]] = [[]]
        for point in points {
            if let value = point.y { all[all.count - 1].append((point.x, value)) } else { all.append([]) }
        }
        return all.filter { $0.count > 1 }
    }

    private static func ticks(_ name: String, _ spans: [TimeCourse.Span], _ panel: ChartPanel, top: Double) -> String {
        ChartPanel.words(name, 0, top + 9, "u")
            + spans.map { seen in
                HTMLText.element(
                    "rect",
                    [
                        "class": "snap", "x": ChartMark.px(panel.x(seen.to) - 1), "y": ChartMark.px(top), "width": "2",
                        "height": "10",
                    ], HTMLText.element("title", [:], HTMLText.words(seen.tip)))
            }.joined()
    }

    private static func bottom(_ course: TimeCourse, _ panel: ChartPanel, lines: Int) -> String {
        let title = course.isSliced ? "seconds of load" : "seconds"
        guard lines > 0 else { return panel.horizontal(title) }
        let down = 34 + 16 * Double(lines)
        return panel.horizontal("") + ChartPanel.words(title, panel.left + panel.width / 2, panel.bottom + down, "u m")
    }

    // MARK: numbers

    private static func numbers(_ row: PageRow) -> String {
        var table = PageTable(["phase", "role", "op", "second", "answered", "errors", "p50 ms", "p99", "max"])
        for phase in row.phases {
            for (index, operation) in phase.phase.operations.enumerated() {
                for (place, second) in operation.series.enumerated() {
                    let key = "\(phase.place).operations.\(index).series.\(place)"
                    table.add([
                        .name(phase.phase.name), .words(operation.role), .words(operation.op),
                        .figure(.count(second.second, "\(key).second")), .figure(.count(second.count, "\(key).count")),
                        .figure(.count(second.errors, "\(key).errors")), .figure(.milliseconds(second.p50, "\(key).p50_ns")),
                        .figure(.milliseconds(second.p99, "\(key).p99_ns")), .figure(.milliseconds(second.max, "\(key).max_ns")),
                    ])
                }
            }
        }
        return table.text
    }

    /// Before, during and after faults.
    private static func stretchNumbers(_ row: PageRow) -> String {
        guard let stretches = row.cell.stretches, !stretches.isEmpty else { return "" }
        var table = PageTable(["", "from ms", "to", "writes", "p50 ms", "p99", "max", "silent hundredths"])
        for (index, stretch) in stretches.enumerated() {
            let key = "\(row.place).fault_stretches.\(index)"
            let times = stretch.response
            table.add([
                .words(stretch.place == "during" ? "during " + Numbers.list(stretch.faults) : stretch.place),
                .figure(.milliseconds(stretch.fromNanoseconds, "\(key).from_ns")),
                .figure(.milliseconds(stretch.toNanoseconds, "\(key).to_ns")),
                .figure(.count(times.map { Int($0.count) }, "\(key).response.count")),
                .figure(.milliseconds(times?.percentile(50), "\(key).response.p50_ns")),
                .figure(.milliseconds(times?.percentile(99), "\(key).response.p99_ns")),
                .figure(.milliseconds(times?.max, "\(key).response.max_ns")),
                .figure(.count(stretch.silentBins, "\(key).silent_bins")),
            ])
        }
        return table.text
    }

    private static func gapNumbers(_ row: PageRow) -> String {
        var table = PageTable(["second", "longest time without a write, ms"])
        for (index, gap) in row.cell.writeGapSeries.enumerated() {
            let key = "\(row.place).write_gap_series.\(index)"
            table.add([
                .figure(.count(gap.second, "\(key).second")), .figure(.milliseconds(gap.longestNanoseconds, "\(key).longest_ns")),
            ])
        }
        return table.text
    }
}
