// What a member's log says of those that no election counts yet.

import Node
import NodeEnsemble
import Testing

@Suite struct UnboundMembersTests {
    private let last = "not bound yet and counted in no election: member 3"

    @Test("Rule G6: a member that serves names who is not bound after a second, and tells when all are")
    func named() throws {
        let ensemble = try VirtualEnsemble(3)
        try ensemble.start([1, 2])
        #expect(ensemble.run(within: 2_000) { ensemble.leader != nil })
        let leader = try #require(ensemble.leader)
        #expect(ensemble.run(within: 2_000) { leader.log.contains { $0.hasPrefix("serving as leader") } })
        #expect(!leader.log.contains { $0.contains("bound") }, "\(ensemble.story)")
        ensemble.run(milliseconds: 1_200)
        // Whoever promised is bound by the founding; the third member was not there.
        #expect(leader.log.filter { $0.contains("bound") } == [last], "\(ensemble.story)")
        try ensemble.start([3])
        #expect(ensemble.run(within: 4_000) { ensemble.members.allSatisfy { $0.node?.isServing == true } })
        #expect(ensemble.run(within: 2_000) { leader.log.last == "every member is bound" }, "\(ensemble.story)")
        // It is told once.
        ensemble.run(milliseconds: 500)
        #expect(leader.log.filter { $0.contains("bound") }.count == 2, "\(ensemble.story)")
    }

    @Test("Rule G1: once all are bound any two of three go on behind a loss of power, though nothing was written since")
    func boundForGood() throws {
        let ensemble = try VirtualEnsemble(3)
        try ensemble.start([1, 2])
        #expect(ensemble.run(within: 2_000) { ensemble.leader != nil })
        try ensemble.start([3])
        #expect(ensemble.run(within: 4_000) { ensemble.members.allSatisfy { $0.node?.bindsEverybody == true } })
        ensemble.run(milliseconds: 10)
        for member in ensemble.members { ensemble.losePower(member.id) }
        try ensemble.start([2, 3])
        #expect(ensemble.run(within: 4_000) { ensemble.leader?.node?.isServing == true }, "\(ensemble.story)")
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
