// Questions to servers that run already: each of them must be there, and whoever asks can stop asking.

import CLinux
import Foundation
import LoadGenerator
import Testing

@Suite(.serialized) struct RunningTreeTests {
    @Test func anAbsentServerIsNotTakenForAMember() throws {
        let server = try ScriptedServer()
        defer { server.stop() }
        try RunningTree(hosts: [server.address], cancel: CancelFlag()).checkThatAllAnswer()
        let two = try RunningTree(hosts: [server.address, "127.0.0.1:1"], cancel: CancelFlag())
        let error = #expect(throws: LoadError.self) { try two.checkThatAllAnswer() }
        #expect(error?.description == "the server at 127.0.0.1:1 can't be asked: Connection refused")
    }

    @Test func theSameServerUnderTwoNamesIsFound() throws {
        let tree = try RunningTree(hosts: ["127.0.0.1:1", "127.0.0.1:2", "localhost:1"], cancel: CancelFlag())
        #expect(tree.firstTwice == "localhost:1")
        #expect(try RunningTree(hosts: ["127.0.0.1:1", "127.0.0.1:2"], cancel: CancelFlag()).firstTwice == nil)
    }

    @Test func askingAServerThatSaysNothingCanBeEnded() throws {
        let server = try ScriptedServer(Misbehaviour(isMute: true))
        defer { server.stop() }
        let cancel = CancelFlag()
        let tree = try RunningTree(hosts: [server.address], cancel: cancel)
        let begin = quorate_monotonic_ns()
        Thread {
            usleep(300_000)
            cancel.set()
        }.start()
        let error = #expect(throws: LoadError.self) { try tree.checkThatAllAnswer() }
        #expect(error?.cause == .interrupted)
        #expect(quorate_monotonic_ns() - begin < 5_000_000_000, "not after the ten seconds that an answer may take")
    }
}
