// Runs a workload on one thread: the loop's turns, the stages from connecting to leaving, and the clock of phases and seconds.
// What a client does stands in LoadClient; the stages in LoadDriver+Stages.swift, the findings in LoadDriver+Report.swift.

internal import Statistics
internal import Transport
internal import Workload

/// Drives all clients of a run. Hot fields here and in the clients are not watched by the exclusivity checks of the runtime: one
/// thread touches them, no access to one lasts into another, and the checks took a third of the generator's time.
final class LoadDriver {
    enum Stage {
        /// Sessions are opened, the znodes laid out.
        case connecting
        /// Every client waits for a sync.
        case joining
        case running
        /// The last phase is over; replies are awaited.
        case finishing
        /// Workers empty the queues.
        case draining
        /// Znodes that were set are read again.
        case verifying
        case leaving
        case over

        /// Stages in which clients may send what is due.
        var isLoading: Bool { self == .running || self == .finishing || self == .draining || self == .verifying }
    }

    let workload: Workload
    let options: LoadOptions
    let hosts: [ServerAddress]
    let sessionTimeoutMilliseconds: Int32
    let loop: EventLoop
    /// nil: plain connections.
    let tls: TLSContext?
    let store: TemplateStore
    let roles: [RolePlan]
    let streams: [OperationStream]
    let syncTemplate: RequestTemplate
    let pingTemplate: RequestTemplate
    let closeTemplate: RequestTemplate
    let multiHeadTemplate: RequestTemplate
    let multiEnd: RequestTemplate
    let multis: [MultiPlan]
    /// Where a trace is played, what is played, and what came of it.
    let script: ReplayScript?
    let book: ReplayBook?
    /// Where the load is recorded.
    let recorder: LoadRecorder?
    var recording: RecordingFigures?
    @exclusivity(unchecked) var names: CreatedNames
    let cancel: CancelFlag
    let progress: ((LoadProgress) -> Void)?
    let phaseChanged: ((PhaseChange) -> Void)?
    var clients: [LoadClient] = []
    @exclusivity(unchecked) var ledger: QueueLedger
    @exclusivity(unchecked) var setLedger: SetLedger
    @exclusivity(unchecked) var lockLedger: LockLedger
    @exclusivity(unchecked) var topicLedger: TopicLedger
    @exclusivity(unchecked) var statBook: StatBook
    let pools: [ZnodePool]
    /// Whether acknowledged sets are kept account of, to be looked for in the end.
    let verifiesSets: Bool
    @exclusivity(unchecked) var gaps = WriteGapRecorder()
    @exclusivity(unchecked) var course = WriteCourse()
    /// Whether what is acknowledged now counts for the figures.
    @exclusivity(unchecked) var isRecorded = false
    /// Kept where other generators have a share of the writes.
    @exclusivity(unchecked) var quiet: QuietStretches?
    let joint: JointStart?
    var hasToldLayout = false
    var hasToldJoining = false
    @exclusivity(unchecked) var anomalies = ReplyAnomalies()
    @exclusivity(unchecked) var silences = SilenceFigures()
    var sessions = SessionFigures()
    var handshakes = HandshakeBook()
    var reconnects: [ReconnectFigures] = []
    @exclusivity(unchecked) var generator = GeneratorFigures()

    @exclusivity(unchecked) var stage = Stage.connecting
    var stageSince: UInt64 = 0
    /// Index of the phase under way; -1 before the first and after the last.
    @exclusivity(unchecked) var currentPhase = -1
    /// The phase under way, or the last one.
    var latestPhase = 0
    /// Planned ends of the phases, on the monotonic clock.
    var phaseEnds: [UInt64] = []
    var phaseCPU: [UInt64] = []
    var startedAt: UInt64 = 0
    var startedWall: UInt64 = 0
    var endedAt: UInt64 = 0
    var nextSecond = 0
    var isInterrupted = false
    /// Of the phase under way, if it waits for a steady state; since when it does; and what came of those before, by the number
    /// of the phase that was recorded then.
    var settling: SteadyWatch?
    var settlingSince: UInt64 = 0
    var steadiness: [Int: SteadinessReport] = [:]
    var drainedIn: UInt64?
    /// Clients that still had to take or to read again when the time for it was up, and had no server to do it with.
    var cutOffTakers = 0
    var cutOffReaders = 0

