// What must hold after every step: rules of the protocol held against what the disks were seen to hold, and one chain of what is
// committed.

import Batch
package import Histories
import Journal
import Node
import PeerProtocol
import StateMachine
import Zab

extension Simulation {
    // MARK: starts

    /// What a start found against what the disk was seen to hold.
    func checkRecovery(_ member: SimulatedMember, _ recovered: Recovered) {
        let shadow = member.shadow
        let epochs = recovered.epochs
        member.found = (recovered.lastLogged, epochs.needsRepair, recovered.line)
        if member.holdsLess {
            noteLoss(member, recovered)
        } else if epochs.acceptedEpoch < shadow.acceptedEpoch || epochs.currentEpoch < shadow.currentEpoch {
            breach(
                "Rule E1: member \(member.id) finds epochs \(epochs.acceptedEpoch)/\(epochs.currentEpoch), "
                    + "\(shadow.acceptedEpoch)/\(shadow.currentEpoch) were durable")
        }
        // Rule D4: what was reported durable is there, unless the files were damaged, and then it is known to have been.
        if recovered.lastLogged < shadow.leastDurable, !member.holdsLess, !member.mayCutLastFlush,
            !(member.isRotten && recovered.upperBound >= shadow.durable)
        {
            breach("Rule D4: the log of member \(member.id) ends at \(recovered.lastLogged), \(shadow.leastDurable) was durable")
        }
        // A member on its own commits whatever its disk holds. What a leader calls committed goes into its log with the next
        // proposal, before anyone has to have applied it.
        let committed = commits.values.reduce(chain.last) { max($0, $1.last) }
        if configuration.voterCount > 1, recovered.committedUpTo > committed {
            breach("member \(member.id) takes \(recovered.committedUpTo) for committed, \(committed) is")
        }
        if epochs.tornAt != nil { marks.reach(.tornTail) }
        // Rule F3: from a member that knows of damage its leader expects nothing.
        if recovered.epochs.needsRepair { member.loss?.isKnown = false }
        // Damage may have taken what the epoch was taken over with.
        if member.isRotten { member.checkedEpoch = max(member.checkedEpoch, epochs.currentEpoch) }
        rebuildShadow(member, recovered)
        member.holdsLess = false
    }

    private func rebuildShadow(_ member: SimulatedMember, _ recovered: Recovered) {
        // A snapshot that was to replace the log has replaced it, or not.
        let isReplaced = member.holdsLess || member.shadow.baseAsked.map { recovered.logStart >= $0 } ?? false
        let old = isReplaced ? [] : member.shadow.batches
        var found = recovered.tail
        // What lies before the tail is committed, or is what was there before.
        let first = found.first?.firstZxid ?? Zxid(rawValue: recovered.lastLogged.rawValue + 1)
        let before = old.filter { $0.lastZxid < first && $0.lastZxid > member.shadow.base && $0.lastZxid <= recovered.lastLogged }
        found = before + found
        let least = member.holdsLess ? .zero : isReplaced ? recovered.logStart : member.shadow.base
        let base = max(least, found.first?.prevZxid ?? recovered.lastLogged)
        if member.isRotten { member.shadow.suffersDamage(behind: recovered.lastLogged) }
        // With the epoch went what all of the log was acknowledged in.
        if member.holdsLess { member.shadow.suffersDamage(behind: .zero) }
        member.shadow.restart(
            with: found, base: base, last: recovered.lastLogged, accepted: recovered.epochs.acceptedEpoch,
            current: recovered.epochs.currentEpoch)
    }

    // MARK: turns

    private func durableCommit(of member: SimulatedMember) -> Zxid {
        max(member.committedAtStart, member.journal?.durableCommit ?? .zero)
    }

