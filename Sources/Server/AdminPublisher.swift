// Fills the value that the admin port shows from the counts that the loop's thread keeps anyway. It runs on that thread a few
// times a second; the port itself reads a copy.

import CLinux
import Glibc
import Journal
import Node
import Transport
import Zab

final class AdminPublisher {
    private let board: MetricsBoard
    let actions = AdminActions()
    private let server: AdminServer
    private let configuration: ServerConfiguration
    private let startedAt = quorate_monotonic_ns()

    init(_ configuration: ServerConfiguration, log: ServerLog) {
        self.configuration = configuration
        board = MetricsBoard(MetricsSnapshot(takenAt: quorate_monotonic_ns()))
        server = AdminServer(configuration.admin, board: board, actions: actions) { event in
            let log = ServerLog(member: configuration.myID)
            switch event {
            case .open(let port): log.notice("the admin port is \(port)")
            case .trouble(let text): log.warning(text)
            }
        }
    }

    func start() { server.start() }
    func stop() { server.stop() }

    func publish(_ node: Node, journal: JournalDriver, loop: EventLoop, turns: TurnTimes, entrance: EntranceCounts) {
        guard configuration.admin.enabled else { return }
        var snapshot = MetricsSnapshot(takenAt: quorate_monotonic_ns())
        snapshot.isServing = node.isServing
        snapshot.mode = node.mode
        snapshot.reason = "no quorum: \(node.currentRole)"
        let lines = [("version", Version.zookeeperText), ("server_state", node.mode)] + node.monitorLines
        snapshot.monitor = lines.map { name, text in
            AdminField(name, Int64(text).map { .integer($0) } ?? Double(text).map { .number($0) } ?? .text(text))
        }
        snapshot.gauge(
            "quorate_observed_monotonic_seconds", "When these values were taken, on the machine's monotonic clock.",
            number: Double(snapshot.takenAt) / 1e9)
        snapshot.commands = AdminCommands.answers(
            node.adminFacts(listing: AdminCommands.listedConnections), configuration, since: startedAt, now: snapshot.takenAt)
        addStages(node.histograms, &snapshot)
        addNode(node, &snapshot)
        addZab(node.zabCounters, &snapshot)
        addJournal(journal.counters, &snapshot)
        addProcess(loop.counters, turns, &snapshot)
        addEntrance(entrance, &snapshot)
        snapshot.counter(
            "quorate_admin_connections_refused_total",
            "Connections to the admin port that were closed as too slow, too long or too many.", server.refused)
        board.publish(snapshot)
    }

    private func addStages(_ stages: StageHistograms, _ snapshot: inout MetricsSnapshot) {
        let named: [(String, StageHistogram)] = [
            ("proposed", stages.proposed), ("durable", stages.durable), ("quorum", stages.quorum), ("applied", stages.applied),
            ("received_to_quorum", stages.receivedToQuorum),
        ]
        for (name, histogram) in named {
            snapshot.histogram(
                "quorate_stage_seconds", "Time of all writes by stage, per request.", histogram.seconds,
                labels: [MetricLabel("stage", name)], ladder: .seconds)
        }
        let own: [(String, StageHistogram)] = [
            ("proposed", stages.own.proposed), ("quorum", stages.own.quorum), ("applied", stages.own.applied),
            ("replied", stages.own.replied), ("total", stages.own.total),
        ]
        for (name, histogram) in own {
            snapshot.histogram(
                "quorate_own_stage_seconds", "Time of this member's own clients' writes; the stages add up to total.",
                histogram.seconds, labels: [MetricLabel("stage", name)], ladder: .seconds)
        }
        snapshot.histogram(
            "quorate_batch_requests", "Requests in a sealed batch; leader only.", stages.requestsPerBatch.plain, ladder: .counts)
        snapshot.histogram(
            "quorate_batch_bytes", "Bytes of a sealed batch; leader only.", stages.bytesPerBatch.plain, ladder: .bytes)
        snapshot.histogram(
            "quorate_batches_in_flight", "Batches proposed and not committed when another was sealed; leader only.",
            stages.batchesInFlight.plain, ladder: .counts)
        snapshot.histogram(
            "quorate_batches_per_ack", "Batches that one acknowledgement covers; followers only.", stages.batchesPerAck.plain,
            ladder: .counts)
    }

