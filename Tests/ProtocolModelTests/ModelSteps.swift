// What can happen next in a state.

struct ModelStep: Hashable, CustomStringConvertible {
    enum Kind: UInt8 {
        case start
        case promise
        case lead
        case accept
        case truncate
        case append
        case takeEpoch
        case acknowledge
        case propose
        case crash
        /// The coarse grain's accept to acknowledge.
        case synchronize
        /// The coarse grain's append and acknowledge.
        case replicate
    }

    var kind: Kind
    var member: Int
    var attempt: Int
    var epoch: Int

    var description: String {
        switch kind {
        case .start: "member \(member) asks for epoch \(epoch)"
        case .promise: "member \(member) promises epoch \(epoch)"
        case .lead: "member \(member) is elected in epoch \(epoch)"
        case .accept: "member \(member) accepts SYNC of epoch \(epoch)"
        case .truncate: "member \(member) has its log level with the leader's of epoch \(epoch)"
        case .append: "member \(member) makes a record of epoch \(epoch)'s leader durable"
        case .takeEpoch: "member \(member) makes currentEpoch \(epoch) durable"
        case .acknowledge: "member \(member) acknowledges what is not durable in epoch \(epoch)"
        case .propose: "member \(member) proposes in epoch \(epoch)"
        case .crash: "member \(member) crashes and comes back with acceptedEpoch \(epoch)"
        case .synchronize: "member \(member) synchronizes with epoch \(epoch)"
        case .replicate: "member \(member) stores and acknowledges in epoch \(epoch)"
        }
    }
}

extension ProtocolModel {
    /// Each thing that can happen, with the state it leads to.
    func forEachStep(_ state: ModelState, _ body: (ModelStep, ModelState) -> Void) {
        for index in 0..<members {
            if hasCrashes { crash(state, index, body) }
            if voters.contains(index) { start(state, index, body) }
            for attempt in 0..<mostAttempts where state[attempt: attempt].epoch > 0 {
                if voters.contains(index) { elect(state, index, attempt, body) }
                if state[attempt: attempt].hasLed { follow(state, index, attempt, body) }
            }
        }
    }

    private typealias Body = (ModelStep, ModelState) -> Void

    private func emit(
        _ kind: ModelStep.Kind, _ state: ModelState, _ index: Int, _ attempt: Int, _ member: ModelMember, _ body: Body
    ) {
        var next = state
        next[member: index] = member
        if next == state { return }
        body(ModelStep(kind: kind, member: index, attempt: attempt, epoch: state[attempt: attempt].epoch), next)
    }

    /// And a start right afterwards. What it loses is its place in an attempt, which only made steps possible: whatever follows
    /// can follow without the crash, too, as no member ever has to take a step. So searches leave crashes out, but where a left
    /// out rule makes one lose more.
    private func crash(_ state: ModelState, _ index: Int, _ body: Body) {
        var member = state[member: index]
        member.leaveRole()
        func restart() {
            var next = state
            next[member: index] = member
            if next == state { return }
            body(ModelStep(kind: .crash, member: index, attempt: 0, epoch: member.acceptedEpoch), next)
        }
        restart()
        if leftOut.contains(.d1), member.acceptedEpoch > member.currentEpoch {
            member.acceptedEpoch = member.currentEpoch
            restart()
        }
    }

    /// Rule D1: acceptedEpoch is durable before the member asks for the epoch; it counts itself.
    private func start(_ state: ModelState, _ index: Int, _ body: Body) {
        guard let attempt = (0..<mostAttempts).first(where: { state[attempt: $0].epoch == 0 }) else { return }
        let own = state[member: index]
        var tried = 0
        for other in voters {
            let epoch = state[member: other].acceptedEpoch + 1
            guard epoch > own.acceptedEpoch, epoch <= mostEpochs, tried >> epoch & 1 == 0 else { continue }
            tried |= 1 << epoch
            var next = state
            next[attempt: attempt] = ModelAttempt(epoch: epoch)
            var member = own
            member.acceptedEpoch = epoch
            member.attempt = attempt
            member.phase = .candidate
            member.becomeStarter(of: attempt)
            member.promise(attempt)
            next[member: index] = member
            body(ModelStep(kind: .start, member: index, attempt: attempt, epoch: epoch), next)
        }
    }

