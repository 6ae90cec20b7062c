// Bodies of the records that no client sends: sessions, the founding of the ensemble, and its configuration. They are written in
// the client protocol's encoding, and whatever stands in them has a result.
//
//   createSession, attachSession   int time-out in ms; the session is the record's, the owner is the record's origin
//   closeSession                   nothing (by the client), or one byte 1 (by the leader, when the session has expired)
//   founding                       16 bytes cluster id, 32 bytes secret, buffer settings, buffer configuration, buffer text
//   configuration                  buffer configuration, buffer text
//
// `configuration` is opaque here; `text` is what clients read in /zookeeper/config.

package import Jute

package struct Founding: Equatable, Sendable {
    package static let clusterIDSize = 16
    package static let secretSize = 32

    package var clusterID: [UInt8]
    /// What session passwords are made from. Never printed.
    package var secret: [UInt8]
    package var settings: [UInt8]
    package var configuration: [UInt8]
    package var text: [UInt8]

    package init(clusterID: [UInt8], secret: [UInt8], settings: [UInt8], configuration: [UInt8], text: [UInt8]) {
        precondition(clusterID.count == Founding.clusterIDSize, "a cluster id has 16 bytes")
        precondition(secret.count == Founding.secretSize, "an ensemble secret has 32 bytes")
        self.clusterID = clusterID
        self.secret = secret
        self.settings = settings
        self.configuration = configuration
        self.text = text
    }

    package init(reading body: RawSpan) throws(JuteError) {
        guard body.byteCount >= Founding.clusterIDSize + Founding.secretSize else { throw .truncated }
        let fixed = Founding.clusterIDSize + Founding.secretSize
        clusterID = copy(body.extracting(0..<Founding.clusterIDSize))
        secret = copy(body.extracting(Founding.clusterIDSize..<fixed))
        var reader = JuteReader(body.extracting(fixed..<body.byteCount))
        settings = try copiedBuffer(&reader)
        configuration = try copiedBuffer(&reader)
        text = try copiedBuffer(&reader)
    }

    package func write(to body: inout ByteBuffer) {
        body.append(clusterID)
        body.append(secret)
        body.writeBuffer(settings)
        body.writeBuffer(configuration)
        body.writeBuffer(text)
    }
}

package enum SystemRecord {
    package static func writeTimeout(_ timeout: Int32, to body: inout ByteBuffer) { body.writeInt(timeout) }

    package static func writeExpiry(to body: inout ByteBuffer) { body.append(byte: 1) }

    package static func writeConfiguration(_ configuration: [UInt8], text: [UInt8], to body: inout ByteBuffer) {
        body.writeBuffer(configuration)
        body.writeBuffer(text)
    }

    package static func isExpiry(_ body: RawSpan) -> Bool {
        body.byteCount == 1 && body.unsafeLoad(fromByteOffset: 0, as: UInt8.self) == 1
    }
}

func copy(_ span: RawSpan) -> [UInt8] { span.withUnsafeBytes { [UInt8]($0) } }

/// A buffer as an array; null counts as empty.
func copiedBuffer(_ reader: inout JuteReader) throws(JuteError) -> [UInt8] {
    guard let span = try reader.buffer() else { return [] }
    return copy(span)
}
