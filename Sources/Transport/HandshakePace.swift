// How much of a turn TLS handshakes may take. Signing and checking cost up to half a millisecond each, and several with long
// keys: a thousand clients that come back at once must not hold up the members that share the loop with them.

struct HandshakePace {
    private let stepsPerTurn: Int
    private let nanosecondsPerTurn: UInt64
    private var left = 0
    private var spent: UInt64 = 0
    private var hasPostponed = false
    /// Ordinary handshakes that were ready had to wait for this turn. Until they are through, others had better stay where they
    /// cost nothing: in the system's queue, where no deadline of ours runs for them.
    private(set) var isBehind = false

    init(stepsPerTurn: Int, nanosecondsPerTurn: UInt64) {
        self.stepsPerTurn = stepsPerTurn
        self.nanosecondsPerTurn = nanosecondsPerTurn
    }

    mutating func beginTurn() {
        isBehind = hasPostponed
        hasPostponed = false
        left = stepsPerTurn
        spent = 0
    }

    /// Takes one step out of the turn's share; false if it has to wait. Members' steps are few and don't wait for the clock.
    mutating func takeStep(_ urgency: Urgency) -> Bool {
        guard left > 0, urgency == .urgent || spent < nanosecondsPerTurn else {
            if urgency == .ordinary { hasPostponed = true }
            return false
        }
        left -= 1
        return true
    }

    mutating func note(nanoseconds: UInt64) { spent += nanoseconds }
}
