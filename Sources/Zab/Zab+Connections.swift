// Connections come and go: who is connected by what, what is dialed, and what a loss means for the role.

import Batch

extension Zab {
    @inline(__always)
    func link(_ number: ConnectionNumber) -> Link? {
        for link in links where link.number == number { return link }
        return nil
    }

    mutating func connectionUp(_ newLink: Link, peer: MemberID, incarnation: Incarnation) {
        guard let index = configuration.configuration.index(of: peer), index != my else {
            out.append(.closeConnection(newLink.number, reason: "member \(peer) is no other voter of this ensemble"))
            return
        }
        var link = newLink
        link.index = index
        if peers[index].incarnation != incarnation { forgetConnections(of: index) }
        peers[index].incarnation = incarnation
        switch link.channel {
        case .election:
            if let older = peers[index].election { drop(older, "member \(peer) has connected anew") }
            links.append(link)
            peers[index].election = link.number
            peers[index].unansweredSince = nil
            settleCountable()
            electionUp(index)
        case .data:
            links.append(link)
            settleCountable()
            if link.dialed { dataUp(link) }
        }
    }

    /// Another directory speaks for this id now: what the earlier one said on its connections counts no more (rule G6).
    private mutating func forgetConnections(of index: Int) {
        for link in links where link.index == index { drop(link.number, "another incarnation of the member has connected") }
    }

    /// Closes a connection from this side; what depended on it has been settled by the caller.
    mutating func drop(_ connection: ConnectionNumber, _ reason: String) {
        guard let place = links.firstIndex(where: { $0.number == connection }) else { return }
        let link = links.remove(at: place)
        if peers[link.index].election == connection { peers[link.index].election = nil }
        if peers[link.index].learner.connection == connection { peers[link.index].learner = LearnerProgress() }
        out.append(.closeConnection(connection, reason: reason))
    }

    mutating func connectionDown(_ connection: ConnectionNumber) {
        guard let place = links.firstIndex(where: { $0.number == connection }) else {
            counters.staleInputs += 1
            return
        }
        let link = links.remove(at: place)
        let wasLeader = leaderIndex == link.index || prevote.lostLeader == link.index
        switch link.channel {
        case .election:
            if peers[link.index].election == connection { peers[link.index].election = nil }
            dialElection(link.index)
            if prevote.refused & bit(link.index) == 0 { prevote.granted &= ~bit(link.index) }
        case .data:
            if peers[link.index].learner.connection == connection { forgetLearner(link.index) }
            if following.connection == connection { lostDataConnection() }
        }
        if wasLeader, isFollower || role == .looking { judgeLeaderGone(link.index) }
        if leadership.handover?.index == link.index { judgeSuccessor() }
    }

    var isFollower: Bool { role == .following || role == .followerSync }
    var isLeader: Bool { role == .leading || role == .leaderSync }

    /// The greater id dials, so no pair ever has two election connections by design.
    mutating func dialElection(_ index: Int) {
        if index != my, member > peers[index].id, peers[index].election == nil { out.append(.dial(peers[index].id, .election)) }
    }

    /// What a peer is told as soon as it can be told anything.
    private mutating func electionUp(_ index: Int) {
        switch role {
        case .looking: if prevote.isOpen, isVoter(index) { sendPrevote(to: index) }
        case .candidate: if candidacy.isDurable, isVoter(index) { sendNewEpoch(to: index) }
        case .leaderSync, .leading: sendHeartbeat(to: index)
        case .followerSync, .following: break
        }
    }

    /// Both connections to the leader closed by the other side: its process is gone, so the next one is looked for almost at
    /// once.
    private mutating func judgeLeaderGone(_ index: Int) {
        let isConnected = links.contains { $0.index == index && ($0.channel == .election || $0.number == following.connection) }
        guard !isConnected else { return }
        let delay = random.upTo(timing.heartbeat / 2)
        if isFollower {
            look(.leaderConnectionsClosed, delay: delay)
        } else if !prevote.isOpen {
            prevote.startAt = min(prevote.startAt, now.advanced(byNanoseconds: delay))
        }
        prevote.lostLeader = nil
    }

    /// What is said now wants an answer.
    mutating func noteAsked(_ index: Int) {
        if peers[index].unansweredSince == nil { peers[index].unansweredSince = now }
    }

    /// A connection on which nobody answers may have ended without a word: the other side's machine was gone, or something
    /// between forgot it. It is made anew, long before the kernel gives it up.
    mutating func dropSilentLinks() {
        for index in peers.indices {
            guard let since = peers[index].unansweredSince, now.since(since) >= 2 * timing.silence,
                let connection = peers[index].election
            else { continue }
            peers[index].unansweredSince = nil
            counters.silentLinks += 1
            drop(connection, "member \(peers[index].id) has not answered on it for twice the silence time-out")
            dialElection(index)
        }
    }

    @inline(__always)
    func bit(_ index: Int) -> VoterSet { 1 << UInt64(index) }

    mutating func send(_ index: Int, _ message: Message) {
        if let connection = peers[index].election { out.append(.send(connection, message)) }
    }

    /// Dispatch of a message. One from a connection that is not known any more is dropped (rule P6).
    mutating func receive(_ connection: ConnectionNumber, _ message: Message) {
        guard let link = link(connection) else {
            counters.staleInputs += 1
            return
        }
        if link.channel == .election { peers[link.index].unansweredSince = nil }
        switch message {
        case .ack(let ack): receiveAck(link, ack)
        case .proposal(let proposal): receiveProposal(link, proposal)
        case .heartbeat(let heartbeat): receiveHeartbeat(link, heartbeat)
        case .echo(let echo): receiveEcho(link, echo)
        case .readIndex(let read): receiveReadIndex(link, read)
        case .readIndexReply(let reply): receiveReadIndexReply(link, reply)
        case .prevote(let prevote): receivePrevote(link, prevote)
        case .prevoteReply(let reply): receivePrevoteReply(link, reply)
        case .newEpoch(let newEpoch): receiveNewEpoch(link, newEpoch)
        case .ackEpoch(let ack): receiveAckEpoch(link, ack)
        case .join(let join): receiveJoin(link, join)
        case .sync(let sync): receiveSync(link, sync)
        case .newLeader(let newLeader): receiveNewLeader(link, newLeader)
        case .reject(let reject): receiveReject(link, reject)
        case .handover(let notice): receiveHandover(link, notice)
        case .hello, .snapshotChunk, .snapshotHeld, .forward, .forwardRefused:
            // Node's own business; here they only show that the peer lives.
            noteFrame(connection)
        }
    }
}
