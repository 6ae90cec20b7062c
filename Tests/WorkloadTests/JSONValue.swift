// A value of JSON, read with Yams, as JSON is YAML: what the schema and the workloads are compared as.

import Yams

indirect enum JSONValue: Equatable {
    case null
    case flag(Bool)
    case number(Double)
    case text(String)
    case list([JSONValue])
    case object([String: JSONValue])

    /// By the core schema of YAML 1.2, as editors read it: `off` is a text there.
    init(yaml: String) throws {
        self = try Yams.compose(yaml: yaml).map(JSONValue.init) ?? .null
    }

    private init(_ node: Node) {
        switch node {
        case .scalar(let scalar): self = scalar.style == .plain ? Self.plain(scalar.string) : .text(scalar.string)
        case .sequence(let items): self = .list(items.map(JSONValue.init))
        case .mapping(let entries):
            self = .object(
                Dictionary(entries.map { ($0.key.scalar?.string ?? "", JSONValue($0.value)) }, uniquingKeysWith: { $1 }))
        case .alias: self = .null
        }
    }

    private static func plain(_ text: String) -> JSONValue {
        switch text {
        case "true": return .flag(true)
        case "false": return .flag(false)
        case "null", "~", "": return .null
        default:
            let isNumber = text.allSatisfy { $0.isNumber || "+-.eE".contains($0) }
            return isNumber ? Double(text).map { .number($0) } ?? .text(text) : .text(text)
        }
    }

    var object: [String: JSONValue]? { if case .object(let entries) = self { entries } else { nil } }
    var list: [JSONValue]? { if case .list(let items) = self { items } else { nil } }
    var text: String? { if case .text(let text) = self { text } else { nil } }
    var number: Double? { if case .number(let number) = self { number } else { nil } }

    /// As JSON, which the reader of workloads takes as well.
    var json: String {
        switch self {
        case .null: "null"
        case .flag(let flag): "\(flag)"
        case .number(let number): number == number.rounded() ? "\(Int(number))" : "\(number)"
        case .text(let text): "\"\(text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\""))\""
        case .list(let items): "[\(items.map(\.json).joined(separator: ", "))]"
        case .object(let entries):
            "{\(entries.sorted { $0.key < $1.key }.map { "\"\($0.key)\": \($0.value.json)" }.joined(separator: ", "))}"
        }
    }

    /// The same with one entry more in the mapping at this place.
    func adding(_ key: String, at steps: ArraySlice<JSONStep>) -> JSONValue {
        guard let step = steps.first else {
            var entries = object ?? [:]
            entries[key] = .number(1)
            return .object(entries)
        }
        switch (self, step) {
        case (.object(var entries), .key(let name)):
            entries[name] = entries[name]?.adding(key, at: steps.dropFirst())
            return .object(entries)
        case (.list(var items), .place(let place)):
            items[place] = items[place].adding(key, at: steps.dropFirst())
            return .list(items)
        default: return self
        }
    }
}

/// A way into a value.
enum JSONStep: Equatable {
    case key(String)
    case place(Int)
}
