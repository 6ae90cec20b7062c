// One client of the load: a session over one connection at a time. This file holds its state, how it sends and how it cuts
// replies out of its input; connecting stands in LoadClient+Session.swift, what it does in LoadClient+Cycle.swift
// and LoadClient+Worker.swift.

internal import Statistics
internal import Transport
internal import Workload

/// A client. All its methods run on the driver's thread.
final class LoadClient {
    enum State {
        /// Waits to try the next server.
        case waiting(until: UInt64)
        case connecting(since: UInt64)
        /// The connection stands, the session does not yet.
        case handshaking(since: UInt64)
        case ready
        /// The session is being closed, or is closed.
        case leaving
        case gone
    }

    /// Bytes that may wait for a slow server before the client stops sending.
    static let outputMax = 1 << 20
    static let frameMax = 128 << 20

    let index: Int
    let role: RolePlan
    /// Place among the role's clients.
    let ordinal: Int
    @exclusivity(unchecked) var state: State
    var connection: ConnectionID?
    var host: Int
    var attempts = 0
    var credentials = SessionCredentials()
    var timeoutMilliseconds: Int32
    /// When its connection was cut on purpose, and by which phase of those that do so; nil once it is back.
    var cutting: (index: Int, at: UInt64)?
    @exclusivity(unchecked) var lastZxid: Int64 = 0
    /// The zxid of the reply under work, and the one that the next must reach.
    @exclusivity(unchecked) var replyZxid: Int64 = 0
    @exclusivity(unchecked) var zxidFloor: Int64 = 0
    @exclusivity(unchecked) var lastHeard: UInt64 = 0
    @exclusivity(unchecked) var lastSent: UInt64 = 0
    @exclusivity(unchecked) var matcher: ReplyMatcher
    @exclusivity(unchecked) var output = OutputBuffer()
    /// True while the socket takes nothing and a `writable` event is awaited.
    var isBlocked = false
    @exclusivity(unchecked) var isDirty = false
    /// The sync that precedes the first request is answered.
    var hasJoined = false
    @exclusivity(unchecked) var mustDrop: String?
    @exclusivity(unchecked) var random: SeededRandom
    /// Due instants that wait for room in the window, oldest first.
    @exclusivity(unchecked) var waiting = InstantQueue()
    /// The number of the next request, and which of the role's operations it is.
    @exclusivity(unchecked) var nextNumber: UInt64 = 0
    @exclusivity(unchecked) var step = 0
    /// Makes the client's chance its own.
    let salt: UInt64
    /// Until when the client thinks, if its role does, 0 before it has begun; and whether it has yet to begin again.
    @exclusivity(unchecked) var thinksUntil: UInt64 = 0
    @exclusivity(unchecked) var mustThink = true
    /// True while a full queue holds the producer back.
    @exclusivity(unchecked) var isHeldBack = false
    /// Numbers of znodes that the client created and has not removed, by operation.
    var created: [InstantQueue]
    @exclusivity(unchecked) var createdCount: UInt64 = 0
    @exclusivity(unchecked) var lanes: [QueueLane]
    var laneTurn = 0
    @exclusivity(unchecked) var round: LockRound
    @exclusivity(unchecked) var retention: Retention
    @exclusivity(unchecked) var topicLanes: [TopicLane]
    @exclusivity(unchecked) var taskLanes: [TaskLane]
    /// The next request of a recorded session, and their number.
    @exclusivity(unchecked) var replayNext = 0
    let replayEnd: Int
    /// The instant at which the client is to be woken for it.
    @exclusivity(unchecked) var replayWake: UInt64 = 0
    /// The slot of the replay's book that it waits for; -1: none.
    @exclusivity(unchecked) var replayObstacle: Int32 = -1
    var drainStep = DrainStep.working
    /// This client's share of the znodes that are read again after the load.
    @exclusivity(unchecked) var verification: Verification?
    /// Znodes to lay out before the load begins; only the client that sets up has any.
    @exclusivity(unchecked) var setup: SetupList?

    init(
        index: Int, role: RolePlan, ordinal: Int, host: Int, seed: UInt64, timeoutMilliseconds: Int32, workers: Int, run: UInt64
    ) {
        self.index = index
        self.role = role
        self.ordinal = ordinal
        self.host = host
        self.timeoutMilliseconds = timeoutMilliseconds
        state = .waiting(until: 0)
        matcher = ReplyMatcher(window: role.window + 8)
        random = SeededRandom(seed: seed)
        salt = random.next()
        if !role.operations.isEmpty { step = role.operation(at: 0, salt: salt) }
        created = [InstantQueue](repeating: InstantQueue(), count: role.operations.count)
        replayEnd = role.replay.map { $0.script.requests[$0.sessions[ordinal]].count } ?? 0
        lanes = []
        retention = Retention(role)
        topicLanes = role.topicLanes
        taskLanes = role.taskLanes(of: ordinal)
        round = LockRound(name: LockName(run: run, client: index))
        if let take = role.take {
            let served = stride(from: ordinal % take.queues.count, to: take.queues.count, by: max(1, workers))
            lanes = (ordinal < take.queues.count ? Array(served) : [ordinal % take.queues.count]).map {
                QueueLane(queue: $0, path: Array(take.queues.znode($0).utf8))
            }
        }
    }

    var isReady: Bool {
        if case .ready = state { true } else { false }
    }

    var isGone: Bool {
        if case .gone = state { true } else { false }
    }

    /// True if the window and the socket allow one more request.
    @inline(__always) var hasRoom: Bool {
        matcher.unanswered < role.window && output.pending.count < Self.outputMax
    }