    /// Clients with output to flush, and producers held back by full queues.
    @exclusivity(unchecked) var dirty: [Int] = []
    @exclusivity(unchecked) var heldBack: [Int] = []
    var hasTaken = false
    var hasUnconnected = true
    var isLaidOut = false
    var setupPaths: [String] = []
    var setupFailure: String?
    var setupBreaks = 0
    var setupHeard: UInt64 = 0
    /// When a session was opened last, and connections that servers have ended since without one.
    var openedAt: UInt64 = 0
    var endedUnopened = 0
    var lastTrouble = "no server has answered"
    /// Clients that have to do something at an instant of their own.
    @exclusivity(unchecked) var wakes = WakeList()
    private var events: [TransportEvent] = []
    private var nextHousekeeping: UInt64 = 0
    /// Since when replies that are read in this turn may have lain there unread.
    @exclusivity(unchecked) var unreadSince: UInt64 = 0
    private static let shortestWait: UInt64 = 5_000
    static let second: UInt64 = 1_000_000_000
    private static let housekeepingInterval: UInt64 = 50_000_000
    private static let reconnectInterval: UInt64 = 5_000_000

    init(
        workload: Workload, hosts: [ServerAddress], options: LoadOptions, cancel: CancelFlag, joint: JointStart?,
        progress: ((LoadProgress) -> Void)?, phaseChanged: ((PhaseChange) -> Void)?
    ) throws(LoadError) {
        self.workload = workload
        self.options = options
        self.hosts = hosts
        self.cancel = cancel
        self.joint = joint
        quiet = options.share == nil ? nil : QuietStretches()
        self.progress = progress
        self.phaseChanged = phaseChanged
        sessionTimeoutMilliseconds = Int32(clamping: workload.target.sessionTimeoutMilliseconds)
        var loopOptions = EventLoop.Options()
        loopOptions.inputLimit = LoadClient.frameMax + 4_096
        // The other ends are many servers; nobody but clients that shake hands waits here.
        loopOptions.handshakesPerTurn = 32
        loopOptions.handshakeNanosecondsPerTurn = 10_000_000
        loopOptions.handshakeTimeout = LoadClient.secureLimit
        do {
            loop = try EventLoop(loopOptions)
        } catch {
            throw LoadError(.outOfResources, error.text)
        }
        tls = try LoadDriver.context(options.tls)
        let seed = options.seed ?? workload.seed
        store = TemplateStore(seed: seed, bytes: LoadDriver.fillerBytes(workload))
        var random = SeededRandom(seed: seed ^ wallNanoseconds())
        let run = options.share?.run ?? random.next() | 1
        script = try LoadDriver.script(of: workload)
        book = script.flatMap { script in workload.replay.map { ReplayBook(script, speed: $0.speed.text) } }
        let builder = PlanBuilder(
            workload: workload, store: store, run: run, share: options.share, script: script, book: book)
        roles = builder.plans
        streams = builder.streams
        syncTemplate = store.sync(path: "/")
        pingTemplate = store.bare(opCode: OpCode.ping)
        closeTemplate = store.bare(opCode: OpCode.closeSession)
        multiHeadTemplate = store.multiHead()
        multiEnd = store.multiEnd()
        multis = builder.multis
        names = CreatedNames(run: run, share: options.share)
        ledger = QueueLedger(
            run: run, producers: builder.producers, queues: builder.queues, hasOneWorkerPerQueue: builder.hasOneWorkerPerQueue)
        ledger.isRead = roles.contains { $0.take != nil || $0.tasks != nil }
        lockLedger = LockLedger(locks: builder.locks)
        topicLedger = TopicLedger(
            run: run, publishers: builder.publishers, topics: builder.topics, subscriptions: builder.subscriptions)
        pools = builder.pools
        let znodes = pools.last?.znodes.upperBound ?? 0
        statBook = StatBook(znodes: znodes)
        verifiesSets = workload.checks.contains(.noLoss) && pools.contains(where: \.isSet)
        setLedger = SetLedger(znodes: verifiesSets ? znodes : 0)
        recorder = try options.recordFile.map { file throws(LoadError) in
            try LoadRecorder(
                file: file, name: workload.name,
                sessionTimeoutMilliseconds: Int32(clamping: workload.target.sessionTimeoutMilliseconds))
        }
        makeClients(seed: seed)
        if let recorder { describe(to: recorder) }
    }

