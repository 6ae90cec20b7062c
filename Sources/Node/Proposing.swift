// What has gathered leaves: on the leader it is numbered by the core and sealed into batches, on a follower it goes to the leader
// as bundles, within the credit that the leader granted.

import Batch
import ClientProtocol
import Journal
import Jute
import Rules
import StateMachine
import Zab

extension Node {
    /// Seals chunk after chunk while the core has room for more in flight.
    func propose() {
        // Rule H3: what was kept goes out when it is known what became of everything before it.
        guard !handover.isBetween else { return }
        while let size = gatherer.nextSize {
            guard gatherer.nextStandsAlone || mayDispatch else { return }
            guard let assigned = assign(count: size.count, bytes: size.bytes, isConfiguration: gatherer.nextStandsAlone) else {
                return
            }
            guard let chunk = gatherer.takeChunk() else { preconditionFailure("a chunk vanished between two looks at it") }
            seal(chunk, assigned)
        }
    }

    /// The policies of dispatch: how many batches may be in flight, whether an unflushed one holds the next back, and how long a
    /// batch waits for more requests.
    private var mayDispatch: Bool {
        // Rule B1: the others' disks may commit while the own one lags; what waits for it is bounded all the same.
        if stages.unflushedBytes >= settings.unflushedBytes { return false }
        if settings.maxInFlightBatches > 0, zab.batchesInFlight >= settings.maxInFlightBatches { return false }
        if let due = lingersUntil, due > now { return false }
        return !settings.holdsUnflushed || zab.lastDurable == zab.lastLogged
    }

    /// When what has gathered goes out although it is no full batch; nil where nothing waits for that.
    var lingersUntil: Instant? {
        guard settings.lingerNanoseconds > 0, isLeading, !isHandingOver else { return nil }
        return gatherer.openSince?.advanced(byNanoseconds: settings.lingerNanoseconds)
    }

    private func assign(count: Int, bytes: Int, isConfiguration: Bool) -> (first: Zxid, prev: Zxid)? {
        var outs: [Output] = []
        zab.step(.propose(count: count, bytes: bytes, isConfiguration: isConfiguration), now: now, outputs: &outs)
        guard case .assigned(let first, let prev)? = outs.first else { return nil }
        precondition(outs.count == 1, "the core did more than number a batch")
        return (first, prev)
    }

    private func seal(_ chunk: GatheredChunk, _ assigned: (first: Zxid, prev: Zxid)) {
        // Rule S6: wall time only fills ctime and mtime, and never decreases; ages run in log time, which the monotonic clock
        // advances.
        wallTime = max(wallTime, clockWallTime)
        #if QUORATE_MUTANTS
        if Mutant.isOn(.wallTimeFalls) { wallTime = clockWallTime }
        #endif
        let advanced = now.since(logTimeTakenAt) / 1_000_000
        logTime += advanced
        logTimeTakenAt = logTimeTakenAt.advanced(byNanoseconds: advanced * 1_000_000)
        demand(logTimeTakenAt <= now, "Rule S6: log time ran ahead of the monotonic clock")
        var flags: UInt16 = 0
        if chunk.standsAlone { flags |= BatchHeader.flagConfiguration }
        let header = BatchHeader(
            firstZxid: assigned.first, prevZxid: assigned.prev, wallTime: wallTime, logTime: logTime, count: UInt32(chunk.count),
            flags: flags)
        let batch = SealedBatch(sealing: header, requests: chunk.records.bytes)
        counters.batchesProposed += 1
        counters.requestsProposed += UInt64(batch.count)
        counters.lastProposalBytes = batch.byteCount
        counters.minProposalBytes =
            counters.minProposalBytes < 0 ? batch.byteCount : min(counters.minProposalBytes, batch.byteCount)
        counters.maxProposalBytes = max(counters.maxProposalBytes, batch.byteCount)
        stages.noteAppended(batch, gatheredFor: stages.waited(chunk, now: now), isLeader: true, now: now)
        stages.noteDispatched(chunk, now: now)
        handover.dispatchedThrough = max(handover.dispatchedThrough, chunk.lastOwnSeq)
        gatherer.recycle(chunk)
        step(.sealed(batch))
        // Rule D5: nothing need be durable before a batch goes out, so it may be on its way to the learners before it is on the
        // own disk.
        demand(zab.lastLogged == batch.lastZxid, "Rule D5: a sealed batch is in the log at once, durable or not")
    }

