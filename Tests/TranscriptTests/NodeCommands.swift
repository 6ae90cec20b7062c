// The commands of transcripts about whole members and their clients: what is sent in one packet, and what comes back in which
// order.

import Node
import NodeEnsemble

final class NodeCommands {
    private var ensemble: VirtualEnsemble?
    private var clients: [String: VirtualClient] = [:]
    private var shown: [String: Int] = [:]
    /// What each client has asked, by xid.
    private var asked: [String: [String]] = [:]

    /// - Returns: the lines that the command brought about.
    func perform(_ command: String) throws -> [String] {
        let words = command.split(separator: " ").map(String.init)
        switch words[0] {
        case "ensemble": try found(Int(words[1]) ?? 1)
        case "client": try connect(words[1], to: UInt32(words[3]) ?? 1)
        case "packet": return try send(words[1], command)
        case "run": try running().run(milliseconds: Int(words[1]) ?? 1)
        default: throw CommandError(description: "unknown command: \(command)")
        }
        return clients.keys.sorted().flatMap { news(of: $0) }
    }

    private func running() throws -> VirtualEnsemble {
        guard let ensemble else { throw CommandError(description: "no ensemble yet") }
        return ensemble
    }

    private func found(_ size: Int) throws {
        let made = try VirtualEnsemble(size)
        try made.start()
        guard made.run(within: 2_000, until: { made.members.allSatisfy { $0.node?.isServing == true } }) else {
            throw CommandError(description: "the ensemble does not serve")
        }
        ensemble = made
    }

    private func connect(_ name: String, to member: UInt32) throws {
        let ensemble = try running()
        let client = ensemble.client(of: member)
        client.connect()
        guard ensemble.run(within: 1_000, until: { client.hasSession }) else {
            throw CommandError(description: "\(name) gets no session")
        }
        clients[name] = client
    }

    /// `packet A: create /x 0 | get /x watch`: all of it in one run of bytes. A client's requests are numbered from 1 on.
    private func send(_ label: String, _ command: String) throws -> [String] {
        let name = String(label.dropLast())
        guard let client = clients[name], let colon = command.firstIndex(of: ":") else {
            throw CommandError(description: "who sends this? \(command)")
        }
        let requests = command[command.index(after: colon)...].split(separator: "|")
        for request in requests {
            let words = request.split(separator: " ").map(String.init)
            asked[name, default: []].append(words[0])
            let xid = Int32(asked[name]!.count)
            switch words[0] {
            case "create": client.create(xid, words[1], words.count > 2 ? words[2] : "")
            case "set": client.set(xid, words[1], words[2])
            case "get": client.get(xid, words[1], watch: words.last == "watch")
            case "exists": client.exists(xid, words[1], watch: words.last == "watch")
            case "sync": client.sync(xid, words[1])
            default: throw CommandError(description: "unknown request: \(request)")
            }
        }
        let ensemble = try running()
        guard ensemble.run(within: 500, until: { client.isAnswered(Int32(asked[name]!.count)) }) else {
            throw CommandError(description: "\(name) is not answered")
        }
        return news(of: name)
    }

    private func news(of name: String) -> [String] {
        guard let client = clients[name] else { return [] }
        let fresh = client.replies.dropFirst(shown[name, default: 0])
        shown[name] = client.replies.count
        return fresh.map { "\(name) <- " + describe($0, name, client) }
    }

    private func describe(_ reply: VirtualClient.Reply, _ name: String, _ client: VirtualClient) -> String {
        if let event = VirtualClient.event(reply) { return "event \(event.type) on \(event.path)" }
        let request = asked[name]![Int(reply.xid) - 1]
        guard reply.error == 0 else { return "\(reply.xid) \(request): error \(reply.error)" }
        let data = request == "get" ? client.data(reply.xid).map { " \"\($0)\"" } ?? "" : ""
        return "\(reply.xid) \(request): ok at 0x\(String(reply.zxid, radix: 16))\(data)"
    }
}
