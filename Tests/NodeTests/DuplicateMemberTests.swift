// Two processes with one id and copies of one directory: what the others say of it.

import Batch
import Jute
import Node
import NodeEnsemble
import PeerProtocol
import Testing
import Zab

@Suite struct DuplicateMemberTests {
    /// A member that serves, and connections on which somebody says to be member 3.
    private final class Stand {
        let ensemble: VirtualEnsemble
        let node: Node
        private var connection: UInt64 = 1_000_000

        init() throws {
            let ensemble = try VirtualEnsemble(3)
            self.ensemble = ensemble
            try ensemble.start([1, 2])
            try #require(ensemble.run(within: 3_000) { [1, 2].allSatisfy { ensemble.member($0).node?.isServing == true } })
            node = try #require(ensemble.member(1).node)
        }

        func greet(run: UInt64) {
            var hello = Hello(
                clusterID: 0, member: 3, incarnation: 77, configurationZxid: .zero,
                configurationDigest: ensemble.configuration.digest, configurationText: ensemble.configuration.text)
            hello.run = run
            var buffer = ByteBuffer()
            PeerEncoder(source: 3, incarnation: 77).encode(.hello(hello), into: &buffer)
            connection += 1
            node.peerAccepted(connection, .election)
            Array(buffer.bytes).withUnsafeBytes { _ = node.peerReceived(connection, $0) }
        }

        var warnings: [String] {
            node.outputs.compactMap { if case .warning(let text) = $0, text.contains("two processes") { text } else { nil } }
        }
    }

    @Test func twoProcessesThatDisplaceEachOtherAreNamed() throws {
        let stand = try Stand()
        for _ in 0..<3 {
            stand.greet(run: 8)
            stand.greet(run: 9)
        }
        #expect(stand.warnings.isEmpty && stand.node.counters.duplicateMembers == 0)
        for _ in 0..<3 {
            stand.greet(run: 8)
            stand.greet(run: 9)
        }
        let warning = try #require(stand.warnings.first)
        #expect(warning.hasPrefix("two processes speak for member 3 in turn") && warning.contains("stop one"), "\(warning)")
        #expect(stand.node.counters.duplicateMembers == UInt64(stand.warnings.count))
    }

    @Test func aMemberThatIsStartedAgainAndAgainIsOne() throws {
        let stand = try Stand()
        for run in UInt64(1)...40 {
            stand.greet(run: run)
            stand.greet(run: run)
            // What the run before had left in a queue is taken up late.
            if run > 1 { stand.greet(run: run - 1) }
            stand.greet(run: run)
        }
        #expect(stand.warnings.isEmpty && stand.node.counters.duplicateMembers == 0)
    }
}
