// Due instants that wait for room in a window, and numbers of created znodes: a ring that keeps its memory.

/// A queue of 64-bit numbers in a ring: due instants, numbers of created znodes.
struct InstantQueue {
    private var ring: [UInt64] = []
    private var head = 0
    private(set) var count = 0

    var isEmpty: Bool { count == 0 }

    mutating func append(_ value: UInt64) {
        if count == ring.count { grow() }
        ring[(head + count) & (ring.count - 1)] = value
        count += 1
    }

    mutating func popFirst() -> UInt64? {
        guard count > 0 else { return nil }
        let value = ring[head]
        head = (head + 1) & (ring.count - 1)
        count -= 1
        return value
    }

    mutating func removeAll() {
        head = 0
        count = 0
    }

    private mutating func grow() {
        var larger = [UInt64](repeating: 0, count: max(16, ring.count * 2))
        for position in 0..<count { larger[position] = ring[(head + position) & (ring.count - 1)] }
        ring = larger
        head = 0
    }
}
