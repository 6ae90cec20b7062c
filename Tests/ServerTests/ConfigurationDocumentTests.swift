// docs/CONFIGURATION.md against the table of keys: each key stands under the heading of its fate, with the words that the server
// itself would say. The last test's message holds the rows as they should be.

import Foundation
import Server
import Testing

@Suite struct ConfigurationDocumentTests {
    private func rows(under heading: String) throws -> [String] {
        let root = URL(filePath: #filePath).appending(path: "../../..").standardizedFileURL
        let text = try String(contentsOf: root.appending(path: "docs/CONFIGURATION.md"), encoding: .utf8)
        let section = text.components(separatedBy: "\n## ").first { $0.hasPrefix(heading + "\n") }
        return try #require(section).split(separator: "\n").filter { $0.hasPrefix("| `") }.map(String.init)
    }

    private func name(_ key: ConfigurationKey) -> String { key.name.replacing(".*", with: ".N") }

    @Test func everyKeyThatWorksIsDescribed() throws {
        let described = try rows(under: "Keys that work").compactMap { row in
            row.split(separator: "`").dropFirst().first.map(String.init)
        }
        let working = ConfigurationKeys.all.filter { key in
            switch key.handling {
            case .works, .differs: true
            case .idle, .refused, .refusedWhen, .refusedUnless: false
            }
        }
        #expect(described.sorted() == working.map(name).sorted())
    }

    @Test func everyRefusedKeyStandsThereWithTheReason() throws {
        let expected = ConfigurationKeys.all.compactMap { key -> String? in
            switch key.handling {
            case .refused(let reason): "| `\(name(key))` | any value | \(reason) |"
            case .refusedWhen(let values, let reason): "| `\(name(key))` | \(values.joined(separator: ", ")) | \(reason) |"
            case .refusedUnless(let values, let reason):
                "| `\(name(key))` | all but \(values.filter { !$0.isEmpty }.joined(separator: ", ")) | \(reason) |"
            case .works, .differs, .idle: nil
            }
        }
        let found = try rows(under: "Keys that are refused")
        #expect(found == expected, "\n\(expected.joined(separator: "\n"))")
    }

    @Test func everyIdleKeyStandsThereWithWhatHoldsInstead() throws {
        let expected = ConfigurationKeys.all.compactMap { key -> String? in
            guard case .idle(let instead) = key.handling else { return nil }
            return "| `\(name(key))` | \(instead) |"
        }
        let found = try rows(under: "Keys without effect")
        #expect(found == expected, "\n\(expected.joined(separator: "\n"))")
    }
}
