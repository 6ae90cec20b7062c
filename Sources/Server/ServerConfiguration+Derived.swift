// What follows from the settings without being one: the member's own line, whether it is alone, and the sizes of quorums as the
// start line tells them. The quorums that count are Zab's, made from the same two settings.

extension ServerConfiguration {
    /// This member's own line; nil for a server on its own.
    public var me: ConfigurationMember? {
        members.first { $0.id == myID }
    }

    /// A server on its own, or the only member of an ensemble that may be one.
    public var isStandalone: Bool {
        members.isEmpty || (members.count == 1 && self.standaloneEnabled)
    }

    /// `zoo.cfg:3: clientPort` for the first of these keys that has a line, so that an error of the start names its place, too.
    package func place(of keys: [String]) -> String {
        guard let key = keys.first(where: { lines[$0] != nil }), let line = lines[key] else { return file }
        return "\(file):\(line): \(key)"
    }

    /// Copies that a commit needs, this server's own included: what the start line says as "copies at acknowledgement".
    public var commitCopies: Int {
        let count = max(1, members.count)
        switch commitQuorum {
        case .half: return max((count + 1) / 2, min(count, minCopies))
        case .majority: return max(count / 2 + 1, min(count, minCopies))
        }
    }

    /// Voters that an election needs, the candidate included.
    public var electVotes: Int {
        let count = max(1, members.count)
        return max(count - commitCopies + 1, count / 2 + 1)
    }
}
