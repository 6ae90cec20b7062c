// What ensembles can carry, on a page: the verdict of each size, the rates by size, and the hockey stick, which is the response
// time by the rate that was offered, with the windows that missed the objective hollow.

internal import Results

struct CapacityPage {
    private let document: CapacityDocument
    private let prefix: String
    private let sections: PlanSections

    init(_ document: CapacityDocument, prefix: String) {
        self.document = document
        self.prefix = prefix
        sections = PlanSections(prefix: prefix, started: document.started)
    }

    var text: String {
        let target = [document.target.name, document.target.version ?? ""].filter { !$0.isEmpty }.joined(separator: " ")
        let isFound = document.sizes.contains { $0.outcome == .found }
        return sections.article([
            sections.head(
                "What carries \(document.objective)",
                about: "\(document.workload.name) · \(target) · \(document.started) · \(document.environment.cpus) CPUs"),
            sections.verdict(
                isFound ? ("good", "✓ Found") : ("fair", "! No rate was found"),
                document.sizes.map { CapacityTable.sentence($0, document) }, document.marks),
            HTMLText.section(prefix + "figures", "Figures", table), sections.charts([rates, course]),
            HTMLText.section(
                prefix + "workload", "The workload",
                HTMLText.element("pre", ["tabindex": "0"], HTMLText.words(document.workload.resolved))),
            sections.command(document.command),
        ])
    }

    private var table: String {
        var table = PageTable([
            "members", "requests/s", "low", "high", "bound by", "may fail", "one down", "low", "high", "s to roll-over",
            "log bytes/day",
        ])
        for (index, size) in document.sizes.enumerated() {
            let key = "sizes.\(index)"
            table.add([
                .figure(.count(size.nodes, "\(key).nodes")),
                .figure(
                    size.rate.map { .whole($0.median, "\(key).rate_per_s.median") }
                        ?? .whole(size.heldPerSecond, "\(key).held_per_s")),
                .figure(.whole(size.rate?.low, "\(key).rate_per_s.low")),
                .figure(.whole(size.rate?.high, "\(key).rate_per_s.high")), .words(size.bound?.rawValue ?? Numbers.absent),
                .figure(.count(size.failuresTolerated, "\(key).failures_tolerated")),
                .figure(.whole(size.rateOneDown?.median, "\(key).rate_one_down_per_s.median")),
                .figure(.whole(size.rateOneDown?.low, "\(key).rate_one_down_per_s.low")),
                .figure(.whole(size.rateOneDown?.high, "\(key).rate_one_down_per_s.high")),
                .figure(.whole(size.secondsToRollOver, "\(key).to_zxid_roll_over_s")),
                .figure(.whole(size.logBytesPerDay, "\(key).log_bytes_per_day")),
            ])
        }
        return table.text
    }

    // MARK: charts

    private var rates: String {
        let found = document.sizes.filter { $0.rate != nil }
        guard found.count > 1 else { return "" }
        var values: [Double] = []
        for rate in found.flatMap({ [$0.rate, $0.rateOneDown].compactMap(\.self) }) {
            values += [rate.median, rate.low ?? rate.median, rate.high ?? rate.median]
        }
        guard let y = ChartScale.fromZero(values) else { return "" }
        let x = ChartScale.even(-0.4, Double(found.count) - 0.6)
        let panel = ChartPanel(left: 56, top: 26, width: 320, height: 170, x: x, y: y)
        var drawing = panel.vertical("requests/s")
        drawing += panel.horizontal("members", ticks: found.enumerated().map { (Double($0), "\($1.nodes)") })
        for (place, size) in found.enumerated() {
            if let rate = size.rate { drawing += mark(rate, Double(place) - 0.05, panel, 0, "\(size.nodes) members") }
            if let rate = size.rateOneDown {
                drawing += mark(rate, Double(place) + 0.05, panel, 1, "\(size.nodes) members, one down")
            }
        }
        let hasDown = found.contains { $0.rateOneDown != nil }
        return ChartFigure(
            id: prefix + "rates", title: "What each size carries",
            remark: "Half of the windows keep the objective at this rate; bars are 95 % intervals."
                + (hasDown ? " Squares: with a follower down." : ""),
            height: 240, drawing: drawing, numbers: ""
        ).text
    }

