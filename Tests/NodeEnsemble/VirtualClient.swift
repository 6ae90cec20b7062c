// A client's end of a virtual connection: bytes it sends, and the frames it has got back.

import ClientProtocol
package import Jute
package import Node

package final class VirtualClient {
    package struct Reply: Equatable {
        package var xid: Int32
        package var zxid: Int64
        package var error: Int32
        package var body: [UInt8]
    }

    package let id: UInt64
    package let member: UInt32
    package var isClosed = false
    private var toSend: [UInt8] = []
    private var received: [UInt8] = []
    private var isConnected = false
    package private(set) var session: Int64 = 0
    package private(set) var timeout: Int32 = -1
    package private(set) var password: [UInt8] = []
    package private(set) var replies: [Reply] = []

    package init(id: UInt64, member: UInt32) {
        self.id = id
        self.member = member
    }

    // MARK: sending

    package func send(raw bytes: [UInt8]) { toSend += bytes }

    package func frame(_ body: (inout ByteBuffer) -> Void) {
        var buffer = ByteBuffer()
        body(&buffer)
        toSend += withUnsafeBytes(of: Int32(buffer.count).bigEndian) { Array($0) } + Array(buffer.bytes)
    }

    package func connect(timeout: Int32 = 2_000, session: Int64 = 0, password: [UInt8] = [], lastZxidSeen: Int64 = 0) {
        frame {
            $0.writeConnectRequest(
                lastZxidSeen: lastZxidSeen, timeout: timeout, session: session, password: password, readOnly: false)
        }
    }

    package func request(_ xid: Int32, _ type: Int32, _ body: (inout ByteBuffer) -> Void = { _ in }) {
        frame {
            $0.writeInt(xid)
            $0.writeInt(type)
            body(&$0)
        }
    }

    package func create(_ xid: Int32, _ path: String, _ data: String = "", flags: Int32 = 0) {
        request(xid, OpCode.create) {
            $0.writeString(path)
            $0.writeString(data)
            $0.writeInt(1)
            $0.writeInt(31)
            $0.writeString("world")
            $0.writeString("anyone")
            $0.writeInt(flags)
        }
    }

    package func set(_ xid: Int32, _ path: String, _ data: String, version: Int32 = -1) {
        request(xid, OpCode.setData) {
            $0.writeString(path)
            $0.writeString(data)
            $0.writeInt(version)
        }
    }

    package func get(_ xid: Int32, _ path: String, watch: Bool = false) {
        request(xid, OpCode.getData) {
            $0.writeString(path)
            $0.writeBoolean(watch)
        }
    }

    package func exists(_ xid: Int32, _ path: String, watch: Bool = false) {
        request(xid, OpCode.exists) {
            $0.writeString(path)
            $0.writeBoolean(watch)
        }
    }

    package func sync(_ xid: Int32, _ path: String = "/") { request(xid, OpCode.sync) { $0.writeString(path) } }
    package func ping() { request(-2, OpCode.ping) }
    package func close(_ xid: Int32) { request(xid, OpCode.closeSession) }

    // MARK: what came back

    /// Bytes that the member has not taken in.
    package var unsent: Int { toSend.count }
    package var hasSession: Bool { session != 0 }
    package func reply(_ xid: Int32) -> Reply? { replies.first { $0.xid == xid } }
    package func isAnswered(_ xid: Int32) -> Bool { reply(xid) != nil }

    /// The data of a getData reply as text.
    package func data(_ xid: Int32) -> String? {
        guard let reply = reply(xid), reply.error == 0, reply.body.count >= 4 else { return nil }
        let length = Int(reply.body.prefix(4).reduce(Int32(0)) { $0 << 8 | Int32($1) })
        return length < 0 ? nil : String(decoding: reply.body[4..<4 + length], as: UTF8.self)
    }

    /// Type and path of a watch event.
    package static func event(_ reply: Reply) -> (type: Int32, path: String)? {
        guard reply.xid == -1 else { return nil }
        let type = reply.body.prefix(4).reduce(Int32(0)) { $0 << 8 | Int32($1) }
        return (type, String(decoding: reply.body.dropFirst(12), as: UTF8.self))
    }

    package func feed(_ node: Node) {
        guard !toSend.isEmpty else { return }
        let taken = toSend.withUnsafeBytes { node.clientReceived(id, $0) }
        toSend.removeFirst(taken)
    }

    package func take(_ bytes: UnsafeRawBufferPointer) {
        received += bytes
        while received.count >= 4 {
            let length = Int(received.prefix(4).reduce(Int32(0)) { $0 << 8 | Int32($1) })
            guard received.count >= 4 + length else { return }
            take(frame: Array(received[4..<4 + length]))
            received.removeFirst(4 + length)
        }
    }

    private func take(frame: [UInt8]) {
        frame.withUnsafeBytes { bytes in
            guard isConnected else {
                isConnected = true
                guard let response = try? ConnectResponse(reading: bytes.bytes) else { return }
                (session, timeout, password) = (response.session, response.timeout, response.password)
                return
            }
            var reader = JuteReader(bytes.bytes)
            guard let xid = try? reader.int(), let zxid = try? reader.long(), let error = try? reader.int() else { return }
            replies.append(Reply(xid: xid, zxid: zxid, error: error, body: Array(frame.dropFirst(16))))
        }
    }
}
