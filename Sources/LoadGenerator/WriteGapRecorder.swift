// The longest stretches in which no write was acknowledged to anybody: what an outage costs, seen by the clients. The longest
// of the recorded phases are kept with their places, and for each second of the run the longest within it.

/// Keeps the longest gaps between acknowledged writes.
package struct WriteGapRecorder {
    static let kept = 32

    package private(set) var longest: [(start: UInt64, length: UInt64, phase: Int)] = []
    package private(set) var series = WriteGapSeries()
    private var last: UInt64?
    /// The phase of the last write, in which a gap that follows it begins.
    private var phase = 0
    private var nextPhase: (number: Int, start: UInt64)?
    private var threshold: UInt64 = 0

    package init() {}

    /// The first phase begins.
    package mutating func start(at now: UInt64) { series.start(at: now) }

    /// A recorded phase begins: the gap up to the first write counts too. One that reaches over from the phase before stays one.
    package mutating func begin(phase: Int, at now: UInt64) {
        if last == nil {
            last = now
            self.phase = phase
        } else {
            nextPhase = (phase, now)
        }
    }

    @inline(__always) package mutating func acknowledged(at now: UInt64) {
        series.acknowledged(at: now)
        guard let previous = last else { return }
        if now > previous {
            if now - previous > threshold { keep(start: previous, length: now - previous) }
            last = now
        }
        if let next = nextPhase, now >= next.start {
            phase = next.number
            nextPhase = nil
        }
    }

    /// Recording stops: the gap from the last write to now counts.
    package mutating func end(at now: UInt64) {
        if let last, now > last, now - last > threshold { keep(start: last, length: now - last) }
        last = nil
        nextPhase = nil
    }

    /// The run is over.
    package mutating func finish(at now: UInt64) { series.finish(at: now) }

    private mutating func keep(start: UInt64, length: UInt64) {
        let position = longest.firstIndex { $0.length < length } ?? longest.count
        longest.insert((start, length, phase), at: position)
        if longest.count > Self.kept { longest.removeLast() }
        if longest.count == Self.kept { threshold = longest.last!.length }
    }
}

/// For each second, the longest stretch within it without an acknowledged write.
package struct WriteGapSeries: Sendable {
    private static let second: UInt64 = 1_000_000_000

    /// Nanoseconds, by second since the start; at most a whole second each.
    package private(set) var longest: [UInt64] = []
    private var begin: UInt64 = 0
    private var end: UInt64 = 0
    private var last: UInt64 = 0
    private var current: UInt64 = 0

    mutating func start(at now: UInt64) {
        begin = now
        end = now + Self.second
        last = now
    }

    @inline(__always) mutating func acknowledged(at now: UInt64) {
        guard begin > 0 else { return }
        if now >= end { close(through: now) }
        if now > last {
            current = max(current, now - last)
            last = now
        }
    }

    /// The run is over: seconds that are not whole are left out, for they would look better than they were.
    mutating func finish(at now: UInt64) {
        if begin > 0, now >= end { close(through: now) }
    }

    private mutating func close(through now: UInt64) {
        while now >= end {
            longest.append(max(current, end - last))
            current = 0
            last = end
            end += Self.second
        }
    }
}
