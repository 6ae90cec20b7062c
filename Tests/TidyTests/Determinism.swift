// What every member computes from the log has to come out the same everywhere: the rooms that apply records hold nothing whose
// result depends on hashing order, on a clock, on chance or on rounding. The protocol's core has its time as an input, too.

extension TidyRule {
    static let deterministicRooms: Set<String> = ["DataTree", "Queues", "StateMachine"]

    private static let forbiddenWords: Set<String> = [
        "Dictionary", "Set", "Hasher", "hashValue", "Double", "Float", "Date", "random", "shuffled", "randomElement",
        "SystemRandomNumberGenerator", "ContinuousClock", "SuspendingClock", "clock_gettime", "time", "gettimeofday",
    ]
    /// Words that are harmless as names of values and parameters, and forbidden only when called.
    private static let onlyCalled: Set<String> = ["random", "time"]

    static let determinism = TidyRule(name: "Determinism") { tree in
        var findings: [TidyFinding] = []
        for file in tree.files(under: "Sources") where file.isSwift {
            let isDeterministic = deterministicRooms.contains(file.room ?? "")
            guard isDeterministic || file.room == "Zab" else { continue }
            for (index, line) in SwiftText.code(file.text).enumerated() {
                func find(_ says: String) { findings.append(TidyFinding(path: file.path, line: index + 1, says: says)) }
                for clock in line.matches(of: #/\bquorate_\w*_ns\b/#) { find("reads a clock: \(clock.0)") }
                guard isDeterministic else { continue }
                for word in words(of: line) where forbiddenWords.contains(word.text) {
                    if onlyCalled.contains(word.text) && !(word.isCalled && !word.isDeclared) { continue }
                    find("uses \(word.text)")
                }
                if line.contains(dictionary) { find("uses a dictionary") }
            }
        }
        return findings
    }

    /// `[Key: Value]`, as a type or a literal, is a dictionary without its name. Subscripts with a label, arrays of labelled
    /// tuples and conditions in brackets are none.
    private static var dictionary: Regex<Substring> { #/(?:^|[^\w)\]?!])\[\s*(?:\[[^\[\]]*\]|[^\[\]:?,(){}]+)?\s*:/# }

    private struct Word {
        let text: String
        let isCalled: Bool
        let isDeclared: Bool
    }

    private static func words(of line: String) -> [Word] {
        var result: [Word] = []
        for match in line.matches(of: #/(func\s+)?([A-Za-z_]\w*)(\s*\()?/#) {
            result.append(Word(text: String(match.2), isCalled: match.3 != nil, isDeclared: match.1 != nil))
        }
        return result
    }
}
