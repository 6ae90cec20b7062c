// The number that orders every write: epoch in the high 32 bits, counter in the low 32, as ZooKeeper's clients know it.

/// Position of one record in the replicated order. `zero` stands before every record.
public struct Zxid: RawRepresentable, Hashable, Comparable, Sendable, CustomStringConvertible {
    public let rawValue: UInt64

    @inlinable @inline(__always)
    public init(rawValue: UInt64) { self.rawValue = rawValue }

    @inlinable @inline(__always)
    public init(epoch: UInt32, counter: UInt32) { rawValue = UInt64(epoch) << 32 | UInt64(counter) }

    public static let zero = Zxid(rawValue: 0)

    @inlinable public var epoch: UInt32 { UInt32(truncatingIfNeeded: rawValue >> 32) }
    @inlinable public var counter: UInt32 { UInt32(truncatingIfNeeded: rawValue) }

    /// As the client protocol carries it: a signed long.
    @inlinable public var wire: Int64 { Int64(bitPattern: rawValue) }

    @inlinable @inline(__always)
    public static func < (a: Zxid, b: Zxid) -> Bool { a.rawValue < b.rawValue }

    /// The zxid `n` records further on in the same epoch. Rule E8: a counter never passes 2^32 - 1.
    @inlinable @inline(__always)
    public func advanced(by n: Int) -> Zxid {
        precondition(
            n >= 0 && UInt64(counter) + UInt64(n) <= 0xffff_ffff, "Rule E8: the counter of \(self) has no \(n) zxids left")
        return Zxid(rawValue: rawValue + UInt64(n))
    }

    public var description: String { "0x" + String(rawValue, radix: 16) }
}
