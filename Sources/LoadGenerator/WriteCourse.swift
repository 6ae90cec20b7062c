// The course of a load in hundredths of a second, and what its faults did to those who wrote: how many writes were acknowledged
// in each hundredth and how long the slowest of them took, and the response times before, during and after each fault.

package import Statistics
package import Workload

/// Whole hundredths of a second since the first phase began.
package struct WriteBins: Sendable, Equatable, Codable {
    package static let width: UInt64 = 10_000_000

    /// Acknowledged writes.
    package internal(set) var writes: [UInt32] = []
    /// The longest response among them, in microseconds.
    package internal(set) var worst: [UInt32] = []

    package init(writes: [UInt32] = [], worst: [UInt32] = []) {
        self.writes = writes
        self.worst = worst
    }

    /// Of a load that several generators shared; what not all of them saw to the end is left out.
    package mutating func merge(_ other: WriteBins) {
        writes = zip(writes, other.writes).map { $0 &+ $1 }
        worst = zip(worst, other.worst).map(max)
    }
}

/// From one border to the next: what lies before the first fault, a fault or several that overlap, what lies behind.
package struct FaultStretch: Sendable, Codable {
    package enum Place: String, Sendable, Codable {
        case before, during, after
    }

    package let place: Place
    /// Since the first phase began.
    package let from: UInt64
    package private(set) var to: UInt64
    /// Of writes that were acknowledged meanwhile, in recorded phases.
    package internal(set) var response = LatencyHistogram()

    init(_ place: Place, from: UInt64, to: UInt64) {
        self.place = place
        self.from = from
        self.to = to
    }

    /// - Parameters:
    ///   - start: of the first recorded phase.
    ///   - end: of the load.
    package static func all(_ faults: [Fault], from start: UInt64 = 0, end: UInt64) -> [FaultStretch] {
        var found: [FaultStretch] = []
        for fault in faults.sorted(by: { $0.at < $1.at }) where fault.at < end {
            // A moment has an effect, too.
            let over = min(max(fault.at + fault.nanoseconds, fault.at + WriteBins.width), end)
            if let last = found.indices.last, fault.at <= found[last].to {
                found[last].to = max(found[last].to, over)
                continue
            }
            let begin = found.last?.to ?? start
            if fault.at > begin { found.append(FaultStretch(found.isEmpty ? .before : .after, from: begin, to: fault.at)) }
            found.append(FaultStretch(.during, from: fault.at, to: over))
        }
        if let last = found.last, last.to < end { found.append(FaultStretch(.after, from: last.to, to: end)) }
        return found
    }
}

/// Books each acknowledged write; one comparison of time for each of the two, unless a border was passed.
package struct WriteCourse {
    package private(set) var bins = WriteBins()
    package private(set) var stretches: [FaultStretch] = []
    private var begin: UInt64 = 0
    private var binEnd: UInt64 = .max
    private var writes: UInt32 = 0
    private var worst: UInt64 = 0
    private var hasStretches = false
    private var stretch = 0
    private var stretchEnd: UInt64 = .max

    package init() {}

    package mutating func start(at now: UInt64, faults: [Fault], from: UInt64 = 0, nanoseconds: UInt64) {
        begin = now
        binEnd = now + WriteBins.width
        stretches = FaultStretch.all(faults, from: from, end: nanoseconds)
        if let first = stretches.first {
            stretchEnd = now + first.to
            hasStretches = true
        }
    }

    /// - Parameter counts: the phase is recorded.
    @inline(__always) package mutating func acknowledged(at now: UInt64, response: UInt64, counts: Bool) {
        if now >= binEnd { closeBins(through: now) }
        writes &+= 1
        if response > worst { worst = response }
        if hasStretches, counts { book(now, response) }
    }

    @inline(never) private mutating func book(_ now: UInt64, _ response: UInt64) {
        if now >= stretchEnd { advance(to: now) }
        stretches[stretch].response.record(response)
    }

    /// The run is over: a hundredth that is not whole is left out.
    package mutating func finish(at now: UInt64) {
        if begin > 0, now >= binEnd { closeBins(through: now) }
        binEnd = .max
    }

    @inline(never) private mutating func closeBins(through now: UInt64) {
        while now >= binEnd {
            bins.writes.append(writes)
            bins.worst.append(UInt32(clamping: worst / 1_000))
            (writes, worst) = (0, 0)
            binEnd += WriteBins.width
        }
    }

    private mutating func advance(to now: UInt64) {
        while stretch + 1 < stretches.count, now >= begin + stretches[stretch].to { stretch += 1 }
        stretchEnd = stretch + 1 < stretches.count ? begin + stretches[stretch].to : .max
    }
}
