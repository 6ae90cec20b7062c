// The layout of documents: what holds nothing further stands in one line, strings stay as they are, and nothing else changes.

import Foundation
import Report
import Testing

@Suite struct JSONLayoutTests {
    private func laidOut(_ value: [String: Any]) throws -> String {
        let options: JSONSerialization.WritingOptions = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return String(
            decoding: JSONLayout.leavesInLine(try JSONSerialization.data(withJSONObject: value, options: options)), as: UTF8.self)
    }

    @Test func leavesStandInOneLine() throws {
        let text = try laidOut(["a": ["steps": [1, 2, 3], "more": ["n": 1, "s": "x y"]], "b": [String]()])
        #expect(text.contains("\"steps\" : [1,2,3]") && text.contains("\"more\" : {\"n\":1,\"s\":\"x y\"}"))
        #expect(text.split(separator: "\n").count == 7, "\(text)")
    }

    @Test func stringsThatLookLikeJSONStayAsTheyAre() throws {
        let odd = "a: {b: [1, \"2 }\"]}\n  c: \\ ]"
        let value: [String: Any] = ["text": odd, "list": [odd, "]"], "deep": ["x": ["y": odd]]]
        let text = try laidOut(value)
        let read = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? NSDictionary)
        #expect(read == value as NSDictionary)
    }

    @Test func aLongObjectStaysIndented() throws {
        let long = Dictionary(uniqueKeysWithValues: (0..<30).map { ("key number \($0)", $0) })
        #expect(try laidOut(["long": long]).split(separator: "\n").count == 34)
        #expect(try laidOut(["long": Array(repeating: 12_345, count: 1_000)]).split(separator: "\n").count == 3)
    }
}