    private func elect(_ state: ModelState, _ index: Int, _ attempt: Int, _ body: Body) {
        let member = state[member: index]
        let made = state[attempt: attempt]
        if member.isStarter(of: attempt) {
            guard member.isAt(attempt, .candidate), elects[promised(state, attempt)] else { return }
            return lead(state, index, attempt, body)
        }
        // A candidate that has given up is answered in vain: that only keeps the voter from what it may refrain from anyway.
        guard let starter = voters.first(where: { state[member: $0].isStarter(of: attempt) }),
            state[member: starter].isAt(attempt, .candidate)
        else { return }
        // Rule E2: one counted promise of an epoch, across restarts.
        let mayPromise =
            leftOut.contains(.e2)
            ? member.acceptedEpoch <= made.epoch && !member.hasPromised(attempt) : member.acceptedEpoch < made.epoch
        if mayPromise { promise(state, index, attempt, to: starter, body) }
    }

    private func promise(_ state: ModelState, _ index: Int, _ attempt: Int, to starter: Int, _ body: Body) {
        var member = state[member: index]
        member.acceptedEpoch = state[attempt: attempt].epoch
        // Rule E3: the old role is left before anything is said for the new epoch.
        if !leftOut.contains(.e3) { member.leaveRole() }
        // Rules E5, V2: counted if the candidate, which has not changed since it asked, holds as much.
        if leftOut.contains(.e5) || history(state, member) <= history(state, state[member: starter]) { member.promise(attempt) }
        emit(.promise, state, index, attempt, member, body)
    }

    /// Rule E4: with an electing quorum of promises; the own log is I(e) from here on.
    private func lead(_ state: ModelState, _ index: Int, _ attempt: Int, _ body: Body) {
        var next = state
        var member = state[member: index]
        next[attempt: attempt] = ModelAttempt(epoch: state[attempt: attempt].epoch, leadingWith: member.log)
        member.phase = .receiving
        if grain == .coarse {
            member.currentEpoch = state[attempt: attempt].epoch
            member.phase = .following
            member.acknowledge(attempt, member.log.recordCount)
        }
        next[member: index] = member
        body(ModelStep(kind: .lead, member: index, attempt: attempt, epoch: state[attempt: attempt].epoch), next)
    }

    private func follow(_ state: ModelState, _ index: Int, _ attempt: Int, _ body: Body) {
        let member = state[member: index]
        if member.phase == .none || member.attempt != attempt {
            // Rule E3: never an epoch below the accepted one. A leader that has lost its place does not follow itself.
            guard member.acceptedEpoch <= state[attempt: attempt].epoch, !member.isStarter(of: attempt),
                voters.contains(where: { state[member: $0].isStarter(of: attempt) && state[member: $0].isLeading(attempt) })
            else { return }
            return grain == .coarse ? synchronize(state, index, attempt, body) : accept(state, index, attempt, body)
        }
        switch member.phase {
        case .none, .candidate: return
        case .accepted: truncate(state, index, attempt, body)
        case .receiving: append(state, index, attempt, body)
        case .following:
            if grain == .coarse { replicate(state, index, attempt, body) } else { append(state, index, attempt, body) }
            propose(state, index, attempt, body)
        }
        if member.phase == .receiving || leftOut.contains(.d2) && member.phase == .accepted {
            takeEpoch(state, index, attempt, body)
        }
        if leftOut.contains(.d4) { acknowledge(state, index, attempt, body) }
    }

    private func synchronize(_ state: ModelState, _ index: Int, _ attempt: Int, _ body: Body) {
        var member = state[member: index]
        let made = state[attempt: attempt]
        member.attempt = attempt
        member.acceptedEpoch = made.epoch
        member.log = available(state, index, attempt)
        member.currentEpoch = made.epoch
        member.phase = .following
        member.acknowledge(attempt, member.log.recordCount)
        emit(.synchronize, state, index, attempt, member, body)
    }

    private func replicate(_ state: ModelState, _ index: Int, _ attempt: Int, _ body: Body) {
        var member = state[member: index]
        guard member.acceptedEpoch == state[attempt: attempt].epoch else { return }
        let offered = available(state, index, attempt)
        guard member.log.isPrefix(of: offered), member.log != offered else { return }
        member.log = offered.through(member.log.recordCount + 1)
        member.acknowledge(attempt, member.log.recordCount)
        emit(.replicate, state, index, attempt, member, body)
    }

    /// Rule D1 at a SYNC: acceptedEpoch is durable before anything is taken in; that is no promise.
    private func accept(_ state: ModelState, _ index: Int, _ attempt: Int, _ body: Body) {
        var member = state[member: index]
        member.acceptedEpoch = state[attempt: attempt].epoch
        member.attempt = attempt
        member.phase = .accepted
        emit(.accept, state, index, attempt, member, body)
    }

    /// Rules L3, D7: to the common point, durably, before anything is appended.
    private func truncate(_ state: ModelState, _ index: Int, _ attempt: Int, _ body: Body) {
        var member = state[member: index]
        if !leftOut.contains(.l3) {
            member.log = member.log.through(member.log.commonCount(with: state[attempt: attempt].log))
        }
        member.phase = .receiving
        if leftOut.contains(.d2) { follow(&member, state, index, attempt) }
        emit(.truncate, state, index, attempt, member, body)
    }

