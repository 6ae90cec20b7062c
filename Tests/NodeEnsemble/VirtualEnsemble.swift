// Whole members (the shipping node, core, journal and state) under virtual time, network and disk, in one thread. A test says
// what happens and lets time pass; nothing sleeps and nothing is random.

import Batch
import ClientProtocol
package import Handlers
package import Journal
import Jute
package import Node
import PeerProtocol
import StateMachine
package import Zab

/// One member with its disk; `nil` parts while it is down.
package final class VirtualMember {
    package let id: MemberID
    package let disk = MemoryDisk()
    package var node: Node?
    package var journal: Journal?
    package var background: BackgroundWork?
    package var run: UInt64 = 0
    /// The journal does nothing while this is set: a slow disk.
    package var isDiskStalled = false
    /// The process does not run while this is set.
    package var isPaused = false
    package var commands: [JournalCommand] = []
    package var links: [UInt64: (peer: MemberID, remote: UInt64)] = [:]
    package var exit: (code: Int32, reason: String)?
    package var log: [String] = []
    package var lastTurn: UInt64 = 0

    package init(id: MemberID) { self.id = id }
    package var isUp: Bool { node != nil }
}

package final class VirtualEnsemble {
    package private(set) var now: UInt64 = 1_000_000_000
    package private(set) var members: [VirtualMember] = []
    package let configuration: Configuration
    package var handlers: (MemberID) -> [any RequestHandler] = { _ in [] }
    package var configure: (inout NodeSettings) -> Void = { _ in }
    package var configureJournal: (inout JournalSettings) -> Void = { _ in }
    /// Holds every acknowledgement and every answer against what the disks would keep if the power failed now.
    package var durability: DurabilityWatch?
    /// Pairs of members between which nothing passes.
    package var cuts: Set<[MemberID]> = []
    /// Told of all bytes that one member sends to another.
    package var overhear: ((_ bytes: [UInt8]) -> Void)?
    private var nextConnection: UInt64 = 1
    private var mail: [(at: UInt64, member: MemberID, connection: UInt64, bytes: [UInt8], isEnd: Bool)] = []
    package var clients: [UInt64: VirtualClient] = [:]
    package var isDurableCommitted: Bool { members.count == 1 }

    package init(_ count: Int, rule: CommitRule = .half) throws {
        configuration = try Configuration(
            members: (1...count).map { EnsembleMember(id: MemberID($0), host: "m\($0)") }, rule: rule)
        members = (1...count).map { VirtualMember(id: MemberID($0)) }
    }

    /// What the members said and how they stand, for a failing test.
    package var story: String {
        members.map { member in
            let node = member.node
            let state = node.map {
                "\($0.currentRole), epoch \($0.epoch), serving \($0.isServing), applied \($0.stateMachine.applied), "
                    + "digest \($0.stateMachine.digest)"
            }
            let end = member.exit.map { ", ended with \($0.code): \($0.reason)" } ?? ""
            return "member \(member.id): \(state ?? "down")\(end)\n  " + member.log.suffix(12).joined(separator: "\n  ")
        }.joined(separator: "\n")
    }

    package func member(_ id: MemberID) -> VirtualMember { members[Int(id) - 1] }
    package var leader: VirtualMember? { members.first { $0.node?.currentRole == .leading && $0.node?.isServing == true } }

    // MARK: starting and ending

    package func start(_ ids: [MemberID]? = nil) throws {
        for member in members where ids?.contains(member.id) ?? true { try start(member) }
    }

    package func start(_ member: VirtualMember) throws {
        member.run += 1
        member.disk.time = now
        var journalSettings = JournalSettings()
        journalSettings.segmentSize = 1 << 20
        journalSettings.durableIsCommitted = isDurableCommitted
        configureJournal(&journalSettings)
        let recovered = try Journal.recover(
            disk: member.disk, nodeID: member.id, settings: journalSettings,
            newIncarnation: UInt128(member.id) << 64 | UInt128(member.run))
        var settings = NodeSettings(
            serverID: member.id, run: UInt64(member.id) << 32 | member.run, seed: UInt64(member.id) * 7919 + member.run,
            lastSession: Int64(member.id) << 56 | Int64(member.run) << 32, cryptography: .virtual,
            versionText: "3.9.5-virtual")
        settings.tickMs = 100
        settings.minSessionTimeoutMs = 200
        settings.maxSessionTimeoutMs = 10_000
        settings.allowedWords = .all
        settings.isStandalone = members.count == 1
        configure(&settings)
        let node = try Node.start(
            settings: settings, recovered: recovered, founding: configuration, handlers: handlers(member.id),
            snapshots: member.disk,
            now: Instant(nanoseconds: now))
        (member.node, member.journal, member.background) = (node, recovered.journal, BackgroundWork(for: recovered.journal))
        (member.exit, member.lastTurn, member.isPaused, member.isDiskStalled) = (nil, now, false, false)
    }

    /// kill -9: what was written stays, what was not handed to the disk is lost with the process.
    package func kill(_ id: MemberID) {
        let member = member(id)
        for (_, link) in member.links { post(to: link.peer, link.remote, [], isEnd: true) }
        for client in clients.values where client.member == id { client.isClosed = true }
        clients = clients.filter { $0.value.member != id }
        (member.node, member.journal, member.background) = (nil, nil, nil)
        member.links = [:]
        member.commands = []
    }

    /// The machine loses power: whatever was not flushed is gone too.
    package func losePower(_ id: MemberID) {
        kill(id)
        member(id).disk.losePower()
    }

    // MARK: time

    /// Lets time pass in steps of 50 microseconds, or to the next thing that is due.
    package func run(milliseconds: Int) { run(until: now + UInt64(milliseconds) * 1_000_000) { false } }

    /// - Returns: whether the condition was met within the time.
    @discardableResult
    package func run(within milliseconds: Int, until isMet: () -> Bool) -> Bool {
        run(until: now + UInt64(milliseconds) * 1_000_000, isMet)
        return isMet()
    }

    private func run(until end: UInt64, _ isMet: () -> Bool) {
        while now < end, !isMet() {
            for member in members where member.isUp && !member.isPaused { turn(member) }
            // Before time jumps: whoever looks on may have something to send.
            if isMet() { return }
            if mail.isEmpty, members.allSatisfy({ $0.commands.isEmpty || $0.isDiskStalled || $0.isPaused }),
                !clients.values.contains(where: { $0.hasNews && !member($0.member).isPaused })
            {
                let due = members.compactMap { $0.isPaused ? nil : $0.node?.nextDeadline().nanoseconds }.min() ?? end
                now = min(end, max(now + 50_000, due))
            } else {
                now += 50_000
            }
        }
    }

    private func turn(_ member: VirtualMember) {
        guard let node = member.node else { return }
        member.disk.time = now
        let late = member.lastTurn > 0 && now - member.lastTurn > 1_000_000_000 ? now - member.lastTurn : 0
        member.lastTurn = now
        node.beginTurn(now: Instant(nanoseconds: now), wallTime: Int64(now / 1_000_000), lateByNanoseconds: late)
        deliver(to: member, node)
        complete(member, node)
        for client in clients.values.filter({ $0.member == member.id }).sorted(by: { $0.id < $1.id }) { client.feed(node) }
        node.sealTurn()
        carry(member, node)
        complete(member, node)
        node.applyTurn(now: Instant(nanoseconds: now))
        carry(member, node)
        for client in node.takeDirtyClients() where clients[client.id]?.readsNothing != true {
            durability?.answersLeave(client.out.bytes, self)
            clients[client.id]?.take(client.out.bytes)
            client.out.removeAll()
            node.clientFlushed(client)
        }
        carry(member, node)
        node.noteApplyEnd(Instant(nanoseconds: now))
        node.endTurn(now: Instant(nanoseconds: now))
    }

    private func complete(_ member: VirtualMember, _ node: Node) {
        guard let journal = member.journal, let background = member.background, !member.isDiskStalled else { return }
        var completions: [JournalCompletion] = []
        let commands = member.commands + background.answers
        member.commands = []
        background.answers = []
        if !commands.isEmpty { journal.process(commands, into: &completions) }
        for job in journal.jobs { background.perform(job) }
        journal.jobs = []
        while background.hasSteps { background.step() }
        for completion in completions { node.completed(completion) }
        let done = background.completions
        background.completions = []
        for completion in done { node.completed(completion) }
    }

    private func carry(_ member: VirtualMember, _ node: Node) {
        while !node.outputs.isEmpty {
            let outputs = node.outputs
            node.outputs = []
            for output in outputs { carry(output, member, node) }
        }
        while let link = node.takeDirtyPeer() {
            var bytes: [UInt8] = []
            link.out.drain { piece, _ in
                bytes.append(contentsOf: piece)
                return piece.count
            }
            durability?.framesLeave(bytes, member)
            if let remote = member.links[link.id] { post(to: remote.peer, remote.remote, bytes) }
        }
    }

    private func carry(_ output: NodeOutput, _ member: VirtualMember, _ node: Node) {
        switch output {
        case .setReading, .setPeerReading: break
        case .closeClient(let id, _): clients.removeValue(forKey: id)?.isClosed = true
        case .dialPeer(let peer, let channel): dial(member, node, peer, channel)
        case .closePeer(let id, _):
            if let remote = member.links.removeValue(forKey: id) { post(to: remote.peer, remote.remote, [], isEnd: true) }
        case .journal(let command): member.commands.append(command)
        case .background(let command): member.background?.perform(command)
        case .halt(let code, let reason):
            member.exit = (code, reason)
            // As the process does: the mark of a bad state is on disk before it is gone.
            var ignored: [JournalCompletion] = []
            if code == HaltCode.stateBad.rawValue { member.journal?.process(member.commands, into: &ignored) }
            kill(member.id)
        case .peerGreeted: break
        case .log(let text), .warning(let text), .serving(let text), .stoppedServing(let text): member.log.append(text)
        }
    }

    // MARK: the network

    private func isCut(_ a: MemberID, _ b: MemberID) -> Bool { cuts.contains([min(a, b), max(a, b)]) }

    /// Cuts a member off from all others, or from some.
    package func cut(_ a: MemberID, from others: [MemberID]? = nil) {
        for other in others ?? members.map(\.id) where other != a { cuts.insert([min(a, other), max(a, other)]) }
    }

    package func heal() { cuts = [] }

    /// All connections between the two end; both hear of it.
    package func breakLinks(_ a: MemberID, _ b: MemberID) {
        for (local, link) in member(a).links where link.peer == b {
            post(to: b, link.remote, [], isEnd: true)
            post(to: a, local, [], isEnd: true)
        }
    }

    private func dial(_ member: VirtualMember, _ node: Node, _ peer: MemberID, _ channel: Channel) {
        let (local, remote) = (nextConnection, nextConnection + 1)
        nextConnection += 2
        node.peerDialing(peer, channel, connection: local)
        guard let other = self.member(peer).node, !isCut(member.id, peer), !self.member(peer).isPaused else {
            node.peerClosed(local)
            return
        }
        member.links[local] = (peer, remote)
        self.member(peer).links[remote] = (member.id, local)
        other.peerAccepted(remote, channel)
        node.peerConnected(local)
    }

    private func post(to peer: MemberID, _ connection: UInt64, _ bytes: [UInt8], isEnd: Bool = false) {
        if !isEnd { overhear?(bytes) }
        mail.append((now + 50_000, peer, connection, bytes, isEnd))
    }

    /// Bytes on a cut wire wait; TCP would send them again and again.
    private func deliver(to member: VirtualMember, _ node: Node) {
        var kept: [(at: UInt64, member: MemberID, connection: UInt64, bytes: [UInt8], isEnd: Bool)] = []
        var waiting: [UInt64: [UInt8]] = [:]
        for item in mail {
            guard item.member == member.id, item.at <= now else {
                kept.append(item)
                continue
            }
            guard let link = member.links[item.connection] else { continue }
            guard !isCut(member.id, link.peer) else {
                kept.append(item)
                continue
            }
            if item.isEnd {
                member.links[item.connection] = nil
                node.peerClosed(item.connection)
            } else {
                let bytes = waiting[item.connection, default: []] + item.bytes
                let taken = bytes.withUnsafeBytes { node.peerReceived(item.connection, $0) }
                waiting[item.connection] = Array(bytes.dropFirst(taken))
            }
        }
        // What a paused member has not taken is offered again before anything newer.
        let left = waiting.filter { !$0.value.isEmpty }.sorted { $0.key < $1.key }
        mail = left.map { (at: now, member: member.id, connection: $0.key, bytes: $0.value, isEnd: false) } + kept
    }

    // MARK: clients

    package func client(of id: MemberID, address: [UInt8] = [127, 0, 0, 1]) -> VirtualClient {
        nextConnection += 1
        let client = VirtualClient(id: nextConnection, member: id)
        member(id).node?.clientAccepted(client.id, address: address, text: "127.0.0.1:\(client.id)")
        clients[client.id] = client
        return client
    }
}

extension NodeCryptography {
    /// Not secret, but the same everywhere, which is what a test needs.
    package static var virtual: NodeCryptography {
        NodeCryptography(
            hmacSHA256: { key, message in (key + message + Array(repeating: 0, count: 32)).suffix(32).map { $0 &+ 1 } },
            sha1: { Array(($0 + Array(repeating: 7, count: 20)).prefix(20)) },
            randomBytes: { Array(repeating: 0x5a, count: $0) })
    }
}
