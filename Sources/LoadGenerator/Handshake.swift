// The first frame in each direction of a connection: a session is made, or taken up again by its id and password.

/// What a client knows of its session.
struct SessionCredentials {
    var id: Int64 = 0
    var password: [UInt8] = [UInt8](repeating: 0, count: 16)

    var isNew: Bool { id == 0 }
}

/// The frame that asks for a session.
func connectFrame(_ credentials: SessionCredentials, timeoutMilliseconds: Int32, lastZxid: Int64) -> [UInt8] {
    var bytes: [UInt8] = []
    func append<T: FixedWidthInteger>(_ value: T) {
        withUnsafeBytes(of: value.bigEndian) { bytes.append(contentsOf: $0) }
    }
    append(Int32(45))
    append(Int32(0))
    append(lastZxid)
    append(timeoutMilliseconds)
    append(credentials.id)
    append(Int32(16))
    bytes.append(contentsOf: credentials.password)
    bytes.append(0)
    return bytes
}

enum ConnectReply {
    case accepted(SessionCredentials, timeoutMilliseconds: Int32)
    case expired
    case malformed

    /// Reads the frame's content, without its length.
    init(_ frame: UnsafeRawBufferPointer) {
        guard frame.count == 36 || frame.count == 37, frame.int32(at: 16) == 16 else {
            self = .malformed
            return
        }
        let timeout = frame.int32(at: 4)
        let id = frame.int64(at: 8)
        if timeout <= 0 || id == 0 {
            self = .expired
        } else {
            self = .accepted(SessionCredentials(id: id, password: Array(frame[20..<36])), timeoutMilliseconds: timeout)
        }
    }
}
