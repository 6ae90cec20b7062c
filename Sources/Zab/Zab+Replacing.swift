// A member whose data directory is gone for good comes back as another incarnation of its id (rules G6, G7): the operator says so
// to the leader, which lets the fresh directory learn, without counting it, and binds it by a configuration record once it is in
// step. Until that record is committed both the old and the new configuration must agree to everything, and neither counts the
// member; afterwards the old directory is refused for ever.

extension Zab {
    /// - Returns: nil if the member may now come with a fresh directory, else one sentence that says why not and what to do.
    package mutating func allowReplacement(of id: MemberID) -> String? {
        guard role == .leading, clusterID != 0 else {
            let hint = leader.map { "member \($0) leads: ask it" } ?? "nobody leads: wait until one does"
            return "only the leader can have a member replaced; \(hint)"
        }
        guard let index = configuration.configuration.index(of: id) else {
            return "\(id) is no member here (\(configuration.configuration.text))"
        }
        guard index != my else { return "member \(id) leads, so its directory is there; nothing is to be replaced" }
        guard isVoter(index) else { return "member \(id) is an observer: start it with an empty dataDir, nothing else is needed" }
        guard let bound = configuration.configuration.members[index].incarnation else {
            return "no directory is bound to member \(id) yet: start it with an empty dataDir, nothing else is needed"
        }
        if peers[index].election != nil, peers[index].incarnation == bound {
            return "member \(id) is connected with its own data directory: stop it first if that is to be given up"
        }
        // Rule G1: the record has to be committed without the member that is replaced.
        guard quorum.commits(countable & ~bit(index)) else {
            return "without member \(id) the connected members are no quorum that could commit its replacement: "
                + "start the others first"
        }
        replacing |= bit(index)
        settleCountable()
        return nil
    }

    /// Rule G7: the directory that was said to be gone joins: nobody else may come in its place any more.
    mutating func endReplacement(of index: Int) {
        guard replacing & bit(index) != 0 else { return }
        let incarnation = peers[index].incarnation
        guard configurations.allSatisfy({ $0.configuration.members[index].incarnation == incarnation }) else { return }
        replacing &= ~bit(index)
        settleCountable()
        out.append(
            .warning("member \(peers[index].id) has come with the directory that was to be replaced: it goes on with that one"))
    }

    /// By the newest configuration that is known to be committed; nil for an open slot.
    package func committedIncarnation(of id: MemberID) -> Incarnation? {
        guard configurations[0].zxid <= commit, let index = configurations[0].configuration.index(of: id) else { return nil }
        return configurations[0].configuration.members[index].incarnation
    }
}
