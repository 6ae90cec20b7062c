// Node's part: carries a core's outputs out and feeds completions back.

package import Batch
package import Zab

extension Cluster {
    package func feed(_ index: Int, _ input: Input) {
        let member = members[index]
        guard member.core != nil else { return }
        steps += 1
        var outputs = member.outputs
        outputs.removeAll(keepingCapacity: true)
        member.outputs = []
        member.core!.zab.step(input, now: instant, outputs: &outputs)
        checks.afterStep(self, member)
        for output in outputs where member.isUp { perform(index, output) }
        member.outputs = outputs
        guard member.isUp else { return }
        while !member.afterwards.isEmpty, member.isUp { propose(index, member.afterwards.removeFirst()) }
        pump(index)
        schedule(index)
    }

    private func schedule(_ index: Int) {
        let member = members[index]
        guard let core = member.core else { return }
        member.role = core.zab.role
        let due = max(core.zab.nextDeadline.nanoseconds, now)
        if due < member.tickAt {
            member.tickAt = due
            queue.add(due, .tick(member: index, life: member.life))
        }
    }

    private func perform(_ index: Int, _ output: Output) {
        let member = members[index]
        switch output {
        case .send(let connection, let message): send(index, connection, message)
        case .closeConnection(let connection, _): closed(index, connection)
        case .dial(let peer, let channel):
            member.dialing.append((peer, channel))
            queue.add(now + delay(), .dial(member: index, life: member.life, peer: peer, channel: channel))
        case .cancelDial(let peer, let channel): member.dialing.removeAll { $0.peer == peer && $0.channel == channel }
        case .append(let batch, let role): append(index, batch, role)
        case .persistEpochs(let seq, let accepted, let current):
            command(index, .epochs(seq: seq, accepted: accepted, current: current))
        case .truncate(let zxid, let role):
            note("\(member.id) truncates its log to \(zxid)")
            member.log.truncate(to: zxid)
            command(index, .truncate(zxid, role: role))
        case .startStream(let connection, let from, let start, let limit):
            member.streams.append(Stream(connection: connection, cursor: from, limit: limit, start: start, from: from))
        case .unlimitStream(let connection): limitStream(member, connection, nil)
        case .limitStream(let connection, let zxid): limitStream(member, connection, zxid)
        case .stopStream(let connection): member.streams.removeAll { $0.connection == connection }
        case .needSnapshot: queue.add(now + 2_000_000, .snapshot(member: index, life: member.life))
        case .beginSnapshotReceive(let connection, let start, let role, let keepLog):
            member.receiving = SnapshotReceive(connection: connection, start: start, role: role, keepLog: keepLog)
            installIfComplete(index)
        case .abortSnapshotReceive(let role):
            guard let receiving = member.receiving, receiving.role == role else { return }
            member.receiving = nil
            queue.add(
                now, .completed(member: index, life: member.life, [.snapshotFailed(role: role, reason: "aborted")]))
        default: performNews(index, output)
        }
    }

    private func limitStream(_ member: Member, _ connection: ConnectionNumber, _ zxid: Zxid?) {
        for place in member.streams.indices where member.streams[place].connection == connection {
            member.streams[place].limit = zxid
        }
    }

