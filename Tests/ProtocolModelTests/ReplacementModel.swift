// Replacing a member whose directory is gone (rules G1 to G7), small enough to try every order: three members, of which the last
// one has two directories, the old and the new. Steps are coarse, as in the larger model without crashes between two flushes;
// what is new here is who counts, as each log has it. The old directory need not be gone: the operator may be wrong.

struct ReplacementModel {
    enum Variant: CaseIterable {
        case shipping
        /// The new directory counts for the member as soon as it is there.
        case countsNewAtOnce
        /// From the append of the record on only the new configuration counts.
        case withoutJointRule
    }

    struct Directory: Hashable {
        var acceptedEpoch = 0
        var currentEpoch = 0
        var log: [Record] = []
        /// Knows the replacement to be committed.
        var knows = false
        var exists = true
        /// The attempt followed or led.
        var attempt = -1
    }

    struct Record: Hashable {
        var attempt: Int
        var isReplacement: Bool
    }

    struct Attempt: Hashable {
        var epoch: Int
        var starter: Int
        var promised: UInt8 = 0
        var hasLed = false
        var initial = 0
        var log: [Record] = []
        /// By directory; -1: none.
        var acked = [-1, -1, -1, -1]
        /// How far it has ever been committed; -1 before S(e).
        var committed = -1
    }

    struct State: Hashable {
        var directories: [Directory]
        var attempts: [Attempt] = []
    }

    /// Directory 2 is the old one of member 2, directory 3 the new one.
    static let old = 2
    static let new = 3
    let variant: Variant
    let mostEpochs: Int
    let mostAttempts: Int

    var begin: State {
        var state = State(directories: Array(repeating: Directory(), count: 4))
        state.directories[Self.new].exists = false
        return state
    }

    private func isQuorum(_ set: UInt8) -> Bool { set.nonzeroBitCount >= 2 }

    /// Rule G6: directories that count by the configurations in force in this log.
    private func countable(_ log: [Record], knows: Bool) -> UInt8 {
        if variant == .countsNewAtOnce { return 0b1111 }
        guard log.contains(where: \.isReplacement) else { return 0b0111 }
        // Rule G1: while the record is open the old and the new configuration must both bind who counts.
        return knows || variant == .withoutJointRule ? 0b1011 : 0b0011
    }

    /// Of two directories of one member only one can count at a time.
    private func members(_ set: UInt8) -> UInt8 { set & 0b0111 | (set & 0b1000) >> 1 }

    /// (currentEpoch, last zxid) in the order of histories.
    private func history(_ state: State, _ index: Int) -> (Int, Int, Int) {
        let directory = state.directories[index]
        return (
            directory.currentEpoch, directory.log.last.map { state.attempts[$0.attempt].epoch } ?? 0, directory.log.count
        )
    }

    // MARK: steps

    func forEachStep(_ state: State, _ body: (State) -> Void) {
        if !state.directories[Self.new].exists {
            var next = state
            next.directories[Self.new].exists = true
            body(next)
        }
        for index in state.directories.indices where state.directories[index].exists {
            learnCommit(state, index, body)
            start(state, index, body)
            for attempt in state.attempts.indices {
                promise(state, index, attempt, body)
                lead(state, index, attempt, body)
                follow(state, index, attempt, body)
                propose(state, index, attempt, body)
            }
        }
    }

    /// Who holds the record may be told at any time that it is committed.
    private func learnCommit(_ state: State, _ index: Int, _ body: (State) -> Void) {
        let directory = state.directories[index]
        guard !directory.knows, let place = directory.log.firstIndex(where: \.isReplacement) else { return }
        let isCommitted = state.attempts.contains {
            $0.committed > place && $0.log.count > place && $0.log[...place] == directory.log[...place]
        }
        guard isCommitted else { return }
        var next = state
        next.directories[index].knows = true
        body(next)
    }

    private func start(_ state: State, _ index: Int, _ body: (State) -> Void) {
        guard state.attempts.count < mostAttempts else { return }
        for epoch in Set(state.directories.map { $0.acceptedEpoch + 1 })
        where epoch > state.directories[index].acceptedEpoch && epoch <= mostEpochs {
            var next = state
            next.attempts.append(Attempt(epoch: epoch, starter: index, promised: 1 << UInt8(index)))
            next.directories[index].acceptedEpoch = epoch
            next.directories[index].attempt = next.attempts.count - 1
            body(next)
        }
    }

