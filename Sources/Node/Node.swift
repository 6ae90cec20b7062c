// One member as a value that turns: events in, outputs and filled buffers out. It has neither sockets nor threads nor a clock, so
// the process and a simulator run the same one. The parts are in extensions, a file each: intake, handshake, parking, applying,
// peers, streams, credit, sync, expiry, founding, turning.

package import Batch
import ClientProtocol
import DataTree
package import Handlers
import Journal
import Jute
import PeerProtocol
package import StateMachine
package import Zab

// Its hot fields are not watched by the exclusivity checks of the runtime: they are touched by the loop's thread only, and no
// access to one of them calls back into code that touches it; the checks cost a seventh of a write.
package final class Node {
    package let settings: NodeSettings
    /// The state, replaced whole when a leader's snapshot has been loaded. Requests reach it through this reference without
    /// counting; `heldState` keeps it alive.
    @exclusivity(unchecked) package private(set) unowned(unsafe) var stateMachine: StateMachine
    private var heldState: StateMachine
    let handlers: [any RequestHandler]
    @exclusivity(unchecked) var zab: Zab
    @exclusivity(unchecked) package internal(set) var now: Instant

    // What the process around the node carries out after each phase of a turn.
    @exclusivity(unchecked) package var outputs: [NodeOutput] = []
    @exclusivity(unchecked) package var dirtyClients: [ClientConnection] = []

    // Clients.
    @exclusivity(unchecked) var clients = ClientTable()
    @exclusivity(unchecked) var localSessions: [Int64: UInt64] = [:]
    var pausedClients: [UInt64] = []
    @exclusivity(unchecked) var touchedSessions: [Int64] = []
    @exclusivity(unchecked) var touchRound: UInt64 = 1
    var nextTouchReport = Instant(nanoseconds: 0)
    /// Connections that have no session yet or no longer, the oldest first.
    var sessionless = Fifo<(at: Instant, client: UInt64)>()
    var nextSession: Int64
    private var lastIdentitiesKey: UInt64 = 0

    // Writes on their way.
    @exclusivity(unchecked) var pending = PendingRequests()
    @exclusivity(unchecked) var gatherer: Gatherer
    /// Requests that were left in it when this turn's batches had been sealed.
    var gatheredAtSeal = 0
    @exclusivity(unchecked) var backlog: Backlog
    /// Committed, durable here, and thus to be applied (rules A1, A2).
    @exclusivity(unchecked) var applicable = Zxid.zero
    var wallTime: Int64 = 0
    var clockWallTime: Int64 = 0
    var logTime: UInt64 = 0
    var logTimeTakenAt: Instant

    // Peers.
    var links: [PeerLink] = []
    var dials: [Dial] = []
    var runs = PeerRuns()
    package var isPeerTrusted: (_ connection: UInt64, _ member: MemberID) -> Bool = { _, _ in true }
    /// Asked when somebody looks.
    package var entranceCounts: () -> EntranceCounts = { EntranceCounts() }
    @exclusivity(unchecked) var ring: ProposalRing
    var creditFromLeader = Credit()
    var forwarded = Credit()
    #if QUORATE_MUTANTS
    /// Bundles that may not have been applied.
    var forwardedBundles: [(bytes: [UInt8], count: Int)] = []
    #endif

    @exclusivity(unchecked) var handover = HandoverProgress()
    /// Epoch in which this member led or followed last.
    var reignEpoch: UInt32 = 0
    /// The process ends: clients' further requests are not read.
    package var isEnding = false

    // Reads that wait for a read index.
    @exclusivity(unchecked) var readIndexes = ReadIndexes()

    // Watches that are set, or dropped with their connections, piece by piece.
    var watchSetters = Fifo<UInt64>()
    var goneWatchers = Fifo<UInt64>()

    @exclusivity(unchecked) var expiry: SessionExpiry
    @exclusivity(unchecked) var role = Role.looking
    var roleNumber: RoleNumber = 0
    var leader: MemberID?
    @exclusivity(unchecked) var isSuspended = true
    var suspendedSince: Instant
    let startedAt: Instant
    var scrubbedAt: Instant
    /// When this member began to lead; of use only while it does.
    var leadingSince: Instant
    var wasServing = false
    var servingSince = Instant(nanoseconds: 0)
    /// Members that were not bound yet when it was last told.
    var unboundTold: VoterSet = 0
    /// Why there is no leader; nil under one.
    var lookingCause: LookingCause? = .start
    var waitingSince: Instant
    var isWaitTold = false
    var zabOutputs: [Output] = []
    /// Nothing is done any more: the process ends.
    var isHalted = false
    var heldCommits: [(at: Instant, zxid: Zxid)] = []
    var snapshot = SnapshotProgress()
    var reception: SnapshotReception?
    /// What has come of a snapshot whose transfer broke off, and the connection on which that was told.
    var heldSnapshot: SnapshotHeld?
    var heldToldOn: ConnectionNumber?
    var loading: SnapshotLoading?
    var lastStreamNumber: UInt64 = 0
    var dirtyPeers: [PeerLink] = []
    let encoder: PeerEncoder
    var lastAppliedTold = Zxid.zero
    var lastDigestTold = Zxid.zero
    var commitToAnnounce: Zxid?

    // Scratch, reused.
    @exclusivity(unchecked) var replyScratch = ByteBuffer(capacity: 4 << 10)
    @exclusivity(unchecked) var frameScratch = ByteBuffer(capacity: 4 << 10)
    @exclusivity(unchecked) var effects = Effects()
    @exclusivity(unchecked) var stages = Stages()
    @exclusivity(unchecked) package internal(set) var counters = NodeCounters()

    package init(
        settings: NodeSettings, durable: Durable, stateMachine: StateMachine, handlers: [any RequestHandler], tail: [SealedBatch],
        lastWallTime: Int64, lastLogTime: UInt64, bytesSinceStart: Int, now: Instant
    ) {
        self.settings = settings
        self.stateMachine = stateMachine
        self.handlers = handlers
        heldState = stateMachine
        backlog = Backlog(limit: settings.backlogBytes)
        encoder = PeerEncoder(source: settings.serverID, incarnation: durable.incarnation)
        self.now = now
        (suspendedSince, startedAt, leadingSince, scrubbedAt) = (now, now, now, now)
        logTimeTakenAt = now
        waitingSince = now
        nextSession = settings.lastSession
        gatherer = Gatherer(maxRequests: settings.maxBatchRequests, maxBytes: settings.maxBatchBytes)
        ring = ProposalRing(limit: settings.ringBytes)
        expiry = SessionExpiry(tickMs: settings.tickMs)
        zab = Zab(
            member: settings.serverID, timing: settings.timing, limits: settings.flight, durable: durable, seed: settings.seed,
            now: now)
        for batch in tail { backlog.append(batch) }
        // A member whose state is bad has none, and is sent one before anything is applied.
        if !durable.isStateBad { backlog.noteSpilled(logEnd: durable.lastLogged, applied: stateMachine.applied) }
        applicable = stateMachine.applied
        wallTime = lastWallTime
        logTime = lastLogTime
        snapshot.zxid = durable.newestStart?.zxid ?? .zero
        snapshot.begunAt = now
        snapshot.bytesSince = bytesSinceStart
        snapshot.lastBytes = Int(clamping: durable.newestStart?.byteCount ?? 0)
        attachState()
    }

    func replaceState(_ state: StateMachine) {
        heldState = state
        stateMachine = state
        attachState()
    }

    /// What a state has to know of the node whose it is.
    private func attachState() {
        stateMachine.tree.maxReply = settings.maxReply
        answerSegments()
    }

    func nextIdentitiesKey() -> UInt64 {
        lastIdentitiesKey += 1
        return lastIdentitiesKey
    }

    package var isLeading: Bool { role == .leading }

    /// An own snapshot is being encoded, written or read back.
    package var isTakingSnapshot: Bool { snapshot.isEncoding || snapshot.isFinishing }

    /// Clients are served: in a quorum, and level with what this leader first told.
    package var isServing: Bool { zab.isServing && stateMachine.founding != nil }

    package var epoch: UInt32 { zab.epoch }
    package var leaderID: MemberID? { leader }
    /// Nobody else could lead.
    package var isAlone: Bool { zab.configuration.configuration.count == 1 }
    /// Writes of own clients that wait for an answer.
    package var unansweredCount: Int { pending.count }
    package var currentRole: Role { role }
    /// As far as this member knows.
    package var bindsEverybody: Bool {
        zab.configuration.zxid != .zero && zab.configuration.zxid <= zab.commit && zab.unbound == 0
    }
    /// Of the newest record in the log.
    package var configurationZxid: Zxid { zab.configuration.zxid }
    /// Also while this member is still being synchronized.
    package var leaderFollowed: MemberID? { zab.leader }
    package var histograms: StageHistograms { stages.histograms }
    package var zabCounters: ZabCounters { zab.counters }

    /// Rule B1: what has gathered but can't be proposed or forwarded yet is capped too.
    var intakeIsFull: Bool {
        gatherer.totalCount >= settings.flight.requests || gatherer.totalBytes >= settings.flight.bytes
    }

    /// How a request of this type is taken in.
    @inline(__always)
    func course(of type: Int32) -> RequestCourse {
        switch type {
        case OpCode.closeSession: return .write
        case OpCode.sync, OpCode.auth, OpCode.setWatches: return .barrier
        default: return stateMachine.kind(of: type) == .write ? .write : .immediate
        }
    }
}