    private func addNode(_ node: Node, _ snapshot: inout MetricsSnapshot) {
        let counters = node.counters
        snapshot.gauge("quorate_epoch", "Epoch that this member leads or follows in.", Int64(node.epoch))
        snapshot.gauge("quorate_leading", "1 on the leader.", node.currentRole == .leading ? 1 : 0)
        let marks = [("faults", configuration.faults != nil), ("no_fsync", !configuration.flushes)]
        for (mark, isSet) in marks {
            snapshot.gauge(
                "quorate_marks", "1 where the configuration spoils what is measured.", isSet ? 1 : 0,
                labels: [MetricLabel("mark", mark)])
        }
        let counts: [(String, String, UInt64)] = [
            ("batches_proposed", "Batches sealed by this member as leader.", counters.batchesProposed),
            ("requests_proposed", "Requests in these.", counters.requestsProposed),
            ("handovers", "Hand-overs of the lead that this member began, new epochs under itself included.", counters.handovers),
            ("handovers_broken", "Changes of leaders over which announced requests were lost.", counters.handoversBroken),
            ("bundles_forwarded", "Bundles sent to the leader.", counters.bundlesForwarded),
            ("requests_forwarded", "Requests in these.", counters.requestsForwarded),
            ("packets_received", "Frames from clients.", counters.packetsReceived),
            ("packets_sent", "Frames to clients.", counters.packetsSent),
            ("reads", "Reads answered.", counters.reads),
            ("reads_confirmed", "Reads and syncs that waited for a read index.", counters.readsConfirmed),
            ("read_indexes_asked", "Questions for a read index; all that arrive in a turn share one.", counters.readIndexesAsked),
            ("watch_events", "Watch events sent.", counters.watchEvents),
            ("connections_accepted", "Client connections taken in.", counters.connectionsAccepted),
            ("bad_frames", "Client frames that could not be read.", counters.badFrames),
            ("unknown_requests", "Requests of a type that is not answered here.", counters.unknownRequests),
            ("bad_peer_frames", "Member frames that could not be read.", counters.badPeerFrames),
            ("deaf_peers", "Connections of members closed because too much waited unread.", counters.deafPeers),
            (
                "duplicate_members", "Connections of a member for which two processes speak in turn.", counters.duplicateMembers
            ),
            ("sessions_opened", "Sessions opened or resumed here.", counters.sessionsOpened),
            ("sessions_expired", "Sessions whose end this member proposed.", counters.sessionsExpired),
            ("snapshots_taken", "Snapshots of the own state.", counters.snapshotsTaken),
            ("scrubs", "Times that everything stored was read again.", counters.scrubs),
            ("scrubbed_bytes", "Bytes of log read again.", counters.scrubbedBytes),
            ("snapshots_failed", "Snapshots that did not come to be.", counters.snapshotsFailed),
            ("snapshots_installed", "Snapshots received and taken over.", counters.snapshotsInstalled),
            ("snapshots_resumed", "Snapshots sent on from where the transfer broke off.", counters.snapshotsResumed),
            ("snapshot_bytes_sent", "Bytes of snapshots sent to learners.", counters.snapshotBytesSent),
            ("peer_pauses", "Times a member's input had to wait for the own disk.", counters.peerPauses),
            ("backlog_pieces_read", "Pieces of the log read to be applied here.", counters.backlogPieces),
            ("log_pieces_read", "Pieces of the log read for learners.", counters.logPiecesRead),
            ("late_turns", "Turns that began more than a heartbeat late.", counters.lateTurns),
        ]
        for (name, help, value) in counts { snapshot.counter("quorate_\(name)_total", help, value) }
    }

    private func addZab(_ counters: ZabCounters, _ snapshot: inout MetricsSnapshot) {
        let syncs: [(String, String, UInt64)] = [
            ("diff", "behind", counters.syncDiff), ("trunc", "uncommitted_records", counters.syncTruncate),
            ("snap", "log_too_short", counters.syncSnapshotLogTooShort),
            ("snap", "no_common_epoch", counters.syncSnapshotNoCommonEpoch),
            ("snap", "state_bad", counters.syncSnapshotStateBad), ("snap", "damaged", counters.syncSnapshotDamaged),
        ]
        for (way, cause, value) in syncs {
            snapshot.counter(
                "quorate_synchronizations_total", "Learners brought level, by way and cause.", value,
                labels: [MetricLabel("way", way), MetricLabel("cause", cause)])
        }
        for cause in LookingCause.allCases {
            snapshot.counter(
                "quorate_looking_total", "Ways back to looking for a leader, by cause.",
                counters.lookingByCause[Int(cause.rawValue)], labels: [MetricLabel("cause", "\(cause)")])
            snapshot.counter(
                "quorate_step_downs_total", "Leads given up, by cause.", counters.stepDownsByCause[Int(cause.rawValue)],
                labels: [MetricLabel("cause", "\(cause)")])
        }
        for reason in PrevoteReason.allCases where reason != .granted {
            snapshot.counter(
                "quorate_prevotes_refused_total", "Prevotes this member refused, by reason.",
                counters.prevotesRefused[Int(reason.rawValue)], labels: [MetricLabel("reason", "\(reason)")])
        }
        snapshot.counter("quorate_prevotes_granted_total", "Prevotes this member granted.", counters.prevotesGranted)
        snapshot.counter("quorate_elections_total", "Elections this member stood in.", counters.candidacies)
        snapshot.counter(
            "quorate_learners_refused_total", "Learners that hold less than they have acknowledged, or another directory.",
            counters.setBacks + counters.strangersRefused)
    }

