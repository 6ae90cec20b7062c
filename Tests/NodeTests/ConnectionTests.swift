// Client connections at their edges: those that never get a session, limits that close one, answers to handshakes, identities,
// and rows of requests that are answered at once.

import Batch
import ClientProtocol
import DataTree
import Jute
import Node
import NodeEnsemble
import StateMachine
import Testing
import Zab

@Suite struct ConnectionTests {
    private func serving(
        _ count: Int = 1, _ configure: @escaping (inout NodeSettings) -> Void = { _ in }
    ) throws -> VirtualEnsemble {
        let ensemble = try VirtualEnsemble(count)
        ensemble.configure = configure
        try ensemble.start()
        #expect(ensemble.run(within: 2_000) { ensemble.members.allSatisfy { $0.node?.isServing == true } })
        return ensemble
    }

    private func opened(_ ensemble: VirtualEnsemble, address: [UInt8] = [127, 0, 0, 1]) -> VirtualClient {
        let client = ensemble.client(of: 1, address: address)
        client.connect(timeout: 10_000)
        #expect(ensemble.run(within: 1_000) { client.hasSession })
        return client
    }

    @Test("50,000 syncs in one packet behind a write are answered in order, however deep the row is")
    func manySyncs() throws {
        let ensemble = try serving { $0.maxUnansweredBytes = 8 << 20 }
        let client = opened(ensemble)
        ensemble.member(1).isDiskStalled = true
        client.create(1, "/a")
        for xid in Int32(2)...50_001 { client.sync(xid) }
        ensemble.run(milliseconds: 5)
        #expect(client.unsent == 0)
        #expect(client.replies.isEmpty)
        ensemble.member(1).isDiskStalled = false
        #expect(ensemble.run(within: 1_000) { client.replies.count == 50_001 })
        #expect(client.replies.map(\.xid) == Array(1...50_001))
        #expect(client.replies.allSatisfy { $0.error == 0 })
    }

    @Test("A connection that never sends a handshake is closed when its time is up, a session is not")
    func neverIntroduced() throws {
        let ensemble = try serving()
        let (silent, half) = (ensemble.client(of: 1), ensemble.client(of: 1))
        half.send(raw: [0, 0, 0, 44, 0])
        let client = opened(ensemble)
        let opened = ensemble.now
        while ensemble.now < opened + 9_900_000_000 {
            client.ping()
            ensemble.run(milliseconds: 100)
        }
        #expect(!silent.isClosed && !half.isClosed)
        client.ping()
        ensemble.run(milliseconds: 200)
        #expect(silent.isClosed && half.isClosed && !client.isClosed)
    }

    @Test("A connection that does not take its last answer is closed when its time is up")
    func neverTakesTheLastAnswer() throws {
        let ensemble = try serving { $0.sessionlessTimeoutMs = 500 }
        let client = opened(ensemble)
        ensemble.run(milliseconds: 700)
        client.readsNothing = true
        client.close(1)
        ensemble.run(milliseconds: 400)
        #expect(!client.isClosed)
        #expect(ensemble.run(within: 200) { client.isClosed })
    }

    @Test("A watch beyond the limit closes the connection instead of leaving its client waiting")
    func watchLimit() throws {
        let ensemble = try serving()
        let client = opened(ensemble)
        ensemble.member(1).node?.stateMachine.tree.watches.limits.total = 1
        client.exists(1, "/a", watch: true)
        client.exists(2, "/b", watch: true)
        client.exists(3, "/a")
        #expect(ensemble.run(within: 100) { client.isClosed })
        #expect(client.replies.map(\.xid) == [1])
        #expect(ensemble.run(within: 10) { ensemble.member(1).node?.stateMachine.watchCount == 0 })
    }

    @Test("An IPv4 client of a port for both kinds is let in by a list that names its IPv4 address")
    func mappedAddress() throws {
        let ensemble = try serving()
        let mapped = opened(ensemble, address: Array(repeating: 0, count: 10) + [255, 255, 10, 1, 2, 3])
        mapped.create(1, "/mine", "v", scheme: "ip", id: "10.1.2.3")
        mapped.get(2, "/mine")
        let plain = opened(ensemble, address: [10, 1, 2, 3])
        let other = opened(ensemble, address: [10, 1, 2, 4])
        for client in [plain, other] { client.get(2, "/mine") }
        #expect(ensemble.run(within: 500) { [mapped, plain, other].allSatisfy { $0.isAnswered(2) } })
        #expect(mapped.data(2) == "v" && plain.data(2) == "v")
        #expect(other.reply(2)?.error == ErrorCode.noAuth)
    }

