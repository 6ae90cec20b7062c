// Writes jute's primitive types, big-endian, into a ByteBuffer. The counterpart of JuteReader.

extension ByteBuffer {
    @inlinable @inline(__always)
    public mutating func writeInt(_ value: Int32) { append(bigEndian: value) }

    @inlinable @inline(__always)
    public mutating func writeLong(_ value: Int64) { append(bigEndian: value) }

    @inlinable @inline(__always)
    public mutating func writeBoolean(_ value: Bool) { append(byte: value ? 1 : 0) }

    /// A `buffer` or `ustring`.
    @inlinable public mutating func writeBuffer(_ bytes: UnsafeRawBufferPointer) {
        writeInt(Int32(bytes.count))
        append(bytes)
    }

    @inlinable public mutating func writeBuffer(_ bytes: RawSpan) {
        writeInt(Int32(bytes.byteCount))
        append(bytes)
    }

    @inlinable public mutating func writeBuffer(_ bytes: [UInt8]) { bytes.withUnsafeBytes { writeBuffer($0) } }

    public mutating func writeString(_ text: String) {
        var text = text
        text.withUTF8 { writeBuffer(UnsafeRawBufferPointer($0)) }
    }

    /// A null `buffer`, `ustring` or vector.
    @inlinable public mutating func writeNull() { writeInt(-1) }
}