    func checkTurn(_ member: SimulatedMember, _ node: Node) {
        let facts = node.protocolFacts
        member.knowsEverybody = node.bindsEverybody && durableCommit(of: member) >= node.configurationZxid
        // Rule E4: one leader of an epoch.
        if facts.role == .candidate { wakeOldLeader() }
        if facts.role == .leading || facts.role == .leaderSync {
            if leaders[node.epoch] != member.index, restsOnLostWord(member, node.epoch) { return goBeyond() }
            noteRound(facts.round, in: node.epoch)
            if !wasBound, facts.role == .leading { wasBound = areBound }
            if let other = leaders[node.epoch] {
                if other != member.index {
                    breach("Rule E4: members \(other + 1) and \(member.id) both lead epoch \(node.epoch)")
                }
            } else {
                leaders[node.epoch] = member.index
                checkLeader(member, node, facts)
            }
        }
        if member.isWiped, !member.isAllowed, isVoter(member), facts.role == .following || facts.role == .leading {
            breach("Rule G6: member \(member.id) takes part, whose directory was lost")
        }
        if facts.acceptedEpoch < facts.currentEpoch { breach("Rule E7: member \(member.id)") }
        if facts.applied > facts.commit || facts.applied > facts.lastDurable { breach("Rules A1, A2: member \(member.id)") }
        if facts.lastDurable > facts.lastLogged { breach("Rule D4: member \(member.id)") }
        // Whoever is being repaired may know of more than it has; whoever takes part may not use it.
        if facts.role == .following || facts.role == .leading, facts.commit > facts.lastLogged {
            breach("Rule C3: member \(member.id) uses a commit of what it does not have")
        }
        // Rule L6: who serves has applied what its leader began with.
        if node.isServing, isVoter(member), let initial = initialHistories[node.epoch], node.stateMachine.applied < initial.last {
            breach("Rule L6: member \(member.id) serves at \(node.stateMachine.applied), its leader began at \(initial.last)")
        }
        if node.currentRole == .leading {
            noteLeading(member, node)
            if facts.commit > member.checkedCommit { checkCommit(member, facts.commit, node.epoch) }
        }
        if node.counters.duplicateMembers > 0 { breach("member \(member.id) takes one process of a member for two") }
        noteApplied(member, node)
    }

    /// Leader completeness: whoever leads holds everything that was committed before.
    private func checkLeader(_ member: SimulatedMember, _ node: Node, _ facts: ProtocolFacts) {
        let last = member.shadow.batches.last.map { ($0.lastZxid, $0.header.crc) } ?? (member.shadow.base, 0)
        initialHistories[node.epoch] = LogEnd(last: min(last.0, facts.lastLogged), crc: last.1)
        // Rule E4: as many as it takes to elect have promised it this epoch, and durably (rule D1).
        let promised = promised(member, node.epoch)
        if !configuration.quorum.elects(promised) {
            breach("Rule E4: member \(member.id) leads epoch \(node.epoch), promised by \(promised.nonzeroBitCount) disks")
        }
        marks.reach(.elected)
        // By leaders of earlier epochs: what a later one commits, it need not hold.
        let earlier = commits.filter { $0.key < node.epoch }.values.max { $0.last < $1.last }
        guard let committed = earlier, !member.shadow.holdsDurably(last: committed.last, crc: committed.crc) else { return }
        breach("member \(member.id) leads epoch \(node.epoch) without \(committed.last), which is committed", by: .chain)
    }

    /// Rule C2: what a leader calls committed lies on as many disks as it takes.
    private func checkCommit(_ member: SimulatedMember, _ commit: Zxid, _ epoch: UInt32) {
        member.checkedCommit = commit
        let place = member.shadow.place(behind: commit)
        guard place > 0, member.shadow.batches[place - 1].lastZxid == commit else {
            if commit > member.shadow.base { breach("Rule C2: member \(member.id) commits \(commit), no end of a batch") }
            return
        }
        let crc = member.shadow.batches[place - 1].header.crc
        commits[epoch] = LogEnd(last: commit, crc: crc)
        var holders: VoterSet = 0
        // Rule D3: who has not taken over the epoch has not acknowledged in it, whatever its log holds.
        for other in members where other.shadow.vouches(for: commit, crc: crc, in: epoch) {
            holders |= 1 << VoterSet(other.index)
        }
        if !configuration.quorum.commits(holders) {
            breach("Rule C2: member \(member.id) commits \(commit), which \(holders.nonzeroBitCount) disks hold")
        }
    }

