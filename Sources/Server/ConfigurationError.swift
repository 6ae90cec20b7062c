// What can be wrong with a configuration: a place, one sentence that says what is wrong, and one that says what to write instead.
// Raised by the reader (ConfigurationReader.swift), which gathers all problems of a file before it gives up, so that one start
// shows everything there is to mend. Printing and the exit are the executable's.

/// One thing wrong with a configuration file, its place and its remedy.
public struct ConfigurationProblem: Error, Hashable, Sendable, CustomStringConvertible {
    /// The file as it was named to us; `myid` problems name that file.
    public let file: String
    /// Counted from 1; 0 when the problem is no line's (a key that is missing, a file that can't be read).
    public let line: Int
    public let sentence: String
    public let remedy: String

    package init(file: String, line: Int, _ sentence: String, remedy: String) {
        self.file = file
        self.line = line
        self.sentence = Self.shown(sentence)
        self.remedy = remedy
    }

    public var description: String {
        (line > 0 ? "\(file):\(line): " : "\(file): ") + sentence + " " + remedy
    }

    /// What a file holds may be anything; a terminal is to be shown nothing that it would obey.
    private static func shown(_ text: String) -> String {
        text.unicodeScalars.reduce(into: "") { text, scalar in
            let isControl = scalar.value < 0x20 || scalar.value == 0x7f
            text += isControl ? "\\u{\(String(scalar.value, radix: 16))}" : String(scalar)
        }
    }
}

/// All problems of one configuration, in the order of their lines.
public struct ConfigurationError: Error, Sendable, CustomStringConvertible {
    public let problems: [ConfigurationProblem]
    /// What would have been warned of, had the file been right otherwise: one look at the file is to be enough.
    public let warnings: [ConfigurationRemark]

    /// `EX_USAGE`: the process ends with it, so that a supervisor can tell a wrong file from a crash.
    public static let exitCode: Int32 = 64

    package init(_ problems: [ConfigurationProblem], warnings: [ConfigurationRemark] = []) {
        precondition(!problems.isEmpty, "an error without a problem says nothing")
        self.warnings = warnings
        self.problems = problems.sorted { $0.line < $1.line }
    }

    public var description: String {
        (problems.map(\.description) + warnings.map { "warning: \($0)" }).joined(separator: "\n")
    }
}

/// A line of the file that is worth a word but stops nothing.
public struct ConfigurationRemark: Hashable, Sendable, CustomStringConvertible {
    public let file: String
    public let line: Int
    public let key: String
    public let sentence: String

    public var description: String {
        (line > 0 ? "\(file):\(line): " : "\(file): ") + sentence
    }
}