    @Test("Identities: the same one again adds nothing, and one too many is refused and closes")
    func identities() throws {
        let ensemble = try serving()
        let client = opened(ensemble)
        for _ in 0..<200 { client.prove("ann:x") }
        for number in 0..<62 { client.prove("user\(number):x") }
        #expect(ensemble.run(within: 500) { client.replies.count == 262 })
        #expect(client.replies.allSatisfy { $0.error == 0 })
        client.create(1, "/a", scheme: "auth", id: "")
        #expect(ensemble.run(within: 500) { client.reply(1)?.error == 0 })
        client.prove("ann:x")
        #expect(ensemble.run(within: 500) { client.replies.count == 264 })
        client.prove("one:more")
        #expect(ensemble.run(within: 500) { client.isClosed })
        #expect(client.replies.last?.error == ErrorCode.authFailed)
    }

    @Test("Clients that send no readOnly byte are answered with 36 bytes, others with 37", arguments: [nil, false])
    func handshakeSizes(readOnly: Bool?) throws {
        let ensemble = try serving()
        let size = readOnly == nil ? 36 : 37
        let (first, second, third) = (ensemble.client(of: 1), ensemble.client(of: 1), ensemble.client(of: 1))
        first.connect(readOnly: readOnly)
        #expect(ensemble.run(within: 500) { first.hasSession })
        #expect(first.handshakeSize == size && first.password.count == 16)
        second.connect(session: first.session, password: first.password, readOnly: readOnly)
        #expect(ensemble.run(within: 500) { second.hasSession })
        #expect(second.handshakeSize == size && second.session == first.session)
        third.connect(session: first.session, password: [1], readOnly: readOnly)
        #expect(ensemble.run(within: 500) { third.isClosed })
        #expect(third.handshakeSize == size && third.timeout == 0 && third.session == 0)
        #expect(third.password == Array(repeating: 0, count: 16))
    }

    @Test("Rule S7: a client that has seen more than this server is closed without an answer")
    func aheadOfTheServer() throws {
        let ensemble = try serving()
        let zxid = try #require(ensemble.member(1).node?.stateMachine.applied.wire)
        let (ahead, level) = (ensemble.client(of: 1), ensemble.client(of: 1))
        ahead.connect(lastZxidSeen: zxid + 1_000)
        level.connect(lastZxidSeen: zxid)
        #expect(ensemble.run(within: 500) { ahead.isClosed && level.hasSession })
        #expect(ahead.handshakeSize == 0)
    }

    @Test("A session resumed on the same server leaves its old connection closed at once")
    func resumedHere() throws {
        let ensemble = try serving(3)
        let first = opened(ensemble)
        let second = ensemble.client(of: 1)
        second.connect(session: first.session, password: first.password)
        #expect(ensemble.run(within: 500) { second.hasSession })
        #expect(first.isClosed)
        second.create(1, "/a", flags: 1)
        #expect(ensemble.run(within: 500) { second.reply(1)?.error == 0 })
    }

    @Test("A new run of a server takes a session over from the run before, and loses it when it moves on")
    func newRunOfTheSameServer() throws {
        let ensemble = try serving(3)
        let follower = try #require(ensemble.members.first { $0.node?.currentRole == .following })
        let client = ensemble.client(of: follower.id)
        client.connect(timeout: 5_000)
        #expect(ensemble.run(within: 500) { client.hasSession })
        client.create(1, "/e", flags: 1)
        #expect(ensemble.run(within: 500) { client.isAnswered(1) })
        let (session, password) = (client.session, client.password)
        ensemble.kill(follower.id)
        try ensemble.start(follower)
        #expect(ensemble.run(within: 3_000) { follower.node?.isServing == true })
        let again = ensemble.client(of: follower.id)
        again.connect(timeout: 5_000, session: session, password: password)
        #expect(ensemble.run(within: 500) { again.hasSession })
        // Elsewhere it moves on; a write of this server's run is now answered -118, which closes the connection.
        let elsewhere = try #require(ensemble.members.first { $0.id != follower.id })
        let moved = ensemble.client(of: elsewhere.id)
        moved.connect(timeout: 5_000, session: session, password: password)
        #expect(ensemble.run(within: 500) { moved.hasSession })
        again.create(2, "/late")
        #expect(ensemble.run(within: 500) { again.isClosed })
        moved.exists(3, "/late")
        moved.exists(4, "/e")
        #expect(ensemble.run(within: 500) { moved.isAnswered(4) })
        #expect(moved.reply(3)?.error == ErrorCode.noNode && moved.reply(4)?.error == 0)
    }

