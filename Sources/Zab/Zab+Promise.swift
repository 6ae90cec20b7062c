// The voter's side of an election: one promise per epoch, durable before it is spoken.

import Batch
import Rules

struct Promise: Sendable {
    var epoch: UInt32
    var index: Int
    var candidate: History
    var connection: ConnectionNumber
    var isDurable = false
    var at: Instant
    /// Nobody has led since: the candidate may be about to.
    var isOpen = true
    /// As it was answered first; a repeated question gets the same answer.
    var answer: AckEpoch?
}

extension Zab {
    mutating func receiveNewEpoch(_ link: Link, _ asked: NewEpoch) {
        guard logChange == .none else {
            // Rule V1: while the journal cuts the log nobody can say what it holds; the answer waits for it.
            deferredNewEpoch = (link.number, asked)
            return
        }
        guard isVoter(my) else { return reject(link.number, .configuration, "member \(member) is an observer") }
        if wouldFoundAnother(asked.configurationZxid) {
            return reject(link.number, .configuration, "Rule F7: the ensemble was founded; empty directories found no other")
        }
        #if QUORATE_MUTANTS
        if Mutant.isOn(.promisesAgain), asked.epoch == acceptedEpoch, role == .looking || isFollower {
            return acceptNewEpoch(link, asked)
        }
        #endif
        if asked.epoch > acceptedEpoch, asked.epoch < .max {
            acceptNewEpoch(link, asked)
        } else if let made = promise, made.epoch == asked.epoch, made.epoch == acceptedEpoch, made.index == link.index {
            promise?.connection = link.number
            if let answer = made.answer { out.append(.send(link.number, .ackEpoch(answer))) }
        } else {
            // Rule E2: never a second counted answer for an epoch, restarts included, since a promise is not remembered across
            // them.
            reject(link.number, .epoch, "epoch \(asked.epoch) is not above \(acceptedEpoch)")
        }
    }

    private mutating func acceptNewEpoch(_ link: Link, _ asked: NewEpoch) {
        // Rule E3: the old role is left before anything is said for the new epoch; nothing is acknowledged for the old one any
        // more.
        #if QUORATE_MUTANTS
        if Mutant.isOn(.acknowledgesOldEpoch), isFollower { return promiseInOldRole(link, asked) }
        #endif
        look(.promised, delay: timing.silence + random.upTo(timing.heartbeat))
        promise = Promise(
            epoch: asked.epoch, index: link.index, candidate: asked.history, connection: link.number, at: now)
        // Rule D1: acceptedEpoch is durable before ACKEPOCH leaves.
        persistEpochs(accepted: asked.epoch, current: currentEpoch, for: .promise)
        #if QUORATE_MUTANTS
        if Mutant.isOn(.promisesBeforeDurable) { promiseDurable() }
        #endif
    }

    mutating func promiseDurable() {
        guard var made = promise, made.epoch == acceptedEpoch, made.answer == nil else { return }
        // Rule E1: nothing is said for an epoch before it is durable.
        demand(durableAccepted == made.epoch, "Rule E1: promise of \(made.epoch) before it is durable")
        // Rule V2: counted only if the candidate's history holds everything that may have been acknowledged here.
        let upper = upperBound
        let answer = AckEpoch(
            epoch: made.epoch, counted: upper <= made.candidate, bound: upper, last: lastDurable, acceptedEpoch: acceptedEpoch)
        made.isDurable = true
        made.answer = answer
        promise = made
        if link(made.connection) != nil { out.append(.send(made.connection, .ackEpoch(answer))) }
    }

    mutating func reject(
        _ connection: ConnectionNumber, _ reason: RejectReason, _ text: String, zxid: Zxid = .zero, digest: UInt64 = 0
    ) {
        out.append(
            .send(connection, .reject(Reject(reason: reason, epoch: acceptedEpoch, zxid: zxid, digest: digest, text: text))))
    }

    mutating func receiveReject(_ link: Link, _ reject: Reject) {
        if reject.reason == .digest { return receiveDigestReject(link, reject) }
        if reject.reason == .notLearner { return receiveNotLearner(link, reject) }
        let wasLeader = isLeader
        sawEpoch(reject.epoch)
        if wasLeader { return }
        if role == .candidate, reject.reason == .epoch {
            candidateRejected(link, reject.epoch)
        } else if isFollower, following.connection == link.number {
            counters.streamsBroken += 1
            out.append(.warning("leader \(peers[link.index].id) refused this learner: \(reject.text)"))
            drop(link.number, "refused by the leader")
            look(.leaderRejected, delay: timing.heartbeat + random.upTo(timing.silence))
        }
    }

    mutating func answerDeferred() {
        guard let (connection, asked) = deferredNewEpoch else { return }
        deferredNewEpoch = nil
        if let link = link(connection) { receiveNewEpoch(link, asked) }
    }
}
