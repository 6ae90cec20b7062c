// What a rule of tidiness is: a name, and a look at a tree that gives places where the tree breaks it.

import Testing

struct TidyFinding: Hashable, Comparable, CustomStringConvertible {
    let path: String
    /// Counted from 1; 0 when it is the file or the tree as a whole.
    let line: Int
    let says: String

    var place: String { line > 0 ? "\(path):\(line)" : path }
    var description: String { "\(place): \(says)" }

    static func < (left: TidyFinding, right: TidyFinding) -> Bool {
        (left.path, left.line, left.says) < (right.path, right.line, right.says)
    }
}

struct TidyRule: Sendable, CustomTestStringConvertible {
    /// Also the name of the folder with the fixture that breaks it.
    let name: String
    let check: @Sendable (SourceTree) -> [TidyFinding]

    var testDescription: String { name }

    static let all = [
        importTable, topLevel, lineLength, fileHead, numberedRules, determinism, leftovers, machinePaths, documentLinks,
        targetTests,
        settingsInUse, ownSentences, mutantHooks, changelogForm,
    ]
}
