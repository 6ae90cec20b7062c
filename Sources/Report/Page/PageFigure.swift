// A number of a document as a page shows it: the text that the tables have for it, and beside it the exact number and its place
// in the document, so that whoever reads the page by machine reads what was measured.

internal import Results

struct PageFigure {
    /// The keys that lead to it in the document, between points; list elements by number.
    let key: String
    let value: String
    let text: String

    private init(_ key: String, _ value: String, _ text: String) {
        self.key = key
        self.value = value
        self.text = text
    }

    // MARK: by unit; nil where nothing was measured

    static func milliseconds(_ nanoseconds: UInt64?, _ key: String, mark: String = "") -> PageFigure? {
        nanoseconds.map { PageFigure(key, "\($0)", Numbers.milliseconds($0) + mark) }
    }

    static func coarseMilliseconds(_ nanoseconds: UInt64?, _ key: String) -> PageFigure? {
        nanoseconds.map { PageFigure(key, "\($0)", Numbers.coarseMilliseconds($0)) }
    }

    static func seconds(_ nanoseconds: UInt64?, _ key: String) -> PageFigure? {
        nanoseconds.map { PageFigure(key, "\($0)", Numbers.significant(Double($0) / 1e9)) }
    }

    static func whole(_ value: Double?, _ key: String, mark: String = "") -> PageFigure? {
        value.map { PageFigure(key, "\($0)", Numbers.whole($0) + mark) }
    }

    static func significant(_ value: Double?, _ key: String) -> PageFigure? {
        value.map { PageFigure(key, "\($0)", Numbers.significant($0)) }
    }

    static func millions(_ value: Double?, _ key: String) -> PageFigure? {
        value.map { PageFigure(key, "\($0)", Numbers.whole($0 / 1e6)) }
    }

    /// A share as percent.
    static func percent(_ share: Double?, _ key: String) -> PageFigure? {
        share.map { PageFigure(key, "\($0)", Numbers.whole($0 * 100)) }
    }

    static func count(_ value: UInt64?, _ key: String) -> PageFigure? {
        value.map { PageFigure(key, "\($0)", Numbers.whole(Double($0))) }
    }

    static func count(_ value: Int?, _ key: String) -> PageFigure? {
        value.map { PageFigure(key, "\($0)", Numbers.whole(Double($0))) }
    }

    static func gibibytes(_ bytes: UInt64?, _ key: String) -> PageFigure? {
        bytes.map { PageFigure(key, "\($0)", Numbers.significant(Double($0) / 1_073_741_824)) }
    }

    /// In the unit that tables show this figure in.
    static func metric(_ metric: ResultMetric, _ value: Double?, _ key: String, mark: String = "") -> PageFigure? {
        value.map { PageFigure(key, "\($0)", metric.shown($0) + mark) }
    }

    /// As it stands between the cells of a line of words.
    var marked: String { HTMLText.element("span", ["data-key": key, "data-value": value], HTMLText.words(text)) }
}
