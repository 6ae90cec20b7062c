// Whole members under load while the lead changes hands: no connection is lost, every write is applied once and in its order, and
// how long writes stop.

import Batch
import ClientProtocol
import Node
import NodeEnsemble
import StateMachine
import Testing
import Zab

/// Clients that append to a znode of their own, one write behind the other, and know what it must hold.
private final class Writers {
    let ensemble: VirtualEnsemble
    let clients: [VirtualClient]
    private var nextXid: [Int32]
    private var answered: [Int]
    /// Virtual time between two answers to anybody, the longest.
    private(set) var gap: UInt64 = 0
    private var lastAnswer: UInt64
    let window: Int

    init(_ ensemble: VirtualEnsemble, perMember: Int, window: Int = 4) {
        self.ensemble = ensemble
        self.window = window
        let made = ensemble.members.flatMap { member in (0..<perMember).map { _ in ensemble.client(of: member.id) } }
        clients = made
        for client in made { client.connect(timeout: 10_000) }
        nextXid = Array(repeating: 1, count: made.count)
        answered = Array(repeating: 0, count: made.count)
        lastAnswer = ensemble.now
        ensemble.run(within: 1_000) { made.allSatisfy(\.hasSession) }
        for (index, client) in made.enumerated() { client.create(0x7fff_0000, "/w\(index)") }
        ensemble.run(within: 1_000) { made.allSatisfy { $0.isAnswered(0x7fff_0000) } }
        lastAnswer = ensemble.now
    }

    /// One look at the clients: asks again where the window has room.
    private func pump() {
        for (index, client) in clients.enumerated() where !client.isClosed {
            let count = client.replies.count - 1
            if count > answered[index] {
                answered[index] = count
                gap = max(gap, ensemble.now - lastAnswer)
                lastAnswer = ensemble.now
            }
            while Int(nextXid[index]) - 1 - answered[index] < window {
                client.set(nextXid[index], "/w\(index)", "\(nextXid[index])")
                nextXid[index] += 1
            }
        }
    }

    func resetGap() { (gap, lastAnswer) = (0, ensemble.now) }

    @discardableResult
    func run(within milliseconds: Int, until isMet: () -> Bool = { false }) -> Bool {
        ensemble.run(within: milliseconds) {
            pump()
            return isMet()
        }
    }

    /// Everything that was asked is answered, in order, each set having raised the version by one.
    func verify() {
        ensemble.run(within: 3_000) {
            zip(clients, nextXid).allSatisfy { client, next in client.isClosed || client.replies.count == Int(next) }
        }
        for (index, client) in clients.enumerated() where !client.isClosed {
            let xids = client.replies.dropFirst().map(\.xid)
            #expect(xids == Array(1..<nextXid[index]), "client \(index)")
            #expect(client.replies.allSatisfy { $0.error == 0 }, "client \(index)")
            // The Stat's version: how often it was set. Twice applied would show, and so would one left out.
            let versions = client.replies.dropFirst().map { reply in
                reply.body[32..<36].reduce(Int32(0)) { $0 << 8 | Int32($1) }
            }
            #expect(versions == Array(1..<nextXid[index]), "client \(index)")
        }
    }

    var written: Int { answered.reduce(0, +) }
}

@Suite struct HandoverTests {
    private func serving(
        _ count: Int = 3, _ configure: @escaping (inout NodeSettings) -> Void = { _ in }
    ) throws -> VirtualEnsemble {
        let ensemble = try VirtualEnsemble(count)
        ensemble.configure = configure
        try ensemble.start()
        #expect(ensemble.run(within: 2_000) { ensemble.members.allSatisfy { $0.node?.isServing == true } })
        return ensemble
    }

    private func areServing(_ ensemble: VirtualEnsemble) -> Bool {
        ensemble.members.allSatisfy { $0.node?.isServing == true && $0.node?.handoverState != .underWay }
    }

