// A distribution in the second version of HdrHistogram's compressed form, as its logs hold it: counts as integers of variable
// length, runs of empty slots as negative ones, in a zlib stream. The stream holds the bytes as they are, which every reader of
// zlib takes: what is long about a histogram, its empty slots, is short already.

internal import Foundation
package import Statistics

package enum CompressedHistogram {
    private static let cookie: UInt32 = 0x1C84_9303 | 0x10
    private static let compressedCookie: UInt32 = 0x1C84_9304 | 0x10
    /// Of which a layout with the unit of ``LatencyHistogram`` follows: its power of two is the one below.
    private static let lowestDiscernible: UInt64 = 1_000

    package static func base64(_ histogram: LatencyHistogram) -> String {
        let stream = zlibStream(payload(histogram))
        return (bigEndian(compressedCookie) + bigEndian(UInt32(stream.count)) + Data(stream)).base64EncodedString()
    }

    private static func payload(_ histogram: LatencyHistogram) -> [UInt8] {
        var counts: [UInt8] = []
        var next = 0
        for (slot, count) in histogram.slots {
            let empty = slot - next
            if empty == 1 { append(0, to: &counts) } else if empty > 1 { append(-Int64(empty), to: &counts) }
            append(Int64(count), to: &counts)
            next = slot + 1
        }
        let noOffset: UInt32 = 0
        let ratio = 1.0
        return bigEndian(cookie) + bigEndian(UInt32(counts.count)) + bigEndian(noOffset)
            + bigEndian(UInt32(LatencyHistogram.significantDigits)) + bigEndian(lowestDiscernible)
            + bigEndian(LatencyHistogram.highestNanoseconds) + bigEndian(ratio.bitPattern) + counts
    }

    private static func bigEndian(_ value: some FixedWidthInteger) -> [UInt8] {
        withUnsafeBytes(of: value.bigEndian) { Array($0) }
    }

    /// Zig-zag, then seven bits a byte, the lowest first; a ninth byte would hold eight.
    private static func append(_ value: Int64, to bytes: inout [UInt8]) {
        var rest = UInt64(bitPattern: (value << 1) ^ (value >> 63))
        for _ in 0..<8 {
            guard rest > 0x7F else { return bytes.append(UInt8(rest)) }
            bytes.append(UInt8(rest & 0x7F) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    // MARK: zlib

    private static let longestBlock = 65_535

    private static func zlibStream(_ bytes: [UInt8]) -> [UInt8] {
        var stream: [UInt8] = [0x78, 0x01]
        var rest = bytes[...]
        repeat {
            let block = rest.prefix(longestBlock)
            rest = rest.dropFirst(block.count)
            let length = UInt16(block.count)
            stream.append(rest.isEmpty ? 1 : 0)
            for half in [length, ~length] { stream += [UInt8(half & 0xFF), UInt8(half >> 8)] }
            stream += block
        } while !rest.isEmpty
        return stream + bigEndian(adler32(bytes))
    }

    private static func adler32(_ bytes: [UInt8]) -> UInt32 {
        var (low, high): (UInt32, UInt32) = (1, 0)
        for byte in bytes {
            low = (low + UInt32(byte)) % 65_521
            high = (high + low) % 65_521
        }
        return high << 16 | low
    }
}
