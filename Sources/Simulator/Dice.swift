// All chance of a run comes from its seed. Each part draws from a stream of its own, so that leaving out a fault or a request
// does not change what every other part does: that is what makes a failing run small enough to be read.

/// SplitMix64.
package struct Dice: Sendable {
    private var state: UInt64

    package init(seed: UInt64, stream: Stream = .run) {
        state = seed &* 0x9e37_79b9_7f4a_7c15 ^ (UInt64(stream.rawValue) &+ 1) &* 0xd1b5_4a32_d192_ed03
        _ = next()
    }

    package enum Stream: UInt32, Sendable {
        case run
        case swarm
        case faults
        case network
        case disks
        case members
        case clients
    }

    package mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }

    /// Evenly in 0..<limit.
    package mutating func below(_ limit: Int) -> Int { Int(next().multipliedFullWidth(by: UInt64(limit)).high) }

    package mutating func within(_ range: ClosedRange<UInt64>) -> UInt64 {
        range.lowerBound + next().multipliedFullWidth(by: range.upperBound - range.lowerBound + 1).high
    }

    package mutating func chance(_ some: Int, in all: Int) -> Bool { below(all) < some }

    /// Small ones as likely as large ones: evenly over the powers of two between both ends.
    package mutating func logarithmic(_ range: ClosedRange<UInt64>) -> UInt64 {
        let (low, high) = (range.lowerBound, range.upperBound)
        let doublings = UInt64.bitWidth - (high / max(low, 1)).leadingZeroBitCount
        let scale = UInt64(below(max(doublings, 1)))
        let from = min(high, max(low, 1) << scale)
        return within(from...min(high, from * 2))
    }

    package mutating func pick<T>(_ some: [T]) -> T { some[below(some.count)] }
}
