// Whether the name in the reply to a create is the one that was asked for, the server's own number behind it if it is sequential.

internal import Glibc

extension RequestTemplate {
    private static let pathOffset = 16

    /// `pool` and `number` are what was filled in; a sequential name has ten digits more.
    @inline(__always)
    func isNamed(_ body: UnsafeRawBufferPointer, pool: UInt64, number: UInt64, isSequential: Bool) -> Bool {
        let asked = Int(frame.int32(at: Self.pathOffset - 4))
        guard body.count == 4 + asked + (isSequential ? sequenceDigits : 0), Int(body.int32(at: 0)) == body.count - 4 else {
            return false
        }
        let path = UnsafeRawBufferPointer(rebasing: body[4...])
        var position = 0
        if poolOffset > 0 {
            let digits = poolOffset - Self.pathOffset
            guard isSame(path, 0..<digits), path.holdsDigits(pool, width: poolDigits, at: digits) else { return false }
            position = digits + poolDigits
        }
        guard sequenceOffset > 0 else { return isSame(path, position..<asked) }
        let digits = sequenceOffset - Self.pathOffset
        return isSame(path, position..<digits) && path.holdsDigits(number, width: sequenceDigits, at: digits)
    }

    @inline(__always) private func isSame(_ path: UnsafeRawBufferPointer, _ range: Range<Int>) -> Bool {
        memcmp(path.baseAddress! + range.lowerBound, frame.baseAddress! + Self.pathOffset + range.lowerBound, range.count) == 0
    }
}

/// Digits that a server puts behind a sequential name, and the load behind names of its own.
let sequenceDigits = 10

extension UnsafeRawBufferPointer {
    @inline(__always) fileprivate func holdsDigits(_ value: UInt64, width: Int, at offset: Int) -> Bool {
        var rest = value
        for position in stride(from: offset + width - 1, through: offset, by: -1) {
            guard self[position] == UInt8(truncatingIfNeeded: 0x30 + rest % 10) else { return false }
            rest /= 10
        }
        return true
    }
}
