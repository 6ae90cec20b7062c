// Elements of a page as text. What comes out is well-formed as XML, too, so that any reader of XML can check it. Contents that
// are passed on are markup already; words go through `words`.

enum HTMLText {
    /// Elements that HTML closes by itself.
    private static let empty: Set<String> = ["meta", "br", "hr", "line", "circle", "rect", "polyline", "path"]

    static func words(_ text: String) -> String { XMLText.escaped(text) }

    /// Attributes without a value are left out.
    static func element(_ name: String, _ attributes: KeyValuePairs<String, String?> = [:], _ content: String = "") -> String {
        var text = "<" + name
        for (key, value) in attributes {
            guard let value else { continue }
            text += " \(key)=\"\(XMLText.escaped(value))\""
        }
        return content.isEmpty && empty.contains(name) ? text + "/>" : "\(text)>\(content)</\(name)>"
    }

    /// A part that is seen on demand.
    static func details(_ summary: String, _ content: String, isOpen: Bool = false) -> String {
        element("details", ["open": isOpen ? "open" : nil], element("summary", [:], words(summary)) + content)
    }

    /// Nothing without content.
    static func section(_ id: String, _ title: String, _ content: String) -> String {
        content.isEmpty ? "" : element("section", ["id": id], element("h2", [:], words(title)) + content)
    }

    static func list(_ items: [String]) -> String {
        items.isEmpty ? "" : element("ul", [:], items.map { element("li", [:], $0) }.joined())
    }
}
