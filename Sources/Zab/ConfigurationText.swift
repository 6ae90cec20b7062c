// A configuration in words: what members compare and people read.

extension Configuration {
    /// Hosts are left out as they are from the digest.
    package var text: String {
        var parts = ["voters \(list(members.filter { !$0.isObserver }))"]
        let observers = members.filter(\.isObserver)
        if !observers.isEmpty { parts.append("observers \(list(observers))") }
        parts.append(quorumText)
        parts.append("minCopies \(minCopies)")
        return parts.joined(separator: "; ")
    }

    private func list(_ members: [EnsembleMember]) -> String {
        members.map { member in
            let weight = member.isObserver || member.weight == 1 ? "" : "*\(member.weight)"
            guard let incarnation = member.incarnation else { return "\(member.id)\(weight)" }
            return "\(member.id)\(weight)=\(String(UInt64(truncatingIfNeeded: incarnation >> 64), radix: 16))"
        }.joined(separator: ",")
    }

    private var quorumText: String {
        if quorum.groups.count == 1 {
            let group = quorum.groups[0]
            let total = quorum.weight(of: group.voters)
            let unit = total == voterCount ? "" : "weight "
            return "commit \(unit)\(group.commitWeight) of \(total), elect \(group.electWeight)"
        }
        let groups = quorum.groups.map { group in
            let ids = members.indices.filter { group.voters >> VoterSet($0) & 1 == 1 }.map { "\(members[$0].id)" }
            return "(\(ids.joined(separator: ",")): \(group.commitWeight)/\(group.electWeight))"
        }
        return "commit \(quorum.commitGroups) of \(quorum.groups.count) groups, elect \(quorum.electGroups), "
            + "by weights \(groups.joined(separator: " "))"
    }
}
