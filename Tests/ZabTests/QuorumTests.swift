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
            for rule in CommitRule.allCases {
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

    @Test func unsafeOnesAreRefusedByName() {
        let voters = (1...4).map { Voter(id: MemberID($0), host: "h\($0)") }
        let error = #expect(throws: ConfigurationError.self) {
            try Configuration(voters: voters, quorum: Quorum(voters: 4, commitCopies: 2, electVotes: 2), minCopies: 2)
        }
        #expect(error!.description.contains("quorate.commitQuorum"))
        let fewer = #expect(throws: ConfigurationError.self) {
            try Configuration(voters: Array(voters.prefix(3)), rule: .majority, minCopies: 3)
        }
        #expect(fewer!.description.contains("quorate.minCopies=2"))
        #expect(throws: ConfigurationError.self) { try Configuration(voters: []) }
        #expect(throws: ConfigurationError.self) { try Configuration(voters: [voters[0], voters[0]]) }
        #expect(throws: ConfigurationError.self) { try Configuration(voters: (1...17).map { Voter(id: MemberID($0), host: "") }) }
        #expect(throws: ConfigurationError.self) { try Configuration(voters: voters, minCopies: 0) }
    }

    @Test func hostsAndOrderDontMatterButRulesDo() throws {
        let a = [Voter(id: 1, host: "a"), Voter(id: 2, host: "b"), Voter(id: 3, host: "c")]
        let b = [Voter(id: 3, host: "x"), Voter(id: 1, host: "y"), Voter(id: 2, host: "z")]
        let one = try Configuration(voters: a)
        let two = try Configuration(voters: b)
        #expect(one.digest == two.digest && one.text == two.text && one.hasSameRules(as: two))
        #expect(try Configuration(voters: Array(a.prefix(2))).digest != one.digest)
        #expect(try Configuration(voters: a, minCopies: 3).digest != one.digest)
        #expect(one.binding(5, to: 2).digest != one.digest)
        #expect(one.binding(5, to: 2).hasSameRules(as: one))
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
