// A client of the ensemble: a session over connections that come and go, requests in a window, and what it remembers of them.

import Batch
import ClientProtocol
import Jute

final class SimulatedClient {
    let index: Int
    /// Requests that it still wants to make.
    var quota: Int
    var dice: Dice

    // Its connection.
    /// 0: none.
    var connection: UInt64 = 0
    var member = -1
    private var connections: UInt64 = 0
    var isConnected = false
    /// Since when it has waited for an answer on this connection.
    var waitsSince: UInt64 = 0
    /// Sent and not yet arrived; arrived and not yet taken by the node.
    var underWay: [[UInt8]] = []
    var atMember: [UInt8] = []
    var repliesUnderWay: [[UInt8]] = []
    var received: [UInt8] = []
    /// The end of the connection is under way to it.
    var endComes = false

    // Its session.
    var session: Int64 = 0
    var password: [UInt8] = []
    var lastZxid: Int64 = 0
    var nextXid: Int32 = 0
    /// Numbers in the history of what is unanswered on this connection, oldest first.
    var unanswered: [Int] = []
    var pings = 0
    var versions: [Int32]
    var nextAct: UInt64 = .max
    /// A sync that was answered is followed by a read of the same key.
    var keyToRead: Int?
    /// In the end it reads every key once more.
    var finalReads = 0
    var answeredOnConnection = 0
    /// When a member took something of its session in last.
    var heard: (member: Int, life: UInt64, wasLeading: Bool, own: LivelyTime, at: UInt64)?

    init(index: Int, quota: Int, seed: UInt64) {
        self.index = index
        self.quota = quota
        dice = Dice(seed: seed)
        versions = Array(repeating: -1, count: 64)
    }

    var isDone: Bool { quota == 0 && unanswered.isEmpty }

    /// Connections of client i have i in the low half, where the node keeps its place in a table.
    func open(to member: Int) {
        connections += 1
        connection = connections << 32 | UInt64(index)
        self.member = member
        isConnected = false
        underWay = []
        atMember = []
        repliesUnderWay = []
        received = []
        endComes = false
        pings = 0
        answeredOnConnection = 0
    }

    func forgetConnection() {
        connection = 0
        member = -1
        isConnected = false
        unanswered = []
        atMember = []
        received = []
    }

    static func frame(_ body: (inout ByteBuffer) -> Void) -> [UInt8] {
        var buffer = ByteBuffer()
        body(&buffer)
        return withUnsafeBytes(of: Int32(buffer.count).bigEndian) { Array($0) } + Array(buffer.bytes)
    }

    func connectRequest(timeout: Int32) -> [UInt8] {
        SimulatedClient.frame {
            $0.writeConnectRequest(
                lastZxidSeen: lastZxid, timeout: timeout, session: session, password: password, readOnly: false)
        }
    }

    static let ping = frame {
        $0.writeInt(-2)
        $0.writeInt(OpCode.ping)
    }

    /// The bytes of a request.
    static func encode(_ operation: Operation, payload: Int) -> [UInt8] {
        frame { buffer in
            buffer.writeInt(operation.xid)
            switch operation.kind {
            case .create(let ephemeral, let sequential):
                buffer.writeInt(OpCode.create)
                buffer.writeString(operation.path)
                writeValue(operation.value, payload, &buffer)
                buffer.writeOpenACL()
                buffer.writeInt((ephemeral ? 1 : 0) | (sequential ? 2 : 0))
            case .set(let version):
                buffer.writeInt(OpCode.setData)
                buffer.writeString(operation.path)
                writeValue(operation.value, payload, &buffer)
                buffer.writeInt(version)
            case .delete(let version):
                buffer.writeInt(OpCode.delete)
                buffer.writeString(operation.path)
                buffer.writeInt(version)
            case .get(let watch), .exists(let watch):
                if case .get = operation.kind { buffer.writeInt(OpCode.getData) } else { buffer.writeInt(OpCode.exists) }
                buffer.writeString(operation.path)
                buffer.writeBoolean(watch)
            case .sync:
                buffer.writeInt(OpCode.sync)
                buffer.writeString(operation.path)
            case .multi(let second, let version):
                buffer.writeInt(OpCode.multi)
                for (path, version) in [(operation.path, -1), (key(second), version)] {
                    buffer.write(MultiHeader(type: OpCode.setData, done: false, error: -1))
                    buffer.writeString(path)
                    writeValue(operation.value, payload, &buffer)
                    buffer.writeInt(version)
                }
                buffer.write(MultiHeader.end)
            case .closeSession: buffer.writeInt(OpCode.closeSession)
            }
        }
    }

    static func key(_ number: Int) -> String { "/k\(number)" }

    /// A value is its number, and behind it as many zeros as the payload asks for.
    private static func writeValue(_ value: UInt64, _ payload: Int, _ buffer: inout ByteBuffer) {
        let number = withUnsafeBytes(of: value.littleEndian) { Array($0) }
        buffer.writeBuffer(number + Array(repeating: 0, count: max(0, payload - 8)))
    }

    static func value(in data: [UInt8]) -> UInt64 {
        data.prefix(8).enumerated().reduce(0) { $0 | UInt64($1.element) << UInt64(8 * $1.offset) }
    }
}
