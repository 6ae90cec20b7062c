// Breadth first through every reachable state, so that a schedule that breaks something is one of the shortest.

struct ModelSearch {
    struct Outcome {
        /// Distinct states, members that play the same part exchanged.
        var states: Int
        /// Whether every reachable state was seen.
        var isComplete: Bool
        var breach: String?
        /// From the beginning to the breach.
        var schedule: [ModelStep] = []
    }

    let model: ProtocolModel
    private var states: [ModelState] = []
    private var parents: [Int32] = []
    private var table: [Int32]

    init(_ model: ProtocolModel) {
        self.model = model
        table = Array(repeating: -1, count: 1 << 12)
    }

    static func run(_ model: ProtocolModel, from begin: ModelState = ModelState(), limit: Int = 20_000_000) -> Outcome {
        var search = ModelSearch(model)
        return search.run(from: begin, limit: limit)
    }

    private mutating func run(from begin: ModelState, limit: Int) -> Outcome {
        _ = insert(model.canonical(begin), parent: -1)
        var next = 0
        var broken: (index: Int, breach: String)?
        var found: [ModelState] = []
        while next < states.count, states.count < limit {
            found.removeAll(keepingCapacity: true)
            model.forEachStep(states[next]) { found.append(model.canonical($1)) }
            for state in found where insert(state, parent: Int32(next)) {
                if let breach = model.breach(state) {
                    broken = (states.count - 1, breach)
                    break
                }
            }
            if broken != nil { break }
            next += 1
        }
        var outcome = Outcome(states: states.count, isComplete: next == states.count, breach: broken?.breach)
        if let broken { outcome.schedule = schedule(to: broken.index, from: begin) }
        return outcome
    }

    /// - Returns: whether it is new.
    private mutating func insert(_ state: ModelState, parent: Int32) -> Bool {
        if states.count * 2 > table.count { grow() }
        var slot = Int(truncatingIfNeeded: state.fingerprint) & (table.count - 1)
        while table[slot] >= 0 {
            if states[Int(table[slot])] == state { return false }
            slot = (slot + 1) & (table.count - 1)
        }
        table[slot] = Int32(states.count)
        states.append(state)
        parents.append(parent)
        return true
    }

    private mutating func grow() {
        table = Array(repeating: -1, count: table.count * 2)
        for (index, state) in states.enumerated() {
            var slot = Int(truncatingIfNeeded: state.fingerprint) & (table.count - 1)
            while table[slot] >= 0 { slot = (slot + 1) & (table.count - 1) }
            table[slot] = Int32(index)
        }
    }

    /// The same way once more with each member keeping its name, which the search's own states don't.
    private func schedule(to index: Int, from begin: ModelState) -> [ModelStep] {
        var way: [Int] = []
        var at = index
        while at > 0 {
            way.append(at)
            at = Int(parents[at])
        }
        var state = begin
        var steps: [ModelStep] = []
        for target in way.reversed() {
            var taken: (ModelStep, ModelState)?
            model.forEachStep(state) { step, next in
                if taken == nil, model.canonical(next) == states[target] { taken = (step, next) }
            }
            guard let taken else { preconditionFailure("a state that no step leads to") }
            steps.append(taken.0)
            state = taken.1
        }
        return steps
    }
}
