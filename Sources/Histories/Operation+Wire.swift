// An operation as a client sends it, and what its answer says: the same bytes for simulated clients and for those of real
// members.

import ClientProtocol
package import Jute

extension Operation {
    /// The path of a register.
    package static func key(_ number: Int) -> String { "/k\(number)" }

    /// A frame of what `body` writes, its length in front.
    package static func frame(_ body: (inout ByteBuffer) -> Void) -> [UInt8] {
        var buffer = ByteBuffer()
        body(&buffer)
        return withUnsafeBytes(of: Int32(buffer.count).bigEndian) { Array($0) } + Array(buffer.bytes)
    }

    package static let ping = frame {
        $0.writeInt(-2)
        $0.writeInt(OpCode.ping)
    }

    /// The request's frame; a value takes as many bytes as `payload` asks for, eight at least.
    package func encoded(payload: Int) -> [UInt8] {
        Operation.frame { buffer in
            buffer.writeInt(xid)
            switch kind {
            case .create, .set, .delete, .multi, .closeSession: encodeWrite(payload, &buffer)
            case .get(let watch), .exists(let watch):
                if case .get = kind { buffer.writeInt(OpCode.getData) } else { buffer.writeInt(OpCode.exists) }
                buffer.writeString(path)
                buffer.writeBoolean(watch)
            case .list:
                buffer.writeInt(OpCode.getChildren)
                buffer.writeString(path)
                buffer.writeBoolean(false)
            case .sync:
                buffer.writeInt(OpCode.sync)
                buffer.writeString(path)
            }
        }
    }

    private func encodeWrite(_ payload: Int, _ buffer: inout ByteBuffer) {
        switch kind {
        case .create(let ephemeral, let sequential):
            buffer.writeInt(OpCode.create)
            buffer.writeString(path)
            Operation.writeValue(value, payload, &buffer)
            buffer.writeOpenACL()
            buffer.writeInt((ephemeral ? 1 : 0) | (sequential ? 2 : 0))
        case .set(let version):
            buffer.writeInt(OpCode.setData)
            buffer.writeString(path)
            Operation.writeValue(value, payload, &buffer)
            buffer.writeInt(version)
        case .delete(let version):
            buffer.writeInt(OpCode.delete)
            buffer.writeString(path)
            buffer.writeInt(version)
        case .multi(let second, let version):
            buffer.writeInt(OpCode.multi)
            for (path, version) in [(path, -1), (Operation.key(second), version)] {
                buffer.write(MultiHeader(type: OpCode.setData, done: false, error: -1))
                buffer.writeString(path)
                Operation.writeValue(value, payload, &buffer)
                buffer.writeInt(version)
            }
            buffer.write(MultiHeader.end)
        default: buffer.writeInt(OpCode.closeSession)
        }
    }

    /// A value is its number, and behind it as many zeros as the payload asks for.
    private static func writeValue(_ value: UInt64, _ payload: Int, _ buffer: inout ByteBuffer) {
        let number = withUnsafeBytes(of: value.littleEndian) { Array($0) }
        buffer.writeBuffer(number + Array(repeating: 0, count: max(0, payload - 8)))
    }

    package static func value(in data: [UInt8]) -> UInt64 {
        data.prefix(8).enumerated().reduce(0) { $0 | UInt64($1.element) << UInt64(8 * $1.offset) }
    }

    /// Takes in the answer's body, which stands behind its head and is there only without an error.
    package mutating func read(answer reader: inout JuteReader) throws(JuteError) {
        guard error == 0 else { return }
        switch kind {
        case .create: created = String(decoding: try reader.copiedBuffer() ?? [], as: UTF8.self)
        case .set, .exists: version = try Stat(reading: &reader).version
        case .get:
            found = Operation.value(in: try reader.copiedBuffer() ?? [])
            version = try Stat(reading: &reader).version
        case .multi:
            // Whether it was done as a whole says its first part.
            error = try MultiHeader(reading: &reader).type == OpCode.error ? 1 : 0
        case .list:
            for _ in 0..<max(0, try reader.int()) {
                listed.append(String(decoding: try reader.copiedBuffer() ?? [], as: UTF8.self))
            }
        case .delete, .sync, .closeSession: break
        }
    }
}
