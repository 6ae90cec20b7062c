// Stretches without an acknowledged write, of one generator among several: what all of them have in common is a gap that nobody
// saw a write in. Kept from a millisecond on; shorter ones are not told apart.

package struct QuietStretches: Sendable {
    private static let least: UInt64 = 1_000_000

    private var kept: [Stretch] = []
    private var last: UInt64 = 0

    package init() {}

    package mutating func start(at now: UInt64) { last = now }

    @inline(__always) package mutating func acknowledged(at now: UInt64) {
        guard now > last else { return }
        if now - last >= Self.least && last > 0 { kept.append(Stretch(start: last, end: now)) }
        last = now
    }

    /// All of them up to the end of the load, in their order.
    package func finished(at end: UInt64) -> [Stretch] {
        var all = kept.filter { $0.start < end }.map { Stretch(start: $0.start, end: min($0.end, end)) }
        if end > last && end - last >= Self.least { all.append(Stretch(start: last, end: end)) }
        return all
    }

    /// Where both lists are quiet; each is ascending and does not overlap.
    package static func common(_ left: [Stretch], _ right: [Stretch]) -> [Stretch] {
        var (i, j) = (0, 0)
        var result: [Stretch] = []
        while i < left.count && j < right.count {
            let start = max(left[i].start, right[j].start)
            let end = min(left[i].end, right[j].end)
            if end >= start + least { result.append(Stretch(start: start, end: end)) }
            if left[i].end < right[j].end { i += 1 } else { j += 1 }
        }
        return result
    }
}
