// The loop of a running member, turn by turn: sockets and completions are carried to the node, its outputs to sockets and
// threads. It owns everything on its thread; the journal thread and the background thread meet it once per batch.

import Batch
import CLinux
import Glibc
import Handlers
import Journal
import Node
import StateMachine
import Transport
import Zab

// Its hot fields are not watched by the exclusivity checks of the runtime, as those of `Node` are not: only the loop's thread
// touches them.
final class ServerLoop {
    /// What a connection or listener is, as the transport's tag.
    enum Tag {
        static let client: UInt32 = 1
        static let election: UInt32 = 2
        static let data: UInt32 = 3
    }

    let configuration: ServerConfiguration
    let handle: ServerLoopHandle
    let loop: EventLoop
    let node: Node
    let journal: JournalDriver
    let background: BackgroundThread
    @exclusivity(unchecked) private var journalCommands: [JournalCommand] = []
    @exclusivity(unchecked) private var journalCompletions: [JournalCompletion] = []
    @exclusivity(unchecked) private var chores: [BackgroundCommand] = []
    @exclusivity(unchecked) private var choresDone: [BackgroundCompletion] = []
    let log: ServerLog
    /// That of the members, for connections to come.
    private(set) var tls: TLSContext?
    let ports: ServerPorts
    /// What became of those who never were the node's clients, but for what the loop counts itself.
    @exclusivity(unchecked) var entrance = EntranceCounts()
    @exclusivity(unchecked) var events: [TransportEvent] = []
    var connectionsByAddress: [SocketAddress: Int] = [:]
    /// Clients that were let in, and from where; members' links are none of them.
    var clientAddresses: [ConnectionID: SocketAddress] = [:]
    /// Clients whose buffered bytes are offered again although nothing new has come.
    @exclusivity(unchecked) var reoffered: [ConnectionID] = []
    @exclusivity(unchecked) var reofferedPeers: [ConnectionID] = []
    /// Members that are being dialed, for log lines.
    var dialed: [ConnectionID: MemberID] = [:]
    @exclusivity(unchecked) var turns = TurnTimes()
    @exclusivity(unchecked) var exitCode: Int32?
    @exclusivity(unchecked) var isStopping = false
    @exclusivity(unchecked) var stopDeadline: UInt64 = .max
    /// How long a chore under way may hold up the end of a server that failed.
    private static let patienceNanoseconds: UInt64 = 1_000_000_000
    @exclusivity(unchecked) private var lastTurnLength: UInt64 = 0
    @exclusivity(unchecked) private var publishedAt: UInt64 = 0
    @exclusivity(unchecked) private var acceptPauses = 0
    let admin: AdminPublisher
    var handoversAsked: [(answer: CheckedContinuation<AdminOutcome, Never>, wanted: MemberID?)] = []

    var waker: Waker { loop.waker }

    init(_ configuration: ServerConfiguration, handlers: [any RequestHandler], handle: ServerLoopHandle) throws(ServerError) {
        self.configuration = configuration
        self.handle = handle
        log = ServerLog(member: configuration.myID)
        for remark in configuration.warnings { log.warning("\(remark)") }
        for remark in configuration.notices { log.notice("\(remark)") }
        let limit = DescriptorLimit.raise()
        guard limit >= DescriptorLimit.least else {
            throw ServerError(
                "Only \(limit) files may be open here, which leaves none for clients; let the system open at least "
                    + "\(DescriptorLimit.least) (ulimit -n), and one more for each client.", exitCode: 71)
        }
        do throws(TransportError) {
            loop = try EventLoop()
        } catch {
            throw ServerError("\(error.text) Let the system open more files (ulimit -n).", exitCode: 71)
        }
        let security = try ServerSecurity(configuration)
        tls = security.members
        let isSecure = security.members != nil
        let parts = try MemberParts(configuration, handlers: handlers, waker: loop.waker, log: log)
        node = parts.node
        journal = parts.journal
        background = parts.background
        admin = AdminPublisher(configuration, log: log)
        do throws(TransportError) {
            ports = try ServerPorts(loop, configuration, security)
        } catch {
            throw ServerError(error.text, exitCode: 69)
        }
        let (loop, members) = (loop, configuration.members)
        node.isPeerTrusted = { connection, member in
            guard isSecure, configuration.quorumTLS?.verifiesHost == true else { return true }
            guard let host = members.first(where: { $0.id == Int(member) })?.host else { return false }
            return loop.peerCertificateMatches(ConnectionID(rawValue: connection), host: host)
        }
        node.entranceCounts = { [unowned self] in entranceCounts }
        admin.actions.attach(loop.waker)
        admin.start()
        announce(parts)
        if !security.text.isEmpty { log.notice("certificates: \(security.text)") }
    }

