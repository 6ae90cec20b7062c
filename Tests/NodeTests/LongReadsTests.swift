// What one client may ask for at once and no single turn should carry: it goes on piece by piece, in order, and loses nothing.
// With QUORATE_MEASURE in the environment the longest pieces are printed.

import Batch
import ClientProtocol
import Glibc
import Jute
import Node
import NodeEnsemble
import StateMachine
import Testing

@Suite struct LongReadsTests {
    /// As many paths as one request may carry.
    private static let count = 80_000
    private func path(_ i: Int) -> String { "/w\(1_000_000 + i)" }

    private func serving() throws -> VirtualEnsemble {
        let ensemble = try VirtualEnsemble(1)
        try ensemble.start()
        #expect(ensemble.run(within: 1_000) { ensemble.member(1).node?.isServing == true })
        return ensemble
    }

    private func opened(_ ensemble: VirtualEnsemble) -> VirtualClient {
        let client = ensemble.client(of: 1)
        client.connect(timeout: 10_000)
        #expect(ensemble.run(within: 1_000) { client.hasSession })
        return client
    }

    private func setWatches(_ client: VirtualClient, seen: Int64) {
        client.request(-8, OpCode.setWatches) {
            $0.writeLong(seen)
            $0.writeInt(0)
            $0.writeInt(Int32(LongReadsTests.count))
            for i in 0..<LongReadsTests.count { $0.writeString(path(i)) }
            $0.writeInt(0)
        }
    }

    /// Turns until the condition holds, and tells how long the longest turn was.
    private func turns(_ ensemble: VirtualEnsemble, _ name: String, until isMet: () -> Bool) {
        var (last, longest, count) = (processorTime(), 0, 0)
        ensemble.run(within: 1_000) {
            let time = processorTime()
            (last, longest, count) = (time, max(longest, time - last), count + 1)
            return isMet()
        }
        if getenv("QUORATE_MEASURE") != nil { print("\(name): \(count) turns, the longest \(longest) us of processor time") }
    }

    private func processorTime() -> Int {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return time.tv_sec * 1_000_000 + time.tv_nsec / 1_000
    }

    @Test("A setWatches of 80,000 paths takes many turns, holds what is behind it, and misses no change")
    func manyWatches() throws {
        let ensemble = try serving()
        let node = try #require(ensemble.member(1).node)
        let (client, other) = (opened(ensemble), opened(ensemble))
        setWatches(client, seen: node.stateMachine.applied.wire)
        client.ping()
        client.create(1, "/behind")
        ensemble.run(within: 1) { client.unsent == 0 }
        #expect(node.stateMachine.watchCount > 0 && node.stateMachine.watchCount < LongReadsTests.count / 2)
        #expect(client.replies.isEmpty)
        // Others are served meanwhile: one path that is watched already is made, and one whose turn has not come.
        other.create(1, path(0))
        other.create(2, path(LongReadsTests.count - 1))
        turns(ensemble, "setWatches") { client.isAnswered(1) }
        #expect(client.replies.map(\.xid) == [-1, -1, -8, -2, 1])
        let events = client.replies.compactMap(VirtualClient.event)
        #expect(events.map(\.path) == [path(0), path(LongReadsTests.count - 1)])
        #expect(events.allSatisfy { $0.type == EventType.nodeCreated })
        #expect(node.stateMachine.watchCount == LongReadsTests.count - 2)
    }

    @Test("The watches of a connection that has gone are dropped piece by piece, and fire for nobody meanwhile")
    func manyWatchesGo() throws {
        let ensemble = try serving()
        let node = try #require(ensemble.member(1).node)
        let (client, other) = (opened(ensemble), opened(ensemble))
        setWatches(client, seen: node.stateMachine.applied.wire)
        #expect(ensemble.run(within: 1_000) { client.isAnswered(-8) })
        node.clientClosed(client.id)
        ensemble.clients[client.id] = nil
        #expect(node.stateMachine.watchCount == LongReadsTests.count)
        other.create(1, path(0))
        other.create(2, path(LongReadsTests.count - 1))
        turns(ensemble, "dropWatches") { node.stateMachine.watchCount == 0 && other.isAnswered(2) }
        #expect(node.stateMachine.watchCount == 0)
        #expect(other.replies.allSatisfy { $0.error == 0 })
    }

    @Test("A damaged setWatches sets nothing")
    func damagedSetWatches() throws {
        let ensemble = try serving()
        let client = opened(ensemble)
        client.request(-8, OpCode.setWatches) {
            $0.writeLong(1)
            $0.writeInt(2)
            $0.writeString("/a")
        }
        #expect(ensemble.run(within: 100) { client.isAnswered(-8) })
        #expect(client.reply(-8)?.error == ErrorCode.marshallingError)
        #expect(ensemble.member(1).node?.stateMachine.watchCount == 0)
    }

    @Test("A list of children beyond quorate.maxReply is answered by an error, without being built")
    func longLists() throws {
        let ensemble = try VirtualEnsemble(1)
        ensemble.configure = { $0.maxReply = 1_000 }
        try ensemble.start()
        #expect(ensemble.run(within: 1_000) { ensemble.member(1).node?.isServing == true })
        let client = opened(ensemble)
        func children(_ xid: Int32) {
            client.request(xid, OpCode.getChildren) {
                $0.writeString("/")
                $0.writeBoolean(false)
            }
        }
        for i in Int32(0)..<70 { client.create(i + 1, path(Int(i))) }
        children(100)
        for i in Int32(70)..<100 { client.create(i + 101, path(Int(i))) }
        children(1_000)
        client.ping()
        #expect(ensemble.run(within: 500) { client.isAnswered(-2) })
        #expect(client.reply(100)?.error == 0)
        #expect(client.reply(1_000)?.error == ErrorCode.badArguments)
    }
}
