// The growable buffer: appended at the tail, consumed at the head, moved or enlarged when it must be, against a plain array.

import Jute
import Testing

@Suite struct ByteBufferTests {
    @Test func behavesLikeAnArray() {
        var buffer = ByteBuffer(capacity: 16)
        var plain: [UInt8] = []
        var state: UInt64 = 7
        func random(_ n: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % n
        }
        for step in 0..<3000 {
            switch random(6) {
            case 0, 1:
                let piece = [UInt8](repeating: UInt8(step & 255), count: random(50))
                buffer.append(piece)
                plain += piece
            case 2:
                let n = random(plain.count + 1)
                buffer.consume(n)
                plain.removeFirst(n)
            case 3:
                let n = plain.count - random(min(plain.count, 10) + 1)
                buffer.truncate(to: n)
                plain.removeLast(plain.count - n)
            case 4 where plain.count >= 4:
                let place = random(plain.count - 3)
                buffer.put(littleEndian: UInt32(0x0403_0201), at: place)
                plain.replaceSubrange(place..<place + 4, with: [1, 2, 3, 4])
            default:
                buffer.append(bigEndian: UInt16(0x0a0b))
                buffer.append(littleEndian: UInt16(0x0c0d))
                plain += [0x0a, 0x0b, 0x0d, 0x0c]
            }
            let same = [UInt8](buffer.bytes) == plain && buffer.count == plain.count && buffer.isEmpty == plain.isEmpty
            #expect(same && buffer.capacity >= plain.count, "step \(step)")
            if !same { return }
        }
    }

    @Test func givesMemoryBackOnlyWhenIdle() {
        var buffer = ByteBuffer(capacity: 16)
        buffer.appendZeros(10_000)
        buffer.shrink(to: 100)
        #expect(buffer.capacity >= 10_000 && buffer.count == 10_000)
        buffer.consume(10_000)
        buffer.shrink(to: 100)
        #expect(buffer.capacity == 100 && buffer.isEmpty)
        buffer.append([1, 2, 3])
        #expect([UInt8](buffer.bytes) == [1, 2, 3])
    }
}
