// The candidate: asks for promises of a new epoch and leads when an electing quorum gave them to its history.

import Batch
import Rules

struct Candidacy: Sendable {
    var promised: VoterSet = 0
    var refused: VoterSet = 0
    /// As NEWEPOCH names it.
    var history = History.none
    var isDurable = false
    var deadline = Instant(nanoseconds: 0)
}

extension Zab {
    mutating func becomeCandidate() {
        // Rule E6: only a member whose log and state are whole asks for promises.
        demand(mayLead, "Rule E6: a member that can't lead became candidate")
        // Who is far ahead of everybody has used up all epochs: nothing sensible is left but to stop.
        guard highestSeen < UInt32.max - 2 else { return halt(.impossible, "no epoch is left above \(highestSeen)") }
        counters.candidacies += 1
        prevote.isOpen = false
        prevote.heldUntil = nil
        role = .candidate
        epoch = max(acceptedEpoch, highestSeen) + 1
        nextRole()
        candidacy = Candidacy()
        candidacy.deadline = now.advanced(byNanoseconds: 2 * timing.silence)
        out.append(.becameCandidate(epoch: epoch))
        promise = nil
        // Rule D1: the own promise is durable before it counts and before anyone is asked.
        persistEpochs(accepted: epoch, current: currentEpoch, for: .candidacy)
        #if QUORATE_MUTANTS
        if Mutant.isOn(.asksBeforeDurable) { askAtOnce() }
        #endif
    }

    mutating func candidacyDurable() {
        guard role == .candidate, durableAccepted == epoch else { return }
        candidacy.isDurable = true
        candidacy.history = history
        for index in otherVoters { sendNewEpoch(to: index) }
        promised(my, by: incarnation, bound: history)
        judgeCandidacy()
    }

    mutating func sendNewEpoch(to index: Int) {
        // Rule E1: nothing is said for an epoch before it is durable.
        demand(durableAccepted == epoch, "Rule E1: NEWEPOCH \(epoch) before it is durable")
        noteAsked(index)
        send(
            index,
            .newEpoch(NewEpoch(epoch: epoch, history: candidacy.history, configurationZxid: configuration.zxid)))
    }

    mutating func receiveAckEpoch(_ link: Link, _ ack: AckEpoch) {
        if ack.acceptedEpoch > epoch, role == .candidate {
            candidateRejected(link, ack.acceptedEpoch)
            return
        }
        sawEpoch(ack.acceptedEpoch)
        guard role == .candidate || role == .leaderSync, ack.epoch == epoch else {
            counters.staleInputs += 1
            return
        }
        #if QUORATE_MUTANTS
        if Mutant.isOn(.ignoresHistory) {
            promised(link.index, by: peers[link.index].incarnation, bound: ack.bound)
            return judgeCandidacy()
        }
        #endif
        // Rule E5: a member of P(e) may have acknowledged nothing beyond the leader's history, whatever it says of being counted.
        if ack.counted, ack.bound <= candidacy.history {
            promised(link.index, by: peers[link.index].incarnation, bound: ack.bound)
        } else {
            candidacy.refused |= bit(link.index)
        }
        judgeCandidacy()
    }

    private mutating func promised(_ index: Int, by incarnation: Incarnation, bound: History) {
        demand(bound <= candidacy.history, "Rule E5: member \(peers[index].id) may hold more than the candidate")
        peers[index].promised = incarnation
        // Rules E4, G6: counted only if every configuration in force in the own log binds this incarnation.
        candidacy.promised |= bit(index) & countable
    }

    /// Promises that come after the election is won still belong to P(e): the founding record binds those members too.
    private mutating func judgeCandidacy() {
        guard role == .candidate else { return }
        #if QUORATE_MUTANTS
        if Mutant.isOn(.electsWithOneLess), quorum.elects(oneMore(candidacy.promised)) { return becomeLeaderSync() }
        #endif
        // Rule E4: only an electing quorum of promises makes a leader.
        if quorum.elects(candidacy.promised) {
            becomeLeaderSync()
        } else if !quorum.elects(everyVoter & ~candidacy.refused) {
            failCandidacy()
        }
    }

    mutating func candidateRejected(_ link: Link, _ seen: UInt32) {
        highestSeen = max(highestSeen, min(seen, .max - 1))
        if seen > epoch {
            failCandidacy()
        } else {
            candidacy.refused |= bit(link.index)
            judgeCandidacy()
        }
    }

    mutating func failCandidacy() {
        let failures = prevote.failures + 1
        let step = min(timing.silence, timing.heartbeat << UInt64(min(failures, 10)))
        look(.candidacyFailed, delay: timing.heartbeat / 4 + random.upTo(step))
        prevote.failures = failures
    }
}
