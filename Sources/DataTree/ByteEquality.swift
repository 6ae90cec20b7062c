// Comparing bytes with bytes and with the few words that the protocol spells out.

@inline(__always)
func equalBytes(_ a: UnsafeRawBufferPointer, _ b: UnsafeRawBufferPointer) -> Bool {
    guard a.count == b.count else { return false }
    var i = 0
    while i + 8 <= a.count {
        if a.loadUnaligned(fromByteOffset: i, as: UInt64.self) != b.loadUnaligned(fromByteOffset: i, as: UInt64.self) {
            return false
        }
        i += 8
    }
    while i < a.count {
        if a[i] != b[i] { return false }
        i += 1
    }
    return true
}

func equalBytes(_ a: RawSpan, _ b: RawSpan) -> Bool {
    a.withUnsafeBytes { a in b.withUnsafeBytes { b in equalBytes(a, b) } }
}

func equal(_ a: RawSpan, _ word: StaticString) -> Bool {
    a.withUnsafeBytes { equalBytes($0, UnsafeRawBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount)) }
}

/// Does `path` begin with `prefix`? Plain bytes, no slash logic.
func hasPrefix(_ path: UnsafeRawBufferPointer, _ prefix: RawSpan) -> Bool {
    guard path.count >= prefix.byteCount else { return false }
    return prefix.withUnsafeBytes { equalBytes(UnsafeRawBufferPointer(rebasing: path[0..<$0.count]), $0) }
}
