// Monotonic time as a value that the caller hands in: nothing below the server reads a clock itself.

/// Nanoseconds of a monotonic clock with an arbitrary start.
public struct Instant: Hashable, Comparable, Sendable {
    public var nanoseconds: UInt64

    @inlinable @inline(__always)
    public init(nanoseconds: UInt64) { self.nanoseconds = nanoseconds }

    @inlinable @inline(__always)
    public static func < (a: Instant, b: Instant) -> Bool { a.nanoseconds < b.nanoseconds }

    @inlinable @inline(__always)
    public func advanced(byNanoseconds n: UInt64) -> Instant { Instant(nanoseconds: nanoseconds &+ n) }

    @inlinable
    public func advanced(byMilliseconds n: Int) -> Instant { Instant(nanoseconds: nanoseconds &+ UInt64(n) * 1_000_000) }

    /// Nanoseconds since `earlier`; zero if that lies ahead.
    @inlinable @inline(__always)
    public func since(_ earlier: Instant) -> UInt64 { nanoseconds > earlier.nanoseconds ? nanoseconds - earlier.nanoseconds : 0 }
}
