// JSON for other tools: keys in order, so that two exports can be compared line by line.

internal import Foundation

enum JSONText {
    static func of(_ value: some Encodable) throws(ResultError) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        do {
            return String(decoding: JSONLayout.leavesInLine(try encoder.encode(value)), as: UTF8.self) + "\n"
        } catch {
            throw ResultError(description: "The result holds a number that is not finite, which no JSON can hold.")
        }
    }
}
