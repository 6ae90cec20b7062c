// Monotonic time as a value that the caller hands in: nothing below the server reads a clock itself.

/// Nanoseconds of a monotonic clock with an arbitrary start.
package struct Instant: Hashable, Comparable, Sendable {
    package var nanoseconds: UInt64

    @inline(__always)
    package init(nanoseconds: UInt64) { self.nanoseconds = nanoseconds }

    @inline(__always)
    package static func < (a: Instant, b: Instant) -> Bool { a.nanoseconds < b.nanoseconds }

    @inline(__always)
    package func advanced(byNanoseconds n: UInt64) -> Instant { Instant(nanoseconds: nanoseconds &+ n) }

    package func advanced(byMilliseconds n: Int) -> Instant { Instant(nanoseconds: nanoseconds &+ UInt64(n) * 1_000_000) }

    /// Nanoseconds since `earlier`; zero if that lies ahead.
    @inline(__always)
    package func since(_ earlier: Instant) -> UInt64 { nanoseconds > earlier.nanoseconds ? nanoseconds - earlier.nanoseconds : 0 }
}
