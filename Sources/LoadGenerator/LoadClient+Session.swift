// A client's way to a session and back to it: connect, handshake, ping, reconnect to another server with the same session,
// leave. What was in flight when a connection breaks has an unknown outcome and is booked as such, never sent again.

internal import Statistics
internal import Transport
internal import Workload

extension LoadClient {
    private static let handshakeLimit: UInt64 = 2_000_000_000
    /// For a connection that has to shake hands first: a thousand at once take their time, and are to be measured, not cut off.
    static let secureLimit: UInt64 = 10_000_000_000
    private static let pauseMin: UInt64 = 5_000_000
    private static let pauseMax: UInt64 = 200_000_000

    /// Begins the next attempt if its time has come.
    func connectIfDue(_ run: LoadDriver, now: UInt64) {
        guard case .waiting(let until) = state, until <= now else { return }
        let address = run.hosts[host % run.hosts.count]
        connection = run.loop.connect(
            to: address.addresses, name: address.name.host, tag: UInt32(index), tls: run.tls,
            expectedHost: run.tls == nil ? nil : address.name.host)
        if run.tls != nil { run.handshakes.begin(now: now) }
        state = .connecting(since: now)
    }

    func connected(_ run: LoadDriver, now: UInt64) {
        guard case .connecting(let since) = state else { return }
        if run.tls != nil { run.handshakes.end(since: since, isDone: true, now: monotonicNanoseconds()) }
        state = .handshaking(since: now)
        lastHeard = now
        output.removeAll()
        output.append(connectFrame(credentials, timeoutMilliseconds: run.sessionTimeoutMilliseconds, lastZxid: lastZxid))
        flush(run, now: now)
    }

    func handshakeAnswered(_ frame: UnsafeRawBufferPointer, _ run: LoadDriver, now: UInt64) {
        switch ConnectReply(frame) {
        case .accepted(let granted, let timeout):
            if credentials.isNew { run.sessions.opened += 1 } else { run.sessions.resumed += 1 }
            run.openedAt = now
            run.endedUnopened = 0
            if !credentials.isNew && granted.id != credentials.id { run.anomalies.wrongContent += 1 }
            credentials = granted
            timeoutMilliseconds = timeout
            state = .ready
            if let cutting = cutting.take() { run.reconnects[cutting.index].returned(after: now - cutting.at) }
            attempts = 0
            lastSent = now
            if setup == nil && !hasJoined && run.stage == .joining || verification?.step == .syncing { join(run, now: now) }
            pump(run, now: now)
        case .expired:
            run.sessions.expired += 1
            credentials = SessionCredentials()
            created = created.map { _ in InstantQueue() }
            sessionIsGone()
            mustDrop = "the session has expired"
        case .malformed:
            run.anomalies.malformed += 1
            mustDrop = "the server's handshake can not be read"
        }
    }

    /// A sync before the first request: a server that lags would not know the znodes yet.
    func join(_ run: LoadDriver, now: UInt64) {
        _ = send(run.syncTemplate, InFlight(kind: .sync, intended: now, sent: now), run)
    }

    func syncAnswered(_ request: InFlight, error: Int32, _ run: LoadDriver, now: UInt64) {
        guard error == 0 else {
            mustDrop = "the server answered a sync with \(errorName(error))"
            return
        }
        hasJoined = true
        drainSynced()
        if verification != nil { verification?.step = .reading }
    }

    /// The connection failed or is given up: books what was in flight and plans the next attempt.
    func drop(_ run: LoadDriver, now: UInt64) {
        if let connection { run.loop.close(connection, graceful: false) }
        run.lastTrouble = mustDrop ?? run.lastTrouble
        connectionEnded(run, now: now)
    }

    /// Cuts the connection as a failing network would; the session goes on over the next one. False if there was none.
    func cut(_ run: LoadDriver, now: UInt64) -> Bool {
        guard case .ready = state else { return false }
        cutting = (run.reconnects.count - 1, now)
        mustDrop = "the workload cuts connections"
        drop(run, now: now)
        return true
    }

    /// The server has ended the connection; if it had not opened the session yet, it may not want more of them.
    /// At once, that is: a server that was still for a while ends connections, too, and lets their successors in.
    func endedByServer(_ run: LoadDriver) {
        guard case .handshaking = state, run.loop.now - min(lastHeard, run.loop.now) < 1_000_000_000 else { return }
        run.endedUnopened += 1
    }

