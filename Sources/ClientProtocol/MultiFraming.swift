// The heads between the parts of a multi, in requests and in answers alike.

package import Jute

package struct MultiHeader: Equatable, Sendable {
    package static let size = 9

    package var type: Int32
    package var done: Bool
    package var error: Int32

    package init(type: Int32, done: Bool, error: Int32) {
        self.type = type
        self.done = done
        self.error = error
    }

    package init(reading reader: inout JuteReader) throws(JuteError) {
        type = try reader.int()
        done = try reader.boolean()
        error = try reader.int()
    }

    /// Closes the list of parts.
    package static let end = MultiHeader(type: OpCode.error, done: true, error: -1)
}

extension ByteBuffer {
    package mutating func write(_ header: MultiHeader) {
        writeInt(header.type)
        writeBoolean(header.done)
        writeInt(header.error)
    }

    /// The result of a part that failed, or was not tried, or was undone (error 0).
    package mutating func writeMultiError(_ error: Int32) {
        write(MultiHeader(type: OpCode.error, done: false, error: error))
        writeInt(error)
    }
}
