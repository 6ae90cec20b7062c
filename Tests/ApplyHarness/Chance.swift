// A small generator of reproducible numbers for tests: the same seed gives the same run on every machine.

package struct Chance: RandomNumberGenerator {
    private var state: UInt64

    package init(seed: UInt64) {
        // Mixed once, so that neighbouring seeds give unrelated runs and not the same one a step later.
        state = Chance.mixed(seed ^ 0x5851_f42d_4c95_7f2d)
    }

    package mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        return Chance.mixed(state)
    }

    private static func mixed(_ word: UInt64) -> UInt64 {
        var z = word
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }

    package mutating func below(_ n: Int) -> Int { Int(next() % UInt64(n)) }

    package mutating func oneIn(_ n: Int) -> Bool { below(n) == 0 }
}
