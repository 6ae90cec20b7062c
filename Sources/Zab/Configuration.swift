// Who belongs to the ensemble, who votes, who is bound to which id, and what counts as a quorum: the property of an ensemble that
// all its members must share (rule G8). Files serve to found it; from then on it is state, carried by the founding record and by
// configuration records.

import Rules

/// A member as the configuration has it.
package struct EnsembleMember: Hashable, Sendable {
    package var id: MemberID
    /// As in `server.N`: for people and for dialing. Names may differ from file to file, so it is no part of the digest.
    package var host: String
    /// Nil: an open slot, no directory is bound to this id yet. Observers are never bound: nothing depends on their memory.
    package var incarnation: Incarnation?
    /// What its agreement weighs.
    package var weight: Int
    /// Number of the `group.N` line that lists it; 0 without groups.
    package var group: Int
    /// Learns what is committed and is never asked for anything.
    package var isObserver: Bool

    package init(
        id: MemberID, host: String, incarnation: Incarnation? = nil, weight: Int = 1, group: Int = 0, isObserver: Bool = false
    ) {
        self.id = id
        self.host = host
        self.incarnation = incarnation
        self.weight = isObserver ? 0 : weight
        self.group = isObserver ? 0 : group
        self.isObserver = isObserver
    }
}

/// Why a configuration can't be used; one sentence that names the key to change.
package struct ConfigurationError: Error, Hashable, Sendable, CustomStringConvertible {
    package let description: String

    package init(_ description: String) { self.description = description }
}

