// CRC32C against its check value and against the slowest and most obvious reference: one bit at a time.

import CLinux
import Testing

@Suite("CRC32C")
struct CRC32CTests {
    private func bitwise(_ seed: UInt32, _ bytes: ArraySlice<UInt8>) -> UInt32 {
        var sum = ~seed
        for byte in bytes {
            sum ^= UInt32(byte)
            for _ in 0..<8 { sum = sum & 1 == 1 ? sum >> 1 ^ 0x82f6_3b78 : sum >> 1 }
        }
        return ~sum
    }

    private func sum(_ seed: UInt32, _ bytes: ArraySlice<UInt8>) -> UInt32 {
        bytes.withUnsafeBytes { quorate_crc32c(seed, $0.baseAddress, $0.count) }
    }

    @Test("the check value")
    func checkValue() {
        let digits = Array("123456789".utf8)
        #expect(sum(0, digits[...]) == 0xe306_9283)
        #expect(digits.withUnsafeBytes { quorate_crc32c_portable(0, $0.baseAddress, $0.count) } == 0xe306_9283)
    }

    @Test("every length to 300, every alignment, instruction and table alike")
    func lengths() {
        let bytes = pattern(320)
        for length in 0...300 {
            for start in 0..<8 {
                let part = bytes[start..<(start + length)]
                let expected = bitwise(UInt32(length), part)
                #expect(sum(UInt32(length), part) == expected)
                #expect(part.withUnsafeBytes { quorate_crc32c_portable(UInt32(length), $0.baseAddress, $0.count) } == expected)
            }
        }
    }

    @Test("lengths around the borders of the lanes", arguments: [767, 768, 769, 1536, 12287, 12288, 12289, 13060, 40_001])
    func lanes(length: Int) {
        let bytes = pattern(length + 3)
        for start in 0..<3 {
            let part = bytes[start..<(start + length)]
            #expect(sum(7, part) == bitwise(7, part))
        }
    }

    @Test("a sum continues where an earlier one ended")
    func continuation() {
        let bytes = pattern(5000)
        let whole = sum(0, bytes[...])
        for cut in [0, 1, 7, 768, 2500, 4999, 5000] { #expect(sum(sum(0, bytes[..<cut]), bytes[cut...]) == whole) }
    }
}
