// The protocol's numbered rules: each stands in docs/ZAB.md, is asserted in the sources beside a comment that names it, and is
// named by a test. A rule that is missing in one of the three places is a promise that nobody keeps.

extension TidyRule {
    static let ruleNumbers: [String] =
        numbers("E", 1...7) + numbers("V", 1...2) + numbers("L", 1...6) + numbers("D", 1...11) + numbers("C", 1...4)
        + numbers("A", 1...4) + ["P4", "P6"] + numbers("R", 1...4) + numbers("S", 1...7) + [
            "F1", "F2", "F4", "F6", "F7", "G6", "G8", "B1",
        ]

    private static func numbers(_ letter: String, _ range: ClosedRange<Int>) -> [String] {
        range.map { "\(letter)\($0)" }
    }

    /// What an assertion may look like: the process stops, an error is thrown, or one of the functions that refuse by name is
    /// called. A bare `if` or `guard` is none: every function has one. `assert` is none either, as releases don't hold it.
    private static let assertions: Set<String> = [
        "demand", "precondition", "preconditionFailure", "halt", "haltStateBad", "breakStream", "reject", "refuse",
        "refuseSession",
        "close",
        "closePeer", "closeWaiting",
    ]
    /// An assertion stands at most so many lines below the comment that names its rule.
    private static let reach = 12

    static let numberedRules = TidyRule(name: "NumberedRules") { tree in
        let document = Set(documented(tree.file("docs/ZAB.md")))
        let asserted = Set(tree.files(under: "Sources").filter(\.isSwift).flatMap(asserted))
        let tested = Set(
            tree.files(under: "Tests").filter { $0.isSwift || $0.path.hasSuffix(".txt") }
                .filter { !$0.path.hasPrefix("Tests/TidyTests/") }.flatMap { $0.lines.flatMap { named(in: $0) } })
        return ruleNumbers.flatMap { rule in
            [
                (document, "docs/ZAB.md", "rule \(rule) is not described"),
                (asserted, "Sources", "rule \(rule) is not asserted"),
                (tested, "Tests", "rule \(rule) is named by no test"),
            ].compactMap { known, path, says in
                known.contains(rule) ? nil : TidyFinding(path: path, line: 0, says: says)
            }
        }
    }

    /// Rules set in bold: where they are described, not only referred to.
    private static func documented(_ file: SourceFile?) -> [String] {
        guard let file else { return [] }
        return file.text.matches(of: #/\*\*([A-Z]\d+)\*\*/#).map { String($0.1) }
    }

    private static func asserted(in file: SourceFile) -> [String] {
        let lines = file.lines
        let code = SwiftText.code(file.text)
        var found: [String] = []
        for (index, line) in lines.enumerated() {
            let rules = named(in: line)
            if rules.isEmpty { continue }
            let below = code[index..<min(index + reach, code.count)]
            if below.contains(where: isAssertion) { found += rules }
        }
        return found
    }

    private static func isAssertion(_ line: String) -> Bool {
        line.contains(/\bthrow\b/)
            || line.matches(of: /(func\s+)?\b(\w+)\(/).contains { $0.1 == nil && assertions.contains(String($0.2)) }
    }

    /// `Rule E1`, `rules D2 and D3`, `Rules D1, D2 to D4` (which names its two ends).
    static func named(in line: Substring) -> [String] {
        line.matches(of: #/[Rr]ules?\s+([A-Z]\d+(?:(?:\s*,\s*|\s+and\s+|\s+to\s+|\s*/\s*)(?:and\s+)?[A-Z]\d+)*)/#).flatMap {
            match in
            match.1.matches(of: #/[A-Z]\d+/#).map { String($0.0) }
        }
    }
}
