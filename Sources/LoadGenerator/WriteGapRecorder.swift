// The longest stretches in which no write was acknowledged to anybody: what an outage costs, seen by the clients.

/// Keeps the longest gaps between acknowledged writes.
package struct WriteGapRecorder {
    private static let kept = 32

    package private(set) var longest: [(start: UInt64, length: UInt64, phase: Int)] = []
    private var last: UInt64?
    private var phase = 0
    private var threshold: UInt64 = 0

    package init() {}

    /// A recorded phase begins: the gap up to the first write counts too.
    package mutating func begin(phase: Int, at now: UInt64) {
        self.phase = phase
        if last == nil { last = now }
    }

    @inline(__always) package mutating func acknowledged(at now: UInt64) {
        guard let previous = last else { return }
        if now > previous {
            if now - previous > threshold { keep(start: previous, length: now - previous) }
            last = now
        }
    }

    /// Recording stops: the gap from the last write to now counts.
    package mutating func end(at now: UInt64) {
        acknowledged(at: now)
        last = nil
    }

    private mutating func keep(start: UInt64, length: UInt64) {
        let position = longest.firstIndex { $0.length < length } ?? longest.count
        longest.insert((start, length, phase), at: position)
        if longest.count > Self.kept { longest.removeLast() }
        if longest.count == Self.kept { threshold = longest.last!.length }
    }
}
