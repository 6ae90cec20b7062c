// The read index: a leader vouches for a point in the log only after a quorum has echoed a round that began behind the question.
// No clock enters, so a leader that slept for any time can fail, but not answer stale.

import Batch
import Rules

struct PendingRead: Sendable {
    /// The asker's number: Node's id here, the nonce of a follower's question.
    var id: UInt64
    /// Nil: asked by the own Node.
    var connection: ConnectionNumber?
    var index: Zxid
    /// The first round whose echoes count (rule R2).
    var round: UInt64
}

struct ReadQueue: Sendable {
    /// On a leader, in the order of their rounds.
    var pending: [PendingRead] = []
    var head = 0
    /// On a follower: what it asked its leader.
    var asked: [(nonce: UInt64, id: UInt64)] = []
    var nextNonce: UInt64 = 0

    var first: PendingRead? { head < pending.count ? pending[head] : nil }

    mutating func removeFirst() {
        head += 1
        if head == pending.count {
            pending.removeAll(keepingCapacity: true)
            head = 0
        } else if head >= 4096 {
            pending.removeFirst(head)
            head = 0
        }
    }
}

extension Zab {
    mutating func readAsked(_ id: UInt64, _ kind: ReadKind) {
        switch role {
        case .leading: enqueueRead(id, nil, kind)
        case .following:
            guard let connection = following.connection else { return out.append(.readFailed(id: id)) }
            // Rule R2: each question has a number of its own, so an answer to an earlier one never serves a later one.
            reads.nextNonce += 1
            demand((reads.asked.last?.nonce ?? 0) < reads.nextNonce, "Rule R2: the number of a question comes again")
            reads.asked.append((reads.nextNonce, id))
            out.append(.send(connection, .readIndex(ReadIndex(epoch: epoch, nonce: reads.nextNonce, kind: kind))))
        case .looking, .candidate, .leaderSync, .followerSync: out.append(.readFailed(id: id))
        }
    }

    private mutating func enqueueRead(_ id: UInt64, _ connection: ConnectionNumber?, _ kind: ReadKind) {
        let index = kind == .sync ? lastLogged : commit
        let isIdle = reads.first == nil
        // Rule R1: only rounds that start from now on count.
        reads.pending.append(PendingRead(id: id, connection: connection, index: index, round: leadership.round + 1))
        #if QUORATE_MUTANTS
        if Mutant.isOn(.countsOlderRounds) {
            reads.pending[reads.pending.count - 1].round = leadership.round
            return confirmReads()
        }
        #endif
        if isIdle { startRound() }
    }

    mutating func receiveReadIndex(_ link: Link, _ asked: ReadIndex) {
        guard role == .leading, asked.epoch == epoch, peers[link.index].learner.connection == link.number else {
            // Rule R3: only who leads answers.
            out.append(.send(link.number, .readIndexReply(ReadIndexReply(epoch: asked.epoch, nonce: asked.nonce, index: nil))))
            return
        }
        peers[link.index].lastFrame = now
        enqueueRead(asked.nonce, link.number, asked.kind)
    }

    mutating func receiveReadIndexReply(_ link: Link, _ reply: ReadIndexReply) {
        guard isCurrent(link) else { return }
        following.heardAt = now
        // Rule R2: only the question with this very number is answered.
        guard let place = reads.asked.firstIndex(where: { $0.nonce == reply.nonce }) else {
            counters.staleInputs += 1
            return
        }
        let id = reads.asked.remove(at: place).id
        if let index = reply.index, reply.epoch == epoch {
            out.append(.readReady(id: id, index))
        } else {
            out.append(.readFailed(id: id))
        }
    }

    /// Answers what a committing quorum has confirmed, and starts the next round if someone still waits for one.
    mutating func confirmReads() {
        guard role == .leading, reads.first != nil else { return }
        let confirmed = confirmedRound()
        #if QUORATE_MUTANTS
        if Mutant.isOn(.keepsOldEchoes) { return answerByOldEchoes() }
        #endif
        // Rule R1: no quorum can have echoed what has not begun, so no earlier round serves a read that came after it.
        demand(confirmed <= leadership.round, "Rule R1: round \(confirmed) was echoed, the newest is \(leadership.round)")
        while let read = reads.first, read.round <= confirmed {
            reads.removeFirst()
            if let connection = read.connection {
                if link(connection) != nil {
                    out.append(
                        .send(
                            connection, .readIndexReply(ReadIndexReply(epoch: epoch, nonce: read.id, index: read.index))))
                }
            } else {
                out.append(.readReady(id: read.id, read.index))
            }
        }
        if let read = reads.first, read.round > leadership.round { startRound() }
    }

    /// The newest round that a set in Q2 has echoed, this member included.
    private func confirmedRound() -> UInt64 {
        var best: UInt64 = 0
        for index in peers.indices {
            let round = index == my ? leadership.round : peers[index].echoed
            if round <= best { continue }
            var echoing = bit(my)
            for other in peers.indices where other != my && peers[other].echoed >= round { echoing |= bit(other) }
            if quorum.commits(echoing & countable) { best = round }
        }
        return best
    }

    /// Rule R3: with the lead, or the leader, all questions are lost.
    mutating func failReads() {
        #if QUORATE_MUTANTS
        if Mutant.isOn(.answersOnLoss) { answerPending() }
        #endif
        while let read = reads.first {
            reads.removeFirst()
            if read.connection == nil { out.append(.readFailed(id: read.id)) }
        }
        for asked in reads.asked { out.append(.readFailed(id: asked.id)) }
        reads.asked.removeAll(keepingCapacity: true)
    }
}
