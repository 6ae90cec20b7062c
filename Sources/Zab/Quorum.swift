// The two quorum predicates of decision D2, as thresholds over voters, and the exact test that they are safe together.
// Commit: how many copies make a record committed. Elect: how many promises make a leader.

/// `quorate.commitQuorum`.
package enum CommitRule: String, Sendable, CaseIterable {
    /// ceil(n/2) copies: at an even n one less than a majority, and elections ask for one more in return.
    case half
    case majority
}

/// A set of voters, bit i standing for the voter at index i of the configuration.
package typealias VoterSet = UInt64

package struct Quorum: Hashable, Sendable {
    package let voters: Int
    package let commitCopies: Int
    package let electVotes: Int

    package init(voters: Int, commitCopies: Int, electVotes: Int) {
        self.voters = voters
        self.commitCopies = commitCopies
        self.electVotes = electVotes
    }

    /// v = max(ceil(n/2), min(n, minCopies)) or a majority; election asks for max(n - v + 1, floor(n/2) + 1).
    package init(voters n: Int, rule: CommitRule, minCopies: Int) {
        let copies =
            switch rule {
            case .half: max((n + 1) / 2, min(n, minCopies))
            case .majority: n / 2 + 1
            }
        self.init(voters: n, commitCopies: copies, electVotes: max(n - copies + 1, n / 2 + 1))
    }

    @inline(__always)
    package func commits(_ set: VoterSet) -> Bool { set.nonzeroBitCount >= commitCopies }

    @inline(__always)
    package func elects(_ set: VoterSet) -> Bool { set.nonzeroBitCount >= electVotes }

    /// How many members may be down while an established leader goes on, and while a new one can be found.
    package var toleratedWhileLeading: Int { voters - commitCopies }
    package var toleratedAtElection: Int { voters - electVotes }

    /// The exact test over all subsets: an electing set meets every committing and every electing one. Both predicates are
    /// monotone, so it is enough that no set elects while the rest commits or elects.
    /// - Returns: nil if safe, else what is wrong with it.
    package func flaw() -> String? {
        precondition(voters >= 1 && voters <= Configuration.maxVoters, "the test is made for at most 16 voters")
        let all: VoterSet = (1 << UInt64(voters)) - 1
        guard commitCopies >= 1 else { return "no copy at all would make a write committed" }
        guard commits(all), elects(all) else { return "not even all \(voters) voters together would be a quorum" }
        for set in 0...all where elects(set) {
            if commits(all & ~set) {
                return "\(electVotes) votes could elect a leader that misses what the \(commitCopies) others committed"
            }
            if elects(all & ~set) { return "two leaders could be elected in one epoch by \(electVotes) votes each" }
        }
        return nil
    }
}
