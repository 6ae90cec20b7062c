// Answers to four-letter words on the client port: text in ZooKeeper's layout, made from counts the node keeps anyway. Which
// words are allowed is configuration; the table of known words is ClientProtocol's.

/// Everything the texts speak of, gathered at the moment of the question.
struct FourLetterFacts {
    struct Client {
        var address: String
        var queued: Int
        var received: UInt64
        var sent: UInt64
        var session: Int64
        var timeoutMs: Int32
        var lastXid: Int32
        var lastZxid: Int64
        var isAsking: Bool
    }

    var version: String
    var mode: String
    var isServing: Bool
    var isLeader: Bool
    var peerState: String
    var received: UInt64 = 0
    var sent: UInt64 = 0
    var outstanding = 0
    var zxid: UInt64 = 0
    var nodeCount = 0
    var latency = (min: UInt64(0), average: 0.0, max: UInt64(0))
    var clients: [Client] = []
    var lines: [(String, String)] = []
    var environment: [(String, String)] = []
    var configuration: [(String, String)] = []
    var watches = (connections: 0, paths: 0, total: 0)
    var proposalSizes = (last: -1, min: -1, max: -1)
}

enum FourLetterWords {
    static let notServing = "This ZooKeeper instance is not currently serving requests\n"

    /// The text for `word`, or nil for a word that has none here.
    static func answer(_ word: String, _ facts: FourLetterFacts) -> String? {
        switch word {
        case "ruok": "imok"
        case "isro": facts.isServing ? "rw" : "null"
        case "envi": "Environment:\n" + facts.environment.map { "\($0.0)=\($0.1)\n" }.joined()
        case "conf": facts.configuration.map { "\($0.0)=\($0.1)\n" }.joined()
        case "srvr": facts.isServing ? versionLine(facts) + serverBlock(facts) : notServing
        case "stat": facts.isServing ? versionLine(facts) + clientBlock(facts) + serverBlock(facts) : notServing
        case "mntr": facts.isServing ? monitor(facts) : notServing
        case "cons": facts.isServing ? facts.clients.map(connectionLine).joined() + "\n" : notServing
        case "wchs":
            facts.isServing
                ? "\(facts.watches.connections) connections watching \(facts.watches.paths) paths\n"
                    + "Total watches:\(facts.watches.total)\n"
                : notServing
        default: nil
        }
    }

    private static func versionLine(_ facts: FourLetterFacts) -> String { "Zookeeper version: \(facts.version)\n" }

    private static func serverBlock(_ facts: FourLetterFacts) -> String {
        var text = "Latency min/avg/max: \(facts.latency.min)/\(decimal(facts.latency.average))/\(facts.latency.max)\n"
        text += "Received: \(facts.received)\nSent: \(facts.sent)\nConnections: \(facts.clients.count)\n"
        text += "Outstanding: \(facts.outstanding)\nZxid: 0x\(String(facts.zxid, radix: 16))\nMode: \(facts.mode)\n"
        text += "Node count: \(facts.nodeCount)\n"
        if facts.isLeader {
            let sizes = facts.proposalSizes
            text += "Proposal sizes last/min/max: \(sizes.last)/\(sizes.min)/\(sizes.max)\n"
        }
        return text
    }

    private static func clientBlock(_ facts: FourLetterFacts) -> String {
        var text = "Clients:\n"
        for client in facts.clients {
            text += " /\(client.address)[\(client.isAsking ? 0 : 1)]"
            text += "(queued=\(client.queued),recved=\(client.received),sent=\(client.sent))\n"
        }
        return text + "\n"
    }

    private static func connectionLine(_ client: FourLetterFacts.Client) -> String {
        var text = " /\(client.address)[\(client.isAsking ? 0 : 1)]"
        text += "(queued=\(client.queued),recved=\(client.received),sent=\(client.sent)"
        if client.session != 0 {
            text += ",sid=0x\(String(UInt64(bitPattern: client.session), radix: 16)),to=\(client.timeoutMs)"
            if client.lastXid >= 0 { text += ",lcxid=0x\(String(client.lastXid, radix: 16))" }
            text += ",lzxid=0x\(String(UInt64(bitPattern: client.lastZxid), radix: 16))"
        }
        return text + ")\n"
    }

    private static func monitor(_ facts: FourLetterFacts) -> String {
        var text = "zk_version\t\(facts.version)\nzk_server_state\t\(facts.mode)\n"
        if facts.mode != "standalone" { text += "zk_peer_state\t\(facts.peerState)\n" }
        for (key, value) in facts.lines { text += "zk_\(key)\t\(value)\n" }
        return text + "\n"
    }

    /// Up to four decimals, at least one, as Java prints a rounded double.
    static func decimal(_ value: Double) -> String {
        let scaled = (value * 10_000).rounded() / 10_000
        return String(scaled)
    }
}
