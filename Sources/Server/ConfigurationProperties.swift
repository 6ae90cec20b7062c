// Reads the text of a Java properties file, which is what `zoo.cfg` is: comments, continued lines, escapes, three separators.
// Knows nothing of any key; the table of keys is in ConfigurationKeys.swift. Bytes are taken as UTF-8 (Java's reader takes them
// as Latin-1, which only garbles paths), and values are trimmed, as ZooKeeper trims them.

/// One `key=value` of a properties file and the line on which it begins.
package struct ConfigurationEntry: Hashable, Sendable {
    package var key: String
    package var value: String
    package var line: Int
}

package struct ConfigurationProperties {
    package let file: String
    package private(set) var entries: [ConfigurationEntry] = []
    package private(set) var problems: [ConfigurationProblem] = []

    package init(text: String, file: String) {
        self.file = file
        if let line = Self.lineWithNUL(text) {
            problems.append(
                ConfigurationProblem(
                    file: file, line: line, "The line holds a NUL byte, which no value has.",
                    remedy: "Write it anew; zeros in a file are what a power failure may leave."))
            return
        }
        for line in Self.logicalLines(of: text) {
            take(line.characters, line: line.number)
        }
    }

    /// Joins continued lines: a line that ends in an odd number of backslashes goes on, without its indentation, in the next.
    private static func logicalLines(of text: String) -> [(characters: [Unicode.Scalar], number: Int)] {
        var result: [(characters: [Unicode.Scalar], number: Int)] = []
        var pending: [Unicode.Scalar] = []
        var pendingStart = 0
        for (index, natural) in naturalLines(of: text).enumerated() {
            let body = Array(natural.drop(while: isBlank))
            let continues = pendingStart > 0
            if !continues && (body.isEmpty || body[0] == "#" || body[0] == "!") { continue }
            if !continues { pendingStart = index + 1 }
            let backslashes = body.reversed().prefix { $0 == "\\" }.count
            if backslashes % 2 == 1 {
                pending += body.dropLast()
                continue
            }
            result.append((pending + body, pendingStart))
            pending = []
            pendingStart = 0
        }
        if pendingStart > 0 { result.append((pending, pendingStart)) }
        return result
    }

    private static func lineWithNUL(_ text: String) -> Int? {
        naturalLines(of: text).firstIndex { $0.contains("\0") }.map { $0 + 1 }
    }

    private static func naturalLines(of text: String) -> [[Unicode.Scalar]] {
        var lines: [[Unicode.Scalar]] = []
        var line: [Unicode.Scalar] = []
        var previous: Unicode.Scalar = " "
        for scalar in text.unicodeScalars {
            if scalar == "\n" || scalar == "\r" {
                // "\r\n" is one end of line, not two.
                if !(scalar == "\n" && previous == "\r") {
                    lines.append(line)
                    line = []
                }
            } else {
                line.append(scalar)
            }
            previous = scalar
        }
        lines.append(line)
        return lines
    }

    private static func isBlank(_ scalar: Unicode.Scalar) -> Bool {
        scalar == " " || scalar == "\t" || scalar == "\u{0C}"
    }

    private mutating func take(_ characters: [Unicode.Scalar], line: Int) {
        var index = 0
        // The key ends at the first separator that no backslash protects.
        while index < characters.count {
            let scalar = characters[index]
            if scalar == "\\" {
                index += 2
                continue
            }
            if scalar == "=" || scalar == ":" || Self.isBlank(scalar) { break }
            index += 1
        }
        let keyEnd = min(index, characters.count)
        var valueStart = keyEnd
        while valueStart < characters.count, Self.isBlank(characters[valueStart]) { valueStart += 1 }
        if valueStart < characters.count, characters[valueStart] == "=" || characters[valueStart] == ":" {
            valueStart += 1
            while valueStart < characters.count, Self.isBlank(characters[valueStart]) { valueStart += 1 }
        }
        guard let key = unescaped(characters[..<keyEnd], line: line),
            let value = unescaped(characters[valueStart...], line: line)
        else { return }
        entries.append(ConfigurationEntry(key: key, value: Self.trimmed(value), line: line))
    }

    private mutating func unescaped(_ characters: ArraySlice<Unicode.Scalar>, line: Int) -> String? {
        var text = String.UnicodeScalarView()
        var rest = characters
        while let scalar = rest.popFirst() {
            guard scalar == "\\" else {
                text.append(scalar)
                continue
            }
            guard let escaped = rest.popFirst() else { break }
            switch escaped {
            case "t": text.append("\t")
            case "n": text.append("\n")
            case "r": text.append("\r")
            case "f": text.append("\u{0C}")
            case "u":
                let digits = rest.prefix(4)
                guard digits.count == 4, digits.allSatisfy(\.properties.isASCIIHexDigit),
                    let number = UInt32(String(String.UnicodeScalarView(digits)), radix: 16), let scalar = Unicode.Scalar(number)
                else {
                    problems.append(
                        ConfigurationProblem(
                            file: file, line: line, "\\u is not followed by the four hex digits of a character.",
                            remedy: "Write the character itself in UTF-8, or double the backslash."))
                    return nil
                }
                text.append(scalar)
                rest = rest.dropFirst(4)
            default: text.append(escaped)
            }
        }
        return String(text)
    }

    private static func trimmed(_ text: String) -> String {
        let scalars = text.unicodeScalars
        guard let first = scalars.firstIndex(where: { $0.value > 0x20 }),
            let last = scalars.lastIndex(where: { $0.value > 0x20 })
        else { return "" }
        return String(scalars[first...last])
    }
}
