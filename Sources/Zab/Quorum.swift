// The two quorum predicates of decision D2, and the exact test that they are safe together. Commit: which copies make a record
// committed. Elect: which promises make a leader. Both ask for enough groups in each of which enough weight has come together;
// an ordinary ensemble is one group of voters that weigh one each.

/// A set of members, bit i standing for the member at index i of the configuration.
package typealias VoterSet = UInt64

package struct Quorum: Hashable, Sendable {
    /// Voters of which enough must agree for the group to agree.
    package struct Group: Hashable, Sendable {
        package let voters: VoterSet
        package let commitWeight: Int
        package let electWeight: Int

        package init(voters: VoterSet, commitWeight: Int, electWeight: Int) {
            self.voters = voters
            self.commitWeight = commitWeight
            self.electWeight = electWeight
        }
    }

    /// By index of the configuration; an observer's is 0.
    package let weights: [Int]
    package let groups: [Group]
    /// How many groups must agree.
    package let commitGroups: Int
    package let electGroups: Int
    /// Everyone whose agreement can count.
    package let voters: VoterSet
    /// One group in which all weigh one: sets are judged by their size.
    private let isPlain: Bool

    package init(weights: [Int], groups: [Group], commitGroups: Int, electGroups: Int) {
        self.weights = weights
        self.groups = groups
        self.commitGroups = commitGroups
        self.electGroups = electGroups
        let voters = groups.reduce(0) { $0 | $1.voters }
        self.voters = voters
        isPlain =
            groups.count == 1 && commitGroups == 1 && electGroups == 1
            && weights.indices.allSatisfy { weights[$0] == 1 || voters >> VoterSet($0) & 1 == 0 }
    }

    /// Voters that weigh one each.
    package init(voters count: Int, commitCopies: Int, electVotes: Int) {
        let all: VoterSet = count >= 64 ? .max : (1 << VoterSet(count)) - 1
        self.init(
            weights: [Int](repeating: 1, count: count),
            groups: [Group(voters: all, commitWeight: commitCopies, electWeight: electVotes)], commitGroups: 1, electGroups: 1)
    }

    @inline(__always)
    package func commits(_ set: VoterSet) -> Bool {
        if isPlain { return (set & voters).nonzeroBitCount >= groups[0].commitWeight }
        return agreeing(set) { $0.commitWeight } >= commitGroups
    }

    @inline(__always)
    package func elects(_ set: VoterSet) -> Bool {
        if isPlain { return (set & voters).nonzeroBitCount >= groups[0].electWeight }
        return agreeing(set) { $0.electWeight } >= electGroups
    }

    private func agreeing(_ set: VoterSet, _ wanted: (Group) -> Int) -> Int {
        var count = 0
        for group in groups where weight(of: set & group.voters) >= wanted(group) { count += 1 }
        return count
    }

    package func weight(of set: VoterSet) -> Int {
        var rest = set
        var sum = 0
        while rest != 0 {
            sum += weights[rest.trailingZeroBitCount]
            rest &= rest - 1
        }
        return sum
    }
}

// MARK: what the predicates ask for, by trying all sets

extension Quorum {
    package var voterCount: Int { voters.nonzeroBitCount }

    /// Members in the smallest set that commits, and that elects; more than there are voters if none does.
    package var commitCopies: Int { isPlain ? groups[0].commitWeight : smallest { commits($0) } }
    package var electVotes: Int { isPlain ? groups[0].electWeight : smallest { elects($0) } }

    /// How many voters may be down, whichever they are, while an established leader goes on, and while a new one can be found.
    package var toleratedWhileLeading: Int { tolerated { commits($0) } }
    package var toleratedAtElection: Int { tolerated { elects($0) } }

    private func smallest(_ isQuorum: (VoterSet) -> Bool) -> Int {
        var least = voterCount + 1
        forEachSet { set in if set.nonzeroBitCount < least, isQuorum(set) { least = set.nonzeroBitCount } }
        return least
    }

    private func tolerated(_ isQuorum: (VoterSet) -> Bool) -> Int {
        var least = voterCount + 1
        forEachSet { down in if down.nonzeroBitCount < least, !isQuorum(voters & ~down) { least = down.nonzeroBitCount } }
        return least - 1
    }

    /// All sets of voters, the empty one first.
    private func forEachSet(_ body: (VoterSet) -> Void) {
        precondition(voterCount <= Configuration.maxVoters, "all sets are tried only of at most 16 voters")
        var set: VoterSet = 0
        repeat {
            body(set)
            // The next subset of `voters`: counting with the other bits filled up.
            set = ((set | ~voters) &+ 1) & voters
        } while set != 0
    }

    /// The exact test over all subsets: an electing set meets every committing and every electing one. Both predicates are
    /// monotone, so it is enough that no set elects while the rest commits or elects.
    /// - Returns: nil if safe, else what is wrong with it.
    package func flaw() -> String? {
        guard !commits(0) else { return "no copy at all would make a write committed" }
        guard commits(voters), elects(voters) else {
            return "not even all \(voterCount) voters together would be a quorum"
        }
        var flaw: String?
        forEachSet { set in
            guard flaw == nil, elects(set) else { return }
            let rest = voters & ~set
            if commits(rest) {
                flaw =
                    "\(set.nonzeroBitCount) votes could elect a leader that misses what the \(rest.nonzeroBitCount) others "
                    + "committed"
            } else if elects(rest) {
                flaw = "two leaders could be elected in one epoch by \(set.nonzeroBitCount) votes each"
            }
        }
        return flaw
    }
}
