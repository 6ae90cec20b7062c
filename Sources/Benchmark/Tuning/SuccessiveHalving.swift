// How the time of a search is spent: every candidate gets a few turns, the better half of them twice as many, and so on, so that
// most of the time goes to those between which it is hard to choose (Karnin, Koren and Somekh, "Almost optimal exploration in
// multi-armed bandits", 2013).

package struct SuccessiveHalving: Sendable, Equatable {
    /// Candidates besides the default, which is in all stages: the others are measured against it.
    package private(set) var left: [Int]
    package private(set) var turns: Int
    package private(set) var stage = 1
    private let mostTurns: Int

    /// - Parameter turns: of each candidate in the first stage.
    package init(candidates: Int, turns: Int = 2, mostTurns: Int = 8) {
        left = Array(0..<candidates)
        self.turns = candidates > 2 ? turns : mostTurns
        self.mostTurns = mostTurns
    }

    /// All turns were had, or nothing is left.
    package var isLast: Bool { turns >= mostTurns || left.isEmpty }

    /// Takes in the gains of this stage and goes on with the better half; two have all the turns that there are.
    /// - Parameter gains: of the candidates of `left`, in its order; nil of one that gave no figures.
    package mutating func advance(gains: [Double?]) {
        precondition(gains.count == left.count, "there is one gain for each candidate")
        let ranked = zip(left, gains).filter { $0.1 != nil }.sorted { ($0.1!, $1.0) > ($1.1!, $0.0) }
        left = ranked.prefix((left.count + 1) / 2).map(\.0).sorted()
        turns = left.count > 2 ? min(2 * turns, mostTurns) : mostTurns
        stage += 1
    }
}
