// The wire's primitive types: what is written is read back, the order of bytes is ZooKeeper's, and no length can lead outside a
// record.

import Jute
import Testing

@Suite struct JuteTests {
    @Test func bytesOnTheWire() {
        var buffer = ByteBuffer()
        buffer.writeInt(-2)
        buffer.writeLong(0x0102_0304_0506_0708)
        buffer.writeBoolean(true)
        buffer.writeString("é")
        buffer.writeNull()
        buffer.writeBuffer([] as [UInt8])
        #expect(
            [UInt8](buffer.bytes) == [
                0xff, 0xff, 0xff, 0xfe, 1, 2, 3, 4, 5, 6, 7, 8, 1, 0, 0, 0, 2, 0xc3, 0xa9, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0,
            ])
    }

    @Test func roundTrip() throws {
        var buffer = ByteBuffer()
        buffer.writeInt(Int32.min)
        buffer.writeLong(Int64.max)
        buffer.writeBoolean(false)
        buffer.writeBuffer([1, 2, 3])
        buffer.writeNull()
        buffer.writeInt(2)
        var reader = JuteReader(buffer.span)
        #expect(try reader.int() == Int32.min)
        #expect(try reader.long() == Int64.max)
        #expect(try reader.boolean() == false)
        #expect(reader.offset == 13)
        let read = try reader.buffer()?.withUnsafeBytes { [UInt8]($0) }
        #expect(read == [1, 2, 3])
        let isNull = try reader.buffer() == nil
        #expect(isNull)
        #expect(reader.remaining == 4 && reader.rest.byteCount == 4 && reader.read(since: 13).byteCount == 11)
        // A count of items that could not fit is refused before anything is allocated for them.
        #expect(throws: JuteError.badLength) {
            var reader = JuteReader(buffer.span.extracting(24..<28))
            _ = try reader.vectorCount(itemSize: 4)
        }
    }

    @Test(arguments: [Int32.min, -2, 5, 0x7fff_ffff]) func badLengths(length: Int32) {
        var buffer = ByteBuffer()
        buffer.writeInt(length)
        buffer.append([1, 2, 3, 4])
        #expect(throws: JuteError.badLength) {
            var reader = JuteReader(buffer.span)
            _ = try reader.buffer()
        }
        #expect(throws: JuteError.badLength) {
            var reader = JuteReader(buffer.span)
            _ = try reader.vectorCount(itemSize: 1)
        }
    }

    @Test func anyNonZeroByteIsTrue() throws {
        let bytes: [UInt8] = [2, 0, 255]
        var reader = JuteReader(bytes.span.bytes)
        let values = [try reader.boolean(), try reader.boolean(), try reader.boolean()]
        #expect(values == [true, false, true])
        #expect(throws: JuteError.truncated) {
            var reader = JuteReader(bytes.span.bytes)
            _ = try reader.int()
        }
    }
}
