// Who votes, who is bound to which id, and what counts as a quorum: the property of an ensemble that all its members must share
// (rule G8). Files serve to found it; from then on it is state, carried by the founding record and by configuration records.

import Rules

package struct Voter: Hashable, Sendable {
    package var id: MemberID
    /// As in `server.N`: for people and for dialing. Names may differ from file to file, so it is no part of the digest.
    package var host: String
    /// Nil: an open slot, no directory is bound to this id yet.
    package var incarnation: Incarnation?

    package init(id: MemberID, host: String, incarnation: Incarnation? = nil) {
        self.id = id
        self.host = host
        self.incarnation = incarnation
    }
}

/// Why a configuration can't be used; one sentence that names the key to change.
package struct ConfigurationError: Error, Hashable, Sendable, CustomStringConvertible {
    package let description: String

    package init(_ description: String) { self.description = description }
}

package struct Configuration: Hashable, Sendable {
    package static let maxVoters = 16

    /// Ascending by id; a voter's index is its bit in a VoterSet.
    package let voters: [Voter]
    package let quorum: Quorum
    package let minCopies: Int
    package let digest: UInt64

    package var count: Int { voters.count }
    package var all: VoterSet { (1 << UInt64(count)) - 1 }

    /// From the files: the rule and `quorate.minCopies` give the thresholds.
    package init(voters: [Voter], rule: CommitRule = .half, minCopies: Int = 2) throws(ConfigurationError) {
        guard (1...Configuration.maxVoters).contains(voters.count) else {
            throw ConfigurationError("\(voters.count) voters (server.N): an ensemble has 1 to \(Configuration.maxVoters) of them")
        }
        try self.init(
            voters: voters, quorum: Quorum(voters: voters.count, rule: rule, minCopies: minCopies), minCopies: minCopies)
    }

    /// Refused unless the predicates pass the exact test and keep `minCopies` copies.
    package init(voters: [Voter], quorum: Quorum, minCopies: Int) throws(ConfigurationError) {
        guard (1...Configuration.maxVoters).contains(voters.count), quorum.voters == voters.count else {
            throw ConfigurationError("\(voters.count) voters (server.N): an ensemble has 1 to \(Configuration.maxVoters) of them")
        }
        guard (1...255).contains(minCopies) else {
            throw ConfigurationError("quorate.minCopies is \(minCopies): it must be from 1 to 255")
        }
        let sorted = voters.sorted { $0.id < $1.id }
        for (a, b) in zip(sorted, sorted.dropFirst()) where a.id == b.id {
            throw ConfigurationError("server.\(a.id) is listed twice")
        }
        if let flaw = quorum.flaw() {
            throw ConfigurationError(
                "the quorums of quorate.commitQuorum (commit \(quorum.commitCopies), elect \(quorum.electVotes) of "
                    + "\(voters.count)) are unsafe: \(flaw)")
        }
        guard quorum.commitCopies >= min(voters.count, minCopies) else {
            throw ConfigurationError(
                "quorate.commitQuorum keeps \(quorum.commitCopies) copies of an acknowledged write, fewer than "
                    + "quorate.minCopies = \(minCopies): set quorate.minCopies=\(quorum.commitCopies) if that is meant")
        }
        self.voters = sorted
        self.quorum = quorum
        self.minCopies = minCopies
        digest = Configuration.digest(of: sorted, quorum: quorum, minCopies: minCopies)
    }

    @inline(__always)
    package func index(of id: MemberID) -> Int? { voters.firstIndex { $0.id == id } }

    /// What members compare and people read. Hosts are left out as they are from the digest.
    package var text: String {
        let ids = voters.map { voter in
            guard let incarnation = voter.incarnation else { return "\(voter.id)" }
            return "\(voter.id)=\(String(UInt64(truncatingIfNeeded: incarnation >> 64), radix: 16))"
        }
        return "voters \(ids.joined(separator: ",")); commit \(quorum.commitCopies) of \(count), elect \(quorum.electVotes); "
            + "minCopies \(minCopies)"
    }

    /// The same with another member bound. Only an open slot can be bound (rules G6, G7).
    package func binding(_ incarnation: Incarnation, to id: MemberID) -> Configuration {
        guard let index = index(of: id) else { preconditionFailure("member \(id) is no voter") }
        demand(voters[index].incarnation == nil, "Rule G7: the slot of member \(id) is taken")
        var bound = voters
        bound[index].incarnation = incarnation
        return Configuration(unchecked: bound, quorum: quorum, minCopies: minCopies)
    }

    /// The same with every slot open, as files have it.
    package var unbound: Configuration {
        Configuration(
            unchecked: voters.map { Voter(id: $0.id, host: $0.host) }, quorum: quorum, minCopies: minCopies)
    }

    private init(unchecked voters: [Voter], quorum: Quorum, minCopies: Int) {
        self.voters = voters
        self.quorum = quorum
        self.minCopies = minCopies
        digest = Configuration.digest(of: voters, quorum: quorum, minCopies: minCopies)
    }

    /// Whether both let the same ids vote by the same thresholds, whoever is bound to them.
    package func hasSameRules(as other: Configuration) -> Bool {
        quorum == other.quorum && minCopies == other.minCopies && voters.map(\.id) == other.voters.map(\.id)
    }

    private static func digest(of voters: [Voter], quorum: Quorum, minCopies: Int) -> UInt64 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        func mix(_ value: UInt64) {
            hash = (hash ^ value) &* 0x9e37_79b9_7f4a_7c15
            hash ^= hash >> 29
        }
        mix(UInt64(minCopies))
        mix(UInt64(quorum.commitCopies) << 32 | UInt64(quorum.electVotes))
        for voter in voters {
            mix(UInt64(voter.id) << 1 | (voter.incarnation == nil ? 0 : 1))
            mix(UInt64(truncatingIfNeeded: (voter.incarnation ?? 0) >> 64))
            mix(UInt64(truncatingIfNeeded: voter.incarnation ?? 0))
        }
        return hash
    }
}