    private func announce(_ parts: MemberParts) {
        if parts.isDamaged { log.warning(parts.recoveryLine) } else { log.notice(parts.recoveryLine) }
        if !configuration.flushes { log.warning("forceSync=no: nothing is flushed, acknowledged writes are lost with the power") }
        if configuration.faults != nil { log.warning("quorate.faults=true: faults are armed in this server") }
        log.notice("listening for clients on \(ports.text)")
    }

    // MARK: turning

    /// Turns until something ends the server.
    /// - Returns: the exit code.
    func run() -> Int32 {
        while exitCode == nil {
            turn()
            serveAdminActions()
            if handle.wantsStop { beginStopping() }
            if let news = handle.takeSecurity() { take(news) }
        }
        endAdminActions()
        // A state that was found bad must be marked so on disk before the process is gone (rule A3).
        if exitCode == 0 || exitCode == HaltCode.stateBad.rawValue { journal.stop() }
        if exitCode == 0 {
            log.notice("ending as asked; applied up to \(node.stateMachine.applied)")
            background.stop()
        } else {
            // Rule F1: behind a failure nothing is worth waiting for, least of all a disk that hangs.
            background.abandon(withinNanoseconds: ServerLoop.patienceNanoseconds)
        }
        admin.stop()
        return exitCode ?? 0
    }

    /// Rotation: whoever connects from now on meets the new certificates; connections that are there live on with the old ones.
    private func take(_ news: Result<ServerSecurity, ServerError>) {
        switch news {
        case .failure(let error):
            log.warning("certificates could not be read anew, the old ones stay in use: \(error.description)")
        case .success(let security):
            tls = security.members
            if let context = security.members { for listener in ports.members { loop.setTLS(of: listener, context) } }
            if let context = security.clients, let secure = ports.secure { loop.setTLS(of: secure.id, context) }
            log.notice(
                security.text.isEmpty ? "there are no certificates to read anew" : "certificates read anew: \(security.text)")
        }
    }

    private func turn() {
        let began = quorate_monotonic_ns()
        let mustGoOn = !reoffered.isEmpty || !reofferedPeers.isEmpty || !node.dirtyClients.isEmpty
        let due = min(node.nextDeadline().nanoseconds, journal.nextDeadline?.nanoseconds ?? .max, stopDeadline)
        let deadline = mustGoOn ? began : due
        loop.wait(until: deadline, into: &events)
        let start = loop.now
        let overslept = start > max(deadline, began) ? start - max(deadline, began) : 0
        node.beginTurn(
            now: Instant(nanoseconds: start), wallTime: wallClock(), lateByNanoseconds: max(overslept, lastTurnLength))
        turns.begin(at: start)
        for event in events { servePeer(event) }
        offerPeersAgain()
        takeCompletions()
        turns.note(.peers)
        for event in events { serveClient(event) }
        offerAgain()
        node.noteClock(Instant(nanoseconds: turns.note(.clients)))
        node.sealTurn()
        carryOutputs()
        flushPeers()
        journal.perform()
        turns.note(.seal)
        takeCompletions()
        node.applyTurn(now: Instant(nanoseconds: quorate_monotonic_ns()))
        node.noteApplyEnd(Instant(nanoseconds: turns.note(.apply)))
        carryOutputs()
        flushPeers()
        flushClients()
        journal.perform()
        let flushed = turns.note(.flush)
        node.endTurn(now: Instant(nanoseconds: flushed))
        publish(now: flushed)
        lastTurnLength = turns.note(.publish) - start
        if let slow = turns.finish() { log.notice(slow) }
    }