    /// Rules E2, E3, E5. Whether the promise counts is the candidate's business.
    private func promise(_ state: State, _ index: Int, _ attempt: Int, _ body: (State) -> Void) {
        let made = state.attempts[attempt]
        guard !made.hasLed, state.directories[made.starter].attempt == attempt,
            state.directories[index].acceptedEpoch < made.epoch
        else { return }
        var next = state
        next.directories[index].acceptedEpoch = made.epoch
        next.directories[index].attempt = -1
        if history(state, index) <= history(state, made.starter) {
            next.attempts[attempt].promised |= 1 << UInt8(index)
        }
        body(next)
    }

    /// Rule E4.
    private func lead(_ state: State, _ index: Int, _ attempt: Int, _ body: (State) -> Void) {
        let made = state.attempts[attempt]
        let own = state.directories[index]
        guard made.starter == index, !made.hasLed, own.attempt == attempt,
            isQuorum(members(made.promised & countable(own.log, knows: own.knows)))
        else { return }
        var next = state
        next.attempts[attempt].hasLed = true
        next.attempts[attempt].log = own.log
        next.attempts[attempt].initial = own.log.count
        next.directories[index].currentEpoch = made.epoch
        next.attempts[attempt].acked[index] = own.log.count
        commit(&next, attempt)
        body(next)
    }

    /// Synchronization, or the next record of the leader followed.
    private func follow(_ state: State, _ index: Int, _ attempt: Int, _ body: (State) -> Void) {
        let made = state.attempts[attempt]
        let own = state.directories[index]
        guard made.hasLed, own.acceptedEpoch <= made.epoch, state.directories[made.starter].attempt == attempt else { return }
        if own.attempt == attempt, own.log.count == made.log.count { return }
        guard index != made.starter || own.attempt == attempt else { return }
        var next = state
        next.directories[index].acceptedEpoch = made.epoch
        next.directories[index].attempt = attempt
        next.directories[index].currentEpoch = made.epoch
        next.directories[index].log =
            own.attempt == attempt ? Array(made.log[...own.log.count]) : made.log
        if !next.directories[index].log.contains(where: \.isReplacement) { next.directories[index].knows = false }
        next.attempts[attempt].acked[index] = next.directories[index].log.count
        commit(&next, attempt)
        body(next)
    }

    private func propose(_ state: State, _ index: Int, _ attempt: Int, _ body: (State) -> Void) {
        let made = state.attempts[attempt]
        guard made.starter == index, made.hasLed, made.committed >= 0, state.directories[index].attempt == attempt else { return }
        let own = made.log.filter { $0.attempt == attempt }
        if !own.contains(where: { !$0.isReplacement }) {
            var next = state
            next.attempts[attempt].log.append(Record(attempt: attempt, isReplacement: false))
            body(next)
        }
        // Rules G2, G3: one at a time, and for a directory that is in step.
        if !made.log.contains(where: \.isReplacement), made.acked[Self.new] >= made.initial, index != Self.old {
            var next = state
            next.attempts[attempt].log.append(Record(attempt: attempt, isReplacement: true))
            body(next)
        }
    }

    /// Rule C2, by the configurations in force in the leader's log, the record's own commit included.
    private func commit(_ state: inout State, _ attempt: Int) {
        while true {
            let made = state.attempts[attempt]
            let leader = state.directories[made.starter]
            let counting = countable(made.log, knows: leader.knows)
            var best = made.committed
            for count in stride(from: made.log.count, through: max(made.initial, best + 1), by: -1) {
                let holders = (0..<4).reduce(UInt8(0)) { made.acked[$1] >= count ? $0 | 1 << UInt8($1) : $0 }
                if isQuorum(members(holders & counting)) {
                    best = count
                    break
                }
            }
            state.attempts[attempt].committed = best
            guard !leader.knows, let place = made.log.firstIndex(where: \.isReplacement), place < best else { return }
            state.directories[made.starter].knows = true
        }
    }

    // MARK: what must hold

    func breach(_ state: State) -> String? {
        for (a, first) in state.attempts.enumerated() where first.hasLed {
            for second in state.attempts[(a + 1)...] where second.hasLed {
                if first.epoch == second.epoch { return "two leaders of epoch \(first.epoch)" }
                let (earlier, later) = first.epoch < second.epoch ? (first, second) : (second, first)
                guard earlier.committed > 0 else { continue }
                let kept = later.log.prefix(later.initial)
                if !kept.starts(with: earlier.log.prefix(earlier.committed)) {
                    return "epoch \(later.epoch) begins without what epoch \(earlier.epoch) committed"
                }
            }
        }
        return nil
    }

    // MARK: search

