// Chooses a znode of a pool by chance, by a table made before the load, so that a choice takes one number and one look.

internal import Glibc
package import Statistics
package import Workload

/// Walker's alias method: one place for each znode, which keeps a part of its draws and leaves the rest to another znode.
package struct AliasTable {
    package struct Slot {
        /// Of 2^32 draws of this place, so many are for the znode itself.
        let kept: UInt32
        let other: UInt32
    }

    package let slots: [Slot]

    /// - Parameter weights: what the chances are in proportion to; at least one is above 0.
    package init(weights: [Double]) {
        let count = weights.count
        let unit = weights.reduce(0, +) / Double(count)
        var left = weights.map { $0 / unit }
        var slots = (0..<count).map { Slot(kept: .max, other: UInt32($0)) }
        var (poor, rich): ([Int], [Int]) = ([], [])
        for place in weights.indices { if left[place] < 1 { poor.append(place) } else { rich.append(place) } }
        while let needy = poor.popLast(), let giver = rich.last {
            slots[needy] = Slot(kept: UInt32(min(left[needy], 1) * Double(UInt32.max)), other: UInt32(giver))
            left[giver] -= 1 - left[needy]
            if left[giver] < 1 {
                rich.removeLast()
                poor.append(giver)
            }
        }
        self.slots = slots
    }
}

extension Pick {
    /// Chances of so many znodes; nil where they are equal.
    package func weights(count: Int) -> [Double]? {
        switch self {
        case .uniform: return nil
        case .zipf(let exponent): return (1...count).map { pow(Double($0), -exponent) }
        case .hotset(_, let ofRequests):
            let hot = hotCount(of: count)
            let (inside, outside) = (ofRequests / Double(hot), (1 - ofRequests) / Double(max(1, count - hot)))
            return (0..<count).map { $0 < hot ? inside : outside }
        }
    }
}

/// A table of a pool that is ready for drawing. Its memory belongs to the store that made it.
package struct ZnodeChoice {
    private let slots: UnsafePointer<AliasTable.Slot>

    package init(_ slots: UnsafeBufferPointer<AliasTable.Slot>) {
        precondition(!slots.isEmpty, "a pool has znodes")
        self.slots = slots.baseAddress!
    }

    /// - Parameter count: how many places the table has.
    @inline(__always) package func next(_ random: inout SeededRandom, of count: UInt64) -> UInt64 {
        // The upper half of the product is the place, the lower one how far the number lies within it.
        let (place, within) = random.next().multipliedFullWidth(by: count)
        let slot = slots[Int(place)]
        return within >> 32 <= UInt64(slot.kept) ? place : UInt64(slot.other)
    }
}

extension TemplateStore {
    /// How one of so many znodes is chosen; nil where each has the same chance. What several operations have alike is made once.
    func choice(_ pick: Pick, of count: Int) -> ZnodeChoice? {
        if let known = choices.first(where: { $0.pick == pick && $0.count == count }) { return known.choice }
        guard let weights = pick.weights(count: count) else { return nil }
        let choice = ZnodeChoice(keep(AliasTable(weights: weights).slots))
        choices.append((pick, count, choice))
        return choice
    }
}
