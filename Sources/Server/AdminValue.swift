// The values that the admin port shows, and their JSON: fields keep the order in which they were given, two blanks indent.

package enum AdminValue: Hashable, Sendable {
    case none
    case flag(Bool)
    case integer(Int64)
    case number(Double)
    case text(String)
    case list([AdminValue])
    case fields([AdminField])

    /// As a number in text, if it is one.
    var number: String? {
        switch self {
        case .integer(let value): "\(value)"
        case .number(let value) where value.isFinite: "\(value)"
        case .number, .none, .flag, .text, .list, .fields: nil
        }
    }

    package func json(indentation: Int = 0) -> String {
        let inner = String(repeating: "  ", count: indentation + 1)
        let outer = String(repeating: "  ", count: indentation)
        switch self {
        case .none: return "null"
        case .flag(let value): return value ? "true" : "false"
        case .integer(let value): return "\(value)"
        // JSON has no words for these.
        case .number(let value): return value.isFinite ? "\(value)" : "null"
        case .text(let value): return Self.quoted(value)
        case .list(let values):
            if values.isEmpty { return "[ ]" }
            let lines = values.map { inner + $0.json(indentation: indentation + 1) }
            return "[\n" + lines.joined(separator: ",\n") + "\n\(outer)]"
        case .fields(let fields):
            if fields.isEmpty { return "{ }" }
            let lines = fields.map { "\(inner)\(Self.quoted($0.name)) : \($0.value.json(indentation: indentation + 1))" }
            return "{\n" + lines.joined(separator: ",\n") + "\n\(outer)}"
        }
    }

    private static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            case _ where scalar.value < 0x20:
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}

package struct AdminField: Hashable, Sendable {
    package let name: String
    package let value: AdminValue

    package init(_ name: String, _ value: AdminValue) {
        self.name = name
        self.value = value
    }
}
