// A search for better settings, on a page: the recommendation with its proof, each candidate with its gain, what is best in rate
// and in times at once, and the map of two knobs where all their values were tried together.

internal import Foundation
internal import Results

struct TuningPage {
    private let document: TuningDocument
    private let prefix: String
    private let sections: PlanSections

    init(_ document: TuningDocument, prefix: String) {
        self.document = document
        self.prefix = prefix
        sections = PlanSections(prefix: prefix, started: document.started)
    }

    var text: String {
        let members = "\(document.nodes) member\(document.nodes == 1 ? "" : "s")"
        let common = document.common.isEmpty ? "" : " · with " + document.common.joined(separator: ", ")
        return sections.article([
            sections.head(
                "Settings for \(document.workload)", about: "\(document.target), \(members) · \(document.started)\(common)"),
            verdict, HTMLText.section(prefix + "figures", "Candidates", table), sections.charts([gains, front]),
            HTMLText.section(prefix + "map", "Two knobs", map), HTMLText.section(prefix + "proof", "The proof", proof),
            sections.command(document.command),
        ])
    }

    private var verdict: String {
        let words = TuningTable.verdict(document).split(separator: "\n", omittingEmptySubsequences: true)
        let lines = words.filter { $0.hasPrefix("    ") }.map { $0.dropFirst(4) }.joined(separator: "\n")
        return sections.verdict(
            badge, words.filter { !$0.hasPrefix("    ") }.map(String.init), lines: lines, document.marks)
    }

    private var badge: (kind: String, word: String) {
        if document.recommended == nil { return ("fair", "The default is best") }
        if document.proof == nil { return ("fair", "! Not proved") }
        return document.isProved ? ("good", "✓ Recommended, and proved") : ("fair", "! Not borne out")
    }

    private var rateMetric: ResultMetric {
        let keys = Set(document.candidates.first.map { Array($0.figures.keys) } ?? [])
        return [ResultMetric.items, .writes, .reads].first(where: keys.contains) ?? .writes
    }

    private var table: String {
        var table = PageTable([
            "settings", "stages", rateMetric.title, "p50 ms", "p99 ms", "CPU µs/write", "gain", "low", "high", "",
        ])
        for (index, candidate) in document.candidates.enumerated() {
            let key = "candidates.\(index)"
            func figure(_ metric: ResultMetric) -> PageTable.Cell {
                .figure(.metric(metric, candidate.figures[metric], "\(key).figures.\(metric.rawValue)"))
            }
            var words: [String] = []
            if candidate.name == document.recommended { words.append("recommended") }
            if candidate.isOnFront { words.append("front") }
            if candidate.changesPromise { words.append("other promise") }
            table.add([
                .name(candidate.name), .figure(.count(candidate.stages, "\(key).stages")), figure(rateMetric),
                figure(.commitMedian), figure(.commitP99), figure(.cpuPerWrite),
                .figure(.significant(candidate.gain?.median, "\(key).gain.median")),
                .figure(.significant(candidate.gain?.low, "\(key).gain.low")),
                .figure(.significant(candidate.gain?.high, "\(key).gain.high")), .words(words.joined(separator: ", ")),
            ])
        }
        return table.text
    }

    // MARK: charts

