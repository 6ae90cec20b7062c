// The answers of ZooKeeper's admin commands, made from what the node tells of itself when the snapshot for the admin port is
// taken. Which names stand for which command, and who answers without a quorum, is in AdminAnswer.swift.

import Node

enum AdminCommands {
    /// Connections that are listed one by one; of more, only the count is told.
    static let listedConnections = 200

    static func answers(
        _ facts: AdminFacts, _ configuration: ServerConfiguration, since start: UInt64, now: UInt64
    ) -> [String: [AdminField]] {
        let server = serverStats(facts, uptimeMs: (now - min(start, now)) / 1_000_000)
        return [
            "configuration": configurationFields(configuration),
            "environment": facts.environment.map { AdminField($0.0, .text($0.1)) },
            "server_stats": server,
            "stats": server + connections(facts),
            "connections": connections(facts),
            "leader": leader(facts, configuration),
            "watch_summary": [
                AdminField("num_connections", .integer(Int64(facts.watches.connections))),
                AdminField("num_paths", .integer(Int64(facts.watches.paths))),
                AdminField("num_total_watches", .integer(Int64(facts.watches.total))),
            ],
        ]
    }

    private static func configurationFields(_ configuration: ServerConfiguration) -> [AdminField] {
        [
            AdminField("client_port", .integer(configuration.clientPort.map(Int64.init) ?? -1)),
            AdminField("secure_client_port", .integer((configuration.secureClientPort?.port).map(Int64.init) ?? -1)),
            AdminField("data_dir", .text(configuration.dataDir)), AdminField("data_log_dir", .text(configuration.dataLogDir)),
            AdminField("tick_time", .integer(Int64(configuration.tickTimeMs))),
            AdminField("max_client_cnxns", .integer(Int64(configuration.maxClientCnxns))),
            AdminField("min_session_timeout", .integer(Int64(configuration.minSessionTimeoutMs))),
            AdminField("max_session_timeout", .integer(Int64(configuration.maxSessionTimeoutMs))),
            AdminField("server_id", .integer(Int64(configuration.myID))),
            AdminField("client_port_listen_backlog", .integer(Int64(configuration.clientPortListenBacklog))),
        ]
    }

    /// Keys of ZooKeeper's that nothing here counts are left out.
    private static func serverStats(_ facts: AdminFacts, uptimeMs: UInt64) -> [AdminField] {
        let inside = [
            AdminField("packets_sent", .integer(Int64(clamping: facts.sent))),
            AdminField("packets_received", .integer(Int64(clamping: facts.received))),
            AdminField("server_state", .text(facts.mode)),
            AdminField("last_processed_zxid", .integer(Int64(bitPattern: facts.zxid))),
            AdminField("outstanding_requests", .integer(Int64(facts.outstanding))),
            AdminField("avg_latency", .number(facts.latency.average)),
            AdminField("max_latency", .integer(Int64(clamping: facts.latency.max))),
            AdminField("min_latency", .integer(Int64(clamping: facts.latency.min))),
            AdminField("num_alive_client_connections", .integer(Int64(facts.connectionCount))),
            AdminField("uptime", .integer(Int64(clamping: uptimeMs))),
            AdminField("auth_failed_count", .integer(Int64(clamping: facts.authFailures))),
        ]
        return [
            AdminField("version", .text(facts.version)), AdminField("read_only", .flag(false)),
            AdminField("server_stats", .fields(inside)), AdminField("node_count", .integer(Int64(facts.nodeCount))),
        ]
    }

    private static func connections(_ facts: AdminFacts) -> [AdminField] {
        func listed(_ isListed: (ClientSecurity) -> Bool) -> AdminValue {
            .list(facts.connections.filter { isListed($0.security) }.map(connection))
        }
        return [
            AdminField("connection_count", .integer(Int64(facts.connectionCount))),
            AdminField("connections", listed { $0 == .plain }), AdminField("secure_connections", listed { $0 != .plain }),
        ]
    }

    private static func connection(_ client: AdminFacts.Connection) -> AdminValue {
        .fields([
            AdminField("remote_socket_address", .text(client.address)),
            AdminField("outstanding_requests", .integer(Int64(client.outstanding))),
            AdminField("packets_received", .integer(Int64(clamping: client.received))),
            AdminField("packets_sent", .integer(Int64(clamping: client.sent))),
            AdminField("session_id", .integer(client.session)),
            AdminField("session_timeout", .integer(Int64(client.timeoutMs))),
            AdminField("last_zxid", .text("0x" + String(UInt64(bitPattern: client.lastZxid), radix: 16))),
        ])
    }

    private static func leader(_ facts: AdminFacts, _ configuration: ServerConfiguration) -> [AdminField] {
        var fields = [AdminField("is_leader", .flag(facts.isLeading))]
        guard let id = facts.leader else { return fields }
        fields.append(AdminField("leader_id", .integer(Int64(id))))
        if let member = configuration.members.first(where: { $0.id == Int(id) }) {
            fields.append(AdminField("leader_ip", .text(member.host)))
        }
        return fields
    }
}
