// The document is a format that others read: it comes back as it was, its golden file doesn't change, what was not measured is
// left out, and what doesn't fit together is refused.

import Foundation
import Results
import Testing

@Suite struct ResultDocumentTests {
    private func encode(_ document: ResultDocument) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(document), as: UTF8.self) + "\n"
    }

    private func decode(_ text: String) throws -> ResultDocument {
        try JSONDecoder().decode(ResultDocument.self, from: Data(text.utf8))
    }

    private let golden = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("golden/result.json")

    @Test func itComesBackAsItWas() throws {
        let document = SampleDocument.make()
        #expect(try decode(encode(document)) == document)
    }

    /// A change here is a change of the format. QUORATE_REWRITE=1 writes the file anew; commit it only with a reason.
    @Test func theGoldenFileIsWhatIsWritten() throws {
        let text = try encode(SampleDocument.make())
        if ProcessInfo.processInfo.environment["QUORATE_REWRITE"] != nil {
            try text.write(to: golden, atomically: true, encoding: .utf8)
        }
        let expected = try String(contentsOf: golden, encoding: .utf8)
        #expect(text == expected)
        #expect(try decode(expected) == SampleDocument.make())
    }

    @Test func eachCellSaysHowManyMembersItHas() throws {
        let text = try encode(SampleDocument.make())
        #expect(text.contains("\"nodes\" : 1,") && text.contains("\"nodes\" : 3,"))
    }

    @Test func whatWasNotMeasuredIsLeftOut() throws {
        var document = SampleDocument.make()
        document.ceilings = nil
        document.durationNanoseconds = nil
        document.cells = [ResultCell(nodes: 5)]
        let text = try encode(document)
        for key in ["ceilings", "duration_ns", "start\" :", "queue", "generator\" :", "null"] {
            #expect(!text.contains("\"\(key)"), "\(key) was not measured")
        }
        #expect(try decode(text) == document)
        #expect(LatencyFigures(nil) == nil)
    }

    @Test func anotherVersionIsRefused() throws {
        let text = try encode(SampleDocument.make()).replacing("quorate.result/1", with: "quorate.result/2")
        let error = #expect(throws: DecodingError.self) { try decode(text) }
        #expect("\(error!)".contains("the document is 'quorate.result/2', and this version reads 'quorate.result/1' only"))
    }

    @Test func percentilesThatDoNotBelongToTheirHistogramAreRefused() throws {
        let text = try encode(SampleDocument.make())
        let tampered = text.replacing(/"count" : 4,(\n *"histogram")/) { "\"count\" : 5,\($0.1)" }
        #expect(tampered != text)
        #expect(throws: DecodingError.self) { try decode(tampered) }
    }

    @Test func aMarkStandsOnce() {
        var document = SampleDocument.make()
        document.mark(.notDurable, "The data lies in memory")
        document.mark(.notDurable, "The data lies in memory")
        #expect(document.marks.filter { $0.name == .notDurable }.count == 1)
        #expect(document.isMarked(.notDurable) && !document.isMarked(.noFsync))
    }
}
