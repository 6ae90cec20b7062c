// Rules about what lies where: the top level, tests for every room, links between documents, the changelog's form.

import Foundation

extension TidyRule {
    static let topLevel = TidyRule(name: "TopLevel") { tree in
        let allowed: Set<String> = [
            "Package.swift", "Sources", "Tests", "workloads", "results", "README.md", "LICENSE", "CHANGELOG.md",
            "CONTRIBUTING.md",
            "docs", "scripts", ".ci", ".swift-format", ".gitignore",
        ]
        return tree.top.filter { !allowed.contains($0) }.map {
            TidyFinding(path: $0, line: 0, says: "does not belong at the top level")
        }
    }

    /// System libraries and executables are tested through what uses them.
    private static let untested: Set<String> = ["CLinux", "CSlowFlush", "COpenSSL", "quorate", "ClassicQueue"]

    static let targetTests = TidyRule(name: "TargetTests") { tree in
        let rooms = Set(tree.files(under: "Sources").compactMap(\.room)).subtracting(untested)
        return rooms.filter { !tree.holds("Tests/\($0)Tests") }.map {
            TidyFinding(path: "Sources/\($0)", line: 0, says: "has no Tests/\($0)Tests")
        }
    }

    /// `[text](path)` in a document points to a file of the tree.
    static let documentLinks = TidyRule(name: "DocumentLinks") { tree in
        var findings: [TidyFinding] = []
        for file in tree.files where file.path.hasSuffix(".md") {
            let folder = file.parts.dropLast()
            for (index, line) in file.lines.enumerated() {
                for match in line.matches(of: /\]\(([^)#\s]+)(#[^)]*)?\)/) {
                    let target = match.1
                    if target.contains("://") || target.hasPrefix("mailto:") { continue }
                    let path = resolved(target, in: folder)
                    if tree.holds(path) { continue }
                    findings.append(TidyFinding(path: file.path, line: index + 1, says: "there is no \(path)"))
                }
            }
        }
        return findings
    }

    private static func resolved(_ target: Substring, in folder: ArraySlice<Substring>) -> String {
        var parts = target.hasPrefix("/") ? [] : Array(folder)
        for part in target.split(separator: "/") where part != "." {
            if part == ".." { _ = parts.popLast() } else { parts.append(part) }
        }
        return parts.joined(separator: "/")
    }

    /// A title, then releases, newest first, the unreleased one on top, with known headings below them.
    static let changelogForm = TidyRule(name: "ChangelogForm") { tree in
        guard let file = tree.file("CHANGELOG.md") else {
            return [TidyFinding(path: "CHANGELOG.md", line: 0, says: "is missing")]
        }
        var findings: [TidyFinding] = []
        var releases = 0
        for (index, line) in file.lines.enumerated() {
            let isFirst = index == 0
            if isFirst, line != "# Changelog" {
                findings.append(TidyFinding(path: file.path, line: 1, says: "begins with # Changelog"))
            }
            if line.hasPrefix("## ") {
                releases += 1
                let isRelease = line.wholeMatch(of: /## \[\d+\.\d+\.\d+\] - \d{4}-\d{2}-\d{2}/) != nil
                if releases == 1 ? line != "## [Unreleased]" && !isRelease : !isRelease {
                    findings.append(TidyFinding(path: file.path, line: index + 1, says: "is no heading of a release"))
                }
            }
            let known: Set<Substring> = ["### Added", "### Changed", "### Fixed", "### Removed", "### Security"]
            if line.hasPrefix("### "), !known.contains(line) {
                findings.append(
                    TidyFinding(path: file.path, line: index + 1, says: "is not one of Added, Changed, Fixed, Removed, Security"))
            }
        }
        if releases == 0 { findings.append(TidyFinding(path: file.path, line: 0, says: "names no release")) }
        return findings
    }
}