    /// What was applied since last time joins the committed chain or is compared with it.
    func noteApplied(_ member: SimulatedMember, _ node: Node) {
        let state = node.stateMachine
        let applied = state.applied
        guard applied > member.checkedApplied || member.checkedLife != member.life else { return }
        if member.checkedLife != member.life {
            member.checkedLife = member.life
            member.checkedApplied = min(member.checkedApplied, applied)
        }
        let shadow = member.shadow
        var place = shadow.place(behind: member.checkedApplied)
        while place < shadow.batches.count, shadow.batches[place].lastZxid <= applied {
            if let wrong = chain.note(shadow.batches[place], by: member.index) { breach(wrong, by: .chain) }
            place += 1
        }
        if applied > chain.last { breach("member \(member.id) applied \(applied), committed is \(chain.last)", by: .chain) }
        if applied != .zero, let wrong = chain.note(digest: state.digest, at: applied, by: member.index) {
            breach(wrong, by: .results)
        }
        member.checkedApplied = applied
    }

    // MARK: what leaves

    /// What a member says to others against what its disk holds at that moment.
    func checkFrames(_ member: SimulatedMember, _ bytes: [UInt8], _ pipe: Pipe, _ end: Int) {
        pipe.checker[end].take(bytes) { frame in
            guard let message = try? PeerDecoder.decode(frame: frame.bytes).1 else {
                return breach("member \(member.id) sends a frame that can't be read")
            }
            if case .ack(let ack) = message { pipe[end].acks.append((pipe[end].sent, ack.epoch, ack.last)) }
            check(message, member, to: pipe[1 - end].member)
        }
    }

    private func check(_ message: Message, _ member: SimulatedMember, to receiver: Int) {
        let (shadow, name) = (member.shadow, "member \(member.id)")
        let (accepted, current, durable) = (shadow.acceptedEpoch, shadow.currentEpoch, shadow.durable)
        func must(_ holds: Bool, _ text: @autoclosure () -> String) { if !holds { breach(text()) } }
        if member.loss != nil, speaksBehindLostWord(message, member) { return goBeyond() }
        switch message {
        case .ack(let ack):
            noteEcho(of: ack.round, in: ack.epoch, by: member)
            must(accepted == ack.epoch, "Rule E3: \(name) acknowledges in \(ack.epoch), accepted is \(accepted)")
            must(current == ack.epoch, "Rule D3: \(name) acknowledges in \(ack.epoch), current is \(current)")
            must(ack.last <= durable, "Rule D4: \(name) acknowledges \(ack.last), durable is \(durable)")
        case .prevote(let asked):
            must(asked.history.last <= durable, "Rule V1: \(name) speaks of \(asked.history.last), durable is \(durable)")
        case .newEpoch(let asked):
            must(asked.history.last <= durable, "Rule V1: \(name) stands with \(asked.history.last), durable is \(durable)")
            must(asked.epoch <= accepted, "Rule D1: \(name) asks for epoch \(asked.epoch), accepted is \(accepted)")
        case .ackEpoch(let answer):
            // Rules E5, V2: that of a member with more counts for nothing.
            let candidate = members[receiver].shadow
            if answer.bound <= History(epoch: candidate.currentEpoch, last: candidate.durable) {
                notePromise(answer.epoch, of: member.index, to: receiver)
            }
            must(answer.epoch <= accepted, "Rule D1: \(name) promises \(answer.epoch), accepted is \(accepted)")
            must(answer.last <= durable, "Rule V1: \(name) reports \(answer.last), durable is \(durable)")
        case .echo(let echo):
            must(echo.epoch <= accepted, "Rule E7: \(name) echoes \(echo.epoch), accepted is \(accepted)")
            noteEcho(of: echo.round, in: echo.epoch, by: member)
            must(echo.epoch >= accepted, "Rule R4: \(name) echoes \(echo.epoch), \(accepted) is promised")
        case .join(let join):
            must(join.history.last == durable, "Rule V1: \(name) joins with \(join.history.last), durable is \(durable)")
        default: break
        }
    }