    private func wallClock() -> Int64 { Int64(quorate_realtime_ns() / 1_000_000) }

    private func takeCompletions() {
        journal.drain(&journalCompletions)
        for completion in journalCompletions { node.completed(completion) }
        journalCompletions.removeAll(keepingCapacity: true)
        background.drain(&choresDone)
        for completion in choresDone { node.completed(completion) }
        choresDone.removeAll(keepingCapacity: true)
    }

    private func beginStopping() {
        if isStopping {
            guard hasLeft else { return }
        } else {
            isStopping = true
            for listener in [ports.plain, ports.secure] { if let listener { loop.stopListening(listener.id) } }
            if beginLeaving() { return }
        }
        node.stop()
        carryOutputs()
        flushPeers()
        flushClients()
        exitCode = exitCode ?? 0
    }

    // MARK: outputs

    func carryOutputs() {
        var index = 0
        while index < node.outputs.count {
            let output = node.outputs[index]
            index += 1
            switch output {
            case .setReading(let id, let on): setReading(ConnectionID(rawValue: id), on)
            case .setPeerReading(let id, let on): setPeerReading(ConnectionID(rawValue: id), on)
            case .closeClient(let id, let reason): closeClient(ConnectionID(rawValue: id), reason)
            case .dialPeer(let member, let channel): dial(member, channel)
            case .closePeer(let id, let reason):
                // What was said last, a refusal for example, goes out before the socket is closed.
                flushPeers()
                logClosing(ConnectionID(rawValue: id), reason)
                dialed[ConnectionID(rawValue: id)] = nil
                loop.close(ConnectionID(rawValue: id), graceful: true)
            case .journal(let command): journalCommands.append(command)
            case .background(let command): chores.append(command)
            case .halt(let code, let reason):
                log.critical(reason)
                exitCode = code
            case .peerGreeted(let id): loop.setInputLimit(ConnectionID(rawValue: id), Int(Hello.frameLimit))
            case .log(let text): log.notice(text)
            case .warning(let text): log.rateLimited(text, now: loop.now)
            case .serving(let text): log.serving("\(text), \(ports.text)")
            case .stoppedServing(let text): log.serving(text)
            }
        }
        node.outputs.removeAll(keepingCapacity: true)
        // The log's next frame or seal says how far a restart may replay.
        journal.noteCommitted(node.stateMachine.applied)
        if !journalCommands.isEmpty { journal.submit(&journalCommands) }
        if !chores.isEmpty { background.submit(&chores) }
    }

    private func dial(_ member: MemberID, _ channel: Channel) {
        guard let target = configuration.members.first(where: { $0.id == Int(member) }) else { return }
        let port = channel == .election ? target.electionPort : target.quorumPort
        let verifiesHost = configuration.quorumTLS?.verifiesHost ?? false
        let id = loop.connect(
            target.host, port: port, tag: channel == .election ? Tag.election : Tag.data, tls: tls,
            expectedHost: verifiesHost ? target.host : nil, urgency: .urgent)
        dialed[id] = member
        node.peerDialing(member, channel, connection: id.rawValue)
    }

    /// Publishes a copy of the counts for the admin port.
    func publish() { admin.publish(node, journal: journal, loop: loop, turns: turns, entrance: entranceCounts) }

    /// A few times a second.
    private func publish(now: UInt64) {
        guard now - publishedAt > 200_000_000 else { return }
        publishedAt = now
        publish()
        if loop.counters.acceptPauses > acceptPauses {
            acceptPauses = loop.counters.acceptPauses
            log.rateLimited(
                "too many open files: new clients wait or are turned away until others leave; the limit is "
                    + "\(DescriptorLimit.current) (ulimit -n)", now: now)
        }
    }
}
