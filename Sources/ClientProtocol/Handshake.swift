// The first frame of a connection and its answer. They have no headers, and come in an older and a newer length.

package import Jute

package struct ConnectRequest: ~Escapable {
    package let protocolVersion: Int32
    package let lastZxidSeen: Int64
    package let timeout: Int32
    package let session: Int64
    /// Of any length; nil and empty are usual for new sessions.
    package let password: RawSpan?
    package let readOnly: Bool
    /// Clients before 3.4 leave the last byte out and want an answer without it.
    package let carriesReadOnly: Bool

    @_lifetime(copy bytes)
    package init(_ bytes: RawSpan) throws(JuteError) {
        var reader = JuteReader(bytes)
        protocolVersion = try reader.int()
        lastZxidSeen = try reader.long()
        timeout = try reader.int()
        session = try reader.long()
        password = try reader.buffer()
        carriesReadOnly = reader.remaining > 0
        readOnly = carriesReadOnly ? try reader.boolean() : false
    }
}

package struct ConnectResponse: Equatable, Sendable {
    /// 36 bytes, 37 with the read-only byte.
    package static let passwordSize = 16

    /// 0 tells the client that its session is gone.
    package var timeout: Int32
    package var session: Int64
    package var password: [UInt8]
    /// nil leaves the byte out, as the request did.
    package var readOnly: Bool?

    package init(timeout: Int32, session: Int64, password: [UInt8], readOnly: Bool?) {
        precondition(password.count == ConnectResponse.passwordSize, "a session password has 16 bytes")
        self.timeout = timeout
        self.session = session
        self.password = password
        self.readOnly = readOnly
    }

    /// The answer to a session that is unknown, expired or not proven by its password.
    package static func invalid(readOnly: Bool?) -> ConnectResponse {
        ConnectResponse(timeout: 0, session: 0, password: [UInt8](repeating: 0, count: passwordSize), readOnly: readOnly)
    }

    package init(reading bytes: RawSpan) throws(JuteError) {
        var reader = JuteReader(bytes)
        _ = try reader.int()
        timeout = try reader.int()
        session = try reader.long()
        guard let span = try reader.buffer(), span.byteCount == ConnectResponse.passwordSize else { throw .badLength }
        password = span.withUnsafeBytes { [UInt8]($0) }
        readOnly = reader.remaining > 0 ? try reader.boolean() : nil
    }
}

extension ByteBuffer {
    /// The frame's content, without its length.
    package mutating func write(_ response: ConnectResponse) {
        writeInt(0)
        writeInt(response.timeout)
        writeLong(response.session)
        writeBuffer(response.password)
        if let readOnly = response.readOnly { writeBoolean(readOnly) }
    }

    /// The frame's content, without its length. For clients and load generators.
    package mutating func writeConnectRequest(
        lastZxidSeen: Int64, timeout: Int32, session: Int64, password: [UInt8], readOnly: Bool?
    ) {
        writeInt(0)
        writeLong(lastZxidSeen)
        writeInt(timeout)
        writeLong(session)
        writeBuffer(password)
        if let readOnly { writeBoolean(readOnly) }
    }
}
