// The configuration as it stands in the log: the founding record, the records that bind further members, and who counts by them.

import Batch

extension Zab {
    /// Rule G6: an open slot binds nobody; only before the founding, by the files, everyone listed counts.
    private func binds(_ record: ConfigurationRecord, _ index: Int) -> Bool {
        record.zxid == .zero
            || record.configuration.voters[index].incarnation == (index == my ? incarnation : peers[index].incarnation)
    }

    package var unboundMembers: [MemberID] {
        peers.indices.filter { unbound & bit($0) != 0 }.map { peers[$0].id }
    }

    /// Of the configurations in force, whenever they or the connected incarnations change.
    mutating func settleCountable() {
        countable = 0
        unbound = 0
        for index in peers.indices {
            if configurations.allSatisfy({ binds($0, index) }) { countable |= bit(index) }
            if configurations.contains(where: { $0.configuration.voters[index].incarnation == nil }) { unbound |= bit(index) }
        }
    }

    /// Node read this in a batch that was just appended. It counts from here on, together with the one before until it is
    /// committed.
    mutating func noteConfiguration(_ record: ConfigurationRecord) {
        precondition(
            record.zxid <= lastLogged && record.zxid > configuration.zxid, "configuration records are noted in the log's order")
        guard record.configuration.hasSameRules(as: configuration.configuration) else {
            return halt(
                .impossible,
                "the configuration at \(record.zxid) (\(record.configuration.text)) has other voters or quorums than "
                    + "\(configuration.configuration.text)")
        }
        configurations.append(record)
        settleCountable()
        settleConfigurations()
    }

    /// Forgets configurations that a later committed one replaced.
    mutating func settleConfigurations() {
        while configurations.count > 1, configurations[1].zxid <= commit {
            configurations.removeFirst()
            settleCountable()
        }
        let record = configurations[0]
        if clusterID == 0, record.clusterID != 0, record.zxid <= commit {
            clusterID = record.clusterID
            // No client is served before the founding record is committed and applied.
            leadership.serveFrom = max(leadership.serveFrom, record.zxid)
            following.serveFrom = max(following.serveFrom, record.zxid)
            out.append(.foundingCommitted(record.clusterID))
        }
    }

    /// The first batch of the first leader is the founding record; it binds those whose promises made the leader.
    mutating func askFounding() {
        guard configuration.zxid == .zero else { return }
        var founded = configuration.configuration
        for index in peers.indices where candidacy.promised & bit(index) != 0 {
            founded = founded.binding(peers[index].promised, to: peers[index].id)
        }
        leadership.asksConfiguration = true
        out.append(.needFounding(founded))
    }

    /// A fresh member in step, in an open slot, is bound by a record before its acknowledgements count; one at a time.
    mutating func bindNext() {
        // Rule G2: none before the initial history is committed, none while one is open.
        guard role == .leading, clusterID != 0, configurations.count == 1, leadership.openConfiguration == nil,
            !leadership.asksConfiguration, leadership.handover == nil
        else { return }
        for (index, voter) in configuration.configuration.voters.enumerated() where voter.incarnation == nil {
            guard index == my || peers[index].learner.phase == .synced else { continue }
            leadership.asksConfiguration = true
            let incarnation = index == my ? incarnation : peers[index].incarnation
            out.append(.needConfiguration(configuration.configuration.binding(incarnation, to: voter.id)))
            return
        }
    }

    /// Whether clients may be served here: only by who leads or follows, and once it has applied what its role began with (rule
    /// L6).
    package var isServing: Bool {
        switch role {
        case .leading: clusterID != 0 && applied >= leadership.serveFrom
        case .following: clusterID != 0 && applied >= following.serveFrom
        case .looking, .candidate, .leaderSync, .followerSync: false
        }
    }
}
