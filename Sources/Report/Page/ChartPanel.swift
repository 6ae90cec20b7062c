// A chart's field between its axes, and what is drawn in it. All charts are 480 units wide, so that their words can be read on a
// telephone, too.

struct ChartPanel {
    static let width = 480.0
    /// Between lines of words.
    static let lineHeight = 14.0
    let left: Double
    let top: Double
    let width: Double
    let height: Double
    let x: ChartScale
    let y: ChartScale

    var right: Double { left + width }
    var bottom: Double { top + height }

    func x(_ value: Double) -> Double { left + x.share(value) * width }
    func y(_ value: Double) -> Double { bottom - y.share(value) * height }

    // MARK: axes

    /// Ticks of the vertical axis with their lines, and above them what they are.
    func vertical(_ title: String) -> String {
        var parts = [Self.words(title, 0, top - 8, "u")]
        for tick in y.ticks {
            let place = y(tick)
            parts.append(Self.line(left, place, right, place, "g"))
            parts.append(Self.words(ChartScale.label(tick), left - 6, place + 4, "t e"))
        }
        parts.append(Self.line(left, bottom, right, bottom, "a"))
        return parts.joined()
    }

    /// Ticks of the horizontal axis, and below them what they are.
    func horizontal(_ title: String, ticks: [(value: Double, label: String)]? = nil) -> String {
        let all = ticks ?? x.ticks.map { ($0, ChartScale.label($0)) }
        var parts = all.map { tick in
            Self.line(x(tick.value), bottom, x(tick.value), bottom + 4, "a")
                + Self.words(tick.label, x(tick.value), bottom + 17, "t m")
        }
        parts.append(Self.words(title, left + width / 2, bottom + 34, "u m"))
        return parts.joined()
    }

    // MARK: what is drawn

    func polyline(_ points: [(x: Double, y: Double)], _ classes: String) -> String {
        guard points.count > 1 else { return "" }
        let places = points.map { "\(ChartMark.px(x($0.x))),\(ChartMark.px(y($0.y)))" }
        return HTMLText.element("polyline", ["class": classes, "points": places.joined(separator: " ")])
    }

    /// The whole height between two values; a moment is a line.
    func band(_ from: Double, _ to: Double, _ classes: String, tip: String) -> String {
        let start = x(from)
        let title = HTMLText.element("title", [:], HTMLText.words(tip))
        return HTMLText.element(
            "rect",
            [
                "class": classes, "x": ChartMark.px(start), "y": ChartMark.px(top),
                "width": ChartMark.px(max(1.5, x(to) - start)), "height": ChartMark.px(height),
            ], title)
    }

    // MARK: pieces of any chart

    static func line(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, _ classes: String) -> String {
        HTMLText.element(
            "line",
            [
                "class": classes, "x1": ChartMark.px(x1), "y1": ChartMark.px(y1), "x2": ChartMark.px(x2),
                "y2": ChartMark.px(y2),
            ])
    }

    /// Classes: `t` for ticks, `u` for units, `b` for names; `m` in the middle, `e` at the end of the place.
    static func words(_ text: String, _ x: Double, _ y: Double, _ classes: String) -> String {
        HTMLText.element(
            "text", ["class": classes, "x": ChartMark.px(x), "y": ChartMark.px(y)], HTMLText.words(text))
    }

    /// Labels at the heights that are wanted, moved apart so that all can be read.
    static func spread(_ wanted: [Double], from top: Double, to bottom: Double) -> [Double] {
        let order = wanted.indices.sorted { wanted[$0] < wanted[$1] }
        var places = wanted
        var least = top
        for index in order {
            places[index] = max(places[index], least)
            least = places[index] + lineHeight
        }
        var most = max(bottom, top + Double(wanted.count - 1) * lineHeight)
        for index in order.reversed() {
            places[index] = min(places[index], most)
            most = places[index] - lineHeight
        }
        return places
    }
}

/// A chart with its title, what is to be seen in it, and its numbers.
struct ChartFigure {
    let id: String
    let title: String
    let remark: String
    let height: Double
    let drawing: String
    let numbers: String

    var text: String {
        let picture = HTMLText.element(
            "svg",
            [
                "viewBox": "0 0 \(ChartMark.px(ChartPanel.width)) \(ChartMark.px(height))", "role": "img", "aria-label": title,
            ], drawing)
        let caption = HTMLText.element("h3", [:], HTMLText.words(title)) + HTMLText.element("p", [:], HTMLText.words(remark))
        return HTMLText.element(
            "figure", ["id": id],
            HTMLText.element("figcaption", [:], caption) + picture
                + (numbers.isEmpty ? "" : HTMLText.details("Numbers", numbers)))
    }
}
