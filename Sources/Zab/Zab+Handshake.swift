// HELLO: what this member says of itself, and whom it talks to (rules F7, G6, G8).

import Batch
import Rules

extension Zab {
    package var hello: Hello {
        let record = configuration
        return Hello(
            clusterID: knownClusterID, member: member, incarnation: incarnation, configurationZxid: record.zxid,
            configurationDigest: record.configuration.digest, configurationText: record.configuration.text)
    }

    private var knownClusterID: ClusterID { clusterID != 0 ? clusterID : homeClusterID }

    /// Whether to talk to who says this.
    /// - Parameter expected: the member that was dialed or whose certificate was shown, if known.
    /// - Returns: nil to accept, else one sentence that names what differs and what to do.
    package mutating func judge(_ hello: Hello, expected: MemberID? = nil) -> String? {
        noteFounding(hello)
        let refusal = reasonToRefuse(hello, expected: expected)
        if refusal != nil { counters.hellosRefused += 1 }
        return refusal
    }

    /// Rule F7: who hears that its ensemble was founded founds no other, even if a quorum of empty directories could: the members
    /// that hold what was acknowledged may be fewer than those whose disks are gone.
    private mutating func noteFounding(_ hello: Hello) {
        guard hello.clusterID != 0, configuration.zxid == .zero, configuration.configuration.index(of: hello.member) != nil
        else { return }
        hearsOfFounding = true
    }

    /// Rule F7: a fresh member that has heard of a founding neither stands as candidate nor helps one that would found.
    func wouldFoundAnother(_ configurationZxid: Zxid) -> Bool {
        hearsOfFounding && configurationZxid == .zero && configuration.zxid == .zero
    }

    private func reasonToRefuse(_ hello: Hello, expected: MemberID?) -> String? {
        let name = "member \(hello.member)"
        guard hello.wireVersion == Hello.wireVersion, hello.frameLimit == Hello.frameLimit else {
            return "\(name) speaks wire version \(hello.wireVersion) with frames up to \(hello.frameLimit) bytes, this member "
                + "\(Hello.wireVersion) and \(Hello.frameLimit): run the same release on both"
        }
        if let expected, expected != hello.member {
            return "\(name) answers where member \(expected) was expected: compare its myid with the server.N lines"
        }
        guard hello.member != member else {
            return "\(name) uses the id of this member: give each server a myid of its own"
        }
        let record = configuration
        guard let index = record.configuration.index(of: hello.member) else {
            return "\(name) is no member here (\(record.configuration.text)); it says: \(hello.configurationText)"
        }
        // Rule F7: another ensemble's member.
        guard hello.clusterID == 0 || knownClusterID == 0 || hello.clusterID == knownClusterID else {
            return "Rule F7: \(name) belongs to ensemble \(String(hello.clusterID, radix: 16)), this member to "
                + "\(String(knownClusterID, radix: 16)): one of them was started with another dataDir than its own, or empty "
                + "directories have founded anew while it was away; empty neither before it is known which one holds the data"
        }
        return incarnationRefusal(hello, index: index) ?? configurationRefusal(hello, record)
    }

    /// Rule G6: a voter is (id, incarnation). Only what is known committed binds, or the loser of two foundings could never
    /// return.
    private func incarnationRefusal(_ hello: Hello, index: Int) -> String? {
        #if QUORATE_MUTANTS
        if Mutant.isOn(.anyIncarnation) { return nil }
        #endif
        let committed = configurations[0].configuration.members[index].incarnation
        guard let bound = committed, bound != hello.incarnation, configurations[0].zxid <= commit else { return nil }
        // Rule G8: who knows of a newer configuration may have been bound by it; this member is behind and comes level by JOIN.
        guard hello.configurationZxid <= configurations[0].zxid else { return nil }
        // Rule G7: the operator has said that the bound directory is gone; this one learns, and counts once a record binds it.
        if isLeader, replacing & bit(index) != 0 { return nil }
        if hello.clusterID == 0 {
            return
                "Rule G6: member \(hello.member) comes with a fresh data directory, but its id is bound to another one: start it "
                + "with its old dataDir, or, if that is gone for good, have it replaced, on the leader's machine: quorate replace \(hello.member)"
        }
        return otherDirectory(hello.member)
    }

    private func otherDirectory(_ id: MemberID) -> String {
        "Rule F7: member \(id) comes with the data directory of another incarnation: start it with its own dataDir, or, if that "
            + "is gone for good, have it replaced, on the leader's machine: quorate replace \(id)"
    }

    /// Rule G6: the slot is bound to another directory in every configuration in force, and no operator has said to this leader
    /// that it is gone. HELLO lets such a member in while its listener knows less than it, or nothing for certain.
    private func isStranger(_ index: Int) -> Bool {
        #if QUORATE_MUTANTS
        if Mutant.isOn(.anyIncarnation) { return false }
        #endif
        guard isVoter(index), replacing & bit(index) == 0, configurations[0].zxid <= commit else { return false }
        return configurations.allSatisfy { record in
            guard let bound = record.configuration.members[index].incarnation else { return false }
            return bound != peers[index].incarnation
        }
    }

    /// Rule G6: a leader brings nobody level whom it would never count: such a member would serve, and pass for one more copy.
    /// - Returns: true if its learner is refused.
    mutating func refusesStranger(_ index: Int, on connection: ConnectionNumber) -> Bool {
        guard isStranger(index) else { return false }
        counters.strangersRefused += 1
        let text = otherDirectory(peers[index].id)
        out.append(.warning(text))
        reject(connection, .incarnation, text)
        if peers[index].learner.connection == connection { out.append(.stopStream(connection)) }
        drop(connection, "another directory is bound to it")
        return true
    }

    /// Rule G8: who names the same configuration record must mean the same configuration.
    private func configurationRefusal(_ hello: Hello, _ record: ConfigurationRecord) -> String? {
        // A fresh member speaks of its file, which binds nobody: it has to mean the same rules as what was founded.
        let isOfFile = hello.configurationZxid == .zero && record.zxid != .zero
        guard isOfFile || hello.configurationZxid == record.zxid else { return nil }
        let mine = isOfFile ? record.configuration.unbound.digest : record.configuration.digest
        guard hello.configurationDigest != mine else { return nil }
        return "Rule G8: the configurations differ. Here: \(record.configuration.text). Member \(hello.member): "
            + "\(hello.configurationText). Make server.N, quorate.commitQuorum and quorate.minCopies equal on all members"
    }
}