    /// The connection is gone already.
    func connectionEnded(_ run: LoadDriver, now: UInt64) {
        noteSilence(run)
        if let recorder = run.recorder { noteBreak(recorder, run) }
        connection = nil
        mustDrop = nil
        isBlocked = false
        output.removeAll()
        for (request, isOvertaken) in matcher.abandon() {
            abandoned(request, isLost: isOvertaken, code: ClientError.connectionLoss, run)
        }
        for lane in lanes.indices { lanes[lane].forget() }
        if role.hasRecipe { recipeBroken(run) }
        if setup != nil && !run.isLaidOut { beginSetupAgain(run) }
        drainStep = .working
        verifyAgain()
        switch state {
        case .leaving, .gone:
            state = .gone
            return
        case .ready: run.sessions.connectionsLost += 1
        default:
            abandonHandshake(run, now: now)
            run.sessions.connectFailures += 1
        }
        host += 1
        attempts += 1
        // a whole round over all servers goes without a pause, later rounds wait longer and longer
        let round = attempts / max(1, run.hosts.count)
        let pause = attempts < run.hosts.count ? 0 : min(Self.pauseMax, Self.pauseMin << UInt64(min(round, 10)))
        state = .waiting(until: now + (pause == 0 ? 0 : pause / 2 + random.below(pause / 2 + 1)))
        run.hasUnconnected = true
    }

    private func abandonHandshake(_ run: LoadDriver, now: UInt64) {
        guard case .connecting(let since) = state, run.tls != nil else { return }
        run.handshakes.end(since: since, isDone: false, now: now)
    }

    /// A request that will have no reply.
    func abandoned(_ request: InFlight, isLost: Bool, code: Int32, _ run: LoadDriver) {
        if isLost { run.anomalies.lost += 1 }
        switch request.kind {
        case .publish, .publishDelete, .taskDelete, .replayed: recipeAbandoned(request, run)
        case .enqueue: run.ledger.unknown(producer: role.firstProducer + ordinal, sequence: request.detail)
        case .takeDelete:
            if let queue = role.take?.ledgerQueue(lanes[Int(request.place)].queue) {
                run.ledger.takeUnseen(queue: queue, number: Int32(truncatingIfNeeded: request.detail))
            }
        default: break
        }
        guard request.stream >= 0 else { return }
        let stream = run.streams[Int(request.stream)]
        stream.failed(phase: Int(request.phase), code: code, isUnknown: stream.isWrite)
    }

    /// Pings when idle, and gives up a server that says nothing for two thirds of the session's time.
    func keepAlive(_ run: LoadDriver, now: UInt64) {
        switch state {
        case .connecting(let since), .handshaking(let since):
            let limit = run.tls == nil ? Self.handshakeLimit : Self.secureLimit
            if now > since + limit {
                mustDrop = "a server did not answer the handshake within \(limit / 1_000_000_000) s"
                drop(run, now: now)
            }
        case .ready:
            let third = UInt64(max(1, timeoutMilliseconds)) * 1_000_000 / 3
            if now > lastHeard + 2 * third {
                mustDrop = "a server was silent for \(2 * third / 1_000_000) ms"
                drop(run, now: now)
            } else if now > lastSent + third {
                ping(run, now: now)
            }
        case .waiting, .leaving, .gone: break
        }
    }

    /// Nothing came although a reply was due, up to what may now lie there unread: a stillness of the generator is none of the
    /// server's.
    @inline(__always) func noteSilence(_ run: LoadDriver) {
        guard case .ready = state, let oldest = matcher.oldestSent else { return }
        let since = max(oldest, lastHeard)
        if run.unreadSince > since { run.silences.note(run.unreadSince - since) }
    }

    private func ping(_ run: LoadDriver, now: UInt64) {
        let place = output.append(run.pingTemplate.frame)
        place.store(SpecialXid.ping, at: 4)
        flush(run, now: now)
    }

    /// Hands waiting bytes to the loop.
    func flush(_ run: LoadDriver, now: UInt64) {
        isDirty = false
        if let recorder = run.recorder { noteOutput(recorder, run) }
        guard !isBlocked, !output.isEmpty, let connection else { return }
        let pending = output.pending
        let taken = run.loop.write(connection, pending, more: false)
        run.generator.bytesSent += UInt64(taken)
        isBlocked = taken < pending.count
        output.removeFirst(taken)
        lastSent = now
    }

    func writable(_ run: LoadDriver, now: UInt64) {
        isBlocked = false
        flush(run, now: now)
        pump(run, now: now)
    }

    /// Closes the session as a good client does, so that the server need not wait for its end.
    func beginLeaving(_ run: LoadDriver, now: UInt64) {
        switch state {
        case .ready:
            state = .leaving
            _ = send(run.closeTemplate, InFlight(kind: .close, intended: now, sent: now), run)
        case .leaving, .gone: break
        default:
            abandonHandshake(run, now: now)
            if let connection { run.loop.close(connection, graceful: false) }
            connection = nil
            state = .gone
        }
    }

    /// The session is closed; the connection follows once its input is no longer in use.
    func leave(_ run: LoadDriver) {
        mustDrop = "the session is closed"
    }
}
