// A tree of text files that rules look at: the project itself, or a fixture that breaks one rule.
// Fixtures end in `.fixture`, so that neither compiler nor formatter takes them for sources; here that ending is dropped.

import Foundation

struct SourceFile: Sendable {
    /// Below the tree's root, with slashes.
    let path: String
    let text: String

    var lines: [Substring] { text.split(separator: "\n", omittingEmptySubsequences: false) }

    /// The directories of the path and its last part.
    var parts: [Substring] { path.split(separator: "/") }

    var isSwift: Bool { path.hasSuffix(".swift") }

    /// `Zab` for a file of `Sources/Zab`.
    var room: String? {
        parts.count > 2 && parts[0] == "Sources" ? String(parts[1]) : nil
    }
}

struct SourceTree: Sendable {
    let files: [SourceFile]
    /// Everything that lies in the root itself, files and directories.
    let top: [String]

    /// What building leaves behind, and what is no text of ours.
    private static let skipped: Set<String> = [
        ".git", "Package.resolved", ".swiftpm", ".DS_Store", "__pycache__", "expected.txt",
    ]

    init(root: URL) throws {
        top = try Self.list(root).map { Self.bare($0.lastPathComponent) }
        files = try Self.walk(root, under: "").sorted { $0.path < $1.path }
    }

    /// The checkout that these tests were compiled from.
    static func project() throws -> SourceTree {
        try SourceTree(root: URL(filePath: #filePath).appending(path: "../../..").standardizedFileURL)
    }

    static var fixtures: URL {
        URL(filePath: #filePath).deletingLastPathComponent().appending(path: "fixtures")
    }

    func files(under folder: String) -> [SourceFile] {
        files.filter { $0.path.hasPrefix(folder + "/") }
    }

    func file(_ path: String) -> SourceFile? {
        files.first { $0.path == path }
    }

    func holds(_ path: String) -> Bool {
        files.contains { $0.path == path || $0.path.hasPrefix(path + "/") }
    }

    private static func list(_ directory: URL) throws -> [URL] {
        try FileManager.default.contentsOfDirectory(at: directory, includingPropertiesForKeys: [.isDirectoryKey])
            .filter { !skipped.contains($0.lastPathComponent) && !$0.lastPathComponent.hasPrefix(".build") }
    }

    private static func walk(_ directory: URL, under prefix: String) throws -> [SourceFile] {
        var found: [SourceFile] = []
        for entry in try list(directory) {
            let path = prefix + entry.lastPathComponent
            // Fixtures are trees of their own, and measured results are no text that anybody wrote.
            if path == "Tests/TidyTests/fixtures" || path.hasPrefix("results/2") { continue }
            if try entry.resourceValues(forKeys: [.isDirectoryKey]).isDirectory == true {
                found += try walk(entry, under: path + "/")
            } else if let text = String(validating: try Data(contentsOf: entry), as: UTF8.self) {
                found.append(SourceFile(path: bare(path), text: text))
            }
        }
        return found
    }

    private static func bare(_ path: String) -> String {
        path.hasSuffix(".fixture") ? String(path.dropLast(".fixture".count)) : path
    }
}
