// What the writer and the reader of a trace agree on: the first line, the tags of records, and how numbers lie in bytes. The
// whole format is told in docs/TRACES.md.

package enum TraceFormat {
    /// The first line, without its end. Whoever looks at the file sees what it is.
    package static let title = "quorate-trace"
    package static let version = 1
    package static let firstLine = "\(title) \(version)\n"
    /// Length and checksum in front of a block's content.
    static let blockHead = 8
    /// No block is longer; a writer begins the next one far below.
    static let blockMax = 16 << 20
    /// Of the data of one request, and of a path.
    static let sizeMax = 64 << 20
    static let pathMax = 1 << 16

    enum Tag: UInt8 {
        case head = 1
        case session, znode, request, reply, broken, end
    }

    /// Set in the byte of an operation's kind where it leaves a watch.
    static let watchBit: UInt8 = 0x40

    /// Whether a trace can hold it as a path.
    package static func isPath(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard bytes.count <= pathMax, bytes.first == 0x2f else { return false }
        return bytes.allSatisfy { $0 < 0x80 } || String(validating: bytes, as: UTF8.self) != nil
    }

    /// Small numbers of either sign become small numbers.
    static func folded(_ value: Int64) -> UInt64 { UInt64(bitPattern: (value << 1) ^ (value >> 63)) }
    static func unfolded(_ value: UInt64) -> Int64 { Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1) }
}
