// The protocol of elections, synchronization and broadcast, small enough to try every order of its steps. Messages are facts that
// stay true once said (a promise, an acknowledgement, what a leader has proposed), so every delay and loss is among the orders.
// A crash may fall between any two steps that make something durable. Steps bear the numbers of the rules they keep.

import Zab

/// Rules that a wrong variant leaves out.
struct LeftOut: OptionSet, Hashable {
    let rawValue: Int

    /// acceptedEpoch is said before it is durable: a crash may take it back.
    static let d1 = LeftOut(rawValue: 1)
    /// currentEpoch is made durable before the history.
    static let d2 = LeftOut(rawValue: 2)
    /// Acknowledged when the history is durable, before currentEpoch is.
    static let d3 = LeftOut(rawValue: 4)
    /// Acknowledged before the records are durable.
    static let d4 = LeftOut(rawValue: 8)
    /// A member that has started anew promises the same epoch to another.
    static let e2 = LeftOut(rawValue: 16)
    /// Acknowledgements of an epoch leave after a higher one was promised.
    static let e3 = LeftOut(rawValue: 32)
    /// Promises count whatever the candidate's history.
    static let e5 = LeftOut(rawValue: 64)
    /// A learner keeps what it has beyond the common point and takes the leader's records behind it.
    static let l3 = LeftOut(rawValue: 128)
}

struct ProtocolModel {
    enum Grain {
        /// Synchronization is one step, and so is a record with its acknowledgement.
        case coarse
        /// Truncation, each record, currentEpoch and each acknowledgement are steps of their own.
        case fine
    }

    let members: Int
    /// Members beyond the voters: they get what is committed and count nowhere.
    let observers: Int
    let mostEpochs: Int
    let mostAttempts: Int
    let recordsPerAttempt: Int
    let grain: Grain
    var leftOut: LeftOut = []
    var hasCrashes = false
    /// By the set of members, bit i for member i.
    let commits: [Bool]
    let elects: [Bool]
    /// Members that can be exchanged without changing anything: runs of neighbours, and groups of equal runs.
    let exchangeable: [Range<Int>]
    let exchangeableRuns: Bool

    init(
        voters: Int, observers: Int = 0, epochs: Int, attempts: Int, records: Int, grain: Grain, leftOut: LeftOut = [],
        exchangeable: [Range<Int>]? = nil, exchangeableRuns: Bool = false, commits: (VoterSet) -> Bool,
        elects: (VoterSet) -> Bool
    ) {
        precondition(voters + observers <= ModelState.mostMembers && attempts <= ModelState.mostAttempts && epochs < 8)
        precondition(attempts * records <= ModelLog.longest, "a log holds at most \(ModelLog.longest) records")
        members = voters + observers
        self.observers = observers
        mostEpochs = epochs
        mostAttempts = attempts
        recordsPerAttempt = records
        self.grain = grain
        self.leftOut = leftOut
        hasCrashes = leftOut.contains(.d1)
        self.exchangeable = exchangeable ?? [0..<voters, voters..<voters + observers]
        self.exchangeableRuns = exchangeableRuns
        let voting: VoterSet = (1 << VoterSet(voters)) - 1
        let sets = 0..<(VoterSet(1) << VoterSet(voters + observers))
        self.commits = sets.map { commits($0 & voting) }
        self.elects = sets.map { elects($0 & voting) }
    }

    init(
        _ quorum: Quorum, observers: Int = 0, epochs: Int, attempts: Int, records: Int, grain: Grain, leftOut: LeftOut = []
    ) {
        self.init(
            voters: quorum.voterCount, observers: observers, epochs: epochs, attempts: attempts, records: records, grain: grain,
            leftOut: leftOut, commits: quorum.commits, elects: quorum.elects)
    }

    var voters: Range<Int> { 0..<members - observers }

    /// One state for all that go on alike: without what nobody will ask for any more, attempts by their epochs, and exchangeable
    /// members in one order.
    func canonical(_ state: ModelState) -> ModelState {
        var state = state
        forget(&state)
        sortAttempts(&state)
        for run in exchangeable { sort(&state, run) }
        if exchangeableRuns { sortRuns(&state) }
        return state
    }

    private func forget(_ state: inout ModelState) {
        for attempt in 0..<mostAttempts where state[attempt: attempt].epoch > 0 && !state[attempt: attempt].isVoid {
            let starter = voters.first { state[member: $0].isStarter(of: attempt) }
            if state[attempt: attempt].hasLed {
                // Promises have done their work.
                for index in voters { state[member: index].forgetPromise(attempt) }
                if let starter, state[member: starter].isLeading(attempt) { continue }
                for index in 0..<members { forgetFinished(&state, index, attempt) }
            } else if starter.map({ !state[member: $0].isAt(attempt, .candidate) }) ?? true {
                // Given up before it was elected: nothing will come of it.
                for index in voters { state[member: index].forgetAttempt(attempt) }
                state[attempt: attempt] = .void
            }
        }
    }

