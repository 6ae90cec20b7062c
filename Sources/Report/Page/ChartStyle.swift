// What lines and marks of a chart look like. Colours are those of Okabe and Ito, which the colour-blind tell apart; each has a
// mark of its own shape, and sizes have dashes, so that lines are told apart in grey, too.

struct ChartStyle {
    static let colors = 6
    static let dashes = 4
    let color: Int
    let dash: Int

    init(color: Int, dash: Int) {
        self.color = color % Self.colors
        self.dash = dash % Self.dashes
    }

    var line: String { "l c\(color + 1) d\(dash + 1)" }

    /// What is void is hollow.
    func mark(_ x: Double, _ y: Double, tip: String, isVoid: Bool = false) -> String {
        ChartMark.shape(color, x, y, classes: "\(isVoid ? "h" : "p") c\(color + 1)", tip: tip)
    }
}

enum ChartMark {
    /// A circle, a square, a triangle or a diamond.
    static func shape(_ number: Int, _ x: Double, _ y: Double, classes: String, tip: String) -> String {
        let title = tip.isEmpty ? "" : HTMLText.element("title", [:], HTMLText.words(tip))
        switch number % 4 {
        case 0: return HTMLText.element("circle", ["class": classes, "cx": px(x), "cy": px(y), "r": "3.5"], title)
        case 1:
            return HTMLText.element(
                "rect", ["class": classes, "x": px(x - 3.2), "y": px(y - 3.2), "width": "6.4", "height": "6.4"], title)
        case 2: return path(classes, "M\(px(x)) \(px(y - 4.4))l4.4 7.6h-8.8z", title)
        default: return path(classes, "M\(px(x)) \(px(y - 4.6))l4.6 4.6l-4.6 4.6l-4.6 -4.6z", title)
        }
    }

    private static func path(_ classes: String, _ d: String, _ title: String) -> String {
        HTMLText.element("path", ["class": classes, "d": d], title)
    }

    /// A length in a chart's own units, to a tenth.
    static func px(_ value: Double) -> String {
        guard value.isFinite, abs(value) < 1e6 else { return "0" }
        let tenths = Int((value * 10).rounded())
        return tenths % 10 == 0 ? "\(tenths / 10)" : "\(Double(tenths) / 10)"
    }
}
