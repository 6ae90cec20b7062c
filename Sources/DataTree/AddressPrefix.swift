// The ids of scheme `ip`: an IPv4 or IPv6 address as text, optionally with the number of leading bits that count. An IPv4 address
// in the clothes of IPv6 (::ffff:1.2.3.4) is the IPv4 address, as it is for a connection.

struct AddressPrefix {
    /// Big-endian bits, left-aligned; an IPv4 address fills the first 32.
    private var high: UInt64 = 0
    private var low: UInt64 = 0
    private var size = 0
    private var bits = 0

    /// nil if `text` is no address.
    init?(_ text: RawSpan) {
        var end = text.byteCount
        var slash: Int?
        for i in 0..<text.byteCount where text.unsafeLoad(fromByteOffset: i, as: UInt8.self) == UInt8(ascii: "/") {
            guard slash == nil else { return nil }
            slash = i
        }
        if let slash { end = slash }
        guard end > 0, end <= 45 else { return nil }
        let address = text.extracting(0..<end)
        if !parse4(address) { guard parse6(address) else { return nil } }
        bits = size * 8
        if let slash {
            guard let n = AddressPrefix.decimal(text.extracting(slash + 1..<text.byteCount), below: size * 8 + 1) else {
                return nil
            }
            bits = n
        }
    }

    /// - Parameter address: 4 or 16 bytes as on the wire.
    func contains(_ address: RawSpan) -> Bool {
        guard address.byteCount == size else { return false }
        var words: (UInt64, UInt64) = (0, 0)
        for i in 0..<size {
            let byte = UInt64(address.unsafeLoad(fromByteOffset: i, as: UInt8.self))
            if i < 8 { words.0 |= byte << UInt64(56 - 8 * i) } else { words.1 |= byte << UInt64(120 - 8 * i) }
        }
        let highMask = bits >= 64 ? UInt64.max : ~(UInt64.max >> UInt64(bits))
        let lowMask = bits <= 64 ? 0 : bits >= 128 ? UInt64.max : ~(UInt64.max >> UInt64(bits - 64))
        return (words.0 ^ high) & highMask == 0 && (words.1 ^ low) & lowMask == 0
    }

    private static func decimal(_ text: RawSpan, below limit: Int) -> Int? {
        guard text.byteCount > 0, text.byteCount <= 3 else { return nil }
        var n = 0
        for i in 0..<text.byteCount {
            let digit = text.unsafeLoad(fromByteOffset: i, as: UInt8.self)
            guard digit >= UInt8(ascii: "0"), digit <= UInt8(ascii: "9") else { return nil }
            n = n * 10 + Int(digit - UInt8(ascii: "0"))
        }
        return n < limit ? n : nil
    }

    private mutating func parse4(_ text: RawSpan) -> Bool {
        guard let value = AddressPrefix.dotted(text) else { return false }
        high = UInt64(value) << 32
        size = 4
        return true
    }

    private static func dotted(_ text: RawSpan) -> UInt32? {
        var value: UInt32 = 0
        var parts = 0
        var start = 0
        for i in 0...text.byteCount {
            guard i == text.byteCount || text.unsafeLoad(fromByteOffset: i, as: UInt8.self) == UInt8(ascii: ".") else { continue }
            guard let part = AddressPrefix.decimal(text.extracting(start..<i), below: 256), parts < 4 else { return nil }
            value = value << 8 | UInt32(part)
            parts += 1
            start = i + 1
        }
        return parts == 4 ? value : nil
    }

    /// Groups of hexadecimal digits with at most one "::"; the last two may be written as an IPv4 address.
    private mutating func parse6(_ text: RawSpan) -> Bool {
        var groups = InlineArray<8, UInt16>(repeating: 0)
        var count = 0
        var gap: Int?
        var i = 0
        let n = text.byteCount
        func at(_ i: Int) -> UInt8 { i < n ? text.unsafeLoad(fromByteOffset: i, as: UInt8.self) : 0 }
        let colon = UInt8(ascii: ":")
        if at(0) == colon {
            guard at(1) == colon else { return false }
        }
        while i < n {
            if at(i) == colon, at(i + 1) == colon {
                guard gap == nil else { return false }
                gap = count
                i += 2
                continue
            }
            if let tail = AddressPrefix.dotted(text.extracting(i..<n)) {
                guard count < 7 else { return false }
                groups[count] = UInt16(truncatingIfNeeded: tail >> 16)
                groups[count + 1] = UInt16(truncatingIfNeeded: tail)
                count += 2
                break
            }
            var value: UInt32 = 0
            let start = i
            while i < n, let digit = AddressPrefix.hexadecimal(at(i)) {
                value = value << 4 | digit
                i += 1
                guard i - start <= 4 else { return false }
            }
            guard i > start, count < 8 else { return false }
            groups[count] = UInt16(value)
            count += 1
            if i == n { break }
            guard at(i) == colon, i + 1 < n else { return false }
            if at(i + 1) != colon { i += 1 }
        }
        guard gap != nil ? count < 8 : count == 8 else { return false }
        fill(groups, count, gap ?? count)
        return true
    }

    private mutating func fill(_ groups: InlineArray<8, UInt16>, _ count: Int, _ gap: Int) {
        for i in 0..<8 {
            let source = i < gap ? i : i - (8 - count)
            guard i < gap || source >= gap, source < count else { continue }
            let group = UInt64(groups[source])
            if i < 4 { high |= group << UInt64(48 - 16 * i) } else { low |= group << UInt64(112 - 16 * i) }
        }
        size = 16
        guard high == 0, low >> 32 == 0xffff else { return }
        high = low << 32
        low = 0
        size = 4
    }

    private static func hexadecimal(_ c: UInt8) -> UInt32? {
        switch c {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(c - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt32(c - UInt8(ascii: "a") + 10)
        case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt32(c - UInt8(ascii: "A") + 10)
        default: nil
        }
    }
}
