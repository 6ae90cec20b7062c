// Defects on purpose stand behind `#if QUORATE_MUTANTS` and nowhere else, each has a place where it takes a rule away, and a
// row in the table of what finds it.

extension TidyRule {
    static let mutantHooks = TidyRule(name: "MutantHooks") { tree in
        let sources = tree.files(under: "Sources").filter(\.isSwift)
        var findings: [TidyFinding] = []
        var hooked: Set<String> = []
        for file in sources {
            var depth: [Bool] = []
            for (index, line) in SwiftText.code(file.text).enumerated() {
                let word = line.split(whereSeparator: { $0 == " " || $0 == "\t" }).first ?? ""
                switch word {
                case "#if": depth.append(line.contains("QUORATE_MUTANTS") && !line.contains("!"))
                case "#else": if !depth.isEmpty { depth[depth.count - 1] = false }
                case "#endif": if !depth.isEmpty { depth.removeLast() }
                default: break
                }
                guard line.contains("Mutant") else { continue }
                for match in line.matches(of: #/Mutant\.isOn\(\.(\w+)\)/#) { hooked.insert(String(match.1)) }
                if !depth.contains(true) {
                    findings.append(TidyFinding(path: file.path, line: index + 1, says: "names a mutant in what is shipped"))
                }
            }
        }
        guard let list = tree.file("Sources/Rules/Mutant.swift") else { return findings }
        let table = tree.file("docs/MUTANTS.md")?.text ?? ""
        for (index, line) in SwiftText.code(list.text).enumerated() {
            guard let name = line.wholeMatch(of: #/\s*case (\w+)(?: = \d+)?/#).map({ String($0.1) }) else { continue }
            if !hooked.contains(name) {
                findings.append(TidyFinding(path: list.path, line: index + 1, says: "\(name) takes nothing away"))
            }
            if !table.contains("| \(name) |") {
                findings.append(TidyFinding(path: list.path, line: index + 1, says: "\(name) has no row in docs/MUTANTS.md"))
            }
        }
        return findings
    }
}
