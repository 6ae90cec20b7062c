// What a member's log says while it serves nobody.

import Node
import NodeEnsemble
import Testing

@Suite struct WaitingTests {
    @Test("A member without a quorum names who is missing, once")
    func missing() throws {
        let ensemble = try VirtualEnsemble(3)
        try ensemble.start([1])
        let alone = ensemble.member(1)
        ensemble.run(milliseconds: 2_500)
        #expect(!alone.log.contains { $0.contains("still not serving") })
        ensemble.run(milliseconds: 5_000)
        #expect(alone.log.filter { $0.contains("still not serving") } == ["still not serving: no connection to member 2, 3"])
        try ensemble.start([2])
        #expect(ensemble.run(within: 3_000) { alone.node?.isServing == true })
        ensemble.kill(2)
        ensemble.run(milliseconds: 5_000)
        #expect(alone.log.contains { $0.hasPrefix("not serving: ") && $0 != "not serving: it has just started" }, "\(alone.log)")
        #expect(alone.log.filter { $0.contains("still not serving: no connection to member 2, 3") }.count == 2, "\(alone.log)")
    }

    @Test("A member that stops serving says why")
    func reasons() throws {
        let ensemble = try VirtualEnsemble(3)
        try ensemble.start()
        #expect(ensemble.run(within: 3_000) { ensemble.members.allSatisfy { $0.node?.isServing == true } })
        let leader = try #require(ensemble.leader)
        ensemble.cut(leader.id)
        ensemble.run(milliseconds: 1_500)
        let others = ensemble.members.filter { $0 !== leader }
        #expect(leader.log.contains("not serving: too few members answer it as their leader"), "\(ensemble.story)")
        #expect(
            others.contains { $0.log.contains("not serving: nothing was heard of the leader for too long") }, "\(ensemble.story)")
    }
}