    /// Who has got and acknowledged everything of a leader that is gone waits for nothing.
    private func forgetFinished(_ state: inout ModelState, _ index: Int, _ attempt: Int) {
        let member = state[member: index]
        guard member.isAt(attempt, .following), member.log == state[attempt: attempt].log,
            member.acknowledged(attempt) == member.log.recordCount || index >= voters.upperBound
        else { return }
        state[member: index].leaveRole()
    }

    private func sortAttempts(_ state: inout ModelState) {
        for end in 1..<max(mostAttempts, 1) {
            var place = end
            while place > 0, state[attempt: place].epoch > 0, state[attempt: place].epoch < state[attempt: place - 1].epoch {
                state.exchangeAttempts(place - 1, place, members: members)
                place -= 1
            }
        }
    }

    private func sort(_ state: inout ModelState, _ run: Range<Int>) {
        for end in run.dropFirst() {
            let word = state.words[end]
            var place = end
            while place > run.lowerBound, state.words[place - 1] > word {
                state.words[place] = state.words[place - 1]
                place -= 1
            }
            state.words[place] = word
        }
    }

    private func sortRuns(_ state: inout ModelState) {
        let words = state.words
        let runs = exchangeable.filter { !$0.isEmpty }
            .sorted { a, b in zip(a, b).first { words[$0] != words[$1] }.map { words[$0] < words[$1] } ?? false }
        var place = 0
        for run in runs {
            for index in run {
                state.words[place] = words[index]
                place += 1
            }
        }
    }

    // MARK: what is said

    func promised(_ state: ModelState, _ attempt: Int) -> Int {
        var set = 0
        for index in voters where state[member: index].hasPromised(attempt) { set |= 1 << index }
        return set
    }

    /// Records of the attempt's log that a committing quorum has acknowledged; nil before S(e) is one.
    func committed(_ state: ModelState, _ attempt: Int) -> Int? {
        let made = state[attempt: attempt]
        guard made.hasLed else { return nil }
        var count = made.log.recordCount
        while count >= made.initialCount {
            var set = 0
            for index in voters where state[member: index].acknowledged(attempt) ?? -1 >= count { set |= 1 << index }
            if commits[set] { return count }
            count -= 1
        }
        return nil
    }

    /// (currentEpoch, last zxid), as one number in the same order.
    func history(_ state: ModelState, _ member: ModelMember) -> Int {
        let count = member.log.recordCount
        guard count > 0 else { return member.currentEpoch << 16 }
        let attempt = member.log.attempt(at: count - 1)
        let counter = (0..<count).count { member.log.attempt(at: $0) == attempt }
        return member.currentEpoch << 16 | state[attempt: attempt].epoch << 8 | counter
    }

    // MARK: what must hold

    /// - Returns: nil, or what is broken.
    func breach(_ state: ModelState) -> String? {
        for a in 0..<mostAttempts where state[attempt: a].hasLed {
            for b in 0..<mostAttempts where b != a && state[attempt: b].hasLed {
                if let breach = breach(state, a, b) { return breach }
            }
        }
        return observers > 0 ? observerBreach(state) : nil
    }

    /// Rule L3: what an observer has is committed, so no later leader begins without it.
    private func observerBreach(_ state: ModelState) -> String? {
        for index in voters.upperBound..<members {
            let log = state[member: index].log
            guard log != 0 else { continue }
            // It may have got an older epoch's record when a later one committed it.
            let newest = state[member: index].currentEpoch
            for attempt in 0..<mostAttempts {
                let made = state[attempt: attempt]
                guard made.hasLed, made.epoch > newest, !log.isPrefix(of: made.log.through(made.initialCount)) else { continue }
                return "Rule L3: an observer has what epoch \(made.epoch) begins without"
            }
        }
        return nil
    }

    private func breach(_ state: ModelState, _ a: Int, _ b: Int) -> String? {
        let (first, second) = (state[attempt: a], state[attempt: b])
        if first.epoch == second.epoch { return "Rule E4: two leaders of epoch \(first.epoch)" }
        guard first.epoch < second.epoch, let count = committed(state, a) else { return nil }
        let kept = first.log.through(count)
        if kept.isPrefix(of: second.log.through(second.initialCount)) { return nil }
        return "what epoch \(first.epoch) committed is not in the history that epoch \(second.epoch) begins with"
    }
}