    private static func context(_ files: TargetTLS?) throws(LoadError) -> TLSContext? {
        guard let files else { return nil }
        var configuration = TLSConfiguration(
            authorityFile: files.authority, certificateFile: files.certificate, keyFile: files.key)
        configuration.minimumVersion = .v12
        do {
            return try TLSContext(configuration)
        } catch {
            throw LoadError(.filesUnusable, error.text)
        }
    }

    /// The trace is read once more: what a workload holds of it is who takes part and how long it lasts.
    private static func script(of workload: Workload) throws(LoadError) -> ReplayScript? {
        guard let replay = workload.replay else { return nil }
        let trace: Trace
        do throws(WorkloadError) {
            trace = try Trace(file: replay.file)
        } catch {
            throw LoadError(.filesUnusable, error.description)
        }
        let script = ReplayScript(trace)
        guard script.sessions.map(\.count) == workload.roles.map(\.clients) else {
            throw LoadError(.filesUnusable, "the trace \(replay.file) has changed since it was read; start again")
        }
        return script
    }

    private static func fillerBytes(_ workload: Workload) -> Int {
        let payload =
            switch workload.payload {
            case .constant(let size): size
            case .list(let sizes): sizes.max() ?? 0
            }
        return max(payload, workload.tree.map(\.size).max() ?? 0)
    }

    private func makeClients(seed: UInt64) {
        // Place of a role's first client among those of all generators, so that each has the chance that it has with one.
        var first = 0
        for plan in roles {
            for ordinal in plan.ordinals {
                clients.append(
                    LoadClient(
                        index: clients.count, role: plan, ordinal: ordinal, host: ordinal, seed: seed &+ UInt64(first + ordinal),
                        timeoutMilliseconds: sessionTimeoutMilliseconds, workers: plan.total, run: ledger.run))
            }
            first += plan.total
        }
        let setupPlan = RolePlan(
            index: -1, role: Role.settingUp, operations: [], take: nil, recipes: RecipePlans(),
            clients: clients.count..<(clients.count + 1), share: nil, firstProducer: 0)
        let setup = LoadClient(
            index: clients.count, role: setupPlan, ordinal: 0, host: 0, seed: seed,
            timeoutMilliseconds: sessionTimeoutMilliseconds, workers: 1, run: ledger.run)
        // The first of several generators lays out for all.
        if (options.share?.index ?? 0) == 0 { setup.setup = SetupList(workload, script) } else { setup.state = .gone }
        clients.append(setup)
    }

    /// Turns until the run is over.
    func run() throws(LoadError) {
        askForPreciseWaking()
        let cpu = threadCPUNanoseconds()
        stageSince = monotonicNanoseconds()
        while stage != .over { try turn() }
        generator.cpuNanoseconds = threadCPUNanoseconds() - cpu
        generator.wallNanoseconds = endedAt - startedAt
    }

