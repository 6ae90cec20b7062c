// Connections that never say who they are: they hold little, there are not many of them, and they keep no member out.

import Node
import NodeEnsemble
import Testing
import Zab

@Suite struct StrangerTests {
    @Test("Rule B1: whoever says nothing gives way to who comes, so a member gets in whatever the flood")
    func strangersGiveWay() throws {
        let ensemble = try VirtualEnsemble(3)
        try ensemble.start([1, 2])
        #expect(ensemble.run(within: 3_000) { [1, 2].allSatisfy { ensemble.member($0).node?.isServing == true } })
        let node = try #require(ensemble.member(1).node)
        let said = node.outputs.count
        for number in 0..<200 { node.peerAccepted(UInt64(1_000_000 + number), number % 2 == 0 ? .election : .data) }
        let closed = node.outputs[said...].compactMap { if case .closePeer(let id, _) = $0 { id } else { nil } }
        #expect(closed == (0..<136).map { UInt64(1_000_000 + $0) }, "the oldest go first, and 64 stay")
        try ensemble.start([3])
        let isLevel = ensemble.run(within: 3_000) { ensemble.member(3).node?.isServing == true }
        #expect(isLevel, "\(ensemble.story)")
    }
}
