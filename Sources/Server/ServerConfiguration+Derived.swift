// What follows from the settings without being one: the member's own line, whether it is alone, and the configuration with its
// quorums that the ensemble is founded with.

package import Zab

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

    /// As the files found it: every slot open.
    package var founding: Configuration {
        get throws { try Configuration(foundedBy: self) }
    }
}

extension Configuration {
    fileprivate init(foundedBy configuration: ServerConfiguration) throws {
        var members = configuration.members.map {
            EnsembleMember(
                id: UInt32($0.id), host: $0.host, weight: $0.weight, group: $0.group ?? 0, isObserver: $0.isObserver)
        }
        if members.isEmpty { members = [EnsembleMember(id: UInt32(configuration.myID), host: "localhost")] }
        let rule: CommitRule =
            switch configuration.commitQuorum {
            case .half: .half
            case .majority: .majority
            case .copies(let count): .weight(count)
            }
        try self.init(members: members, rule: rule, minCopies: configuration.minCopies)
    }
}
