// Rules about the text of files: length of lines, heads that say what a file is for, nothing left over, no path of one machine.

extension TidyRule {
    static let longestLine = 130
    /// A line that is one literal may be longer: a sentence that is cut in two can't be searched for.
    static let longestLiteral = 150

    static let lineLength = TidyRule(name: "LineLength") { tree in
        tree.files.filter { $0.isSwift || $0.path.hasSuffix(".h") || $0.path.hasSuffix(".c") }.flatMap { file in
            file.lines.enumerated().compactMap { index, line in
                let limit = isLiteral(line) ? longestLiteral : longestLine
                guard line.count > limit else { return nil }
                return TidyFinding(
                    path: file.path, line: index + 1, says: "\(line.count) characters; \(longestLine) are the most")
            }
        }
    }

    private static func isLiteral(_ line: Substring) -> Bool {
        line.drop { " +=".contains($0) }.hasPrefix("\"")
    }

    /// Every file begins with a comment of at least one sentence: what it is responsible for, and what lives elsewhere.
    static let fileHead = TidyRule(name: "FileHead") { tree in
        (tree.files(under: "Sources") + tree.files(under: "Tests")).filter(\.isSwift).compactMap { file in
            let head = file.lines.prefix { $0.hasPrefix("//") }.map { $0.drop { $0 == "/" || $0 == " " } }
            let text = head.joined(separator: " ")
            let isSentence = text.split(separator: " ").count >= 5 && text.contains { ".:".contains($0) }
            return isSentence
                ? nil : TidyFinding(path: file.path, line: 1, says: "begins without a sentence on what the file is for")
        }
    }

    /// Each is cut in two, so that this file does not hold what it forbids.
    private static let leftoverWords = [
        "TO" + "DO", "FIX" + "ME", "X" + "XX", "HA" + "CK", "<<<<" + "<<<", ">>>>" + ">>>", "@test" + "able",
        "to be furn" + "ished",
        "not impl" + "emented yet", "lorem ip" + "sum",
    ]
    private static let vagueNames = ["Manager", "Helper", "Utils", "Utility", "Misc", "Stuff"]

    static let leftovers = TidyRule(name: "Leftovers") { tree in
        var findings: [TidyFinding] = []
        for file in tree.files {
            for (index, line) in file.lines.enumerated() {
                for word in leftoverWords where holds(line, word) {
                    findings.append(TidyFinding(path: file.path, line: index + 1, says: "holds \(word)"))
                }
            }
            guard file.isSwift, let name = file.parts.last else { continue }
            for word in vagueNames where name.contains(word) {
                findings.append(TidyFinding(path: file.path, line: 0, says: "is named \(word), which says nothing"))
            }
        }
        return findings
    }

    /// Words of capitals are looked for as words, so that no base64 and no constant is taken for one.
    private static func holds(_ line: Substring, _ word: String) -> Bool {
        guard word.allSatisfy(\.isUppercase) else { return line.contains(word) }
        return line.split { !$0.isLetter && !$0.isNumber && $0 != "_" }.contains { $0 == word }
    }

    private static let machinePathMarks = [
        "/wo" + "rk/", "/ro" + "ot/", "/ho" + "me/", "/Us" + "ers/", "/tm" + "p/q/", "/opt/sw" + "ift", "py" + "pi.org",
        "registry.np" + "mjs", "/mn" + "t/",
    ]

    static let machinePaths = TidyRule(name: "MachinePaths") { tree in
        tree.files.flatMap { file in
            file.lines.enumerated().flatMap { index, line in
                machinePathMarks.filter { line.contains($0) }.map {
                    TidyFinding(path: file.path, line: index + 1, says: "names a place of one machine: \($0)")
                }
            }
        }
    }
}
