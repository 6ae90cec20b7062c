// The number that orders every write: epoch in the high 32 bits, counter in the low 32, as ZooKeeper's clients know it.

/// Position of one record in the replicated order. `zero` stands before every record.
package struct Zxid: RawRepresentable, Hashable, Comparable, Sendable, CustomStringConvertible {
    package let rawValue: UInt64

    @inline(__always)
    package init(rawValue: UInt64) { self.rawValue = rawValue }

    @inline(__always)
    package init(epoch: UInt32, counter: UInt32) { rawValue = UInt64(epoch) << 32 | UInt64(counter) }

    package static let zero = Zxid(rawValue: 0)

    package var epoch: UInt32 { UInt32(truncatingIfNeeded: rawValue >> 32) }
    package var counter: UInt32 { UInt32(truncatingIfNeeded: rawValue) }

    /// As the client protocol carries it: a signed long.
    package var wire: Int64 { Int64(bitPattern: rawValue) }

    @inline(__always)
    package static func < (a: Zxid, b: Zxid) -> Bool { a.rawValue < b.rawValue }

    /// The zxid `n` records further on in the same epoch. Rule E8: a counter never passes 2^32 - 1.
    @inline(__always)
    package func advanced(by n: Int) -> Zxid {
        precondition(
            n >= 0 && UInt64(counter) + UInt64(n) <= 0xffff_ffff, "Rule E8: the counter of \(self) has no \(n) zxids left")
        return Zxid(rawValue: rawValue + UInt64(n))
    }

    package var description: String { "0x" + String(rawValue, radix: 16) }
}