    private func performNews(_ index: Int, _ output: Output) {
        let member = members[index]
        switch output {
        case .committed(let through):
            checks.released(self, member, through: through)
            member.released = through
            queue.add(now + dice.roll(0...200_000), .apply(member: index, life: member.life, through: through))
        case .announceCommit(let commit):
            note("\(member.id) commits \(commit)")
            checks.committed(self, member, commit)
            announce(index)
        case .becameLooking(let cause): note("\(member.id) looks for a leader: \(cause)")
        case .becameCandidate(let epoch): note("\(member.id) becomes candidate of epoch \(epoch)")
        case .becameLeader(let epoch):
            note("\(member.id) leads epoch \(epoch)")
            checks.leads(self, member)
        case .becameFollower(let leader, let epoch): note("\(member.id) follows \(leader) in epoch \(epoch)")
        case .needFounding, .needConfiguration: member.afterwards.append(output)
        case .foundingCommitted(let id): checks.founded(id)
        case .handoverFailed(let reason): note("\(member.id) goes on leading: \(reason)")
        case .readReady(let id, let zxid):
            note("\(member.id) may read at \(zxid)")
            checks.readReady(member, id, zxid)
        case .readFailed(let id):
            note("\(member.id) may not read")
            member.readsFailed += 1
            member.reads[id] = nil
        case .markStateBad: command(index, .stateBad)
        case .halt(let code, let reason):
            note("\(member.id) halts with \(code.rawValue): \(reason)")
            crash(index, torn: member.commands.count)
            member.haltCode = code
            member.haltReason = reason
        case .alarm(let text):
            note("\(member.id) alarms: \(text)")
            alarms.append(text)
        case .log(let text), .warning(let text): note("\(member.id) says: \(text)")
        case .assigned, .notAssigned: preconditionFailure("numbers nobody asked for")
        default: break
        }
    }

    // MARK: messages

    private func send(_ index: Int, _ connection: ConnectionNumber, _ message: Message) {
        checks.sending(members[index], message)
        guard let (place, toB) = wire(index, connection) else { return }
        guard toB ? wires[place].isOpenA : wires[place].isOpenB else { return }
        transmit(place, toB: toB, message)
    }

    func receive(_ index: Int, _ connection: ConnectionNumber, _ message: Message) {
        let member = members[index]
        if settings.isTracing { traceMessage(index, connection, message) }
        if case .snapshotChunk = message {
            member.chunksArrived.append(connection)
            feed(index, .heard(connection))
            installIfComplete(index)
        } else {
            feed(index, .received(connection, message))
        }
    }

    private func installIfComplete(_ index: Int) {
        let member = members[index]
        guard let receiving = member.receiving, member.chunksArrived.contains(receiving.connection) else { return }
        member.receiving = nil
        member.chunksArrived.removeAll { $0 == receiving.connection }
        guard let base = snapshots[receiving.start.zxid] else { preconditionFailure("a start nobody has taken") }
        note("\(member.id) installs the snapshot at \(base.zxid)\(receiving.keepLog ? ", keeps its log" : "")")
        if !receiving.keepLog { member.log = LogImage(base: base) }
        command(index, .install(base, keepLog: receiving.keepLog, role: receiving.role))
    }

    /// The watermark to those whom no batch brings it in this turn.
    private func announce(_ index: Int) {
        guard let core = members[index].core else { return }
        let heartbeat = core.zab.heartbeatMessage()
        for place in wires.indices where wires[place].channel == .election {
            if wires[place].a == index, wires[place].isOpenA { transmit(place, toB: true, heartbeat) }
            if wires[place].b == index, wires[place].isOpenB { transmit(place, toB: false, heartbeat) }
        }
    }

    /// Streams move: everything behind a cursor, up to its limit.
    private func pump(_ index: Int) {
        let member = members[index]
        var moved = true
        while moved, member.isUp {
            moved = false
            for place in member.streams.indices {
                guard let to = advance(index, place) else { continue }
                moved = true
                feed(index, .streamMoved(member.streams[place].connection, to: to))
                break
            }
        }
    }

    private func advance(_ index: Int, _ place: Int) -> Zxid? {
        let member = members[index]
        guard let core = member.core else { return nil }
        let stream = member.streams[place]
        if stream.start != nil {
            member.streams[place].start = nil
            send(
                index, stream.connection,
                .snapshotChunk(SnapshotChunk(epoch: core.zab.epoch, offset: 0, isLast: true, body: 0..<0)))
            return stream.from
        }
        precondition(stream.cursor >= member.log.base.zxid, "a stream from before the log")
        let first = member.log.place(behind: stream.cursor)
        let many = 1 + dice.roll(4)
        var batches: [SealedBatch] = []
        for batch in member.log.batches[first...].prefix(many) where batch.lastZxid <= stream.limit ?? member.log.last {
            batches.append(batch)
        }
        guard let last = batches.last else { return nil }
        precondition(batches[0].prevZxid == stream.cursor, "Rule L1: a stream with a gap")
        member.streams[place].cursor = last.lastZxid
        send(
            index, stream.connection,
            .proposal(Proposal(epoch: core.zab.epoch, commit: core.zab.commit, round: core.zab.round, batches: batches)))
        return last.lastZxid
    }

