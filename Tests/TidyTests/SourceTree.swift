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
    /// Nothing that anybody wrote is longer; a server's data in the wrong place is.
    private static let longestText = 1 << 20

    /// In a repository the files that git tracks: what else lies there is its owner's business. Elsewhere, as in a copy of the
    /// sources or a fixture, all that is not known to be left behind by building and running.
    init(root: URL) throws {
        if let tracked = Self.tracked(in: root) {
            let paths = tracked.filter { !Self.isForeign($0) }
            top = Set(paths.compactMap { $0.split(separator: "/").first.map(String.init) }).sorted()
            files = try paths.compactMap { try Self.read(root.appending(path: $0), as: $0) }.sorted { $0.path < $1.path }
        } else {
            top = try Self.list(root).map { Self.bare($0.lastPathComponent) }
            files = try Self.walk(root, under: "").sorted { $0.path < $1.path }
        }
    }

    /// Nil where there is no repository, or no git that reads it.
    private static func tracked(in root: URL) -> [String]? {
        guard FileManager.default.fileExists(atPath: root.appending(path: ".git").path) else { return nil }
        let (process, output) = (Process(), Pipe())
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["git", "-C", root.path, "ls-files", "-z"]
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        guard (try? process.run()) != nil, let bytes = try? output.fileHandleForReading.readToEnd() else { return nil }
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { return nil }
        return bytes.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
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
            if isForeign(path) { continue }
            if try entry.resourceValues(forKeys: [.isDirectoryKey]).isDirectory == true {
                found += try walk(entry, under: path + "/")
            } else if let file = try read(entry, as: path) {
                found.append(file)
            }
        }
        return found
    }

    /// Fixtures are trees of their own, and measured results are no text that anybody wrote.
    private static func isForeign(_ path: String) -> Bool {
        let isResult = path.hasPrefix("results/") && path != "results/README.md" && !path.hasPrefix("results/reference")
        return path == "Tests/TidyTests/fixtures" || path.hasPrefix("Tests/TidyTests/fixtures/") || isResult
    }

    /// Nil for what is no text, and for what git still tracks but is deleted.
    private static func read(_ place: URL, as path: String) throws -> SourceFile? {
        guard let size = try? place.resourceValues(forKeys: [.fileSizeKey]).fileSize, size <= longestText else { return nil }
        return String(validating: try Data(contentsOf: place), as: UTF8.self).map { SourceFile(path: bare(path), text: $0) }
    }

    private static func bare(_ path: String) -> String {
        path.hasSuffix(".fixture") ? String(path.dropLast(".fixture".count)) : path
    }
}
