// From what the files say of quorums to the two predicates: a rule for what commits, weights and groups, and the least number of
// copies. What elects always follows: as much as is needed to meet every quorum that commits and every other that elects.

/// `quorate.commitQuorum`.
package enum CommitRule: Hashable, Sendable, CustomStringConvertible {
    /// Half, rounded up: at an even n one copy less than a majority, and elections ask for one more in return.
    case half
    case majority
    /// So many copies, or so much weight.
    case weight(Int)

    package var description: String {
        switch self {
        case .half: "half"
        case .majority: "majority"
        case .weight(let weight): "\(weight)"
        }
    }

    /// - Returns: the weight out of `total` that commits.
    fileprivate func commitWeight(of total: Int) -> Int {
        switch self {
        case .half: (total + 1) / 2
        case .majority: total / 2 + 1
        case .weight(let weight): weight
        }
    }
}

extension Quorum {
    /// v = max(ceil(n/2), min(n, minCopies)), a majority or a number of copies; election asks for max(n - v + 1, floor(n/2) + 1).
    package init(voters n: Int, rule: CommitRule, minCopies: Int) {
        self.init(weights: [Int](repeating: 1, count: n), groups: [], rule: rule, minCopies: minCopies)
    }

    /// - Parameters:
    ///   - weights: by index; 0 for who never counts.
    ///   - groups: sets of indices that have no member in common and hold all voters; none for a flat ensemble.
    package init(weights: [Int], groups: [VoterSet], rule: CommitRule, minCopies: Int) {
        let voters = weights.indices.reduce(VoterSet(0)) { weights[$1] > 0 ? $0 | 1 << VoterSet($1) : $0 }
        let wanted = min(voters.nonzeroBitCount, minCopies)
        if groups.isEmpty {
            self = Quorum.flat(weights, voters, rule, copies: wanted)
        } else {
            let ways = Quorum.hierarchies(weights, groups.filter { $0 & voters != 0 }, rule)
            self = ways.first { $0.commitCopies >= wanted } ?? ways[0]
        }
    }

    /// The half is raised until not even the heaviest voters commit with too few copies; what was asked for by number stands.
    private static func flat(_ weights: [Int], _ voters: VoterSet, _ rule: CommitRule, copies: Int) -> Quorum {
        let total = weights.reduce(0, +)
        var commit = rule.commitWeight(of: total)
        if rule == .half {
            commit = max(commit, weights.sorted(by: >).prefix(max(0, copies - 1)).reduce(0, +) + 1)
        }
        return Quorum(
            weights: weights, groups: [Group(voters: voters, commitWeight: commit, electWeight: electing(commit, of: total))],
            commitGroups: 1, electGroups: 1)
    }

    /// Half of the groups by half of their weight; by majorities of weight; by majorities of both.
    private static func hierarchies(_ weights: [Int], _ groups: [VoterSet], _ rule: CommitRule) -> [Quorum] {
        let ways: [(groups: CommitRule, weights: CommitRule)] =
            rule == .half
            ? [(.half, .half), (.half, .majority), (.majority, .half), (.majority, .majority)] : [(.majority, .majority)]
        return ways.map { way in
            let commitGroups = way.groups.commitWeight(of: groups.count)
            let parts = groups.map { members in
                let total = weights.indices.reduce(0) { members >> VoterSet($1) & 1 == 1 ? $0 + weights[$1] : $0 }
                let commit = way.weights.commitWeight(of: total)
                let voters = members & weights.indices.reduce(VoterSet(0)) { weights[$1] > 0 ? $0 | 1 << VoterSet($1) : $0 }
                return Group(voters: voters, commitWeight: commit, electWeight: electing(commit, of: total))
            }
            return Quorum(
                weights: weights, groups: parts, commitGroups: commitGroups,
                electGroups: electing(commitGroups, of: groups.count))
        }
    }

    /// Meets what commits and every other that elects.
    private static func electing(_ commit: Int, of total: Int) -> Int { max(total - commit + 1, total / 2 + 1) }
}
