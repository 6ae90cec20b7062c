// The form of a transcript: blocks of a command, a separator, and the output expected of it, with comments between them.
//
//     # Why this is tried.
//     propose 1
//     ----
//     1 proposes 0x100000003
//
// A run reads a file, carries its commands out and compares. With QUORATE_REWRITE_TRANSCRIPTS=1 in the environment it writes
// what came out into the file instead: commit such a change only if you understand every line of it.

import Foundation

struct Transcript {
    struct Block {
        /// Comment and blank lines before the command, as they stand.
        var preamble: [String]
        var command: String
        var expected: [String]
    }

    let url: URL
    var blocks: [Block] = []
    private var ending: [String] = []

    static let separator = "----"
    static let isRewriting = ProcessInfo.processInfo.environment["QUORATE_REWRITE_TRANSCRIPTS"] != nil

    static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "testdata")

    /// Names of the transcripts whose names begin so.
    static func names(_ prefix: String) -> [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return names.filter { $0.hasPrefix(prefix) && $0.hasSuffix(".txt") }.sorted()
    }

    init(name: String) throws {
        url = Transcript.folder.appending(path: name)
        var lines = try String(contentsOf: url, encoding: .utf8).split(separator: "\n", omittingEmptySubsequences: false)
            .map(String.init)[...]
        var preamble: [String] = []
        while let line = lines.popFirst() {
            if line.isEmpty || line.hasPrefix("#") {
                preamble.append(line)
                continue
            }
            var expected: [String] = []
            if lines.first == Transcript.separator {
                lines.removeFirst()
                while let output = lines.first, !output.isEmpty { expected.append(output); lines.removeFirst() }
            }
            blocks.append(Block(preamble: preamble, command: line, expected: expected))
            preamble = []
        }
        ending = preamble
    }

    /// Carries every command out, and compares or rewrites.
    /// - Returns: what differs, as "command: expected, found".
    mutating func run(_ perform: (String) throws -> [String]) throws -> [String] {
        var differences: [String] = []
        for place in blocks.indices {
            let found = try perform(blocks[place].command)
            if found != blocks[place].expected {
                differences.append(
                    "\(url.lastPathComponent), \(blocks[place].command):\n--- expected\n"
                        + blocks[place].expected.joined(separator: "\n") + "\n--- found\n" + found.joined(separator: "\n"))
            }
            blocks[place].expected = found
        }
        guard Transcript.isRewriting else { return differences }
        try text.write(to: url, atomically: true, encoding: .utf8)
        return []
    }

    private var text: String {
        var lines: [String] = []
        for block in blocks {
            lines += block.preamble
            lines.append(block.command)
            lines.append(Transcript.separator)
            lines += block.expected
        }
        return (lines + ending).joined(separator: "\n")
    }
}