    // MARK: log

    private func command(_ index: Int, _ command: JournalCommand) {
        let member = members[index]
        member.commands.append(command)
        guard !member.isFlushing else { return }
        member.isFlushing = true
        queue.add(now + flushTime(member), .flush(member: index, life: member.life))
    }

    private func flushTime(_ member: Member) -> UInt64 { member.diskDelay / 2 + dice.roll(0...member.diskDelay) }

    /// Some of what has gathered becomes durable; the process learns of it a little later.
    func flush(_ index: Int) {
        let member = members[index]
        member.isFlushing = false
        if member.isDiskStuck {
            member.isFlushing = true
            queue.add(now + 1_000_000, .flush(member: index, life: member.life))
            return
        }
        let some = member.commands.isEmpty ? 0 : 1 + dice.roll(member.commands.count)
        var completions: [Input] = []
        for command in member.commands.prefix(some) {
            guard let input = member.disk.perform(command) else { continue }
            if case .durable(_, let role) = input, case .durable(_, let before)? = completions.last, role == before {
                completions.removeLast()
            }
            completions.append(input)
        }
        member.commands.removeFirst(some)
        queue.add(now + dice.roll(0...100_000), .completed(member: index, life: member.life, completions))
        if !member.commands.isEmpty {
            member.isFlushing = true
            queue.add(now + flushTime(member), .flush(member: index, life: member.life))
        }
    }

    func complete(_ index: Int, _ input: Input) {
        if case .snapshotInstalled(let zxid, _, _) = input, let base = snapshots[zxid] {
            let member = members[index]
            member.released = zxid
            member.applied = zxid
            member.appliedIndex = base.index
            member.digest = base.digest
        }
        feed(index, input)
    }

    private func append(_ index: Int, _ batch: SealedBatch, _ role: RoleNumber) {
        let member = members[index]
        member.log.batches.append(batch)
        let known = min(member.core?.zab.commit ?? .zero, batch.prevZxid)
        command(index, .append(batch, committedUpTo: known, role: role))
        if batch.header.isConfiguration {
            guard var record = records[batch.lastZxid] else { preconditionFailure("a configuration record without content") }
            // A later record does not name the ensemble in its bytes: whoever reads it knows it from the one before.
            if let before = member.core?.zab.configuration, before.zxid != .zero { record.clusterID = before.clusterID }
            feed(index, .noteConfiguration(record))
        }
    }

    func apply(_ index: Int, through: Zxid) {
        let member = members[index]
        var pairs: [DigestPair] = []
        for batch in member.log.batches[member.log.place(behind: member.applied)...] where batch.lastZxid <= through {
            applyOne(member, batch)
            if member.appliedIndex % 4 == 0 { pairs.append(DigestPair(zxid: member.applied, digest: member.digest)) }
        }
        feed(index, .applied(member.applied))
        if !pairs.isEmpty, member.isUp { feed(index, .digests(pairs)) }
    }

    /// A snapshot of what is applied; `purging` lets go of the log below it.
    package func takeStart(_ index: Int, purging: Bool) {
        let member = members[index]
        guard let core = member.core, !core.zab.isStateBad, member.applied > member.log.base.zxid else { return }
        let base = Base(
            zxid: member.applied, index: member.appliedIndex, digest: member.digest,
            configurations: configurations(of: member, at: member.applied))
        snapshots[base.zxid] = base
        note("\(member.id) has a start at \(base.zxid)\(purging ? " and keeps no log before it" : "")")
        if purging, member.streams.allSatisfy({ $0.cursor >= base.zxid && $0.start == nil }), member.disk.log.last >= base.zxid,
            member.commands.isEmpty
        {
            member.log.batches.removeFirst(member.log.place(behind: base.zxid))
            member.log.base = base
            member.disk.log.batches.removeFirst(member.disk.log.place(behind: base.zxid))
            member.disk.log.base = base
            member.disk.committedUpTo = max(member.disk.committedUpTo, base.zxid)
            member.disk.newestStart = nil
        } else {
            member.disk.newestStart = base
        }
        feed(
            index,
            .startsChanged(
                logStart: member.log.base.zxid, newest: Start(zxid: base.zxid, byteCount: 1, digest: base.digest)))
    }

