// An ensemble of real server processes on the loopback interface: started, watched until every member serves, stopped.
// It belongs to one thread. Where its data lies and who removes it is in DataDirectory.swift.

internal import CLinux
internal import Glibc

package final class Ensemble {
    package let order: EnsembleOrder
    package let members: [Member]
    /// From the first start of a process to the first member that leads and serves.
    package private(set) var startToQuorumNanoseconds: UInt64 = 0
    /// From the first start of a process until every member serves.
    package private(set) var startToAllServingNanoseconds: UInt64 = 0
    /// What members send each other passes through it, if that shall take its time or fail.
    package let links: LinkProxy?

    private init(_ order: EnsembleOrder, ports: [MemberPorts], thread: SpawningThread) throws(EnsembleError) {
        self.order = order
        let isDirect = order.linkDelayNanoseconds == 0 && !order.hasLinkFaults
        links = isDirect || ports.count == 1 ? nil : try LinkProxy(Self.routes(ports), state: Self.usualLinks(order))
        members = ports.enumerated().map { Member(id: $0.offset + 1, ports: $0.element, order: order, thread: thread) }
    }

    deinit {
        for member in members { member.kill() }
    }

    /// Starts all members and waits until each of them serves.
    package static func start(
        _ order: EnsembleOrder, limitNanoseconds: UInt64 = 30_000_000_000, isCancelled: () -> Bool = { false }
    ) throws(EnsembleError) -> Ensemble {
        guard (1...EnsembleOrder.largest).contains(order.nodes) else {
            throw EnsembleError(.unusable, "An ensemble has 1 to \(EnsembleOrder.largest) members, not \(order.nodes).")
        }
        let thread = SpawningThread()
        // Between letting a port go and the member's opening it, somebody else can take it; then others are drawn.
        var attempts = 0
        while true {
            attempts += 1
            var ports = try FreePorts(count: order.nodes * MemberPorts.count(order))
            let ensemble = try Ensemble(order, ports: split(ports.ports, by: MemberPorts.count(order)), thread: thread)
            for member in ensemble.members {
                try member.writeFiles(order, ports: ensemble.members.map(\.ports), links: ensemble.linkPorts(of: member.id))
            }
            ports.release()
            do {
                try ensemble.launch(limitNanoseconds: limitNanoseconds, isCancelled: isCancelled)
                return ensemble
            } catch {
                let hasClash = ensemble.hasPortClash
                ensemble.killAll()
                if !hasClash || attempts == 4 { throw error }
            }
        }
    }

    private static func split(_ ports: [UInt16], by count: Int) -> [MemberPorts] {
        stride(from: 0, to: ports.count, by: count).map { MemberPorts(ports[$0..<$0 + count]) }
    }

    // MARK: Links

    /// For each member, for each of the others: to its quorum port, then to its election port.
    private static func routes(_ ports: [MemberPorts]) -> [LinkProxy.Route] {
        ports.indices.flatMap { from in
            ports.indices.filter { $0 != from }.flatMap { to in
                let link = Link(from: from + 1, to: to + 1)
                return [LinkProxy.Route(link, target: ports[to].quorum), LinkProxy.Route(link, target: ports[to].election)]
            }
        }
    }

    static func usualLinks(_ order: EnsembleOrder) -> LinkState {
        var state = LinkState()
        state.delayNanoseconds = order.linkDelayNanoseconds
        return state
    }

    /// How this member reaches each member; its own place is not used.
    private func linkPorts(of id: Int) -> [LinkPorts]? {
        guard let ports = links?.ports else { return nil }
        let begin = (id - 1) * (members.count - 1) * 2
        return members.indices.map { index in
            let place = begin + 2 * (index < id - 1 ? index : max(index - 1, 0))
            guard index != id - 1 else { return LinkPorts(quorum: 0, election: 0) }
            return LinkPorts(quorum: ports[place], election: ports[place + 1])
        }
    }

    // MARK: Starting

    private func launch(limitNanoseconds: UInt64, isCancelled: () -> Bool) throws(EnsembleError) {
        let begin = quorate_monotonic_ns()
        for member in members { try member.start() }
        var waiting = members
        while true {
            if isCancelled() { throw EnsembleError(.interrupted, "The start of the ensemble was ended before it served.") }
            var still: [Member] = []
            for member in waiting {
                if let failure = startFailure(of: member) { throw failure }
                let status = member.status(limitNanoseconds: 200_000_000)
                if status?.isLeading == true { startToQuorumNanoseconds = quorate_monotonic_ns() - begin }
                if status == nil { still.append(member) }
            }
            waiting = still
            if waiting.isEmpty { break }
            guard quorate_monotonic_ns() - begin < limitNanoseconds else { throw notServing(waiting, limitNanoseconds) }
            usleep(2_000)
        }
        startToAllServingNanoseconds = quorate_monotonic_ns() - begin
    }

    private func startFailure(of member: Member) -> EnsembleError? {
        guard let end = member.process?.ended else { return nil }
        let tail = member.logTail()
        return EnsembleError(
            .notServing,
            "Member \(member.id) ended at its start with \(end); its log "
                + (tail.isEmpty ? "is empty." : "ends so:\n\(tail)"))
    }

    private func notServing(_ waiting: [Member], _ limit: UInt64) -> EnsembleError {
        let names = waiting.map { String($0.id) }.joined(separator: ", ")
        let tail = waiting[0].logTail()
        return EnsembleError(
            .notServing,
            "Of \(members.count) members, \(names) did not serve within \(limit / 1_000_000_000) s; "
                + "the log of the first of them " + (tail.isEmpty ? "is empty." : "ends so:\n\(tail)"))
    }

    /// True if a member has ended and one of its ports is in somebody's hands.
    private var hasPortClash: Bool {
        members.contains { member in
            member.process?.ended != nil && member.ports.all.contains { FreePorts.isListenedTo($0) }
        }
    }

    // MARK: While it runs

    /// Where clients connect to, as `host:port`, one for each member.
    package var hosts: [String] { members.map { "\(MemberFiles.host):\($0.ports.client)" } }
    package var connectString: String { hosts.joined(separator: ",") }

    /// The same for clients with TLS; empty where none was ordered.
    package var secureHosts: [String] {
        members.compactMap { member in member.ports.secureClient.map { "\(MemberFiles.host):\($0)" } }
    }

    /// The member that orders the writes right now.
    package func leader() -> Member? {
        members.first { $0.isRunning && $0.status()?.isLeading == true }
    }

    /// Members that have ended without having been asked to: one sentence each.
    package func unexpectedEnds() -> [String] {
        members.compactMap { member in
            guard !member.mayBeEnded, let end = member.process?.ended else { return nil }
            let tail = member.logTail(lines: 3)
            return "Member \(member.id) ended with \(end); its log is \(member.logFile)"
                + (tail.isEmpty ? " and is empty." : " and ends so:\n\(tail)")
        }
    }

    /// A member that somebody else has ended: nothing that it does or fails to do afterwards can be held against it.
    package func endFromOutside() -> String? {
        for member in members where !member.mayBeEnded {
            switch member.process?.ended {
            case .killed(signal: SIGKILL):
                return "member \(member.id) was killed by someone else, or by the system for want of memory"
            case .exited(code: 0): return "member \(member.id) was asked to end by someone else"
            default: continue
            }
        }
        return nil
    }

    /// Asks all to end, at the same time, and kills whoever hasn't within the limit.
    package func stop(limitNanoseconds: UInt64 = 5_000_000_000) {
        for member in members { member.askToEnd() }
        let deadline = quorate_monotonic_ns() + limitNanoseconds
        for member in members {
            let now = quorate_monotonic_ns()
            member.awaitEnd(limitNanoseconds: now < deadline ? deadline - now : 0)
        }
    }

    package func killAll() {
        for member in members { member.process?.send(signal: SIGKILL) }
        for member in members { member.kill() }
    }
}
