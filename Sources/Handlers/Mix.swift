// Multiply-and-fold mixing of words and bytes. Keyed at random it spreads the hash indexes (clients choose the names); with a
// fixed key it makes the digests that members compare. It is no cryptography.

public enum Mix {
    @usableFromInline static let first: UInt64 = 0xa076_1d64_78bd_642f
    @usableFromInline static let second: UInt64 = 0xe703_7ed1_a0b4_28db

    @inlinable @inline(__always)
    public static func fold(_ a: UInt64, _ b: UInt64) -> UInt64 {
        let product = a.multipliedFullWidth(by: b)
        return product.high ^ product.low
    }

    @inlinable @inline(__always)
    public static func word(_ word: UInt64, seed: UInt64) -> UInt64 {
        fold(word ^ 0xa076_1d64_78bd_642f, seed ^ 0xe703_7ed1_a0b4_28db)
    }

    /// Mixes bytes into `seed`; the length takes part, so that no two splittings of the same bytes look alike.
    public static func bytes(_ bytes: UnsafeRawBufferPointer, seed: UInt64) -> UInt64 {
        let count = bytes.count
        guard count > 0, let p = bytes.baseAddress else { return fold(seed ^ first, second) }
        var state = seed ^ first
        var a: UInt64
        var b: UInt64
        if count >= 16 {
            var i = 0
            while count - i > 16 {
                state = fold(load(p + i) ^ second, load(p + i + 8) ^ state)
                i += 16
            }
            a = load(p + count - 16)
            b = load(p + count - 8)
        } else if count >= 8 {
            a = load(p)
            b = load(p + count - 8)
        } else if count >= 4 {
            a = UInt64(UInt32(littleEndian: p.loadUnaligned(as: UInt32.self)))
            b = UInt64(UInt32(littleEndian: (p + count - 4).loadUnaligned(as: UInt32.self)))
        } else {
            a = UInt64(p.load(as: UInt8.self)) << 16 | UInt64((p + count >> 1).load(as: UInt8.self)) << 8
            a |= UInt64((p + count - 1).load(as: UInt8.self))
            b = 0
        }
        a ^= second
        b ^= state
        return fold(first ^ UInt64(count), fold(a, b) ^ state)
    }

    @inline(__always)
    private static func load(_ p: UnsafeRawPointer) -> UInt64 { UInt64(littleEndian: p.loadUnaligned(as: UInt64.self)) }
}

/// A digest that rolls over everything that happens: order, content and length all count.
public struct StateDigest: Equatable, Sendable {
    public var value: UInt64

    @inlinable public init(value: UInt64 = 0) { self.value = value }

    @inlinable @inline(__always)
    public mutating func add(_ word: UInt64) { value = Mix.word(word, seed: value) }

    @inlinable @inline(__always)
    public mutating func add(_ a: UInt64, _ b: UInt64) { value = Mix.fold(value ^ a, b ^ 0x9e37_79b9_7f4a_7c15) &+ a }

    @inlinable public mutating func add(bytes: UnsafeRawBufferPointer) { value = Mix.bytes(bytes, seed: value) }

    @inlinable public mutating func add(bytes: RawSpan) { bytes.withUnsafeBytes { add(bytes: $0) } }
}