    @Test(
        "Rules H2, H3: under load the lead goes from member to member, nobody is disconnected, every write is applied once",
        arguments: [2, 3, 4, 5])
    func underLoad(_ size: Int) throws {
        let ensemble = try serving(size)
        let writers = Writers(ensemble, perMember: 4)
        for _ in 0..<2 {
            for target in 1...MemberID(size) {
                let old = try #require(ensemble.leader)
                writers.run(within: 20)
                guard target != old.id else { continue }
                writers.resetGap()
                #expect(old.node?.handOver(to: target) == nil)
                #expect(writers.run(within: 1_000) { areServing(ensemble) && ensemble.leader?.id == target }, "\(ensemble.story)")
                writers.run(within: 20)
                print("\(size) members, to \(target): writes stood still for \(writers.gap / 1_000) us")
                #expect(writers.gap < 50_000_000)
            }
        }
        writers.verify()
        #expect(writers.clients.allSatisfy { !$0.isClosed }, "\(ensemble.story)")
        #expect(ensemble.members.allSatisfy { $0.node?.counters.handoversBroken == 0 })
    }

    @Test("Reads and handshakes that come while there is no leader wait for the next one")
    func waiting() throws {
        let ensemble = try serving()
        let old = try #require(ensemble.leader)
        let writers = Writers(ensemble, perMember: 1)
        let readers = ensemble.members.map { ensemble.client(of: $0.id) }
        for reader in readers {
            reader.connect(timeout: 10_000)
            reader.ask(reads: "linearizable")
        }
        #expect(ensemble.run(within: 500) { readers.allSatisfy { $0.isAnswered(-4) } })
        #expect(old.node?.handOver(to: nil) == nil)
        var late: [VirtualClient] = []
        var xid: Int32 = 0
        #expect(
            writers.run(within: 1_000) {
                if ensemble.leader == nil, late.count < 300 {
                    let client = ensemble.client(of: MemberID(late.count % 3 + 1))
                    client.connect(timeout: 10_000)
                    late.append(client)
                }
                if xid < 300 {
                    xid += 1
                    for reader in readers { xid % 2 == 0 ? reader.get(xid, "/w0") : reader.sync(xid) }
                }
                return areServing(ensemble) && ensemble.leader !== old && xid == 300
            })
        #expect(!late.isEmpty)
        #expect(ensemble.run(within: 1_000) { late.allSatisfy(\.hasSession) && readers.allSatisfy { $0.isAnswered(300) } })
        #expect((late + readers).allSatisfy { !$0.isClosed })
        writers.verify()
    }

    @Test("A command that can't be carried out says why, and the member goes on leading")
    func refusals() throws {
        let ensemble = try serving()
        let leader = try #require(ensemble.leader)
        let follower = try #require(ensemble.members.first { $0 !== leader })
        #expect(follower.node?.handOver(to: nil)?.contains("does not lead") == true)
        #expect(leader.node?.handOver(to: 9)?.contains("no voter") == true)
        #expect(leader.node?.handOver(to: follower.id) == nil)
        #expect(leader.node?.handOver(to: follower.id)?.contains("already") == true)
        let alone = try serving(1)
        #expect(alone.leader?.node?.handOver(to: nil)?.contains("no other voter") == true)
    }

    @Test(
        "A successor that stops for good before it leads leaves it to an ordinary election, and no write is applied twice"
    )
    func successorDies() throws {
        for moment in 0..<12 {
            let ensemble = try serving()
            let writers = Writers(ensemble, perMember: 3)
            writers.run(within: 20)
            let old = try #require(ensemble.leader)
            let successor = try #require(ensemble.members.first { $0 !== old })
            #expect(old.node?.handOver(to: successor.id) == nil)
            let end = ensemble.now + UInt64(moment) * 50_000
            writers.run(within: 5) { ensemble.now >= end }
            moment % 3 == 0 ? ensemble.losePower(successor.id) : ensemble.kill(successor.id)
            let others = ensemble.members.filter { $0 !== successor }
            #expect(
                writers.run(within: 5_000) {
                    others.allSatisfy { $0.node?.isServing == true && $0.node?.handoverState != .underWay }
                }, "moment \(moment)\n\(ensemble.story)")
            writers.verify()
        }
    }

    @Test("A leader that dies while it hands over takes no acknowledged write with it, and no write is applied twice")
    func leaderDies() throws {
        var broken: UInt64 = 0
        for moment in 0..<24 {
            let ensemble = try serving()
            let writers = Writers(ensemble, perMember: 3)
            writers.run(within: 20)
            let old = try #require(ensemble.leader)
            #expect(old.node?.handOver(to: nil) == nil)
            // In steps of the ensemble's own, so that every stage is met.
            let end = ensemble.now + UInt64(moment) * 50_000
            writers.run(within: 5) { ensemble.now >= end }
            ensemble.kill(old.id)
            let others = ensemble.members.filter { $0 !== old }
            #expect(
                writers.run(within: 5_000) {
                    others.allSatisfy { $0.node?.isServing == true && $0.node?.handoverState != .underWay }
                }, "moment \(moment)\n\(ensemble.story)")
            writers.verify()
            broken += others.reduce(0) { $0 + ($1.node?.counters.handoversBroken ?? 0) }
        }
        print("a leader that died while it handed over lost announced requests \(broken) times")
        #expect(broken > 0)
    }

    @Test("A follower that hears nothing does not hold up a hand-over, and is refused what it sends to the old leader")
    func deafFollower() throws {
        let ensemble = try serving()
        let writers = Writers(ensemble, perMember: 2)
        let old = try #require(ensemble.leader)
        let others = ensemble.members.filter { $0 !== old }
        ensemble.cut(others[0].id)
        #expect(old.node?.handOver(to: others[1].id) == nil)
        #expect(writers.run(within: 3_000) { ensemble.leader === others[1] }, "\(ensemble.story)")
        ensemble.heal()
        #expect(writers.run(within: 5_000) { areServing(ensemble) })
        writers.verify()
    }

    @Test("A follower whose connection breaks as a hand-over fails forwards again on the next one")
    func wordToGoOnIsLost() throws {
        /// - Returns: when the hand-over has failed, if `breaksAt` is nil.
        func run(breaksAt: UInt64?) throws -> UInt64 {
            let ensemble = try serving()
            let writers = Writers(ensemble, perMember: 1)
            let old = try #require(ensemble.leader)
            let others = ensemble.members.filter { $0 !== old }
            writers.run(within: 20)
            // The successor is out of reach before it can be level.
            #expect(old.node?.handOver(to: others[1].id) == nil)
            ensemble.cut(others[1].id)
            guard let breaksAt else {
                #expect(writers.run(within: 3_000) { old.node?.handoverState != .underWay }, "\(ensemble.story)")
                return ensemble.now
            }
            writers.run(within: 3_000) { ensemble.now >= breaksAt }
            ensemble.breakLinks(old.id, others[0].id)
            writers.run(within: 3_000) { old.node?.handoverState != .underWay && others[0].node?.isServing == true }
            let client = ensemble.client(of: others[0].id)
            client.connect(timeout: 10_000)
            #expect(ensemble.run(within: 2_000) { client.hasSession }, "broken at \(breaksAt)\n\(ensemble.story)")
            return 0
        }
        let end = try run(breaksAt: nil)
        for earlier in 0..<20 as Range<UInt64> { _ = try run(breaksAt: end - earlier * 50_000) }
    }

    @Test("Rule E8: epochs end before their counters do, under load and with nobody disconnected", arguments: [1, 3])
    func counterEnd(_ size: Int) throws {
        let ensemble = try serving(size) { $0.flight.newEpochCounter = 500 }
        let writers = Writers(ensemble, perMember: 3)
        writers.resetGap()
        let first = try #require(ensemble.leader?.node?.epoch)
        #expect(writers.run(within: 20_000) { (ensemble.leader?.node?.epoch ?? 0) >= first + 4 }, "\(ensemble.story)")
        writers.verify()
        print("\(size) members, new epochs by counter: writes stood still for \(writers.gap / 1_000) us at most")
        #expect(writers.gap < 50_000_000)
        #expect(writers.clients.allSatisfy { !$0.isClosed }, "\(ensemble.story)")
        #expect(ensemble.members.allSatisfy { ($0.node?.stateMachine.applied.counter ?? 0) < 1_500 })
    }
}
