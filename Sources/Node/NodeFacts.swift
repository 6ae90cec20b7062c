// What a node tells of itself: the facts behind four-letter words, gathered at the moment of the question.

package import Batch
import DataTree
import StateMachine
package import Zab

/// Where the protocol stands, as it would be asserted from outside.
package struct ProtocolFacts {
    package var role: Role
    package var acceptedEpoch: UInt32
    package var currentEpoch: UInt32
    package var lastLogged: Zxid
    package var lastDurable: Zxid
    package var commit: Zxid
    package var applied: Zxid
    /// The newest round of heartbeats that a leader has begun.
    package var round: UInt64
}

/// What the admin commands show, gathered when a snapshot for the admin port is taken.
package struct AdminFacts {
    package struct Connection {
        package var address: String
        package var outstanding: Int
        package var received: UInt64
        package var sent: UInt64
        package var session: Int64
        package var timeoutMs: Int32
        package var lastZxid: Int64
        package var security: ClientSecurity
    }

    package var version: String
    package var mode: String
    package var isLeading: Bool
    /// The member that leads, as far as this one knows.
    package var leader: MemberID?
    package var received: UInt64
    package var sent: UInt64
    package var outstanding: Int
    package var zxid: UInt64
    package var nodeCount: Int
    /// In milliseconds.
    package var latency: (min: UInt64, average: Double, max: UInt64)
    package var authFailures: UInt64
    package var environment: [(String, String)]
    package var watches: (connections: Int, paths: Int, total: Int)
    package var connectionCount: Int
    /// As many as were asked for.
    package var connections: [Connection] = []
}

extension Node {
    package var protocolFacts: ProtocolFacts {
        ProtocolFacts(
            role: zab.role, acceptedEpoch: zab.acceptedEpoch, currentEpoch: zab.currentEpoch, lastLogged: zab.lastLogged,
            lastDurable: zab.lastDurable, commit: zab.commit, applied: zab.applied, round: zab.round)
    }

    /// - Parameter listed: how many connections are told of one by one.
    package func adminFacts(listing listed: Int) -> AdminFacts {
        let watches = stateMachine.tree.watches
        var facts = AdminFacts(
            version: settings.versionText, mode: mode, isLeading: isLeading, leader: leader, received: counters.packetsReceived,
            sent: counters.packetsSent, outstanding: pending.count, zxid: stateMachine.applied.rawValue,
            nodeCount: stateMachine.nodeCount, latency: latencyMs, authFailures: counters.authFailures,
            environment: settings.environment, watches: (watches.connectionCount, watches.pathCount, watches.dataCount),
            connectionCount: clients.count)
        clients.forEach { client in
            guard facts.connections.count < listed else { return }
            facts.connections.append(
                AdminFacts.Connection(
                    address: client.addressText, outstanding: client.unanswered + client.parkedCount,
                    received: client.packetsReceived, sent: client.packetsSent, session: client.session,
                    timeoutMs: client.timeoutMs, lastZxid: client.lastZxid, security: client.security))
        }
        return facts
    }

    /// As `srvr` and monitoring tools name it.
    package var mode: String {
        settings.isStandalone ? "standalone" : isLeading ? "leader" : zab.isObserver ? "observer" : "follower"
    }

    func facts(asking: ClientConnection) -> FourLetterFacts {
        var facts = FourLetterFacts(
            version: settings.versionText, mode: mode, isServing: isServing, isLeader: isLeading && !settings.isStandalone,
            peerState: (isLeading ? "leading" : "following") + " - broadcast")
        facts.received = counters.packetsReceived
        facts.sent = counters.packetsSent
        facts.outstanding = pending.count
        facts.zxid = stateMachine.applied.rawValue
        facts.nodeCount = stateMachine.nodeCount
        facts.latency = latencyMs
        facts.proposalSizes = (counters.lastProposalBytes, counters.minProposalBytes, counters.maxProposalBytes)
        facts.environment = settings.environment
        facts.configuration = settings.configurationLines
        let watches = stateMachine.tree.watches
        facts.watches = (watches.dataConnectionCount, watches.dataPathCount, watches.dataCount)
        clients.forEach { client in
            facts.clients.append(
                .init(
                    address: client.addressText, queued: client.unanswered + client.parkedCount, received: client.packetsReceived,
                    sent: client.packetsSent, session: client.session, timeoutMs: client.timeoutMs, lastXid: client.lastXid,
                    lastZxid: client.lastZxid, isAsking: client === asking))
        }
        facts.lines = monitorLines
        return facts
    }