    private func mark(_ rate: ResultInterval, _ place: Double, _ panel: ChartPanel, _ color: Int, _ name: String) -> String {
        let style = ChartStyle(color: color, dash: 0)
        let center = panel.x(place)
        var text = ""
        if let low = rate.low, let high = rate.high {
            text += ChartPanel.line(center, panel.y(low), center, panel.y(high), "i c\(color + 1)")
        }
        return text + style.mark(center, panel.y(rate.median), tip: "\(name): \(Numbers.whole(rate.median)) requests/s")
    }

    /// Response times of all windows by what was offered.
    private var course: String {
        let all = document.sizes.flatMap { size in size.windows.filter { $0.response != nil && $0.held != nil } }
        guard all.count > 2, let x = ChartScale.logarithmic(all.map(\.offeredPerSecond)),
            let y = ChartScale.logarithmic(all.map { Double($0.response!.p99) / 1e6 })
        else { return "" }
        let panel = ChartPanel(left: 56, top: 26, width: 330, height: 220, x: x, y: y)
        var drawing = panel.vertical("p99, ms, logarithmic") + panel.horizontal("requests/s offered, logarithmic")
        var ends: [(label: String, wanted: Double, color: String)] = []
        for (place, size) in document.sizes.enumerated() {
            let style = ChartStyle(color: place, dash: 0)
            let windows = size.windows.filter { $0.response != nil && $0.held != nil }
                .sorted { $0.offeredPerSecond < $1.offeredPerSecond }
            guard let last = windows.last else { continue }
            for window in windows {
                let held = window.held == true
                drawing += style.mark(
                    panel.x(window.offeredPerSecond), panel.y(Double(window.response!.p99) / 1e6),
                    tip: "\(size.nodes) members at \(Numbers.whole(window.offeredPerSecond))/s: p99 "
                        + "\(Numbers.milliseconds(window.response!.p99)) ms, \(held ? "kept" : "missed")", isVoid: !held)
            }
            let name = "\(size.nodes) member\(size.nodes == 1 ? "" : "s")"
            ends.append((name, panel.y(Double(last.response!.p99) / 1e6) + 4, "b c\(style.color + 1)"))
        }
        let heights = ChartPanel.spread(ends.map(\.wanted), from: panel.top + 4, to: panel.bottom)
        for (end, height) in zip(ends, heights) { drawing += ChartPanel.words(end.label, panel.right + 8, height, end.color) }
        return ChartFigure(
            id: prefix + "course", title: "Where response times turn up",
            remark: "Each mark is a window of the search; hollow ones missed \(document.objective). Both axes are logarithmic.",
            height: 300, drawing: drawing, numbers: windowNumbers
        ).text
    }

    private var windowNumbers: String {
        var table = PageTable([
            "members", "offered/s", "answered/s", "p50 ms", "p99", "max", "kept", "stage", "leader's share", "flushing",
        ])
        for (index, size) in document.sizes.enumerated() {
            for (place, window) in size.windows.enumerated() {
                let key = "sizes.\(index).windows.\(place)"
                table.add([
                    .figure(.count(size.nodes, "sizes.\(index).nodes")),
                    .figure(.whole(window.offeredPerSecond, "\(key).offered_per_s")),
                    .figure(.whole(window.answeredPerSecond, "\(key).answered_per_s")),
                    .figure(.milliseconds(window.response?.p50, "\(key).response.p50_ns")),
                    .figure(.milliseconds(window.response?.p99, "\(key).response.p99_ns")),
                    .figure(.milliseconds(window.response?.max, "\(key).response.max_ns")),
                    .words(window.held.map { $0 ? "kept" : "missed" } ?? "counts for nothing"), .words(window.stage),
                    .figure(.percent(window.leaderShare, "\(key).leader_share")),
                    .figure(.percent(window.flushShare, "\(key).flush_share")),
                ])
            }
        }
        return table.text
    }
}
