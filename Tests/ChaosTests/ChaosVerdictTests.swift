// What is planted into a history is found by the judgement that ends a fault test: each promise is broken by name.

import Chaos
import Histories
import Testing

@Suite struct ChaosVerdictTests {
    /// Register, queue and list, by two clients; the last item stays.
    private func written() -> WrittenHistory {
        var written = WrittenHistory()
        written.ask(0, .create(ephemeral: false, sequential: false), "/k0")
        written.ask(0, .set(version: -1), "/k0")
        written.ask(1, .create(ephemeral: false, sequential: true), "/q")
        written.ask(0, .sync, "/k0")
        written.ask(0, .get(watch: false), "/k0")
        written.ask(1, .delete(version: -1), "/q0000000001")
        written.ask(1, .set(version: -1), "/k0")
        written.ask(0, .create(ephemeral: false, sequential: true), "/q")
        written.ask(1, .get(watch: true), "/k0")
        written.ask(1, .list, "/")
        return written
    }

    private func broken(_ written: WrittenHistory, isWhole: Bool = true) -> [String: ChaosResult.Promise] {
        let verdict = ChaosVerdict(written.history, committed: written.committed, isWhole: isWhole)
        let promises = verdict.promises(seen: []).filter { !$0.isKept }
        return Dictionary(uniqueKeysWithValues: promises.map { ($0.name, $0) })
    }

    @Test func whatWasAnsweredRightlyKeepsAllPromises() {
        #expect(broken(written()).isEmpty)
    }

    @Test func aStaleReadIsFound() throws {
        var written = written()
        written.history.operations[4].found = 1
        let promise = try #require(broken(written)["history"])
        let said = "get(watch: false) /k0 of client 0 at 0x100000005 read 1 of version 1, there was 2 of version 1"
        #expect(promise.sentence.contains(said), "\(promise.sentence)")
        #expect(
            promise.excerpt.contains { $0.hasPrefix("> ") && $0.hasSuffix(": 1 of version 1 at 0x100000005") },
            "\(promise.excerpt)")
    }

    /// The read names an older zxid than a write that was over before it was asked for, behind a sync that did so, too.
    @Test func aSyncThatBringsNothingNewIsFound() throws {
        var written = written()
        written.ask(0, .set(version: -1), "/k0")
        let sync = written.ask(1, .sync, "/k0")
        written.history.operations[sync].zxid = written.history.operations[1].zxid
        let promise = try #require(broken(written)["history"])
        #expect(promise.sentence.contains("was asked for when"))
        #expect(promise.excerpt.count { $0.hasPrefix("> ") } == 2, "\(promise.excerpt)")
    }

    @Test func aLostWriteIsFound() throws {
        var written = written()
        written.ask(0, .set(version: -1), "/k0")
        #expect(broken(written).isEmpty)
        written.loseLastRecord()
        let promise = try #require(broken(written)["history"])
        #expect(promise.sentence.hasPrefix("an acknowledged write is lost: set(version: -1) /k0"))
    }

    @Test func anItemThatIsTakenTwiceIsFound() throws {
        var written = written()
        let first = written.history.operations[5]
        written.ask(0, .delete(version: -1), first.path)
        let found = broken(written)
        #expect(found["queue"]?.sentence == "/q0000000001 was taken 2 times")
        #expect(found["history"]?.sentence.contains("answered 0; it is -101") == true)
    }

    @Test func aListThatLeavesAnItemOutIsFound() throws {
        var written = written()
        written.history.operations[9].listed.removeAll { $0 == "q0000000002" }
        let found = broken(written)
        #expect(found["history"]?.sentence.contains("missing is '/q0000000002'") == true)
        #expect(found["queue"]?.sentence == "/q0000000002 was put and is neither taken nor there")
    }

    /// The second request of a connection is committed, the first one is not; or both are, the wrong way round.
    @Test func aGapInASessionIsFound() throws {
        var written = written()
        written.ask(0, .set(version: -1), "/k0", isAnswered: false)
        written.ask(0, .set(version: -1), "/k0")
        #expect(broken(written).isEmpty)
        let last = written.history.operations.count - 1
        written.history.operations[last - 1].xid = 999
        let said = "what its session asked for earlier does not stand before"
        #expect(try #require(broken(written)["history"]).sentence.contains(said))
        written.history.operations[last - 1].xid = written.history.operations[last].xid + 1
        #expect(broken(written)["history"] != nil)
    }

    @Test func anEventThatNeverCameIsFound() throws {
        var written = written()
        written.ask(0, .set(version: -1), "/k0")
        written.ask(1, .get(watch: false), "/k0")
        #expect(try #require(broken(written)["history"]).sentence.contains("came before the event of /k0"))
    }

    @Test func anEphemeralZnodeThatOutlivesItsSessionIsFound() {
        var written = written()
        written.ask(0, .create(ephemeral: true, sequential: false), "/k1")
        written.ask(0, .list, "/")
        #expect(broken(written)["ephemerals"]?.sentence == "these outlived their sessions: /k1")
        #expect(broken(written, isWhole: false).isEmpty, "nobody knows whether its session is over")
        written.ask(0, .closeSession, "/")
        #expect(broken(written)["ephemerals"] == nil)
    }
}
