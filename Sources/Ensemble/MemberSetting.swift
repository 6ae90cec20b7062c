// One more line for every member's zoo.cfg, as it is given on a command line.

/// Why a line can't be taken; one sentence.
package struct MemberSettingError: Error, CustomStringConvertible {
    package let description: String
}

package enum MemberSetting {
    /// Decided by whoever starts the ensemble, who would look for the members elsewhere.
    private static let owned: Set<String> = [
        "dataDir", "dataLogDir", "clientPort", "clientPortAddress", "secureClientPort", "secureClientPortAddress",
        "admin.serverPort", "admin.serverAddress",
    ]

    /// Reads `key=value`, which was given with `option`.
    package static func read(_ text: String, option: String = "--setting") throws(MemberSettingError) -> (
        key: String, value: String
    ) {
        guard !text.contains(where: \.isNewline) else {
            throw MemberSettingError(description: "\(option) takes one line, key=value; give it once for each line.")
        }
        let form = "\(option) must have the form key=value, not '\(text)'."
        guard let equals = text.firstIndex(of: "=") else { throw MemberSettingError(description: form) }
        let key = String(text[..<equals])
        guard !key.isEmpty, !key.contains(where: \.isWhitespace) else { throw MemberSettingError(description: form) }
        guard !owned.contains(key), !key.hasPrefix("server.") else {
            throw MemberSettingError(
                description: "\(option) \(key) can't be given: each member of the ensemble gets its own; leave it out.")
        }
        return (key, String(text[text.index(after: equals)...]))
    }

    // MARK: What is as good as a password

    private static let hidden = "(not shown)"

    private static func isSecret(_ key: Substring) -> Bool {
        key == "superDigest" || key.hasSuffix(".superDigest") || key.lowercased().hasSuffix("password")
    }

    /// `key=value` as results and log lines may have it.
    package static func shown(key: String, value: String) -> String { "\(key)=\(isSecret(key[...]) ? hidden : value)" }

    /// The words of a command in the same way: `key=value`, and `--option=key=value`.
    package static func shown(words: [String]) -> [String] {
        words.map { word in
            let parts = word.split(separator: "=", maxSplits: 2, omittingEmptySubsequences: false)
            for place in parts.indices.dropLast() where place == 0 || parts[0].hasPrefix("--") {
                if isSecret(parts[place]) { return parts[...place].joined(separator: "=") + "=\(hidden)" }
            }
            return word
        }
    }
}
