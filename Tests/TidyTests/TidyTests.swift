// The house rules, held against the project, and each against a fixture that breaks it: a rule that catches nothing is none.

import Foundation
import Testing

@Suite struct TidyTests {
    @Test(arguments: TidyRule.all)
    func theProjectKeepsTheRule(_ rule: TidyRule) throws {
        let findings = rule.check(try SourceTree.project()).sorted()
        #expect(findings.isEmpty, "\(findings.map(\.description).joined(separator: "\n"))")
    }

    /// `expected.txt` in the fixture lists the places that the rule has to find, and it may find no other.
    @Test(arguments: TidyRule.all)
    func aFixtureThatBreaksTheRuleIsCaught(_ rule: TidyRule) throws {
        let folder = TidyRule.fixture(rule.name)
        let expected = try String(contentsOf: folder.appending(path: "expected.txt"), encoding: .utf8)
            .split(separator: "\n").map(String.init)
        #expect(!expected.isEmpty)
        let found = rule.check(try SourceTree(root: folder)).map(\.description).sorted()
        #expect(found == expected.sorted())
    }

    @Test func everyFixtureBelongsToARule() throws {
        let folders = try FileManager.default.contentsOfDirectory(atPath: SourceTree.fixtures.path).filter { !$0.hasPrefix(".") }
        #expect(Set(folders) == Set(TidyRule.all.map(\.name)))
    }

    @Test func theProjectIsReallyRead() throws {
        let tree = try SourceTree.project()
        #expect(tree.file("Package.swift") != nil)
        #expect(tree.files(under: "Sources").count > 100)
        #expect(tree.top.contains("Sources"))
    }

    /// A server that was started in the checkout, as an operator may, is none of the project's files.
    @Test func inARepositoryOnlyTrackedFilesAreLookedAt() throws {
        let place = FileManager.default.temporaryDirectory.appending(path: "quorate-tidy-\(UInt64.random(in: 0...UInt64.max))")
        defer { try? FileManager.default.removeItem(at: place) }
        for folder in ["docs", "data"] {
            try FileManager.default.createDirectory(at: place.appending(path: folder), withIntermediateDirectories: true)
        }
        for file in ["docs/ZAB.md", "gone.md", "zoo.cfg", "data/myid"] {
            try Data("1\n".utf8).write(to: place.appending(path: file))
        }
        let shell = Process()
        shell.executableURL = URL(filePath: "/bin/sh")
        shell.arguments = ["-c", "cd \"$1\" && git init -q && git add docs gone.md && rm gone.md", "sh", place.path]
        try shell.run()
        shell.waitUntilExit()
        try #require(shell.terminationStatus == 0)
        let tree = try SourceTree(root: place)
        #expect(tree.files.map(\.path) == ["docs/ZAB.md"])
        #expect(tree.top == ["docs", "gone.md"])
        try FileManager.default.removeItem(at: place.appending(path: ".git"))
        let walked = try SourceTree(root: place)
        #expect(walked.files.map(\.path) == ["data/myid", "docs/ZAB.md", "zoo.cfg"])
    }

    @Test func codeIsSeenWithoutCommentsAndLiterals() {
        let source = "let a = \"Set(\\(b(1)))\" // Set\n/* Set\n /* Set */ */ let c = 1\nlet d = \"\"\"\n Set\n \"\"\"; e()"
        #expect(SwiftText.code(source) == ["let a = \" b(1)\" ", "", " let c = 1", "let d = \"", "", "\"; e()"])
    }

    @Test func importsAreReadInAllTheirForms() {
        let text =
            "import A\npackage import B\n@preconcurrency public import C\nimport struct D.E\n// import F\nlet x = \"import G\"\n"
        let file = SourceFile(path: "Sources/X/Y.swift", text: text)
        #expect(TidyRule.imports(of: file).map(\.module) == ["A", "B", "C", "D"])
    }

    @Test func rulesAreReadInAllTheirForms() {
        #expect(TidyRule.named(in: "// Rule E1: x") == ["E1"])
        #expect(TidyRule.named(in: "rules D2, D3 and L1/L2; see rule B1") == ["D2", "D3", "L1", "L2", "B1"])
        #expect(TidyRule.named(in: "decision D5, ruler A1") == [])
    }
}

extension TidyRule {
    static func fixture(_ name: String) -> URL { SourceTree.fixtures.appending(path: name) }
}
