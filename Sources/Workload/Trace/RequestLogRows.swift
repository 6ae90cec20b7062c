// Cuts a table into rows and fields: values between commas, with quotes as in RFC 4180, or between tabs, with backslashes as
// ClickHouse writes them. A field that says that it has no value is nil.

struct RequestLogRows {
    struct Row {
        /// Of the file, the first being 1.
        let line: Int
        let fields: [[UInt8]?]
    }

    /// What can't be cut, and where.
    struct Damage: Error {
        let line: Int
        let sentence: String
    }

    private static let quote = UInt8(ascii: "\"")
    private let bytes: [UInt8]
    private var position = 0
    private var line = 1
    let isTabbed: Bool

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        let first = bytes.prefix { $0 != 0x0a }
        isTabbed = first.contains(0x09)
    }

    /// The next row that is not empty; nil after the last.
    mutating func next() throws(Damage) -> Row? {
        while position < bytes.count, bytes[position] == 0x0a || bytes[position] == 0x0d { step() }
        guard position < bytes.count else { return nil }
        let start = line
        var fields: [[UInt8]?] = []
        while true {
            fields.append(isTabbed ? tabbedField() : try quotedField())
            guard position < bytes.count else { break }
            let end = bytes[position]
            step()
            if end == 0x0a { break }
        }
        return Row(line: start, fields: fields)
    }

    private mutating func step() {
        if bytes[position] == 0x0a { line += 1 }
        position += 1
    }

    private mutating func quotedField() throws(Damage) -> [UInt8]? {
        guard position < bytes.count, bytes[position] == Self.quote else {
            let begin = position
            while position < bytes.count, bytes[position] != 0x2c, bytes[position] != 0x0a { position += 1 }
            var field = bytes[begin..<position]
            if field.last == 0x0d { field.removeLast() }
            return Self.isNothing(field) ? nil : Array(field)
        }
        let begin = line
        var field: [UInt8] = []
        position += 1
        while position < bytes.count {
            if bytes[position] == Self.quote {
                position += 1
                guard position < bytes.count, bytes[position] == Self.quote else {
                    if position < bytes.count, bytes[position] == 0x0d { position += 1 }
                    guard position == bytes.count || bytes[position] == 0x2c || bytes[position] == 0x0a else { break }
                    return field
                }
            }
            field.append(bytes[position])
            step()
        }
        throw Damage(line: begin, sentence: "a quoted field that begins here does not end before a comma or the line's end")
    }

    private mutating func tabbedField() -> [UInt8]? {
        let begin = position
        var field: [UInt8] = []
        while position < bytes.count, bytes[position] != 0x09, bytes[position] != 0x0a {
            if bytes[position] == 0x5c, position + 1 < bytes.count, bytes[position + 1] != 0x0a {
                position += 1
                field.append(Self.unescaped(bytes[position]))
            } else {
                field.append(bytes[position])
            }
            position += 1
        }
        return Self.isNothing(bytes[begin..<position]) ? nil : field
    }

    private static func unescaped(_ byte: UInt8) -> UInt8 {
        switch byte {
        case UInt8(ascii: "n"): 0x0a
        case UInt8(ascii: "t"): 0x09
        case UInt8(ascii: "r"): 0x0d
        case UInt8(ascii: "b"): 0x08
        case UInt8(ascii: "f"): 0x0c
        case UInt8(ascii: "0"): 0
        default: byte
        }
    }

    /// How ClickHouse writes that there is no value.
    private static func isNothing(_ field: ArraySlice<UInt8>) -> Bool {
        field.elementsEqual("\\N".utf8) || field.elementsEqual("NULL".utf8)
    }
}
