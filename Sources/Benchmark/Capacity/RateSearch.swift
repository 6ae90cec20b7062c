// Looks for the highest rate that keeps an objective: told how a window at a rate went, it names the next rate, without clock or
// chance. It climbs until a rate fails twice, bisects, and goes up after a window that held and down after one that failed (Dixon
// and Mood's staircase, 1948). A window holds by chance, which falls with the rate: what is found is the rate at which half of
// them do, with the interval that all windows together leave it, see ``Interval/ofThreshold(_:confidence:)``.

package import Statistics

package struct RateSearch: Sendable {
    package enum Outcome: Sendable, Equatable {
        case held
        case failed
        /// It failed, and the generator may be the cause.
        case spoilt
    }

    package enum Stage: String, Sendable {
        case climb
        case bisect
        case confirm
    }

    package struct Plan: Sendable, Equatable {
        /// The first rate to try.
        package var from: Double
        package var lowest: Double
        package var highest: Double
        package var growth = 2.0
        /// Windows around what was found.
        package var confirmations = 14

        package init(from: Double, lowest: Double, highest: Double) {
            precondition(lowest > 0 && lowest <= from && from <= highest, "a search goes from a rate between two others")
            self.from = from
            self.lowest = lowest
            self.highest = highest
        }
    }

    package enum Finding: Sendable, Equatable {
        case found(Interval)
        /// Not even the lowest rate held.
        case unmet
        /// This rate held, and beyond it the generator spoilt what was tried.
        case boundedByGenerator(heldAt: Double?)
        /// The highest rate that may be tried held.
        case unbounded(heldAt: Double)
    }

    /// A bracket no wider than this is left to the confirmation.
    private static let bracket = 1.1
    /// How far apart the levels of the confirmation are.
    private static let stair = 1.03

    private let plan: Plan
    /// The rate to try now; nothing once the search is over.
    package private(set) var next: Double?
    package private(set) var stage = Stage.climb
    private var highestHeld: Double?
    private var lowestFailed: Double?
    /// What counts for the interval.
    package private(set) var trials: [ThresholdTrial] = []
    private var isRepeat = false
    private var confirmed = 0
    private var dropped = 0
    /// Windows in a row that went the same way: where the bracket was wrong, the stairs get longer.
    private var run = 0
    private var lastHeld: Bool?
    private var end: Finding?

    package init(_ plan: Plan) {
        self.plan = plan
        next = plan.from
    }

    /// nil while there is something left to try.
    package var finding: Finding? { end }

    package mutating func take(_ outcome: Outcome) {
        guard let rate = next else { return }
        if outcome != .spoilt { trials.append(ThresholdTrial(value: rate, held: outcome == .held)) }
        if outcome == .spoilt && !isRepeat {
            isRepeat = true
            return
        }
        switch stage {
        case .climb, .bisect: narrow(rate, outcome)
        case .confirm: confirm(rate, outcome)
        }
    }

    // MARK: the bracket

    private mutating func narrow(_ rate: Double, _ outcome: Outcome) {
        switch outcome {
        case .held: highestHeld = max(highestHeld ?? rate, rate)
        case .spoilt: return finish(.boundedByGenerator(heldAt: highestHeld))
        case .failed:
            // A climb that a disturbance ends would leave everything above untried.
            if stage == .climb && !isRepeat {
                isRepeat = true
                return
            }
            lowestFailed = min(lowestFailed ?? rate, rate)
        }
        isRepeat = false
        switch (highestHeld, lowestFailed) {
        case (let held?, let failed?): betweenThese(held, failed)
        case (let held?, nil):
            if held >= plan.highest { return finish(.unbounded(heldAt: held)) }
            next = min(held * plan.growth, plan.highest)
        case (nil, let failed?):
            if failed <= plan.lowest { return finish(.unmet) }
            next = max(failed / plan.growth, plan.lowest)
        case (nil, nil): preconditionFailure("a window held or failed")
        }
    }

    private mutating func betweenThese(_ held: Double, _ failed: Double) {
        let middle = (held * failed).squareRoot()
        stage = failed / held > Self.bracket ? .bisect : .confirm
        next = middle
        if stage == .confirm && plan.confirmations == 0 { finishConfirmed() }
    }

    // MARK: up and down

    private mutating func confirm(_ rate: Double, _ outcome: Outcome) {
        isRepeat = false
        confirmed += 1
        if outcome == .spoilt { dropped += 1 }
        if confirmed >= plan.confirmations { return finishConfirmed() }
        // A window that nobody knows anything of moves nothing.
        guard outcome != .spoilt else { return }
        let held = outcome == .held
        run = held == lastHeld ? run + 1 : 1
        lastHeld = held
        var factor = Self.stair
        for _ in 0..<max(0, run - 2) { factor *= factor }
        factor = min(factor, plan.growth)
        next = min(max(held ? rate * factor : rate / factor, plan.lowest), plan.highest)
    }

    private mutating func finishConfirmed() {
        guard dropped * 2 <= plan.confirmations, let interval = Interval.ofThreshold(trials) else {
            return finish(.boundedByGenerator(heldAt: highestHeld))
        }
        finish(.found(interval))
    }

    private mutating func finish(_ finding: Finding) {
        end = finding
        next = nil
    }
}