    /// Of requests that went through the quorum, as far as this node answered them.
    package var latencyMs: (min: UInt64, average: Double, max: UInt64) {
        let total = stages.histograms.own.total
        guard total.count > 0 else { return (0, 0, 0) }
        return (total.quantile(0) / 1_000_000, total.mean / 1_000_000, total.largest / 1_000_000)
    }

    /// `mntr` without version and state, and without the prefix `zk_`; the admin port shows the same.
    package var monitorLines: [(String, String)] {
        let latency = latencyMs
        var lines: [(String, String)] = [
            ("avg_latency", FourLetterWords.decimal(latency.average)), ("max_latency", "\(latency.max)"),
            ("min_latency", "\(latency.min)"), ("packets_received", "\(counters.packetsReceived)"),
            ("packets_sent", "\(counters.packetsSent)"), ("num_alive_connections", "\(clients.count)"),
            ("outstanding_requests", "\(pending.count)"), ("unbound_members", "\(zab.unbound.nonzeroBitCount)"),
            ("znode_count", "\(stateMachine.nodeCount)"),
            ("watch_count", "\(stateMachine.watchCount)"), ("ephemerals_count", "\(stateMachine.ephemeralCount)"),
            ("approximate_data_size", "\(stateMachine.approximateDataSize)"), ("global_sessions", "\(stateMachine.sessionCount)"),
            ("local_sessions", "0"), ("auth_failed_count", "\(counters.authFailures)"),
            ("applied_zxid", "\(stateMachine.applied.rawValue)"), ("digest", "\(stateMachine.digest)"),
            ("uptime", "\(now.since(startedAt) / 1_000_000)"),
        ]
        lines += connectionLines
        guard !settings.isStandalone else { return lines }
        lines.append(("quorum_size", "\(zab.configuration.configuration.voterCount)"))
        guard isLeading else { return lines }
        let synced = zab.syncedLearners
        lines += [
            ("leader_uptime", "\(now.since(leadingSince) / 1_000_000)"), ("learners", "\(synced.voters + synced.observers)"),
            ("followers", "\(synced.voters)"), ("synced_followers", "\(synced.voters)"),
            ("synced_non_voting_followers", "0"), ("synced_observers", "\(synced.observers)"),
            ("pending_syncs", "\(readIndexes.waiting)"),
            ("last_proposal_size", "\(counters.lastProposalBytes)"), ("max_proposal_size", "\(counters.maxProposalBytes)"),
            ("min_proposal_size", "\(counters.minProposalBytes)"),
        ]
        return lines
    }

    /// Of client connections: none is ever dropped by lot.
    private var connectionLines: [(String, String)] {
        var (remote, local) = (0, 0)
        clients.forEach { client in
            guard client.security != .mutual else { return }
            if client.isLocal { local += 1 } else { remote += 1 }
        }
        let entrance = entranceCounts()
        let smallest = counters.lastResponseBytes < 0 ? -1 : counters.minResponseBytes
        var lines = [
            ("connection_drop_probability", "0.0"), ("outstanding_tls_handshake", "\(entrance.handshakesUnderWay)"),
            ("unsuccessful_handshake", "\(entrance.handshakesFailed)"),
            ("tls_handshake_exceeded", "\(entrance.handshakesExceeded)"), ("connection_rejected", "\(entrance.rejected)"),
            ("non_mtls_remote_conn_count", "\(remote)"), ("non_mtls_local_conn_count", "\(local)"),
            ("last_client_response_size", "\(counters.lastResponseBytes)"),
            ("max_client_response_size", "\(counters.maxResponseBytes)"), ("min_client_response_size", "\(smallest)"),
        ]
        if let descriptors = settings.descriptorCounts() {
            lines += [
                ("open_file_descriptor_count", "\(descriptors.open)"), ("max_file_descriptor_count", "\(descriptors.limit)"),
            ]
        }
        return lines
    }
}
