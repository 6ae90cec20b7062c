// The configuration as it stands in the log: the founding record, the records that bind further members, and who counts by them.

import Batch
import Rules

extension Zab {
    /// Rule G6: an open slot binds nobody; only before the founding, by the files, everyone listed counts.
    private func binds(_ record: ConfigurationRecord, _ index: Int) -> Bool {
        #if QUORATE_MUTANTS
        if Mutant.isOn(.anyIncarnation) { return true }
        #endif
        return record.zxid == .zero
            || record.configuration.members[index].incarnation == (index == my ? incarnation : peers[index].incarnation)
    }

    package var unboundMembers: [MemberID] {
        peers.indices.filter { unbound & bit($0) != 0 }.map { peers[$0].id }
    }

    /// Of the configurations in force, whenever they or the connected incarnations change.
    mutating func settleCountable() {
        countable = 0
        unbound = 0
        for index in peers.indices where isVoter(index) {
            if configurations.allSatisfy({ binds($0, index) }) { countable |= bit(index) }
            let first = configurations[0].configuration.members[index].incarnation
            let speaking = index == my ? incarnation : peers[index].incarnation
            // Who has not been heard of yet is taken for the one that is bound.
            let isSettled =
                first != nil && (speaking == 0 || speaking == first)
                && configurations.allSatisfy { $0.configuration.members[index].incarnation == first }
            if !isSettled || replacing & bit(index) != 0 { unbound |= bit(index) }
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
        let before = configurations[configurations.count - 1].configuration
        configurations.append(record)
        // Rule G7: a permission is used up by the record that binds another directory to that slot, by no other record.
        for index in peers.indices where record.configuration.members[index].incarnation != before.members[index].incarnation {
            replacing &= ~bit(index)
        }
        settleCountable()
        settleConfigurations()
    }

    /// Forgets configurations that a later committed one replaced.
    mutating func settleConfigurations() {
        while configurations.count > 1, configurations[1].zxid <= commit {
            configurations.removeFirst()
            settleCountable()
            out.append(.configurationCommitted(configurations[0].zxid))
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

    /// The first batch of the first leader is the founding record; it binds those whose promises made the leader, and those who
    /// hold its initial history.
    mutating func askFounding() {
        guard configuration.zxid == .zero else { return }
        var founded = configuration.configuration
        for index in peers.indices where isVoter(index) {
            if candidacy.promised & bit(index) != 0 {
                founded = founded.binding(peers[index].promised, to: peers[index].id)
            } else if synchronized & bit(index) != 0 {
                // A commit quorum that is larger than the one that elects needs those too that only follow.
                founded = founded.binding(peers[index].incarnation, to: peers[index].id)
            }
        }
        leadership.asksConfiguration = true
        out.append(.needFounding(founded))
    }

    /// A fresh member in step, in an open slot or in that of a directory that is gone, is bound by a record before its
    /// acknowledgements count; one at a time.
    mutating func bindNext() {
        // Rule G2: none before the initial history is committed, none while one is open.
        guard role == .leading, clusterID != 0, configurations.count == 1, leadership.openConfiguration == nil,
            !leadership.asksConfiguration, leadership.handover == nil
        else { return }
        for index in peers.indices where isVoter(index) && mayBind(index) {
            let slot = configuration.configuration.members[index]
            let newcomer = index == my ? incarnation : peers[index].incarnation
            leadership.asksConfiguration = true
            out.append(
                .needConfiguration(configuration.configuration.binding(newcomer, to: slot.id, replacing: slot.incarnation)))
            return
        }
    }

    private func mayBind(_ index: Int) -> Bool {
        let slot = configuration.configuration.members[index]
        // Rule G3: a joining voter is in step before it is one.
        guard index == my || peers[index].learner.phase == .synced else { return false }
        return slot.incarnation == nil || replacing & bit(index) != 0 && slot.incarnation != peers[index].incarnation
    }

    /// Whether clients may be served here: only by who leads or follows, and once it has applied what its role began with (rule
    /// L6).
    package var isServing: Bool {
        #if QUORATE_MUTANTS
        if Mutant.isOn(.servesUnapplied) { return (role == .leading || role == .following) && clusterID != 0 }
        #endif
        switch role {
        case .leading: return clusterID != 0 && applied >= leadership.serveFrom
        case .following: return clusterID != 0 && applied >= following.serveFrom
        case .looking, .candidate, .leaderSync, .followerSync: return false
        }
    }
}