    /// One state for all that go on alike: without what nobody will ask for any more, and members 0 and 1 in one order.
    private func canonical(_ state: State) -> SIMD8<UInt64> {
        var state = state
        for (place, attempt) in state.attempts.enumerated() {
            if attempt.hasLed { state.attempts[place].promised = 0 }
            guard state.directories[attempt.starter].attempt != place else { continue }
            state.attempts[place].promised = 0
            state.attempts[place].acked = [-1, -1, -1, -1]
            for index in state.directories.indices where state.directories[index].attempt == place {
                state.directories[index].attempt = -1
            }
        }
        let (words, mirrored) = (packed(state), packed(mirror(state)))
        for place in 0..<8 where words[place] != mirrored[place] { return words[place] < mirrored[place] ? words : mirrored }
        return words
    }

    private func mirror(_ state: State) -> State {
        var state = state
        state.directories.swapAt(0, 1)
        for place in state.attempts.indices {
            let attempt = state.attempts[place]
            if attempt.starter < 2 { state.attempts[place].starter = 1 - attempt.starter }
            state.attempts[place].promised = attempt.promised & 0b1100 | (attempt.promised & 1) << 1 | (attempt.promised >> 1) & 1
            state.attempts[place].acked.swapAt(0, 1)
        }
        return state
    }

    private func packed(_ log: [Record]) -> UInt64 {
        log.reversed().reduce(0) { $0 << 3 | UInt64($1.attempt + 1) << 1 | ($1.isReplacement ? 1 : 0) }
    }

    private func packed(_ state: State) -> SIMD8<UInt64> {
        var words = SIMD8<UInt64>()
        for (place, directory) in state.directories.enumerated() {
            var word = UInt64(directory.acceptedEpoch) | UInt64(directory.currentEpoch) << 3
            word |= UInt64(directory.attempt + 1) << 6 | (directory.knows ? 1 << 9 : 0) | (directory.exists ? 1 << 10 : 0)
            words[place] = word | packed(directory.log) << 11
        }
        for (place, attempt) in state.attempts.enumerated() {
            var word = UInt64(attempt.epoch) | UInt64(attempt.starter) << 3 | UInt64(attempt.promised) << 5
            word |= (attempt.hasLed ? 1 << 9 : 0) | UInt64(attempt.initial) << 10 | UInt64(attempt.committed + 1) << 13
            for index in 0..<4 { word |= UInt64(attempt.acked[index] + 1) << UInt64(16 + 3 * index) }
            words[4 + place] = word | packed(attempt.log) << 28
        }
        return words
    }

    private func log(_ word: UInt64) -> [Record] {
        var (rest, log) = (word, [Record]())
        while rest != 0 {
            log.append(Record(attempt: Int(rest >> 1 & 3) - 1, isReplacement: rest & 1 == 1))
            rest >>= 3
        }
        return log
    }

    private func unpacked(_ words: SIMD8<UInt64>) -> State {
        var state = State(directories: [])
        for place in 0..<4 {
            let word = words[place]
            state.directories.append(
                Directory(
                    acceptedEpoch: Int(word & 7), currentEpoch: Int(word >> 3 & 7), log: log(word >> 11),
                    knows: word >> 9 & 1 == 1, exists: word >> 10 & 1 == 1, attempt: Int(word >> 6 & 7) - 1))
        }
        for place in 4..<7 where words[place] != 0 {
            let word = words[place]
            state.attempts.append(
                Attempt(
                    epoch: Int(word & 7), starter: Int(word >> 3 & 3), promised: UInt8(word >> 5 & 15),
                    hasLed: word >> 9 & 1 == 1, initial: Int(word >> 10 & 7), log: log(word >> 28),
                    acked: (0..<4).map { Int(word >> UInt64(16 + 3 * $0) & 7) - 1 }, committed: Int(word >> 13 & 7) - 1))
        }
        return state
    }

    /// Breadth first through all that can be reached.
    func search(limit: Int) -> (states: Int, isComplete: Bool, breach: String?) {
        var queue = [canonical(begin)]
        var seen: Set<SIMD8<UInt64>> = [queue[0]]
        var next = 0
        while next < queue.count, queue.count < limit {
            var breach: String?
            forEachStep(unpacked(queue[next])) { state in
                let words = canonical(state)
                guard seen.insert(words).inserted else { return }
                breach = breach ?? self.breach(state)
                queue.append(words)
            }
            if let breach { return (seen.count, false, breach) }
            next += 1
        }
        return (seen.count, next == queue.count, nil)
    }
}
