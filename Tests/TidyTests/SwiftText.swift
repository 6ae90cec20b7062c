// Takes comments and the contents of string literals out of Swift source, line by line, so that rules about code see code only.

enum SwiftText {
    /// The lines of `text` with comments and literals blanked; lines keep their numbers.
    static func code(_ text: String) -> [String] {
        var scanner = Scanner(Array(text.utf8))
        return scanner.run().split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map {
            String(decoding: $0, as: UTF8.self)
        }
    }

    private struct Scanner {
        let bytes: [UInt8]
        var index = 0
        var output: [UInt8] = []

        init(_ bytes: [UInt8]) { self.bytes = bytes }

        mutating func run() -> [UInt8] {
            scan(untilParenthesis: false)
            return output
        }

        /// Code up to the end, or up to the parenthesis that ends an interpolation.
        mutating func scan(untilParenthesis: Bool) {
            var depth = 0
            while index < bytes.count {
                if starts("//") {
                    skip { !$0.starts("\n") }
                } else if starts("/*") {
                    skipBlockComment()
                } else if starts("\"\"\"") {
                    skipLiteral("\"\"\"")
                } else if starts("\"") {
                    skipLiteral("\"")
                } else {
                    if starts("(") { depth += 1 }
                    if starts(")") { depth -= 1 }
                    if untilParenthesis && depth < 0 { return }
                    output.append(bytes[index])
                    index += 1
                }
            }
        }

        func starts(_ mark: String) -> Bool {
            bytes[index...].starts(with: mark.utf8)
        }

        /// Goes on while the condition holds, keeping ends of lines.
        mutating func skip(while condition: (Scanner) -> Bool) {
            while index < bytes.count, condition(self) {
                if bytes[index] == UInt8(ascii: "\n") { output.append(bytes[index]) }
                index += 1
            }
        }

        mutating func skipBlockComment() {
            var depth = 0
            repeat {
                if starts("/*") {
                    depth += 1
                    index += 2
                } else if starts("*/") {
                    depth -= 1
                    index += 2
                } else {
                    if bytes[index] == UInt8(ascii: "\n") { output.append(bytes[index]) }
                    index += 1
                }
            } while depth > 0 && index < bytes.count
        }

        /// What a literal interpolates is code; the rest of it is not.
        mutating func skipLiteral(_ mark: String) {
            output.append(UInt8(ascii: "\""))
            index += mark.utf8.count
            while index < bytes.count {
                if starts("\\(") {
                    index += 2
                    output.append(UInt8(ascii: " "))
                    scan(untilParenthesis: true)
                    index += 1
                } else if starts("\\") {
                    index += 2
                } else if starts(mark) {
                    index += mark.utf8.count
                    break
                } else {
                    if bytes[index] == UInt8(ascii: "\n") { output.append(bytes[index]) }
                    index += 1
                }
            }
            output.append(UInt8(ascii: "\""))
        }
    }
}