    /// Sends what has gathered to the leader, a bundle a chunk.
    func forward() {
        guard let link = leaderLink, !handover.isBetween, handover.heldLink != link.id else { return }
        while gatherer.nextSize != nil, hasCredit, let chunk = gatherer.takeChunk() {
            precondition(!chunk.standsAlone, "a record that only a leader proposes would be forwarded")
            forwarded.requests += UInt64(chunk.count)
            forwarded.bytes += UInt64(chunk.records.count)
            counters.bundlesForwarded += 1
            counters.requestsForwarded += UInt64(chunk.count)
            #if QUORATE_MUTANTS
            if Mutant.isOn(.sendsAgain) { remember(chunk) }
            #endif
            sendForward(link, chunk)
            stages.noteDispatched(chunk, now: now)
            handover.dispatchedThrough = max(handover.dispatchedThrough, chunk.lastOwnSeq)
            gatherer.recycle(chunk)
        }
    }

    /// Credit may be overdrawn by one chunk, so that a request larger than a member's share is not stuck for ever.
    private var hasCredit: Bool {
        forwarded.requests < creditFromLeader.requests && forwarded.bytes < creditFromLeader.bytes
    }

    var leaderLink: PeerLink? {
        guard let leader else { return nil }
        return links.first { $0.isUp && $0.member == leader && $0.channel == .data && $0.dialed }
    }

    /// A follower's bundle: walked once, so that nothing unsound is ever numbered, then taken over as it is.
    func takeBundle(_ link: PeerLink, _ bytes: UnsafeRawBufferPointer, count announced: Int) -> Bool {
        guard let member = link.member else { return false }
        var reader = RecordReader(bytes.bytes)
        var count = 0
        do throws(RecordError) {
            while let head = try reader.next() {
                guard head.origin.server == member, reader.body.byteCount <= RecordLayout.maxBody else { return false }
                count += 1
            }
        } catch {
            return false
        }
        guard count == announced, count > 0, bytes.count <= settings.maxBundleBytes else { return false }
        link.taken.requests += UInt64(count)
        link.taken.bytes += UInt64(bytes.count)
        gatherer.add(bundle: bytes, count: count, now: now)
        return true
    }

    /// What this learner may have forwarded altogether; grows no further while the leader itself has a backlog.
    func credit(for link: PeerLink) -> Credit {
        guard isLeading, !intakeIsFull else { return link.taken }
        let members = max(zab.configuration.configuration.count, 1)
        // With less than one each the clients of followers would wait for ever.
        return Credit(
            requests: link.taken.requests + UInt64(max(settings.flight.requests / members, 1)),
            bytes: link.taken.bytes + UInt64(max(settings.flight.bytes / members, 1)))
    }

    // MARK: founding

    func proposeFounding(_ configuration: Configuration) {
        let cluster = settings.cryptography.randomBytes(16)
        let secret = settings.cryptography.randomBytes(32)
        let founding = Founding(
            clusterID: cluster, secret: secret, settings: [], configuration: configuration.bytes,
            text: Array(settings.ensembleText.utf8))
        var body = ByteBuffer(capacity: 256)
        founding.write(to: &body)
        gatherOwn(OpCode.founding, session: 0, Array(body.bytes), alone: true)
    }

    func proposeConfiguration(_ configuration: Configuration) {
        var body = ByteBuffer(capacity: 256)
        SystemRecord.writeConfiguration(configuration.bytes, text: Array(settings.ensembleText.utf8), to: &body)
        gatherOwn(OpCode.configuration, session: 0, Array(body.bytes), alone: true)
    }

    /// A configuration is in force from the moment it is in the log.
    func noteConfiguration(_ batch: SealedBatch) {
        guard let record = ConfigurationRecord(in: batch, clusterID: zab.configuration.clusterID) else {
            halt(HaltCode.impossible.rawValue, "the configuration record at \(batch.firstZxid) can't be read")
            return
        }
        step(.noteConfiguration(record))
    }
}