    /// Who has promised this epoch to the member, itself among them once that is durable.
    func promised(_ member: SimulatedMember, _ epoch: UInt32) -> VoterSet {
        let own: VoterSet = member.shadow.acceptedEpoch >= epoch ? 1 << VoterSet(member.index) : 0
        return own | (promises[epoch]?[member.index] ?? 0)
    }

    private func notePromise(_ epoch: UInt32, of member: Int, to candidate: Int) {
        promises[epoch, default: Array(repeating: 0, count: members.count)][candidate] |= 1 << VoterSet(member)
    }

    // MARK: the end

    /// What is wrong with a history, given what this run committed.
    package func objections(to history: Histories.History) -> [String] {
        HistoryCheck(history, committed: chain.batches).breaches.map(\.text)
    }

    /// What can be said only when all is over.
    func finish() {
        for text in objections(to: history) { breach(text, by: .history) }
        checkOrigins()
        if breaches.isEmpty { checkStates() }
        for member in members { marks.noteEnd(of: member) }
        noteInTrace(UInt64(history.answered.count))
        noteInTrace(chain.last.rawValue)
        for member in members { noteInTrace(member.node?.stateMachine.digest ?? 0) }
    }

    // MARK: rest

    /// Members that are expected to come to rest: all but those whose files were damaged beyond their own repair.
    private var expected: [SimulatedMember] {
        members.filter {
            $0.refusedToStart == nil && ($0.loss == nil || canBeReplaced($0))
                && (!$0.isWiped || !isVoter($0) || canBeReplaced($0))
        }
    }

    /// States, not only what they have come from: at the end all members that have applied the same have the same.
    func checkStates() {
        var known: (member: SimulatedMember, applied: Zxid, digest: UInt64)?
        for member in expected {
            guard let node = member.node, !node.isTakingSnapshot else { continue }
            let state = node.stateMachine
            let digest = state.wholeDigest()
            if let other = known, other.applied == state.applied, other.digest != digest {
                breach("Rule A3: members \(other.member.id) and \(member.id) differ at \(state.applied)", by: .results)
            }
            known = (member, state.applied, digest)
        }
    }

    var isAtRest: Bool {
        guard clients.allSatisfy({ $0.isDone && $0.finalReads >= swarm.keys && $0.keyToRead == nil }) else { return false }
        guard let leader = members.first(where: { $0.node?.currentRole == .leading && $0.node?.isServing == true })?.node else {
            return false
        }
        let expected = expected
        guard configuration.quorum.elects(expected.reduce(0) { $0 | 1 << VoterSet($1.index) }) else { return false }
        return expected.allSatisfy { member in
            guard let node = member.node else { return false }
            return node.isServing && node.stateMachine.applied == leader.stateMachine.applied
                && node.stateMachine.digest == leader.stateMachine.digest
                // Rule G6: whoever serves counts in the end, or the ensemble survives less than it says.
                && (!isVoter(member) || leader.committedIncarnation(of: member.id) == member.incarnation)
        }
    }

    var whatIsMissing: String {
        let parts = members.map { member in
            guard let node = member.node else {
                return "member \(member.id) is down (\(member.refusedToStart ?? member.exit?.reason ?? "-"))"
            }
            return
                "member \(member.id) is \(node.currentRole) in epoch \(node.epoch), \(node.isServing ? "serves" : "does not serve"), "
                + "applied \(node.stateMachine.applied), \(node.bindsEverybody ? "counts everybody" : "does not count everybody")"
        }
        let waiting = clients.filter { !$0.isDone || $0.finalReads < swarm.keys }.map {
            "client \($0.index) has \($0.quota) requests left, \($0.unanswered.count) unanswered, connection \($0.connection)"
        }
        return (parts + waiting).joined(separator: "; ")
    }
}
