// Writes a document out again as YAML: what a result keeps as the workload as it was resolved.

extension DocumentNode {
    /// The document as block YAML, keys in the order of the file.
    var text: String {
        var output = ""
        write(to: &output, indent: 0)
        return output
    }

    private func write(to output: inout String, indent: Int) {
        let margin = String(repeating: " ", count: indent)
        switch content {
        case .scalar(let value):
            output += margin + Self.quoted(value) + "\n"
        case .mapping(let entries):
            if entries.isEmpty { output += margin + "{}\n" }
            for entry in entries {
                output += margin + Self.quoted(entry.key) + ":"
                entry.value.writeBehindKey(to: &output, indent: indent + 2)
            }
        case .sequence(let items):
            if items.isEmpty { output += margin + "[]\n" }
            for item in items {
                output += margin + "-"
                item.writeBehindKey(to: &output, indent: indent + 2)
            }
        }
    }

    private func writeBehindKey(to output: inout String, indent: Int) {
        if case .scalar(let value) = content {
            output += " " + Self.quoted(value) + "\n"
        } else {
            output += "\n"
            write(to: &output, indent: indent)
        }
    }

    private static func quoted(_ value: String) -> String {
        let plain = value.utf8.allSatisfy {
            switch $0 {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                true
            case UInt8(ascii: "/"), UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "-"): true
            default: false
            }
        }
        if plain && !value.isEmpty && !value.hasPrefix("-") { return value }
        var result = "\""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\t": result += "\\t"
            case "\r": result += "\\r"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