    private func turn() throws(LoadError) {
        generator.turns += 1
        let previous = loop.now
        let before = monotonicNanoseconds()
        loop.wait(until: nextInstant(), into: &events)
        var now = loop.now
        // What is read in this turn came while the loop waited, or, if it found it at once, at any time since the turn before. A
        // wait that finds something at once takes a moment all the same; after a long turn it may look like a short sleep.
        let moment = max(Self.shortestWait, (before - min(previous, before)) / 8)
        unreadSince = now - min(before, now) > moment ? now : previous
        for event in events { handle(event, now: now) }
        now = monotonicNanoseconds()
        while let client = wakes.popDue(now: now) { clients[client].pump(self, now: now) }
        advancePhases(now: now)
        if stage == .running { issueDue(now: now) }
        if hasTaken { releaseHeldBack(now: now) }
        if now >= nextHousekeeping { try keepHouse(now: now) }
        flushDirty(now: now)
        // Last, as whoever watches may take his time: what was sent in this turn is on its way by then.
        closeSeconds(now: now)
    }

    private func handle(_ event: TransportEvent, now: UInt64) {
        switch event {
        case .readable(let id, let tag):
            let client = clients[Int(tag)]
            if client.connection == id { client.receive(self) }
        case .writable(let id, let tag):
            let client = clients[Int(tag)]
            if client.connection == id { client.writable(self, now: now) }
        case .connected(let id, let tag):
            let client = clients[Int(tag)]
            if client.connection == id { client.connected(self, now: now) }
        case .closed(let id, let tag, let reason):
            let client = clients[Int(tag)]
            guard client.connection == id else { return }
            lastTrouble = reason.text
            client.endedByServer(self)
            client.connectionEnded(self, now: now)
        case .accepted, .woken: break
        }
    }

    /// Until when nothing has to be done.
    private func nextInstant() -> UInt64 {
        var earliest = nextHousekeeping
        if let wake = wakes.first { earliest = min(earliest, wake) }
        if hasSeconds { earliest = min(earliest, startedAt + UInt64(nextSecond + 1) * Self.second) }
        guard stage == .running else { return earliest }
        if currentPhase >= 0 { earliest = min(earliest, phaseEnds[currentPhase]) }
        for role in roles where role.isActive {
            if let due = role.nextDue() { earliest = min(earliest, due.instant) }
        }
        return earliest
    }

    /// Sends what has become due in the open-loop roles; a turn's share is bounded, so that replies are read in between.
    private func issueDue(now: UInt64) {
        for role in roles where role.isActive && role.schedule != nil {
            var budget = 4_096
            while budget > 0, let due = role.nextDue(), due.instant <= now {
                role.schedule!.advance()
                clients[due.client].due(at: due.instant, self, now: now)
                budget -= 1
            }
        }
    }

    private func releaseHeldBack(now: UInt64) {
        hasTaken = false
        guard !heldBack.isEmpty else { return }
        let held = heldBack
        heldBack.removeAll(keepingCapacity: true)
        for index in held {
            clients[index].isHeldBack = false
            clients[index].pump(self, now: now)
        }
    }

    private func flushDirty(now: UInt64) {
        var position = 0
        while position < dirty.count {
            clients[dirty[position]].flush(self, now: now)
            position += 1
        }
        dirty.removeAll(keepingCapacity: true)
    }

    private func keepHouse(now: UInt64) throws(LoadError) {
        if cancel.isSet && !isInterrupted { interrupt(now: now) }
        if stage != .leaving && stage != .over && hasUnconnected {
            hasUnconnected = false
            for client in clients {
                guard case .waiting = client.state else { continue }
                client.connectIfDue(self, now: now)
                if case .waiting = client.state { hasUnconnected = true }
            }
        }
        for client in clients {
            client.keepAlive(self, now: now)
            if !client.lanes.isEmpty { client.guardIdleLanes(self, now: now) }
            if client.role.hasRecipe { client.guardRecipe(self, now: now) }
        }
        try advanceStage(now: now)
        let isQuick = hasUnconnected || (joint != nil && startedAt == 0)
        nextHousekeeping = now + (isQuick ? Self.reconnectInterval : Self.housekeepingInterval)
        if startedAt == 0, let instant = joint?.beginsAt { nextHousekeeping = min(nextHousekeeping, max(instant, now)) }
    }
}

extension Role {
    /// The one who lays out the znodes.
    fileprivate static var settingUp: Role {
        Role(name: "setup", clients: 1, pipeline: SetupList.window, arrivals: .closed, operations: [])
    }
}
