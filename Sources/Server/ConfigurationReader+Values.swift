// How the assembly asks for values: by the names of the table, with the default where the file says nothing.
// A name that is asked for must be in the table; each question is noted, so that a test can find keys that are said to work and
// that nobody asks for.

extension ConfigurationReader {
    mutating func text(_ key: String) -> String? {
        precondition(ConfigurationKeys.all.contains { $0.name == key }, "\(key) is not in the table of keys")
        asked.insert(key)
        return values[key]?.value
    }

    mutating func requiredText(_ key: String, remedy: String) -> String {
        if let text = text(key) { return text }
        if !wasReported(key) { fail(0, "\(key) is missing.", remedy: remedy) }
        return ""
    }

    /// A wrong value was reported already; to call the key missing as well would mislead.
    func wasReported(_ key: String) -> Bool {
        problems.contains { $0.sentence.hasPrefix("\(key) ") }
    }

    mutating func optionalInteger(_ key: String) -> Int? {
        text(key).flatMap(ConfigurationKind.integer)
    }

    mutating func integer(_ key: String, _ standard: Int) -> Int {
        optionalInteger(key) ?? standard
    }

    mutating func flag(_ key: String, _ standard: Bool) -> Bool {
        text(key).map { $0 == "true" } ?? standard
    }

    /// ZooKeeper writes −1 where it means "the default".
    func positive(_ value: Int, else standard: Int) -> Int {
        value > 0 ? value : standard
    }
}