    // MARK: monitoring

    private func answer(_ ensemble: VirtualEnsemble, _ member: MemberID, _ word: String) -> String {
        let client = ensemble.client(of: member)
        client.ask(word)
        #expect(ensemble.run(within: 500) { client.isClosed })
        return client.text
    }

    private static let always = """
        version server_state peer_state avg_latency max_latency min_latency packets_received packets_sent num_alive_connections
        outstanding_requests znode_count watch_count ephemerals_count approximate_data_size open_file_descriptor_count
        max_file_descriptor_count global_sessions local_sessions uptime connection_drop_probability last_client_response_size
        max_client_response_size min_client_response_size outstanding_tls_handshake unsuccessful_handshake
        tls_handshake_exceeded connection_rejected auth_failed_count non_mtls_remote_conn_count
        non_mtls_local_conn_count quorum_size
        """
    private static let leaders = """
        learners followers synced_followers synced_non_voting_followers synced_observers pending_syncs leader_uptime
        last_proposal_size max_proposal_size min_proposal_size
        """

    @Test("mntr has every key that monitoring agents read, once, with a number where a number belongs")
    func monitorKeys() throws {
        let ensemble = try serving(3) { $0.descriptorCounts = { (12, 1024) } }
        let leader = try #require(ensemble.leader?.id)
        for member in ensemble.members {
            let lines = answer(ensemble, member.id, "mntr").split(separator: "\n").map { $0.split(separator: "\t") }
            let keys = lines.map { String($0[0]) }
            #expect(Set(keys).count == keys.count)
            var expected = ConnectionTests.always.split { $0 == " " || $0 == "\n" }
            if member.id == leader { expected += ConnectionTests.leaders.split { $0 == " " || $0 == "\n" } }
            for key in expected {
                let line = lines.first { $0[0] == "zk_" + key }
                #expect(line?.count == 2, "\(key)")
                guard !["version", "server_state", "peer_state"].contains(key) else { continue }
                #expect(line.flatMap { Double($0[1]) } != nil, "\(key)")
            }
            #expect(lines.contains(["zk_open_file_descriptor_count", "12"]))
            #expect(lines.contains(["zk_non_mtls_local_conn_count", "1"]))
        }
    }

    @Test("mntr: sizes of answers and up-times follow what happens")
    func monitorValues() throws {
        let ensemble = try serving()
        #expect(answer(ensemble, 1, "mntr").contains("zk_min_client_response_size\t-1\n"))
        let client = opened(ensemble, address: [10, 1, 1, 1])
        client.create(1, "/abc")
        client.ping()
        #expect(ensemble.run(within: 500) { client.isAnswered(-2) })
        ensemble.run(milliseconds: 1_000)
        let text = answer(ensemble, 1, "mntr")
        #expect(text.contains("zk_last_client_response_size\t16\n"))
        #expect(text.contains("zk_max_client_response_size\t24\n"))
        #expect(text.contains("zk_non_mtls_remote_conn_count\t1\n"))
        let uptime = text.split(separator: "\n").first { $0.hasPrefix("zk_uptime\t") }.flatMap { Int($0.dropFirst(10)) } ?? 0
        #expect(uptime >= 1_000 && uptime < 20_000)
    }

    @Test("wchs counts the data table only")
    func watchSummary() throws {
        let ensemble = try serving()
        let (one, two) = (opened(ensemble), opened(ensemble))
        one.create(1, "/a")
        one.get(2, "/a", watch: true)
        one.exists(3, "/b", watch: true)
        two.request(1, OpCode.getChildren) {
            $0.writeString("/")
            $0.writeBoolean(true)
        }
        #expect(ensemble.run(within: 500) { one.isAnswered(3) && two.isAnswered(1) })
        #expect(answer(ensemble, 1, "wchs") == "1 connections watching 2 paths\nTotal watches:2\n")
        one.set(4, "/a", "x")
        #expect(ensemble.run(within: 500) { one.isAnswered(4) })
        two.get(2, "/a", watch: true)
        #expect(ensemble.run(within: 500) { two.isAnswered(2) })
        #expect(answer(ensemble, 1, "wchs") == "2 connections watching 2 paths\nTotal watches:2\n")
    }
}
