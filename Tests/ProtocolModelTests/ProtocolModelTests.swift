// Every order of the protocol's steps, in small ensembles: what the rules allow is safe, and each rule is needed.

import Testing
import Zab

@Suite struct ProtocolModelTests {
    struct Size: CustomTestStringConvertible {
        var quorum: Quorum
        var epochs: Int
        var records: Int
        var grain: ProtocolModel.Grain

        init(_ voters: Int, elect: Int, commit: Int, epochs: Int, records: Int, _ grain: ProtocolModel.Grain) {
            quorum = Quorum(voters: voters, commitCopies: commit, electVotes: elect)
            self.epochs = epochs
            self.records = records
            self.grain = grain
        }

        var testDescription: String {
            "\(quorum.voterCount) voters, elect \(quorum.electVotes), commit \(quorum.commitCopies), \(epochs) epochs, "
                + "\(records) records each, \(grain)"
        }

        func model(_ leftOut: LeftOut = []) -> ProtocolModel {
            ProtocolModel(quorum, epochs: epochs, attempts: epochs, records: records, grain: grain, leftOut: leftOut)
        }
    }

    static let safe = [
        Size(1, elect: 1, commit: 1, epochs: 3, records: 2, .fine),
        Size(2, elect: 2, commit: 1, epochs: 3, records: 1, .fine),
        Size(2, elect: 2, commit: 2, epochs: 3, records: 2, .fine),
        Size(3, elect: 2, commit: 2, epochs: 3, records: 1, .coarse),
        Size(3, elect: 2, commit: 2, epochs: 2, records: 2, .fine),
        Size(3, elect: 2, commit: 2, epochs: 3, records: 1, .fine),
        Size(3, elect: 2, commit: 3, epochs: 3, records: 1, .fine),
        Size(4, elect: 3, commit: 2, epochs: 2, records: 1, .fine),
        Size(4, elect: 3, commit: 2, epochs: 3, records: 1, .coarse),
        Size(4, elect: 3, commit: 3, epochs: 2, records: 1, .fine),
        Size(5, elect: 3, commit: 3, epochs: 2, records: 1, .fine),
        Size(6, elect: 4, commit: 3, epochs: 2, records: 1, .coarse),
    ]

    @Test(arguments: safe) func everyOrderOfStepsIsSafe(_ size: Size) {
        let outcome = ModelSearch.run(size.model())
        #expect(outcome.breach == nil, "\(outcome.schedule.map(\.description).joined(separator: "\n"))")
        #expect(outcome.isComplete, "more than \(outcome.states) states")
    }

    /// Weights 2, 1, 1: two of four commit, three elect.
    @Test func weightedVotersAreSafe() {
        func weight(_ set: VoterSet) -> Int { Int(set & 1) * 2 + Int(set >> 1 & 1) + Int(set >> 2 & 1) }
        let model = ProtocolModel(
            voters: 3, epochs: 3, attempts: 3, records: 1, grain: .fine, exchangeable: [0..<1, 1..<3],
            commits: { weight($0) >= 2 }, elects: { weight($0) >= 3 })
        let outcome = ModelSearch.run(model)
        #expect(outcome.breach == nil && outcome.isComplete)
        #expect(model.commits[0b001] && !model.commits[0b010] && model.elects[0b011] && !model.elects[0b110])
    }

    /// Three groups of two: two groups, and both voters of each.
    @Test func groupsOfVotersAreSafe() {
        func isQuorum(_ set: VoterSet) -> Bool {
            (0..<3).count { (set >> VoterSet(2 * $0) & 3).nonzeroBitCount >= 2 } >= 2
        }
        let model = ProtocolModel(
            voters: 6, epochs: 2, attempts: 2, records: 1, grain: .coarse, exchangeable: [0..<2, 2..<4, 4..<6],
            exchangeableRuns: true, commits: isQuorum, elects: isQuorum)
        let outcome = ModelSearch.run(model)
        #expect(outcome.breach == nil && outcome.isComplete, "\(outcome.states) states")
        #expect(model.commits.indices.filter { model.commits[$0] }.map(\.nonzeroBitCount).min() == 4)
    }

    /// An observer gets what is committed, counts nowhere and never has to give anything back.
    @Test func observersAreSafe() {
        let quorum = Quorum(voters: 3, rule: .half, minCopies: 2)
        let model = ProtocolModel(quorum, observers: 1, epochs: 3, attempts: 3, records: 1, grain: .coarse)
        let outcome = ModelSearch.run(model)
        #expect(
            outcome.breach == nil && outcome.isComplete,
            "\(outcome.breach ?? ""), \(outcome.states) states: \(outcome.schedule.map(\.description).joined(separator: "; "))")
    }

    /// Quorums that do not meet: the search finds what goes wrong, and the shipping configuration refuses them.
    @Test(arguments: [
        (Size(4, elect: 2, commit: 2, epochs: 2, records: 1, .coarse), "Rule E4"),
        (Size(3, elect: 1, commit: 3, epochs: 2, records: 1, .coarse), "Rule E4"),
        (Size(3, elect: 2, commit: 1, epochs: 3, records: 1, .coarse), "committed"),
        (Size(5, elect: 3, commit: 2, epochs: 3, records: 1, .coarse), "committed"),
    ])
    func quorumsThatDoNotMeetAreFound(_ size: Size, _ breach: String) {
        let outcome = ModelSearch.run(size.model())
        #expect(outcome.breach?.contains(breach) == true, "\(outcome.breach ?? "nothing"), \(outcome.states) states")
        #expect(size.quorum.flaw() != nil)
        #expect(throws: ConfigurationError.self) {
            let voters = (1...size.quorum.voterCount).map { EnsembleMember(id: MemberID($0), host: "host\($0)") }
            return try Configuration(members: voters, quorum: size.quorum, minCopies: 1)
        }
    }
}
