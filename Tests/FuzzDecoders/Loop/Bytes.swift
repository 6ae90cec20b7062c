// Numbers in bytes, and the checksums that a changed input needs anew to be looked at beyond its first test.

import CLinux

extension Array where Element == UInt8 {
    func little<T: FixedWidthInteger>(_: T.Type, at offset: Int) -> T {
        guard offset >= 0, offset + MemoryLayout<T>.size <= count else { return 0 }
        return withUnsafeBytes { T(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: T.self)) }
    }

    mutating func put<T: FixedWidthInteger>(little value: T, at offset: Int) {
        guard offset >= 0, offset + MemoryLayout<T>.size <= count else { return }
        withUnsafeMutableBytes { $0.storeBytes(of: value.littleEndian, toByteOffset: offset, as: T.self) }
    }

    mutating func put<T: FixedWidthInteger>(big value: T, at offset: Int) { put(little: value.byteSwapped, at: offset) }

    func big<T: FixedWidthInteger>(_ type: T.Type, at offset: Int) -> T { little(type, at: offset).byteSwapped }

    /// CRC-32C of the bytes in `range`.
    func checksum(_ range: Range<Int>, from seed: UInt32 = 0) -> UInt32 {
        let range = range.clamped(to: 0..<count)
        guard !range.isEmpty else { return seed }
        return withUnsafeBytes { quorate_crc32c(seed, $0.baseAddress! + range.lowerBound, range.count) }
    }
}

/// A sealed batch: its length as far as it is plausible, and its checksum.
func mendBatch(_ bytes: inout [UInt8], at offset: Int) -> Int? {
    guard bytes.count - offset >= 56 else { return nil }
    let length = Int(bytes.little(UInt32.self, at: offset + 4))
    guard length >= 56, length <= bytes.count - offset else { return nil }
    bytes.put(little: bytes.checksum(offset + 4..<offset + length), at: offset)
    return length
}

/// The frame of a member: length, checksums of what is behind the fields, checksum of the fields.
func mendPeerFrame(_ frame: inout [UInt8]) {
    let head = 28
    guard frame.count >= head else { return }
    frame.put(little: UInt32(frame.count), at: 0)
    frame.put(little: UInt16(truncatingIfNeeded: frame.checksum(0..<6)), at: 6)
    let bulk: [UInt8: Int] = [7: 16, 8: 40, 12: 8]
    let kind = frame[4]
    let end = min(frame.count, bulk[kind].map { head + $0 } ?? frame.count)
    switch kind {
    case 7, 12:
        if end < frame.count || end == head + (bulk[kind] ?? 0) {
            frame.put(little: frame.checksum(end..<frame.count), at: end - 4)
        }
    case 8:
        var place = end
        var count: UInt32 = 0
        while let length = mendBatch(&frame, at: place) {
            place += length
            count += 1
        }
        if place == frame.count, end == head + 40 { frame.put(little: count, at: head + 32) }
    default: break
    }
    frame.put(little: frame.checksum(head..<end, from: frame.checksum(0..<24)), at: 24)
}
