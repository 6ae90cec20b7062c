// What a member says of itself in answer to `srvr` and `mntr`.

package struct MemberStatus: Sendable, Equatable {
    package enum Role: String, Sendable {
        case leader, follower, standalone, observer
    }

    package var role: Role
    package var zxid: UInt64
    /// What stands behind "Zookeeper version:".
    package var version: String

    /// nil if the text isn't that of a member that serves.
    package init?(srvr text: String) {
        guard let mode = Self.value("Mode", in: text), let role = Role(rawValue: mode) else { return nil }
        self.role = role
        let zxid = Self.value("Zxid", in: text).flatMap {
            UInt64($0.hasPrefix("0x") ? $0.dropFirst(2) : Substring($0), radix: 16)
        }
        guard let zxid else { return nil }
        self.zxid = zxid
        version = Self.value("Zookeeper version", in: text) ?? ""
    }

    /// True for the member that orders the writes.
    package var isLeading: Bool { role == .leader || role == .standalone }

    /// The lines of `mntr`, name and value apart.
    package static func monitorLines(_ text: String) -> [String: String] {
        var lines: [String: String] = [:]
        for line in text.split(whereSeparator: \.isNewline) {
            guard let tab = line.firstIndex(of: "\t") else { continue }
            lines[String(line[..<tab])] = String(line[line.index(after: tab)...])
        }
        return lines
    }

    private static func value(_ key: String, in text: String) -> String? {
        for line in text.split(whereSeparator: \.isNewline) where line.hasPrefix(key + ":") {
            let value = line.dropFirst(key.count + 1)
            return String(value.drop { $0 == " " })
        }
        return nil
    }
}
