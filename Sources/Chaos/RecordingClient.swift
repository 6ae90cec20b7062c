// A client that notes down everything that it asks for and is told: a session over connections that come and go, requests in a
// window, watches. What it asks is drawn from the run's seed; how it is served is not, so two runs of a seed are alike, not
// equal.

import Batch
import Histories
import Statistics
import Transport

final class RecordingClient {
    let index: Int
    var random: SeededRandom

    // Its connection.
    var connection: ConnectionID?
    /// Numbers connections over all clients.
    var connectionNumber: UInt64 = 0
    var isConnected = false
    /// Since when it has waited for an answer on this connection.
    var waitsSince: UInt64 = 0
    var input: [UInt8] = []
    var pings = 0
    var answeredOnConnection = 0

    // Its session.
    var session: Int64 = 0
    var password: [UInt8] = []
    var lastZxid: Int64 = 0
    /// Goes on over the connections of a session, so that each of its requests is known by its number.
    var nextXid: Int32 = 0
    /// Numbers in the history of what is unanswered on this connection, oldest first.
    var unanswered: [Int] = []
    var versions: [Int32]
    /// A sync that was sent is followed by a read of the same key.
    var keyToRead: Int?
    var lastSent: UInt64 = 0
    var nextAct: UInt64 = 0
    /// Of the reads that it makes in the end: every key, then a list.
    var finalReads = 0

    init(index: Int, keys: Int, seed: UInt64) {
        self.index = index
        random = SeededRandom(seed: seed &* 0x9e37_79b9_7f4a_7c15 &+ UInt64(index) &* 0xd1b5_4a32_d192_ed03)
        versions = Array(repeating: -1, count: keys)
    }

    func below(_ limit: Int) -> Int { Int(random.below(UInt64(limit))) }
    func chance(_ some: Int, in all: Int) -> Bool { below(all) < some }

    func forgetConnection() {
        connection = nil
        isConnected = false
        unanswered = []
        input = []
        pings = 0
        keyToRead = nil
    }

    func forgetSession() {
        session = 0
        password = []
        nextXid = 0
    }
}
