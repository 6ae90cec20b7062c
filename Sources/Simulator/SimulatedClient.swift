// A client of the ensemble: a session over connections that come and go, requests in a window, and what it remembers of them.

import ClientProtocol
import Histories
import Jute
import Node

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

    /// Every third client asks for that with an auth packet.
    var readsLinearizably: Bool { index % 3 == 2 }

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

    func connectRequest(timeout: Int32) -> [UInt8] {
        Operation.frame {
            $0.writeConnectRequest(
                lastZxidSeen: lastZxid, timeout: timeout, session: session, password: password, readOnly: false)
        }
    }

    static let linearizable = Operation.frame {
        $0.writeInt(-4)
        $0.writeInt(OpCode.auth)
        $0.writeInt(0)
        $0.writeString(ReadMode.scheme)
        $0.writeString("reads=\(ReadMode.linearizable.rawValue)")
    }
}
