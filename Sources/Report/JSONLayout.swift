// How a document's JSON is laid out: indented for those who read it or compare two of them line by line, but with whatever holds
// nothing further, such as a histogram's slots or the figures of one second, in one line. Most of a document is those.

package import Foundation

package enum JSONLayout {
    /// Longer objects stay as they are; lists are as long as they are.
    private static let longestObject = 140

    /// `encoded` is JSON as `JSONEncoder` writes it with `.prettyPrinted`.
    package static func leavesInLine(_ encoded: Data) -> Data {
        let text = [UInt8](encoded)
        var result: [UInt8] = []
        result.reserveCapacity(text.count)
        var place = 0
        while place < text.count {
            let byte = text[place]
            if byte == UInt8(ascii: "\"") {
                let end = endOfString(text, from: place)
                result += text[place..<end]
                place = end
            } else if let leaf = leaf(text, at: place) {
                result += leaf.line
                place = leaf.end
            } else {
                result.append(byte)
                place += 1
            }
        }
        return Data(result)
    }

    /// The list or object that begins at `place` as one line, and where it ends; nil if none does, it holds another or is long.
    private static func leaf(_ text: [UInt8], at place: Int) -> (line: [UInt8], end: Int)? {
        let isObject = text[place] == UInt8(ascii: "{")
        guard isObject || text[place] == UInt8(ascii: "[") else { return nil }
        var line = [text[place]]
        var next = place + 1
        while next < text.count {
            guard !isObject || line.count < longestObject else { return nil }
            switch text[next] {
            case UInt8(ascii: "{"), UInt8(ascii: "["): return nil
            case UInt8(ascii: "}"), UInt8(ascii: "]"): return (line + [text[next]], next + 1)
            case UInt8(ascii: " "), UInt8(ascii: "\n"): next += 1
            case UInt8(ascii: "\""):
                let end = endOfString(text, from: next)
                line += text[next..<end]
                next = end
            case let byte:
                line.append(byte)
                next += 1
            }
        }
        return nil
    }

    /// Behind the closing mark of the string that begins at `place`.
    private static func endOfString(_ text: [UInt8], from place: Int) -> Int {
        var next = place + 1
        while next < text.count, text[next] != UInt8(ascii: "\"") { next += text[next] == UInt8(ascii: "\\") ? 2 : 1 }
        return min(next + 1, text.count)
    }
}
