// A history written by hand, and what was committed with it: requests of two clients one after the other, each answered rightly,
// until a test spoils something.

import Batch
import Histories
import Jute

struct WrittenHistory {
    var history = History()
    private(set) var committed: [SealedBatch] = []
    private var held: [String: (value: UInt64, version: Int32)] = [:]
    private var items = 0
    private var time: UInt64 = 1_000_000_000
    private var xids: [Int32] = [0, 0]

    /// Two sessions begin.
    init() {
        for client in 0...1 { commit(type: -10, xid: 0, client, []) }
    }

    private var last: Zxid { committed.last?.lastZxid ?? .zero }

    private mutating func commit(type: Int32, xid: Int32, _ client: Int, _ body: [UInt8]) {
        var writer = RecordWriter()
        var buffer = ByteBuffer()
        let place = UInt32(committed.count + 1)
        let head = RequestHead(
            type: type, xid: xid, session: Int64(client + 100), origin: Origin(server: 1, run: 1, seq: UInt64(place)))
        body.withUnsafeBytes { bytes in
            _ = writer.append(
                head, identities: UnsafeRawBufferPointer(start: nil, count: 0), identitiesKey: 1, body: bytes, to: &buffer)
        }
        let zxid = Zxid(epoch: 1, counter: place)
        let header = BatchHeader(firstZxid: zxid, prevZxid: last, wallTime: 0, logTime: 0, count: 1)
        committed.append(SealedBatch(sealing: header, requests: buffer.bytes))
    }

    /// Asks and answers; returns the operation's number.
    @discardableResult
    mutating func ask(_ client: Int, _ kind: Operation.Kind, _ path: String, isAnswered: Bool = true) -> Int {
        xids[client] += 1
        time += 1_000_000
        let number = history.operations.count
        var operation = Operation(
            client: client, session: Int64(client + 100), connection: UInt64(client + 1), xid: xids[client], kind: kind,
            path: path, value: UInt64(number) + 1, invoked: time)
        if operation.isWrite {
            let frame = operation.encoded(payload: 8)
            let type = frame[8..<12].reduce(Int32(0)) { $0 << 8 | Int32($1) }
            commit(type: type, xid: operation.xid, client, Array(frame[12...]))
        }
        carryOut(&operation)
        time += 1_000_000
        if isAnswered {
            operation.completed = time
            operation.zxid = last
            history.answered.append(number)
        }
        history.operations.append(operation)
        return number
    }

    private mutating func carryOut(_ operation: inout Operation) {
        switch operation.kind {
        case .create(_, let isSequential):
            operation.created = operation.path
            if isSequential {
                let digits = String(items)
                operation.created += String(repeating: "0", count: 10 - digits.count) + digits
            }
            items += 1
            held[operation.created] = (operation.value, 0)
        case .set:
            held[operation.path] = (operation.value, (held[operation.path]?.version ?? -1) + 1)
            operation.version = held[operation.path]!.version
        case .delete: held[operation.path] = nil
        case .get:
            operation.found = held[operation.path]?.value
            operation.version = held[operation.path]?.version ?? 0
        case .list: operation.listed = held.keys.map { String($0.dropFirst()) } + ["zookeeper"]
        default: break
        }
    }

    /// The last record of the log is not there.
    mutating func loseLastRecord() { committed.removeLast() }
}