    private func addJournal(_ counters: JournalCounters, _ snapshot: inout MetricsSnapshot) {
        let counts: [(String, String, UInt64)] = [
            ("batches", "Batches written.", counters.batches), ("records", "Records written.", counters.records),
            ("spare_misses", "Flushes that made a file grow for want of a spare segment.", counters.spareMisses),
            ("spare_failures", "Spare segments not prepared for want of room or descriptors.", counters.spareFailures),
            ("damaged_snapshots", "Snapshots dropped because they could not be read any more.", counters.damagedStarts),
            (
                "damaged_segments", "Segments of the log that could not be read any more, at the start or since.",
                counters.damagedSegments
            ),
            ("seals", "Seals written.", counters.seals), ("truncations", "Truncations of the log.", counters.truncations),
            ("segment_uses", "Segments taken into use.", counters.segmentUses),
        ]
        for (name, help, value) in counts { snapshot.counter("quorate_journal_\(name)_total", help, value) }
        snapshot.counter("quorate_flushes_total", "Group commits of the journal.", counters.flushes)
        snapshot.counter("quorate_flushed_bytes_total", "Bytes of these, padding included.", counters.flushedBytes)
        snapshot.histogram("quorate_flush_seconds", "Write and flush of a group.", counters.flushTimes.seconds)
        snapshot.gauge(
            "quorate_journal_flush_max_seconds", "The longest group commit.",
            number: Double(counters.flushTimes.maxNanoseconds) / 1e9)
    }

    private func addEntrance(_ entrance: EntranceCounts, _ snapshot: inout MetricsSnapshot) {
        snapshot.gauge(
            "quorate_client_handshakes_outstanding", "TLS handshakes of clients under way.", Int64(entrance.handshakesUnderWay))
        let counts: [(String, String, UInt64)] = [
            ("client_handshakes", "TLS handshakes of clients that were completed.", entrance.handshakesDone),
            ("client_handshakes_failed", "TLS handshakes of clients that failed or timed out.", entrance.handshakesFailed),
            (
                "client_handshakes_exceeded", "Clients shut out because too many TLS handshakes were under way.",
                entrance.handshakesExceeded
            ),
            ("connections_rejected", "Clients shut out by maxClientCnxns or maxCnxns.", entrance.rejected),
        ]
        for (name, help, value) in counts { snapshot.counter("quorate_\(name)_total", help, value) }
    }

    private func addProcess(_ counters: TransportCounters, _ turns: TurnTimes, _ snapshot: inout MetricsSnapshot) {
        for cause in TurnTimes.Cause.allCases {
            snapshot.histogram(
                "quorate_turn_seconds", "Length of loop turns, by what took longest.", turns.byCause[cause.rawValue].seconds,
                labels: [MetricLabel("cause", "\(cause)")], ladder: .seconds)
        }
        snapshot.counter("quorate_turns_over_10ms_total", "Turns of the loop over 10 ms.", turns.longTurns)
        snapshot.counter("quorate_receives_total", "Receive calls.", UInt64(counters.receives))
        snapshot.counter("quorate_sends_total", "Send calls.", UInt64(counters.sends))
        snapshot.counter("quorate_bytes_received_total", "Bytes received.", UInt64(counters.bytesReceived))
        snapshot.counter("quorate_bytes_sent_total", "Bytes sent.", UInt64(counters.bytesSent))
        snapshot.counter(
            "quorate_handshakes_failed_total", "TLS handshakes that failed, members' and clients'.",
            UInt64(counters.handshakesFailed))
        snapshot.counter(
            "quorate_accept_pauses_total", "Times that accepting paused for want of descriptors.", UInt64(counters.acceptPauses))
        snapshot.counter(
            "quorate_connections_shed_total", "Connections shut at once for want of descriptors.",
            UInt64(counters.connectionsShed))
        snapshot.counter(
            "process_cpu_seconds_total", "Processor time of this process.", seconds: Double(quorate_process_cpu_ns()) / 1e9)
    }
}

extension FlushTimes {
    var seconds: HistogramCounts {
        // One microsecond has no upper half: that bucket stays empty and ends where the one before it does.
        let used = (0..<FlushTimes.bucketCount).filter { $0 != 2 }
        let bounds = used.dropLast().map { Double(FlushTimes.upperBound(of: $0)) / 1e9 }
        let counts = used.map { buckets[$0] }
        return HistogramCounts(bounds: bounds, counts: counts, sum: Double(sumNanoseconds) / 1e9)
    }
}

extension StageHistogram {
    /// Seconds, in every bucket that holds something.
    var seconds: HistogramCounts { filled(unit: 1e9) }
    /// The same without a unit.
    var plain: HistogramCounts { filled(unit: 1) }

    /// Buckets that hold something, and the one before each of them, without which nobody could tell where it begins. What was
    /// shown once is shown for good, since counts never fall. Values are whole, so a bucket's bound is the largest one in it.
    private func filled(unit: Double) -> HistogramCounts {
        var bounds: [Double] = []
        var shown: [UInt64] = []
        for index in counts.indices.dropLast() where counts[index] > 0 || counts[index + 1] > 0 {
            bounds.append(Double(StageHistogram.lowerBound(index + 1) - 1) / unit)
            shown.append(counts[index])
        }
        return HistogramCounts(bounds: bounds, counts: shown + [counts[counts.count - 1]], sum: Double(sum) / unit)
    }
}
