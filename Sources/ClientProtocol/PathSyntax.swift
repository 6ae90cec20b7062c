// Which bytes make a legal path. The test works on UTF-8 as it came, without making characters of it.

package enum PathSyntax {
    private static let slash = UInt8(ascii: "/")

    /// Offset of the last slash, or nil.
    package static func lastSlash(_ path: RawSpan) -> Int? {
        var i = path.byteCount
        while i > 0 {
            i -= 1
            if path.unsafeLoad(fromUncheckedByteOffset: i, as: UInt8.self) == slash { return i }
        }
        return nil
    }

    package static func hasNUL(_ path: RawSpan) -> Bool {
        for i in 0..<path.byteCount where path.unsafeLoad(fromUncheckedByteOffset: i, as: UInt8.self) == 0 { return true }
        return false
    }

    /// Full validation: absolute, no empty, "." or ".." component, no trailing slash, and no character that clients refuse:
    /// controls, surrogates, private use, U+FFF0 to U+FFFF, anything above, and anything that isn't UTF-8.
    package static func isValid(_ path: RawSpan) -> Bool {
        let count = path.byteCount
        guard count > 0, byte(path, 0) == slash else { return false }
        if count == 1 { return true }
        var componentStart = 1
        var i = 1
        while i < count {
            let b = byte(path, i)
            if b == slash {
                guard isComponent(path, componentStart, i) else { return false }
                i += 1
                componentStart = i
            } else if b < 0x80 {
                guard b >= 0x20, b != 0x7f else { return false }
                i += 1
            } else {
                let length = multibyteLength(path, i)
                guard length > 0 else { return false }
                i += length
            }
        }
        return isComponent(path, componentStart, count)
    }

    @inline(__always)
    private static func byte(_ path: RawSpan, _ i: Int) -> UInt8 { path.unsafeLoad(fromUncheckedByteOffset: i, as: UInt8.self) }

    private static func isComponent(_ path: RawSpan, _ start: Int, _ end: Int) -> Bool {
        let dot = UInt8(ascii: ".")
        switch end - start {
        case 0: return false
        case 1: return byte(path, start) != dot
        case 2: return byte(path, start) != dot || byte(path, start + 1) != dot
        default: return true
        }
    }

    /// Bytes of the legal character above U+007F that begins at `i`; 0 if there is none.
    private static func multibyteLength(_ path: RawSpan, _ i: Int) -> Int {
        let lead = byte(path, i)
        func continuation(_ k: Int) -> UInt32? {
            guard i + k < path.byteCount else { return nil }
            let b = byte(path, i + k)
            return b & 0xc0 == 0x80 ? UInt32(b & 0x3f) : nil
        }
        if lead >= 0xc2, lead <= 0xdf, let low = continuation(1) {
            let scalar = UInt32(lead & 0x1f) << 6 | low
            return scalar >= 0xa0 ? 2 : 0
        }
        if lead >= 0xe0, lead <= 0xef, let middle = continuation(1), let low = continuation(2) {
            let scalar = UInt32(lead & 0x0f) << 12 | middle << 6 | low
            guard scalar >= 0x800, !(0xd800...0xf8ff).contains(scalar), scalar < 0xfff0 else { return 0 }
            return 3
        }
        return 0
    }
}