    /// Puts a request into the output and among those in flight; returns where its copy stands, to be filled in.
    @inline(__always) func send(_ template: RequestTemplate, _ request: InFlight, _ run: LoadDriver) -> UnsafeMutableRawPointer {
        if let lost = matcher.removeLost() { abandoned(lost, isLost: true, code: ClientError.noReply, run) }
        let xid = matcher.sent(request)
        let place = output.append(template.frame)
        place.store(xid, at: 4)
        if request.stream >= 0 {
            run.streams[Int(request.stream)].phases[Int(request.phase)].sent += 1
        }
        if !isDirty {
            isDirty = true
            run.dirty.append(index)
        }
        return place
    }

    /// Reads what arrived. Called once per readable event.
    func receive(_ run: LoadDriver) {
        guard let connection else { return }
        let outcome = run.loop.read(connection)
        let now = monotonicNanoseconds()
        switch outcome {
        case .data:
            noteSilence(run)
            lastHeard = now
            run.loop.withInput(connection) { consume($0, run, now: now) }
        case .wouldBlock, .failed:
            // Of a failure the loop tells the reason in an event of its own.
            break
        case .endOfStream:
            mustDrop = "the server ended the connection"
            endedByServer(run)
        }
        if mustDrop != nil { drop(run, now: now) }
    }

    /// Handles every whole frame; returns the bytes used up.
    func consume(_ input: UnsafeRawBufferPointer, _ run: LoadDriver, now: UInt64) -> Int {
        var position = 0
        while input.count - position >= 4, mustDrop == nil {
            let length = Int(input.int32(at: position))
            guard length >= 16 && length <= Self.frameMax else {
                run.anomalies.malformed += 1
                mustDrop = "the server sent \(frameText(length))"
                break
            }
            guard input.count - position - 4 >= length else { break }
            let frame = UnsafeRawBufferPointer(rebasing: input[(position + 4)..<(position + 4 + length)])
            position += 4 + length
            if case .handshaking = state {
                handshakeAnswered(frame, run, now: now)
            } else {
                replied(frame, run, now: now)
            }
        }
        run.generator.bytesReceived += UInt64(position)
        return position
    }

    @inline(__always) private func replied(_ frame: UnsafeRawBufferPointer, _ run: LoadDriver, now: UInt64) {
        let xid = frame.int32(at: 0)
        let zxid = frame.int64(at: 4)
        let error = frame.int32(at: 12)
        if xid == SpecialXid.watchEvent {
            watchFired(frame, run, now: now)
            return
        }
        if xid == SpecialXid.ping { return checkPing(frame, zxid: zxid, error: error, run) }
        switch matcher.match(xid: xid) {
        case .request(let request):
            let body = UnsafeRawBufferPointer(rebasing: frame[16...])
            checkZxid(zxid, of: request.kind, error: error, run)
            if let recorder = run.recorder { noteReply(request, frame, recorder, now: now) }
            answered(request, error: error, body, run, now: now)
        case .doubled: if isReady { run.anomalies.doubled += 1 }
        case .stray: if isReady { run.anomalies.stray += 1 }
        }
    }

    @inline(__always)
    private func answered(_ request: InFlight, error: Int32, _ body: UnsafeRawBufferPointer, _ run: LoadDriver, now: UInt64) {
        switch request.kind {
        case .set:
            if error == 0 { checkSetReply(request, body, run) }
            finish(request, error: error, run, now: now)
        case .enqueue: enqueued(request, error: error, body, run, now: now)
        case .takeList, .takeGet, .takeDelete: workerAnswered(request, error: error, body, run, now: now)
        case .create, .delete:
            creationAnswered(request, error: error, body, run)
            finish(request, error: error, run, now: now)
        case .multi: multiAnswered(request, error: error, body, run, now: now)
        case .get, .exists, .list:
            if error == 0 { checkReadReply(request, body, run) }
            finish(request, error: error, run, now: now)
        case .sync: syncAnswered(request, error: error, run, now: now)
        case .setupCreate, .setupSet: setupAnswered(request, error: error, body, run, now: now)
        case .verify: verified(request, error: error, body, run)
        case .close: leave(run)
        case .lockSync, .lockCreate, .lockList, .lockExists, .lockDelete, .publish, .publishDelete, .topicList, .topicGet,
            .taskList,
            .taskGet, .taskDelete, .replayed:
            recipeAnswered(request, error: error, body, run, now: now)
        }
        pump(run, now: now)
    }

    /// Books an answer as success or failure.
    @inline(__always) func finish(_ request: InFlight, error: Int32, _ run: LoadDriver, now: UInt64) {
        let stream = run.streams[Int(request.stream)]
        if error == 0 {
            stream.acknowledged(
                phase: Int(request.phase), current: run.currentPhase, intended: request.intended, sent: request.sent, now: now)
            if stream.isWrite {
                run.gaps.acknowledged(at: now)
                run.course.acknowledged(
                    at: now, response: now &- min(request.intended, now), counts: run.isRecorded)
                run.quiet?.acknowledged(at: now)
            }
        } else {
            stream.failed(phase: Int(request.phase), code: error, isUnknown: false)
            if !request.kind.mayFail(with: error) { run.anomalies.wrongError += 1 }
        }
    }

    /// Sends whatever the role, the window and the phase allow.
    @inline(__always) func pump(_ run: LoadDriver, now: UInt64) {
        guard case .ready = state, run.stage.isLoading || setup != nil else { return }
        if verification != nil {
            pumpVerification(run, now: now)
        } else if setup != nil {
            pumpSetup(run, now: now)
        } else if role.take != nil {
            pumpWorker(run, now: now)
        } else if role.hasRecipe {
            pumpRecipe(run, now: now)
        } else {
            pumpCycle(run, now: now)
        }
    }
}