    /// A line for each candidate: its gain over the default with its interval.
    private var gains: String {
        let tried = document.candidates.filter { $0.gain != nil }
        var values = [1.0]
        for gain in tried.compactMap(\.gain) { values += [gain.median, gain.low ?? gain.median, gain.high ?? gain.median] }
        guard !tried.isEmpty, let scale = ChartScale.logarithmic(values) else { return "" }
        let row = 20.0
        let panel = ChartPanel(
            left: 210, top: 10, width: 190, height: Double(tried.count) * row + 6, x: scale, y: .even(0, 1))
        var drawing = ChartPanel.line(panel.x(1), panel.top, panel.x(1), panel.bottom, "one")
        for (place, candidate) in tried.enumerated() {
            guard let gain = candidate.gain else { continue }
            let height = panel.top + (Double(place) + 0.6) * row
            let isUndecided = gain.isUndecided(against: 1)
            let color = isUndecided ? 0 : gain.median > 1 ? 3 : 2
            if let low = gain.low, let high = gain.high {
                drawing += ChartPanel.line(panel.x(low), height, panel.x(high), height, "i c\(color)")
            }
            drawing += ChartMark.shape(
                0, panel.x(gain.median), height, classes: "\(isUndecided ? "h" : "p") c\(color)",
                tip: "\(candidate.name): \(Numbers.significant(gain.median))")
            let name = candidate.name.count > 34 ? String(candidate.name.prefix(33)) + "…" : candidate.name
            drawing += ChartPanel.words(name, panel.left - 8, height + 4, "t e")
            drawing += ChartPanel.words(
                (isUndecided ? "~ " : "") + Numbers.fixed(gain.median, places: 2), panel.right + 8, height + 4, "t")
        }
        drawing +=
            ChartPanel.line(panel.left, panel.bottom, panel.right, panel.bottom, "a") + panel.horizontal("gain, logarithmic")
        return ChartFigure(
            id: prefix + "gains", title: "What each set of settings gains",
            remark:
                "Against the default in the same turns, with 95 % intervals; hollow and ~: not decided. 1 is the default itself.",
            height: panel.bottom + 44, drawing: drawing, numbers: ""
        ).text
    }

    /// Rate against the 99th percentile: to the right and below is better, and the line joins what nothing beats in both.
    private var front: String {
        let points = document.candidates.compactMap { candidate -> (TunedCandidate, Double, Double)? in
            guard let rate = TuningTable.rate(candidate), let tail = candidate.figures[.commitP99] else { return nil }
            return (candidate, rate, tail / 1e6)
        }
        guard points.count > 1, let x = ChartScale.fitting(points.map(\.1)), let y = ChartScale.fitting(points.map(\.2)) else {
            return ""
        }
        let panel = ChartPanel(left: 56, top: 26, width: 330, height: 200, x: x, y: y)
        var drawing =
            panel.vertical("p99, ms" + (y.isLog ? ", logarithmic" : ""))
            + panel.horizontal(rateMetric.title + (x.isLog ? ", logarithmic" : ""))
        let best = points.filter(\.0.isOnFront).sorted { $0.1 < $1.1 }
        drawing += panel.polyline(best.map { (x: $0.1, y: $0.2) }, "l c1 d2")
        for (candidate, rate, tail) in points {
            let isDefault = candidate.settings.isEmpty
            let style = ChartStyle(color: isDefault ? 1 : 0, dash: 0)
            drawing += style.mark(
                panel.x(rate), panel.y(tail),
                tip: "\(candidate.name): \(Numbers.whole(rate))/s, p99 \(Numbers.significant(tail)) ms",
                isVoid: !candidate.isOnFront)
        }
        return ChartFigure(
            id: prefix + "front", title: "More throughput or shorter tails",
            remark:
                "Right and low is good. Filled and joined: nothing is better in both. The square is the default. Figures are of "
                + "the last stage that each was in.",
            height: 280, drawing: drawing, numbers: ""
        ).text
    }

    // MARK: what stands below

    private var map: String {
        TuningMap.text(document).map { HTMLText.element("pre", ["tabindex": "0"], HTMLText.words($0)) } ?? ""
    }

    private var proof: String {
        guard let proof = document.proof else { return "" }
        var table = PageTable(["phase", "figure", "default", "recommended", "ratio", "low", "high", ""])
        for (index, figure) in proof.figures.enumerated() {
            let key = "proof.figures.\(index)"
            table.add([
                .name(figure.phase), .words(figure.metric.title), .figure(.metric(figure.metric, figure.base, "\(key).base")),
                .figure(.metric(figure.metric, figure.new, "\(key).new")),
                .figure(.significant(figure.ratio.median, "\(key).ratio.median")),
                .figure(.significant(figure.ratio.low, "\(key).ratio.low")),
                .figure(.significant(figure.ratio.high, "\(key).ratio.high")), .words(figure.verdict.rawValue),
            ])
        }
        return table.text
    }
}