    /// Rule L1: the leader's next record behind the last one.
    private func append(_ state: ModelState, _ index: Int, _ attempt: Int, _ body: Body) {
        var member = state[member: index]
        let offered = available(state, index, attempt)
        let count = member.log.recordCount
        guard count < offered.recordCount, leftOut.contains(.l3) || member.log.isPrefix(of: offered) else { return }
        member.log = member.log.appending(offered.attempt(at: count))
        if leftOut.contains(.d2) { follow(&member, state, index, attempt) }
        noteAcknowledged(&member, state, index, attempt)
        emit(.append, state, index, attempt, member, body)
    }

    /// Rule D2: the history through I(e) is durable before currentEpoch is.
    private func takeEpoch(_ state: ModelState, _ index: Int, _ attempt: Int, _ body: Body) {
        var member = state[member: index]
        let made = state[attempt: attempt]
        if leftOut.contains(.d2) {
            guard member.phase == .accepted || member.phase == .receiving, member.currentEpoch < made.epoch else { return }
            member.currentEpoch = made.epoch
            follow(&member, state, index, attempt)
            return emit(.takeEpoch, state, index, attempt, member, body)
        }
        guard member.log.recordCount >= made.initialCount || index >= voters.upperBound else { return }
        member.currentEpoch = made.epoch
        member.phase = .following
        noteAcknowledged(&member, state, index, attempt)
        emit(.takeEpoch, state, index, attempt, member, body)
    }

    /// Without rule D2: with its epoch already durable, a member follows as soon as its history is.
    private func follow(_ member: inout ModelMember, _ state: ModelState, _ index: Int, _ attempt: Int) {
        let made = state[attempt: attempt]
        guard member.phase == .receiving, member.currentEpoch == made.epoch, member.log.recordCount >= made.initialCount else {
            return
        }
        member.phase = .following
        noteAcknowledged(&member, state, index, attempt)
    }

    /// Rules D3, D4, C1: currentEpoch and the log through what is acknowledged are durable, and no higher epoch is accepted. Said
    /// as soon as it may be: an acknowledgement that never leaves only makes less committed.
    private func noteAcknowledged(_ member: inout ModelMember, _ state: ModelState, _ index: Int, _ attempt: Int) {
        let made = state[attempt: attempt]
        let count = member.log.recordCount
        guard voters.contains(index), member.phase == .following || leftOut.contains(.d3),
            member.acceptedEpoch == made.epoch || leftOut.contains(.e3), count >= made.initialCount,
            count > member.acknowledged(attempt) ?? -1
        else { return }
        member.acknowledge(attempt, count)
    }

    /// Without rule D4: what has arrived is acknowledged before it is durable.
    private func acknowledge(_ state: ModelState, _ index: Int, _ attempt: Int, _ body: Body) {
        var member = state[member: index]
        let count = state[attempt: attempt].log.recordCount
        guard voters.contains(index), count > member.acknowledged(attempt) ?? -1 else { return }
        member.acknowledge(attempt, count)
        emit(.acknowledge, state, index, attempt, member, body)
    }

    /// Rule C4: only with S(e) in Q2 and the own currentEpoch durable. Rule D5: before the own disk has it.
    private func propose(_ state: ModelState, _ index: Int, _ attempt: Int, _ body: Body) {
        let made = state[attempt: attempt]
        guard state[member: index].isStarter(of: attempt), state[member: index].acceptedEpoch == made.epoch,
            committed(state, attempt) != nil
        else { return }
        let proposed = (0..<made.log.recordCount).count { made.log.attempt(at: $0) == attempt }
        guard proposed < recordsPerAttempt else { return }
        var next = state
        next[attempt: attempt] = made.proposing(attempt)
        body(ModelStep(kind: .propose, member: index, attempt: attempt, epoch: made.epoch), next)
    }

    /// What the leader sends this member: all it has proposed; to an observer what is committed, behind what both have.
    private func available(_ state: ModelState, _ index: Int, _ attempt: Int) -> ModelLog {
        let log = state[attempt: attempt].log
        if voters.contains(index) { return log }
        return log.through(max(committed(state, attempt) ?? 0, state[member: index].log.commonCount(with: log)))
    }
}

extension ProtocolModel {
    func state(after step: ModelStep, of state: ModelState) -> ModelState {
        var result: ModelState?
        forEachStep(state) { if $0 == step, result == nil { result = $1 } }
        guard let result else { preconditionFailure("\(step) is no step of this state") }
        return result
    }
}
