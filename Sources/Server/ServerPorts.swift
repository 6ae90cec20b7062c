// Opens a member's ports, and says of one that can't be had on which line of the configuration it stands.

import Glibc
import Transport

/// Where clients and members come in.
struct ServerPorts {
    struct Entrance {
        let id: ListenerID
        /// What the system chose if the configuration says 0.
        let port: UInt16
    }

    private(set) var plain: Entrance?
    private(set) var secure: Entrance?
    private(set) var members: [ListenerID] = []

    /// Handshakes under way at one of the members' ports. There are fewer members than that.
    private static let strangersAtMost = 256

    init(
        _ loop: EventLoop, _ configuration: ServerConfiguration, _ security: ServerSecurity
    ) throws(TransportError) {
        let member = "server.\(configuration.myID)"
        let backlog = Int32(clamping: max(configuration.clientPortListenBacklog, 1))
        if let port = configuration.clientPort {
            plain = try Self.naming(
                configuration, address: ["clientPortAddress", member], port: ["clientPort", member]
            ) { () throws(TransportError) in
                let address = try Self.resolved(configuration.clientPortAddress, port)
                return Entrance(try loop.listen(address, tag: ServerLoop.Tag.client, backlog: backlog, keepsReserve: true))
            }
        }
        if let port = configuration.secureClientPort {
            secure = try Self.naming(
                configuration, address: ["secureClientPortAddress", "secureClientPort"], port: ["secureClientPort"]
            ) { () throws(TransportError) in
                let address = try Self.resolved(port.address, port.port)
                return Entrance(
                    try loop.listen(
                        address, tag: ServerLoop.Tag.client, backlog: backlog, tls: security.clients, keepsReserve: true,
                        handshakeLimit: port.handshakeLimit))
            }
        }
        guard let me = configuration.me, configuration.members.count > 1 else { return }
        let host = configuration.quorumListenOnAllIPs ? "" : me.host
        try Self.naming(configuration, address: [member], port: [member]) { () throws(TransportError) in
            for (port, tag) in [(me.electionPort, ServerLoop.Tag.election), (me.quorumPort, ServerLoop.Tag.data)] {
                let listening = try loop.listen(
                    Self.resolved(host, port), tag: tag, tls: security.members, urgency: .urgent,
                    handshakeLimit: Self.strangersAtMost)
                members.append(listening.0)
            }
        }
    }

    /// For log lines.
    var text: String {
        let parts = [plain.map { "port \($0.port)" }, secure.map { "secure port \($0.port)" }].compactMap(\.self)
        return parts.joined(separator: " and ")
    }

    /// Lets an error name the line of the configuration whose address or port it is.
    private static func naming<Result>(
        _ configuration: ServerConfiguration, address: [String], port: [String], _ body: () throws(TransportError) -> Result
    ) throws(TransportError) -> Result {
        do throws(TransportError) {
            return try body()
        } catch {
            let isPort = error.code == EADDRINUSE || error.code == EACCES
            throw TransportError("\(configuration.place(of: isPort ? port : address)): \(error.text)", code: error.code)
        }
    }

    private static func resolved(_ host: String, _ port: UInt16) throws(TransportError) -> SocketAddress {
        if host.isEmpty { return .any(port: port) }
        if let address = SocketAddress(host: host, port: port) { return address }
        guard let address = try SocketAddress.resolve(host: host, port: port).first else {
            throw TransportError("The host \(host) has no address to listen on.")
        }
        return address
    }
}

extension ServerPorts.Entrance {
    fileprivate init(_ listening: (ListenerID, boundPort: UInt16)) {
        (id, port) = listening
    }
}
