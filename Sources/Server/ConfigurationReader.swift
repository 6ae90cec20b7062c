// Reads a configuration: walks the entries of the properties file against the table of keys, judges each by itself, and keeps
// the values. What is checked across keys, and the making of a `ServerConfiguration`, is in ConfigurationReader+Assembly.swift.

/// The text of a file, or why it can't be had, in words that follow the file's name.
package enum ConfigurationSource: Sendable {
    case text(String)
    case missing
    case unreadable(String)
    /// It can be read, but is none of the texts that are read here.
    case unsuitable(String)
}

/// The road from text to a configuration; a value that lives for one reading.
package struct ConfigurationReader {
    let file: String
    let strict: Bool
    /// Gives the text of another file (`myid`), so that reading can be tested without a disk.
    let open: (String) -> ConfigurationSource

    var values: [String: ConfigurationEntry] = [:]
    var memberEntries: [ConfigurationEntry] = []
    /// Lines of `weight.N` and `group.N`.
    var voteEntries: [ConfigurationEntry] = []
    var problems: [ConfigurationProblem] = []
    var notices: [ConfigurationRemark] = []
    var warnings: [ConfigurationRemark] = []
    /// Keys whose values were asked for: a test compares them with those that the table says work.
    package internal(set) var asked: Set<String> = []

    private static let exact: [String: ConfigurationKey] = Dictionary(
        uniqueKeysWithValues: ConfigurationKeys.all.map { ($0.name, $0) })
    private static let numbered: [ConfigurationKey] = ConfigurationKeys.all.filter { $0.numberedPrefix != nil }

    package init(file: String, strict: Bool, open: @escaping (String) -> ConfigurationSource) {
        self.file = file
        self.strict = strict
        self.open = open
    }

    package mutating func read(_ text: String) {
        let properties = ConfigurationProperties(text: text, file: file)
        problems += properties.problems
        for entry in properties.entries {
            guard let key = Self.key(named: entry.key) else {
                takeUnknown(entry)
                continue
            }
            take(entry, as: key)
        }
    }

    private static func key(named name: String) -> ConfigurationKey? {
        if let key = exact[name], key.numberedPrefix == nil { return key }
        // `server.two` is a member's line with a wrong number, not a key that nobody knows: dropping it would found a smaller
        // ensemble than its writer meant.
        return numbered.first { key in key.numberedPrefix.map { name.hasPrefix($0) } ?? false }
    }

    private mutating func take(_ entry: ConfigurationEntry, as key: ConfigurationKey) {
        if let refusal = key.refusal(of: entry.value) {
            return fail(
                entry.line, "\(entry.key)\(refusal.shown) is refused: \(refusal.reason).", remedy: refusal.remedy(entry.key))
        }
        if let objection = key.kind.objection(to: entry.value, key: entry.key) {
            return fail(entry.line, objection.sentence, remedy: objection.remedy)
        }
        switch key.handling {
        case .idle(let instead):
            notice(entry, "\(entry.key) is accepted and has no effect yet: \(instead).")
        case .differs(let how):
            notice(entry, "\(entry.key) is taken, but \(how).")
        case .works, .refused, .refusedWhen, .refusedUnless: break
        }
        keep(entry, as: key)
    }

    private mutating func keep(_ entry: ConfigurationEntry, as key: ConfigurationKey) {
        if key.numberedPrefix != nil {
            if key.name == "server.*" { memberEntries.append(entry) }
            if key.name == "weight.*" || key.name == "group.*" { voteEntries.append(entry) }
            return
        }
        if let earlier = values[entry.key] {
            warn(entry, "\(entry.key) stands on line \(earlier.line) already; this later line counts. Remove one of them.")
        }
        values[entry.key] = entry
    }

    private mutating func takeUnknown(_ entry: ConfigurationEntry) {
        let doubled = "zookeeper."
        if entry.key.hasPrefix(doubled), Self.key(named: String(entry.key.dropFirst(doubled.count))) != nil {
            let bare = entry.key.dropFirst(doubled.count)
            return tolerate(
                entry, "\(entry.key) has no effect, in ZooKeeper neither: the file's keys get this prefix anyway.",
                "Write \(bare).")
        }
        let sentence = "\(entry.key) is not a key that ZooKeeper or Quorate knows."
        let nearest = ConfigurationNearest.name(to: entry.key, among: ConfigurationKeys.all.map(\.name))
        let remedy = nearest.map { "The nearest is \($0)." } ?? "Remove the line."
        if entry.key.hasPrefix(ConfigurationKeys.ownPrefix) {
            fail(entry.line, sentence, remedy: remedy)
        } else {
            tolerate(entry, sentence, remedy)
        }
    }

    /// A warning, or an error for those who asked for `--strict-config`.
    private mutating func tolerate(_ entry: ConfigurationEntry, _ sentence: String, _ remedy: String) {
        if strict { return fail(entry.line, sentence, remedy: remedy) }
        warn(entry, sentence + " " + remedy)
    }

    mutating func fail(_ line: Int, _ sentence: String, remedy: String) {
        problems.append(ConfigurationProblem(file: file, line: line, sentence, remedy: remedy))
    }

    mutating func notice(_ entry: ConfigurationEntry, _ sentence: String) {
        notices.append(ConfigurationRemark(file: file, line: entry.line, key: entry.key, sentence: sentence))
    }

    mutating func warn(_ entry: ConfigurationEntry, _ sentence: String) {
        warnings.append(ConfigurationRemark(file: file, line: entry.line, key: entry.key, sentence: sentence))
    }
}

extension ConfigurationKey {
    struct Refusal {
        /// `=value` where it is the value that is refused.
        let shown: String
        let reason: String
        let accepted: [String]

        func remedy(_ key: String) -> String {
            guard let first = accepted.first(where: { !$0.isEmpty }) else { return "Remove the line." }
            return "Write \(key)=\(first), or remove the line."
        }
    }

    /// Why this value can't be taken, though its form may be right.
    func refusal(of value: String) -> Refusal? {
        switch handling {
        case .works, .differs, .idle: nil
        case .refused(let reason): Refusal(shown: "", reason: reason, accepted: [])
        case .refusedWhen(let values, let reason):
            values.contains(value) ? Refusal(shown: "=\(value)", reason: reason, accepted: []) : nil
        case .refusedUnless(let values, let reason):
            values.contains(value) ? nil : Refusal(shown: "=\(value)", reason: reason, accepted: values)
        }
    }
}