    private func configurations(of member: Member, at zxid: Zxid) -> [ConfigurationRecord] {
        var found = member.log.base.configurations
        for batch in member.log.batches where batch.header.isConfiguration && batch.lastZxid <= zxid {
            found.append(records[batch.lastZxid]!)
        }
        return [found[found.count - 1]]
    }

    // MARK: proposals

    /// One batch of `count` requests of no particular meaning.
    /// - Returns: its last zxid, or nil if the member can't propose now.
    @discardableResult
    package func propose(_ index: Int, count: Int = 1) -> Zxid? {
        seal(index, count: count, record: nil)
    }

    private func propose(_ index: Int, _ output: Output) {
        let cluster: ClusterID
        let asked: Configuration
        switch output {
        case .needFounding(let configuration):
            cluster = ClusterID(dice.next()) << 64 | ClusterID(dice.next())
            asked = configuration
        case .needConfiguration(let configuration):
            cluster = members[index].core!.zab.clusterID
            asked = configuration
        default: return
        }
        seal(index, count: 1, record: ConfigurationRecord(zxid: .zero, configuration: asked, clusterID: cluster))
    }

    @discardableResult
    private func seal(_ index: Int, count: Int, record: ConfigurationRecord?) -> Zxid? {
        let member = members[index]
        guard member.core != nil else { return nil }
        var answers: [Output] = []
        steps += 1
        member.core!.zab.step(
            .propose(count: count, bytes: 8 * count, isConfiguration: record != nil), now: instant, outputs: &answers)
        guard case .assigned(let first, let prev)? = answers.first, answers.count == 1 else { return nil }
        var header = BatchHeader(
            firstZxid: first, prevZxid: prev, wallTime: Int64(now / 1_000_000), logTime: now / 1_000_000, count: UInt32(count))
        if record != nil { header.flags |= BatchHeader.flagConfiguration }
        let content = [dice.next()]
        let batch = content.withUnsafeBytes { SealedBatch(sealing: header, requests: $0) }
        if var record {
            record.zxid = first
            records[first] = record
        }
        note(
            "\(member.id) proposes \(first)\(count > 1 ? " to \(batch.lastZxid)" : "")\(record == nil ? "" : ", a configuration")"
        )
        feed(index, .sealed(batch))
        return batch.lastZxid
    }

    package func read(_ index: Int, _ kind: ReadKind) {
        let member = members[index]
        guard member.isUp else { return }
        checks.nextRead += 1
        member.reads[checks.nextRead] = (checks.highestReleased, kind)
        feed(index, .readIndex(id: checks.nextRead, kind))
    }

    /// Nil: whoever is nearest; the member itself: a new epoch.
    package func handOver(_ index: Int, to wanted: MemberID?) {
        guard members[index].isUp else { return }
        feed(index, .handOver(to: wanted))
    }

    /// The member that leads the highest epoch, if any does.
    package var leader: Int? {
        members.indices.filter { members[$0].core?.zab.role == .leading }
            .max { members[$0].core!.zab.epoch < members[$1].core!.zab.epoch }
    }

    /// Everybody up follows one leader, has applied everything committed, and nothing is in flight.
    package var isSettled: Bool {
        guard let leader, let lead = members[leader].core, lead.zab.isServing else { return false }
        for member in members where member.isUp {
            guard let core = member.core,
                member.id == lead.zab.member || core.zab.role == .following && core.zab.epoch == lead.zab.epoch,
                core.zab.isServing, core.zab.lastDurable == lead.zab.lastLogged, member.applied == lead.zab.lastLogged
            else { return false }
        }
        return true
    }
}
