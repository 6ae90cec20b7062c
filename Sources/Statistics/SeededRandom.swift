// A small seeded generator of random numbers, so that a run and its statistics can be repeated from one seed.

/// SplitMix64: one addition and three multiplications a number, full period of 2^64.
package struct SeededRandom: RandomNumberGenerator, Sendable {
    private var state: UInt64

    package init(seed: UInt64) {
        state = seed
    }

    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// A number below `bound` by multiplication; the bias is below bound / 2^64.
    package mutating func below(_ bound: UInt64) -> UInt64 {
        precondition(bound > 0, "a choice needs at least one candidate")
        return next().multipliedFullWidth(by: bound).high
    }
}
