// A page as a machine reads it: well-formed or not, the numbers with their places in the document, the texts of its cells, and
// which elements there are; and what the document holds at those places.

import Foundation
import FoundationXML

final class ReadPage: NSObject, XMLParserDelegate {
    struct Number {
        let key: String
        let value: String
        var text = ""
    }

    private(set) var isWellFormed = false
    private(set) var numbers: [Number] = []
    private(set) var elements: [String: Int] = [:]
    private(set) var ids: [String] = []
    /// The rows of the first table below its heads.
    private(set) var firstTable: [[String]] = []
    private(set) var words = ""
    private var open: [String] = []
    private var openNumber: Int?
    private var tables = 0

    init(_ page: String) {
        super.init()
        let parser = XMLParser(data: Data(page.utf8))
        parser.delegate = self
        isWellFormed = parser.parse()
    }

    func parser(
        _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
        attributes: [String: String]
    ) {
        open.append(name)
        elements[name, default: 0] += 1
        if let id = attributes["id"] { ids.append(id) }
        if let key = attributes["data-key"], let value = attributes["data-value"] {
            openNumber = numbers.count
            numbers.append(Number(key: key, value: value))
        }
        guard open.contains("tbody"), tables == 0 else { return }
        if name == "tr" { firstTable.append([]) }
        if name == "td" || name == "th" { firstTable[firstTable.count - 1].append("") }
    }

    func parser(_ parser: XMLParser, foundCharacters text: String) {
        words += text
        if let openNumber { numbers[openNumber].text += text }
        guard open.contains("tbody"), tables == 0, open.last == "td" || open.last == "th" else { return }
        let row = firstTable.count - 1
        firstTable[row][firstTable[row].count - 1] += text
    }

    func parser(_ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?) {
        open.removeLast()
        if name == "td" || name == "span" { openNumber = nil }
        if name == "table" { tables += 1 }
    }
}

/// A document as JSON holds it, of which only the numbers matter here.
indirect enum DocumentNumbers: Decodable, Equatable {
    case object([String: DocumentNumbers])
    case list([DocumentNumbers])
    case whole(UInt64)
    case real(Double)
    case other

    /// Most of a document; no page shows them.
    private static let distributions: Set<String> = ["histogram", "bucket_bounds_ns", "bucket_counts"]

    init(from decoder: any Decoder) throws {
        let value = try decoder.singleValueContainer()
        if let whole = try? value.decode(UInt64.self) {
            self = .whole(whole)
        } else if let real = try? value.decode(Double.self) {
            self = .real(real)
        } else if let object = try? decoder.container(keyedBy: AnyKey.self) {
            let keys = object.allKeys.filter { !Self.distributions.contains($0.stringValue) }
            let pairs = try keys.map { ($0.stringValue, try object.decode(DocumentNumbers.self, forKey: $0)) }
            self = .object(Dictionary(uniqueKeysWithValues: pairs))
        } else {
            self = (try? value.decode([DocumentNumbers].self)).map { .list($0) } ?? .other
        }
    }

    private struct AnyKey: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }
        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    /// What stands at a place, such as `cells.0.nodes`.
    subscript(_ key: String) -> DocumentNumbers? {
        key.split(separator: ".", omittingEmptySubsequences: false).reduce(Optional(self)) { place, step in
            switch place {
            case .object(let fields)?: return fields[String(step)]
            case .list(let values)?:
                guard let index = Int(step), values.indices.contains(index) else { return nil }
                return values[index]
            default: return nil
            }
        }
    }

    func isNumber(_ text: String) -> Bool {
        switch self {
        case .whole(let value): UInt64(text) == value || Double(text) == Double(value)
        case .real(let value): Double(text) == value
        default: false
        }
    }
}