package struct Configuration: Hashable, Sendable {
    package static let maxVoters = 16
    package static let maxMembers = 60
    package static let maxWeight = 255

    /// Ascending by id; a member's index is its bit in a VoterSet.
    package let members: [EnsembleMember]
    package let quorum: Quorum
    package let minCopies: Int
    package let digest: UInt64

    package var count: Int { members.count }
    package var observers: VoterSet {
        members.indices.reduce(0) { members[$1].isObserver ? $0 | 1 << VoterSet($1) : $0 }
    }
    package var voterCount: Int { members.count(where: { !$0.isObserver }) }

    /// From the files: the rule, weights, groups and `quorate.minCopies` give the thresholds.
    package init(members: [EnsembleMember], rule: CommitRule = .half, minCopies: Int = 2) throws(ConfigurationError) {
        let sorted = try Configuration.sorted(members)
        if sorted.contains(where: { $0.group != 0 }), case .weight(let weight) = rule {
            throw ConfigurationError(
                "quorate.commitQuorum is \(weight), but with groups (group.N) it has to be half or majority: what commits is "
                    + "counted in each group")
        }
        try self.init(
            members: sorted, quorum: Configuration.quorum(of: sorted, rule: rule, minCopies: minCopies), minCopies: minCopies)
    }

    /// Refused unless the predicates pass the exact test and keep `minCopies` copies.
    package init(members: [EnsembleMember], quorum: Quorum, minCopies: Int) throws(ConfigurationError) {
        let sorted = try Configuration.sorted(members)
        guard (1...255).contains(minCopies) else {
            throw ConfigurationError("quorate.minCopies is \(minCopies): it must be from 1 to 255")
        }
        guard quorum.weights == sorted.map(\.weight) else {
            throw ConfigurationError("the quorums are made for other members or weights than those of the configuration")
        }
        if let flaw = quorum.flaw() {
            throw ConfigurationError(
                "the quorums of quorate.commitQuorum (commit \(quorum.commitCopies), elect \(quorum.electVotes) of "
                    + "\(quorum.voterCount)) are unsafe: \(flaw)")
        }
        guard quorum.commitCopies >= min(quorum.voterCount, minCopies) else {
            throw ConfigurationError(
                "quorate.commitQuorum keeps \(quorum.commitCopies) copies of an acknowledged write, fewer than "
                    + "quorate.minCopies = \(minCopies): set quorate.minCopies=\(quorum.commitCopies) if that is meant")
        }
        self.init(unchecked: sorted, quorum: quorum, minCopies: minCopies)
    }

    /// In order, and possible.
    private static func sorted(_ members: [EnsembleMember]) throws(ConfigurationError) -> [EnsembleMember] {
        let voters = members.count(where: { !$0.isObserver })
        guard (1...maxVoters).contains(voters) else {
            throw ConfigurationError("\(voters) voters (server.N): an ensemble has 1 to \(maxVoters) of them")
        }
        guard members.count <= maxMembers else {
            throw ConfigurationError("\(members.count) members (server.N): an ensemble has at most \(maxMembers) of them")
        }
        let sorted = members.sorted { $0.id < $1.id }
        for (a, b) in zip(sorted, sorted.dropFirst()) where a.id == b.id {
            throw ConfigurationError("server.\(a.id) is listed twice")
        }
        for member in sorted where !(0...maxWeight).contains(member.weight) {
            throw ConfigurationError("weight.\(member.id) is \(member.weight): it must be from 0 to \(maxWeight)")
        }
        for member in sorted where !(0...255).contains(member.group) {
            throw ConfigurationError("group.\(member.group) has a number that is not from 1 to 255")
        }
        let grouped = sorted.filter { $0.group != 0 }
        if !grouped.isEmpty, let lone = sorted.first(where: { $0.group == 0 && !$0.isObserver }) {
            throw ConfigurationError("server.\(lone.id) stands in no group.N line, but others do: list every voter in one")
        }
        return sorted
    }

    private static func quorum(of members: [EnsembleMember], rule: CommitRule, minCopies: Int) -> Quorum {
        let numbers = Set(members.map(\.group)).subtracting([0]).sorted()
        let groups = numbers.map { number in
            members.indices.reduce(VoterSet(0)) { members[$1].group == number ? $0 | 1 << VoterSet($1) : $0 }
        }
        return Quorum(weights: members.map(\.weight), groups: groups, rule: rule, minCopies: minCopies)
    }

    @inline(__always)
    package func index(of id: MemberID) -> Int? { members.firstIndex { $0.id == id } }

    /// The same with a member's directory bound to its id: an open slot, or, to replace a member, one that was taken (rules G6,
    /// G7).
    package func binding(_ incarnation: Incarnation, to id: MemberID, replacing old: Incarnation? = nil) -> Configuration {
        guard let index = index(of: id) else { preconditionFailure("member \(id) is none of the configuration") }
        demand(members[index].incarnation == old, "Rule G7: the slot of member \(id) is taken by another incarnation")
        var bound = members
        bound[index].incarnation = incarnation
        return Configuration(unchecked: bound, quorum: quorum, minCopies: minCopies)
    }

    /// The same with every slot open, as files have it.
    package var unbound: Configuration {
        var open = members
        for index in open.indices { open[index].incarnation = nil }
        return Configuration(unchecked: open, quorum: quorum, minCopies: minCopies)
    }

    private init(unchecked members: [EnsembleMember], quorum: Quorum, minCopies: Int) {
        self.members = members
        self.quorum = quorum
        self.minCopies = minCopies
        digest = Configuration.digest(of: members, quorum: quorum, minCopies: minCopies)
    }

    /// Whether both let the same ids vote by the same predicates, whoever is bound to them.
    package func hasSameRules(as other: Configuration) -> Bool {
        quorum == other.quorum && minCopies == other.minCopies && members.map(\.id) == other.members.map(\.id)
            && members.map(\.isObserver) == other.members.map(\.isObserver)
    }

    private static func digest(of members: [EnsembleMember], quorum: Quorum, minCopies: Int) -> UInt64 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        func mix(_ value: UInt64) {
            hash = (hash ^ value) &* 0x9e37_79b9_7f4a_7c15
            hash ^= hash >> 29
        }
        mix(UInt64(minCopies))
        mix(UInt64(quorum.commitGroups) << 32 | UInt64(quorum.electGroups))
        for group in quorum.groups {
            mix(group.voters)
            mix(UInt64(group.commitWeight) << 32 | UInt64(group.electWeight))
        }
        for member in members {
            mix(UInt64(member.id) << 1 | (member.incarnation == nil ? 0 : 1))
            mix(UInt64(member.weight) << 1 | (member.isObserver ? 1 : 0))
            mix(UInt64(truncatingIfNeeded: (member.incarnation ?? 0) >> 64))
            mix(UInt64(truncatingIfNeeded: member.incarnation ?? 0))
        }
        return hash
    }
}
