// Bytes of the client protocol for the scripted server, read and written without regard to speed.

/// Big-endian bytes, without regard to speed.
enum Wire {
    static func int32(_ value: Int32) -> [UInt8] { withUnsafeBytes(of: value.bigEndian) { Array($0) } }
    static func int64(_ value: Int64) -> [UInt8] { withUnsafeBytes(of: value.bigEndian) { Array($0) } }
    static func text(_ value: String) -> [UInt8] { int32(Int32(value.utf8.count)) + Array(value.utf8) }
    static func int32(_ bytes: UnsafeRawBufferPointer, _ offset: Int) -> Int32 {
        Int32(bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Int32.self))
    }

    final class Reader {
        private let bytes: [UInt8]
        private var position = 0

        init(_ bytes: [UInt8]) { self.bytes = bytes }

        func int32() -> Int32 {
            defer { position += 4 }
            return bytes.withUnsafeBytes { Int32(bigEndian: $0.loadUnaligned(fromByteOffset: position, as: Int32.self)) }
        }
        func int64() -> Int64 {
            defer { position += 8 }
            return bytes.withUnsafeBytes { Int64(bigEndian: $0.loadUnaligned(fromByteOffset: position, as: Int64.self)) }
        }
        func buffer() -> [UInt8] {
            let count = Int(int32())
            defer { position += max(0, count) }
            return count > 0 ? Array(bytes[position..<(position + count)]) : []
        }
        func text() -> String { String(decoding: buffer(), as: UTF8.self) }
        func flag() -> Bool {
            defer { position += 1 }
            return bytes[position] != 0
        }
    }
}
