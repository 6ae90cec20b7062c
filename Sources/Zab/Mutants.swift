// What defects of the core need beyond a line at their place; see Rules.

#if QUORATE_MUTANTS
import Batch
import Rules

extension Zab {
    /// The set and one voter more, if there is one.
    func oneMore(_ set: VoterSet) -> VoterSet { set | (~set & everyVoter) & (0 &- (~set & everyVoter)) }

    /// The old role goes on.
    mutating func promiseInOldRole(_ link: Link, _ asked: NewEpoch) {
        promise = Promise(
            epoch: asked.epoch, index: link.index, candidate: asked.history, connection: link.number, at: now)
        persistEpochs(accepted: asked.epoch, current: currentEpoch, for: .promise)
    }

    mutating func askAtOnce() {
        candidacy.isDurable = true
        candidacy.history = history
        for index in peers.indices where index != my { sendNewEpoch(to: index) }
    }

    mutating func echo(_ heartbeat: Heartbeat, on link: Link) {
        out.append(
            .send(
                link.number,
                .echo(
                    Echo(epoch: heartbeat.epoch, round: heartbeat.round, sendTime: heartbeat.sendTime, applied: applied))))
    }

    mutating func takeOverUnflushed() {
        guard role == .followerSync, following.sawNewLeader, logChange == .none, let sync = following.sync else { return }
        if let asked = following.epochsAsked {
            if epochsDurableThrough >= asked { becomeFollowing() }
        } else if currentEpoch < epoch || sync.mode == .snapshot {
            persistEpochs(accepted: acceptedEpoch, current: epoch, for: .learner)
            following.epochsAsked = epochSeq
        } else if durableCurrent == epoch {
            becomeFollowing()
        }
    }

    mutating func countAtOnce(_ index: Int) {
        peers[index].learner.phase = .synced
        judgeLeading()
    }

    /// As if the rounds of this lead had the numbers of those of the last one.
    mutating func answerByOldEchoes() {
        while let read = reads.first {
            var echoing = bit(my)
            for index in peers.indices where max(peers[index].echoed, peers[index].lastEchoed) >= read.round {
                echoing |= bit(index)
            }
            guard quorum.commits(echoing & countable) else { break }
            answer(read)
        }
        if let read = reads.first, read.round > leadership.round { startRound() }
    }

    mutating func answerPending() { while let read = reads.first { answer(read) } }

    private mutating func answer(_ read: PendingRead) {
        reads.removeFirst()
        guard let connection = read.connection else { return out.append(.readReady(id: read.id, read.index)) }
        guard link(connection) != nil else { return }
        out.append(.send(connection, .readIndexReply(ReadIndexReply(epoch: epoch, nonce: read.id, index: read.index))))
    }
}
#endif