/// Which way a client's request goes.
enum RequestCourse: UInt8 {
    /// Through the log.
    case write
    /// Answered here, behind the session's own writes.
    case immediate
    /// As immediate, and later writes wait for it too.
    case barrier
}

/// Plain counts, read at scrape.
package struct NodeCounters: Sendable {
    package var connectionsAccepted: UInt64 = 0
    package var connectionsClosed: UInt64 = 0
    package var badFrames: UInt64 = 0
    package var badPeerFrames: UInt64 = 0
    /// Connections that were closed because too much waited on them unread.
    package var deafPeers: UInt64 = 0
    /// Connections of a member for which two processes speak in turn.
    package var duplicateMembers: UInt64 = 0
    package var badPasswords: UInt64 = 0
    package var authFailures: UInt64 = 0
    package var unknownRequests: UInt64 = 0
    package var oversizedReplies: UInt64 = 0
    package var packetsReceived: UInt64 = 0
    package var packetsSent: UInt64 = 0
    package var reads: UInt64 = 0
    /// Reads and syncs that waited for a read index, and how often one was asked for.
    package var readsConfirmed: UInt64 = 0
    package var readIndexesAsked: UInt64 = 0
    package var watchEvents: UInt64 = 0
    package var sessionsOpened: UInt64 = 0
    package var sessionsMoved: UInt64 = 0
    package var sessionsExpired: UInt64 = 0
    package var batchesProposed: UInt64 = 0
    package var requestsProposed: UInt64 = 0
    package var handovers: UInt64 = 0
    /// Requests were lost all the same.
    package var handoversBroken: UInt64 = 0
    package var bundlesForwarded: UInt64 = 0
    package var requestsForwarded: UInt64 = 0
    package var lateTurns: UInt64 = 0
    package var journalFlushes: UInt64 = 0
    package var batchesAppended: UInt64 = 0
    package var logPiecesRead: UInt64 = 0
    package var snapshotsTaken: UInt64 = 0
    /// Times that everything stored was read again, and bytes of log read for it.
    package var scrubs: UInt64 = 0
    package var scrubbedBytes: UInt64 = 0
    package var snapshotsFailed: UInt64 = 0
    package var snapshotsInstalled: UInt64 = 0
    package var snapshotsResumed: UInt64 = 0
    package var snapshotBytesSent: UInt64 = 0
    package var peerPauses: UInt64 = 0
    package var backlogPieces: UInt64 = 0
    package var lastProposalBytes = -1
    package var minProposalBytes = -1
    package var maxProposalBytes = -1
    package var lastResponseBytes = -1
    package var minResponseBytes = Int.max
    package var maxResponseBytes = -1

    package init() {}
}
