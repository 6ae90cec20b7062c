// What a member's log says of those that no election counts yet.

import Node
import NodeEnsemble
import Testing

@Suite struct UnboundMembersTests {
    private let last = "not bound yet and counted in no election: member 3"

    @Test("Rule G6: the line that says serving names who is not bound yet, and another one that all are")
    func named() throws {
        let ensemble = try VirtualEnsemble(3)
        try ensemble.start([1, 2])
        #expect(ensemble.run(within: 2_000) { ensemble.leader != nil })
        let leader = try #require(ensemble.leader)
        #expect(ensemble.run(within: 2_000) { leader.log.contains { $0.hasPrefix("serving as leader") } })
        ensemble.run(milliseconds: 100)
        // Whoever promised is bound by the founding; the third member was not there.
        let told = leader.log.filter { $0.contains(last) }
        #expect(told.count == 1 && told[0].hasPrefix("serving as leader"), "\(ensemble.story)")
        #expect(told[0].hasSuffix("failures survived 1, " + last))
        try ensemble.start([3])
        #expect(ensemble.run(within: 4_000) { ensemble.members.allSatisfy { $0.node?.isServing == true } })
        #expect(ensemble.run(within: 2_000) { leader.log.last == "every member is bound" }, "\(ensemble.story)")
        // It is told once.
        ensemble.run(milliseconds: 500)
        #expect(leader.log.filter { $0.contains("bound") }.count == 2, "\(ensemble.story)")
    }

    @Test("where all are bound nothing is said of it")
    func quiet() throws {
        let ensemble = try VirtualEnsemble(1)
        try ensemble.start()
        #expect(ensemble.run(within: 2_000) { ensemble.leader != nil })
        ensemble.run(milliseconds: 100)
        #expect(!ensemble.member(1).log.contains { $0.contains("bound") })
    }
}
