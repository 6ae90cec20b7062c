// The two quorum predicates and the configuration around them.

import Testing
import Zab

@Suite struct QuorumTests {
    /// n, rule, minCopies, copies to commit, votes to elect: the tables of the protocol's description.
    @Test(arguments: [
        (1, CommitRule.half, 2, 1, 1), (2, .half, 1, 1, 2), (2, .half, 2, 2, 2), (3, .half, 2, 2, 2), (4, .half, 2, 2, 3),
        (4, .majority, 2, 3, 3), (5, .half, 2, 3, 3), (6, .half, 2, 3, 4), (6, .majority, 2, 4, 4), (7, .half, 2, 4, 4),
        (3, .half, 3, 3, 2), (16, .half, 2, 8, 9),
    ])
    func thresholds(_ n: Int, _ rule: CommitRule, _ minCopies: Int, _ commit: Int, _ elect: Int) throws {
        let quorum = Quorum(voters: n, rule: rule, minCopies: minCopies)
        #expect(quorum.commitCopies == commit && quorum.electVotes == elect)
        #expect(quorum.flaw() == nil)
        #expect(quorum.toleratedWhileLeading == n - commit && quorum.toleratedAtElection == n - elect)
    }

    @Test func theDefaultIsSafeForEverySize() {
        for n in 1...Configuration.maxVoters {
            for rule in [CommitRule.half, .majority] {
                for minCopies in 1...n { #expect(Quorum(voters: n, rule: rule, minCopies: minCopies).flaw() == nil) }
            }
        }
    }

    /// The fast test over complements against the slow one over all pairs of sets.
    @Test func theExactTestAgreesWithAllPairs() {
        for n in 1...6 {
            for commit in 0...n + 1 {
                for elect in 0...n + 1 {
                    let quorum = Quorum(voters: n, commitCopies: commit, electVotes: elect)
                    var isSafe = commit >= 1 && commit <= n && elect <= n
                    for a in 0..<VoterSet(1 << n) where quorum.elects(a) {
                        for b in 0..<VoterSet(1 << n) where (quorum.commits(b) || quorum.elects(b)) && a & b == 0 {
                            isSafe = false
                        }
                    }
                    #expect((quorum.flaw() == nil) == isSafe, "n \(n), commit \(commit), elect \(elect)")
                }
            }
        }
    }

    /// Groups of equal size, and the smallest sets that commit and that elect.
    @Test(arguments: [
        (2, 2, CommitRule.half, 1, 1, 4), (2, 3, .half, 1, 2, 4), (3, 2, .half, 1, 2, 4), (3, 3, .half, 1, 4, 4),
        (3, 5, .half, 1, 6, 6), (2, 2, .half, 2, 2, 4), (3, 3, .majority, 2, 4, 4), (2, 2, .majority, 2, 4, 4),
    ])
    func groups(_ count: Int, _ size: Int, _ rule: CommitRule, _ minCopies: Int, _ commit: Int, _ elect: Int) {
        let groups = (0..<count).map { group in (0..<size).reduce(VoterSet(0)) { $0 | 1 << VoterSet(group * size + $1) } }
        let quorum = Quorum(
            weights: [Int](repeating: 1, count: count * size), groups: groups, rule: rule, minCopies: minCopies)
        #expect(quorum.flaw() == nil)
        #expect(quorum.commitCopies == commit && quorum.electVotes == elect)
        #expect(quorum.commits(quorum.voters) && quorum.elects(quorum.voters) && !quorum.commits(0) && !quorum.elects(0))
    }

    /// Whatever weights and groups are drawn, the quorums made of them are safe and keep as many copies as they are asked to.
    @Test func allWeightsAndGroupsGiveSafeQuorums() {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<600 {
            let n = Int.random(in: 1...9, using: &random)
            let weights = (0..<n).map { _ in Int.random(in: 0...4, using: &random) }
            guard weights.contains(where: { $0 > 0 }) else { continue }
            let minCopies = Int.random(in: 1...n, using: &random)
            let voters = weights.count { $0 > 0 }
            let flat = Quorum(weights: weights, groups: [], rule: .half, minCopies: minCopies)
            #expect(flat.flaw() == nil, "weights \(weights), minCopies \(minCopies)")
            #expect(flat.commitCopies >= min(voters, minCopies), "weights \(weights), minCopies \(minCopies)")
            #expect(Quorum(weights: weights, groups: [], rule: .majority, minCopies: 1).flaw() == nil, "weights \(weights)")
            let count = Int.random(in: 1...3, using: &random)
            var groups = [VoterSet](repeating: 0, count: count)
            for index in 0..<n { groups[Int.random(in: 0..<count, using: &random)] |= 1 << VoterSet(index) }
            for rule in [CommitRule.half, .majority] {
                let quorum = Quorum(weights: weights, groups: groups, rule: rule, minCopies: 1)
                #expect(quorum.flaw() == nil, "weights \(weights), groups \(groups), \(rule)")
            }
        }
    }

    /// The exact test on weights and groups drawn without any rule, against all pairs of sets.
    @Test func theExactTestAgreesWithAllPairsOfWeightedSets() {
        var random = SystemRandomNumberGenerator()
        var verdicts: [Bool: Int] = [:]
        for _ in 0..<2_000 {
            let n = Int.random(in: 1...5, using: &random)
            let weights = (0..<n).map { _ in Int.random(in: 0...3, using: &random) }
            let count = Int.random(in: 1...2, using: &random)
            var members = [VoterSet](repeating: 0, count: count)
            for index in 0..<n where weights[index] > 0 {
                members[Int.random(in: 0..<count, using: &random)] |= 1 << VoterSet(index)
            }
            let groups = members.map {
                Quorum.Group(
                    voters: $0, commitWeight: Int.random(in: 0...5, using: &random),
                    electWeight: Int.random(in: 0...5, using: &random))
            }
            let quorum = Quorum(
                weights: weights, groups: groups, commitGroups: Int.random(in: 0...count, using: &random),
                electGroups: Int.random(in: 0...count, using: &random))
            var isSafe = !quorum.commits(0) && quorum.commits(quorum.voters) && quorum.elects(quorum.voters)
            for a in 0..<VoterSet(1 << n) where quorum.elects(a) {
                for b in 0..<VoterSet(1 << n) where (quorum.commits(b) || quorum.elects(b)) && a & b & quorum.voters == 0 {
                    isSafe = false
                }
            }
            verdicts[quorum.flaw() == nil, default: 0] += 1
            #expect((quorum.flaw() == nil) == isSafe, "\(quorum)")
        }
        #expect(verdicts.count == 2, "both verdicts must occur: \(verdicts)")
    }

    @Test func unsafeOnesAreRefusedByName() {
        let voters = (1...4).map { EnsembleMember(id: MemberID($0), host: "h\($0)") }
        let error = #expect(throws: ConfigurationError.self) {
            try Configuration(members: voters, quorum: Quorum(voters: 4, commitCopies: 2, electVotes: 2), minCopies: 2)
        }
        #expect(error!.description.contains("quorate.commitQuorum"))
        let fewer = #expect(throws: ConfigurationError.self) {
            try Configuration(members: Array(voters.prefix(3)), rule: .majority, minCopies: 3)
        }
        #expect(fewer!.description.contains("quorate.minCopies=2"))
        #expect(throws: ConfigurationError.self) { try Configuration(members: []) }
        #expect(throws: ConfigurationError.self) { try Configuration(members: [voters[0], voters[0]]) }
        #expect(throws: ConfigurationError.self) {
            try Configuration(members: (1...17).map { EnsembleMember(id: MemberID($0), host: "") })
        }
        #expect(throws: ConfigurationError.self) { try Configuration(members: voters, minCopies: 0) }
    }

    @Test func hostsAndOrderDontMatterButRulesDo() throws {
        let a = [EnsembleMember(id: 1, host: "a"), EnsembleMember(id: 2, host: "b"), EnsembleMember(id: 3, host: "c")]
        let b = [EnsembleMember(id: 3, host: "x"), EnsembleMember(id: 1, host: "y"), EnsembleMember(id: 2, host: "z")]
        let one = try Configuration(members: a)
        let two = try Configuration(members: b)
        #expect(one.digest == two.digest && one.text == two.text && one.hasSameRules(as: two))
        #expect(try Configuration(members: Array(a.prefix(2))).digest != one.digest)
        #expect(try Configuration(members: a, minCopies: 3).digest != one.digest)
        #expect(one.binding(5, to: 2).digest != one.digest)
        #expect(one.binding(5, to: 2).hasSameRules(as: one))
    }

    @Test func observersWeightsAndGroupsAreReadBack() throws {
        let members = [
            EnsembleMember(id: 1, host: "a", incarnation: 9, weight: 2, group: 1), EnsembleMember(id: 2, host: "b", group: 1),
            EnsembleMember(id: 3, host: "c", weight: 0, group: 2), EnsembleMember(id: 4, host: "d", group: 2),
            EnsembleMember(id: 5, host: "e", group: 2), EnsembleMember(id: 6, host: "f", isObserver: true),
        ]
        let configuration = try Configuration(members: members)
        #expect(configuration.voterCount == 5 && configuration.observers == 0b100000)
        #expect(configuration.quorum.voters == 0b011011, "who weighs nothing is no part of a quorum")
        let bytes = configuration.bytes
        #expect(try decode(bytes) == configuration)
        for length in 0..<bytes.count { #expect(throws: ConfigurationError.self) { try decode(Array(bytes[..<length])) } }
        for index in bytes.indices {
            for value in UInt8.min...UInt8.max {
                var changed = bytes
                changed[index] = value
                _ = try? decode(changed)
            }
        }
        #expect(throws: ConfigurationError.self) { try Configuration(members: [members[5]]) }
        #expect(throws: ConfigurationError.self) { try Configuration(members: members, rule: .weight(3)) }
        var weighed = members
        weighed[1].weight = 256
        #expect(throws: ConfigurationError.self) { try Configuration(members: weighed) }
    }

    private func decode(_ bytes: [UInt8]) throws -> Configuration { try Configuration(decoding: bytes.span.bytes) }

    @Test func bytesAreReadBackAndAnyOthersRefused() throws {
        var configuration = Dialogue.configuration(5)
        configuration = configuration.binding(0x1234_5678_9abc_def0_1122_3344_5566_7788, to: 3)
        let bytes = configuration.bytes
        #expect(try decode(bytes) == configuration)
        for length in 0..<bytes.count {
            #expect(throws: ConfigurationError.self) { try decode(Array(bytes[..<length])) }
        }
        #expect(throws: ConfigurationError.self) { try decode(bytes + [0]) }
        // Any change is refused or means something; none stops the process.
        for index in bytes.indices {
            for value in UInt8.min...UInt8.max {
                var changed = bytes
                changed[index] = value
                _ = try? decode(changed)
            }
        }
    }
}
