// The two epoch numbers that decide who may lead: asked of the journal, and believed only once durable.

import Batch
import Rules

/// What is to happen when an epoch change is durable.
enum EpochPurpose: Sendable {
    /// Candidate: count the own promise, ask the others.
    case candidacy
    /// Voter: answer NEWEPOCH.
    case promise
    /// Learner: accept a SYNC, or acknowledge for the first time. Which of them, it finds out from its phase.
    case learner
    /// Leader: count the own copy of the initial history.
    case leaderCurrent
}

struct PendingEpochs: Sendable {
    var seq: UInt64
    var accepted: UInt32
    var current: UInt32
    var purpose: EpochPurpose
    var role: RoleNumber
}

extension Zab {
    /// The own log's worth, from what is durable and nothing else (rule V1).
    package var history: History {
        #if QUORATE_MUTANTS
        if Mutant.isOn(.reportsUnflushed) { return History(epoch: currentEpoch, last: lastLogged) }
        #endif
        return History(epoch: durableCurrent, last: lastDurable)
    }

    /// Rule V2: the highest history that this member may have acknowledged; above `history` only for a damaged log.
    package var upperBound: History { bound.map { max($0, history) } ?? history }

    mutating func persistEpochs(accepted: UInt32, current: UInt32, for purpose: EpochPurpose) {
        // Rule E1: acceptedEpoch never decreases. Rule E7: it is never below currentEpoch.
        demand(accepted >= acceptedEpoch, "Rule E1: acceptedEpoch \(acceptedEpoch) would fall to \(accepted)")
        demand(current >= currentEpoch && current <= accepted, "Rule E7: currentEpoch \(current) above \(accepted)")
        acceptedEpoch = accepted
        currentEpoch = current
        highestSeen = max(highestSeen, accepted)
        epochSeq += 1
        pendingEpochs.append(
            PendingEpochs(seq: epochSeq, accepted: accepted, current: current, purpose: purpose, role: roleNumber))
        out.append(.persistEpochs(seq: epochSeq, accepted: accepted, current: current))
    }

    mutating func epochsDurable(_ seq: UInt64) {
        while let first = pendingEpochs.first, first.seq <= seq {
            pendingEpochs.removeFirst()
            epochsDurableThrough = first.seq
            durableAccepted = first.accepted
            durableCurrent = first.current
            // Rule P6: a completion serves the role that asked for it, and no other.
            guard first.role == roleNumber else {
                counters.staleInputs += 1
                continue
            }
            switch first.purpose {
            case .candidacy: candidacyDurable()
            case .promise: promiseDurable()
            case .leaderCurrent: ownCopyChanged()
            case .learner: break
            }
        }
        learnerEpochsDurable()
    }

    /// No ensemble goes through so many epochs while a member of it is away: 32 days of an election every sixth of a second.
    private static let epochsAtOnce: UInt32 = 1 << 24

    /// Epochs are few enough to be used up by one number that somebody makes up, and then nobody could ever lead again.
    /// - Returns: why what was said counts for nothing; nil where it does.
    package func objection(to message: Message, epoch said: UInt32) -> String? {
        let seen =
            switch message {
            case .join(let join): max(said, join.acceptedEpoch)
            case .ackEpoch(let ack): max(said, ack.acceptedEpoch)
            case .prevoteReply(let reply): max(said, reply.acceptedEpoch)
            default: said
            }
        let own = max(acceptedEpoch, epoch)
        guard seen > own, seen - own > Self.epochsAtOnce else { return nil }
        return "it names epoch \(seen), and this member has come to \(own): no ensemble gets so far meanwhile"
    }

    /// Rule C4: who leads stops for ever in its epoch when it hears of a higher one.
    mutating func sawEpoch(_ seen: UInt32) {
        // The last number is nobody's epoch; who names it must not use up all others.
        highestSeen = max(highestSeen, min(seen, .max - 1))
        if isLeader, seen > epoch { look(.higherEpoch, delay: random.upTo(timing.heartbeat)) }
    }
}
