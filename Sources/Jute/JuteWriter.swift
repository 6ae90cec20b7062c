// Writes jute's primitive types, big-endian, into a ByteBuffer. The counterpart of JuteReader.

extension ByteBuffer {
    @inline(__always)
    package mutating func writeInt(_ value: Int32) { append(bigEndian: value) }

    @inline(__always)
    package mutating func writeLong(_ value: Int64) { append(bigEndian: value) }

    @inline(__always)
    package mutating func writeBoolean(_ value: Bool) { append(byte: value ? 1 : 0) }

    /// A `buffer` or `ustring`.
    package mutating func writeBuffer(_ bytes: UnsafeRawBufferPointer) {
        writeInt(Int32(bytes.count))
        append(bytes)
    }

    package mutating func writeBuffer(_ bytes: RawSpan) {
        writeInt(Int32(bytes.byteCount))
        append(bytes)
    }

    package mutating func writeBuffer(_ bytes: [UInt8]) { bytes.withUnsafeBytes { writeBuffer($0) } }

    package mutating func writeString(_ text: String) {
        var text = text
        text.withUTF8 { writeBuffer(UnsafeRawBufferPointer($0)) }
    }

    /// A null `buffer`, `ustring` or vector.
    package mutating func writeNull() { writeInt(-1) }
}
