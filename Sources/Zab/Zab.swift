// The protocol core: a value that turns inputs into outputs. It reads no clock, socket, file or random generator, never looks
// inside a request and never waits for the state machine; what must be durable first comes back as an input.
//
// This file holds the state and the dispatch. Behaviour lies beside it: Looking (prevotes), Promise (voters), Candidate,
// LeaderSync and Synchronization (the leader's side of a JOIN), Leading and Commit (broadcast), Learner and Following (the other
// side), Reads, Handover, Digests, Founding, Deadlines, Handshake.

package import Batch
import Rules

package struct Zab: ~Copyable, Sendable {
    package let member: MemberID
    package let timing: Timing
    package let limits: FlightLimits
    /// Newest version of apply that this process knows (rule A4).
    package let applyVersion: UInt16
    let incarnation: Incarnation
    let my: Int
    let quorum: Quorum
    /// Members that are never asked for anything; the others are voters, even those that weigh nothing.
    let observers: VoterSet
    var random: SplitMix

    var now: Instant
    let startedAt: Instant
    var out: [Output] = []
    package internal(set) var isHalted = false
    var hasDialed = false

    // Role.
    package internal(set) var role = Role.looking
    package internal(set) var roleNumber: RoleNumber = 0
    /// Epoch that this member leads or follows in, or asked to lead in; 0 while looking.
    package internal(set) var epoch: UInt32 = 0
    var leaderIndex: Int?

    // Epochs: as asked of the journal, as durable, and the highest heard of.
    package internal(set) var acceptedEpoch: UInt32
    package internal(set) var currentEpoch: UInt32
    var durableAccepted: UInt32
    var durableCurrent: UInt32
    var highestSeen: UInt32
    var epochSeq: UInt64 = 0
    var epochsDurableThrough: UInt64 = 0
    var pendingEpochs: [PendingEpochs] = []

    // Log.
    package internal(set) var lastLogged: Zxid
    package internal(set) var lastDurable: Zxid
    /// Completions of appends asked before this role speak of a log that has been cut since (rule P6).
    var logRole: RoleNumber = 0
    var logChange = LogChange.none
    var logStart: Zxid
    var newestStart: Start?
    var ends: EpochEnds
    var bound: History?
    var recent = RecentBatches()
    package internal(set) var isStateBad: Bool
    package internal(set) var needsRepair: Bool

    // Commit.
    package internal(set) var commit: Zxid
    /// What the leader told, perhaps ahead of what is here (rule C3).
    var told: Zxid
    /// What `.committed` was last said about.
    var released: Zxid
    package internal(set) var applied: Zxid

    /// In force: the newest one known committed, and those in the log behind it.
    var configurations: [ConfigurationRecord]
    package internal(set) var clusterID: ClusterID = 0
    /// Of the ensemble that the data directory has belonged to before, whatever of its log is left.
    let homeClusterID: ClusterID
    /// A listed voter has said, while this member was fresh, that the ensemble was founded.
    package internal(set) var hearsOfFounding = false

    // Peers, by index in the configuration; the own entry holds nothing but the place.
    var peers: [Peer]
    var links: [Link] = []
    /// Voters whose connected incarnation every configuration in force binds (rule G6).
    var countable: VoterSet = 0
    /// Voters that this member could not count in an election now: their slots are open, they are being replaced, or the record
    /// that binds them is not known to be committed.
    package internal(set) var unbound: VoterSet = 0
    /// On a leader: members whose directory is gone for good, by the operator's word; another one may take its place (rule G7).
    var replacing: VoterSet = 0

    var prevote = PrevoteRound()
    var promise: Promise?
    var deferredNewEpoch: (ConnectionNumber, NewEpoch)?
    var candidacy = Candidacy()
    var leadership = Leadership()
    var following = Following()
    var reads = ReadQueue()
    var digests = DigestBoard()
    package internal(set) var counters = ZabCounters()

    package init(
        member: MemberID, timing: Timing, limits: FlightLimits = FlightLimits(), durable: Durable,
        applyVersion: UInt16 = BatchHeader.currentVersion, seed: UInt64, now: Instant
    ) {
        guard let newest = durable.configurations.last else { preconditionFailure("a core without any configuration") }
        guard let index = newest.configuration.index(of: member) else {
            preconditionFailure("member \(member) is not in its own configuration")
        }
        for record in durable.configurations {
            precondition(record.configuration.hasSameRules(as: newest.configuration), "configurations with different voters")
        }
        // Rule E7: no directory ever holds a current epoch above the accepted one.
        demand(durable.acceptedEpoch >= durable.currentEpoch, "Rule E7: currentEpoch above acceptedEpoch")
        demand(durable.committedUpTo <= durable.lastLogged, "Rule C2: more is committed than logged")
        self.member = member
        self.timing = timing
        self.limits = limits
        self.applyVersion = applyVersion
        incarnation = durable.incarnation
        my = index
        quorum = newest.configuration.quorum
        observers = newest.configuration.observers
        random = SplitMix(seed: seed)
        self.now = now
        startedAt = now
        acceptedEpoch = durable.acceptedEpoch
        durableAccepted = durable.acceptedEpoch
        currentEpoch = durable.currentEpoch
        durableCurrent = durable.currentEpoch
        highestSeen = durable.acceptedEpoch
        lastLogged = durable.lastLogged
        lastDurable = durable.lastLogged
        logStart = durable.logStart
        newestStart = durable.newestStart
        ends = durable.epochEnds
        bound = durable.bound
        isStateBad = durable.isStateBad
        needsRepair = durable.needsRepair
        commit = durable.committedUpTo
        told = durable.committedUpTo
        released = durable.committedUpTo
        applied = .zero
        configurations = durable.configurations
        // Rule F7: the directory was part of an ensemble, whatever is left in it: it founds no other.
        homeClusterID = durable.clusterID
        hearsOfFounding = durable.clusterID != 0
        peers = newest.configuration.members.map { Peer(id: $0.id, now: now) }
        prevote.startAt = now
        settleCountable()
        settleConfigurations()
        // The directory knew of it before: no news.
        out.removeAll()
    }

    /// One input, judged at `now`. Outputs are appended in the order in which they must be carried out.
    package mutating func step(_ input: Input, now: Instant, outputs: inout [Output]) {
        // Rule F1: after a failed write nothing leaves any more, not even a heartbeat.
        if isHalted { return }
        if now > self.now { self.now = now }
        swap(&out, &outputs)
        take(input)
        swap(&out, &outputs)
    }

    private mutating func take(_ input: Input) {
        switch input {
        case .received(let connection, let message): receive(connection, message)
        case .durable(log: let last, let role): logDurable(last, role: role)
        case .propose(let count, let bytes, let isConfiguration): assign(count, bytes: bytes, isConfiguration: isConfiguration)
        case .sealed(let batch): appendSealed(batch)
        case .streamMoved(let connection, let zxid): streamMoved(connection, to: zxid)
        case .applied(let zxid): noteApplied(zxid)
        case .tick: judgeDeadlines()
        case .heard(let connection): noteFrame(connection)
        case .progressed(let connection): noteProgress(connection)
        case .epochsDurable(let seq): epochsDurable(seq)
        case .connectionUp(let connection, let channel, let peer, let incarnation, let dialed):
            connectionUp(
                Link(number: connection, channel: channel, index: 0, dialed: dialed), peer: peer, incarnation: incarnation)
        case .connectionDown(let connection): connectionDown(connection)
        case .truncated(let zxid, let role): logTruncated(to: zxid, role: role)
        case .snapshotInstalled(let zxid, let role, let configurations):
            snapshotInstalled(zxid, role: role, configurations: configurations)
        case .snapshotFailed(let role, let reason): snapshotFailed(role: role, reason: reason)
        case .ioFailed(let reason): halt(.ioFailure, "Rule F1: \(reason)")
        case .startsChanged(let logStart, let newest): startsChanged(logStart: logStart, newest: newest)
        case .lateBy(let nanoseconds): forgive(nanoseconds)
        case .noteConfiguration(let record): noteConfiguration(record)
        case .readIndex(let id, let kind): readAsked(id, kind)
        case .handOver(let wanted): handOver(to: wanted)
        case .digests(let pairs): ownDigests(pairs)
        }
    }

    /// The newest configuration in the own log, committed or not (it counts from its append on).
    package var configuration: ConfigurationRecord { configurations[configurations.count - 1] }

    package var isObserver: Bool { !isVoter(my) }

    /// On a leader: learners in step with it.
    package var syncedLearners: (voters: Int, observers: Int) {
        var synced = (voters: 0, observers: 0)
        for index in peers.indices where peers[index].learner.phase == .synced {
            if isVoter(index) { synced.voters += 1 } else { synced.observers += 1 }
        }
        return synced
    }

    package var leader: MemberID? { leaderIndex.map { peers[$0].id } }

    /// The round that PROPOSALs carry.
    package var round: UInt64 { leadership.round }
    /// A leader has begun to synchronize this member, which has to make the epoch durable, or to cut its log, before it takes
    /// anything in.
    package var isBetweenLogs: Bool {
        role == .followerSync && (following.phase == .acceptingEpoch || following.phase == .truncating)
    }

    mutating func halt(_ code: HaltCode, _ reason: String) {
        isHalted = true
        out.append(.halt(code, reason: reason))
    }

    /// The leave-taking of each role, in one place: what the old role had open is closed, failed or handed over.
    /// - Parameter delay: nanoseconds until the first prevote round.
    mutating func look(_ cause: LookingCause, delay: UInt64) {
        counters.lookingByCause[Int(cause.rawValue)] += 1
        let wasLooking = role == .looking
        switch role {
        case .looking: break
        case .candidate: candidacy = Candidacy()
        case .leaderSync, .leading: leaveLead(cause)
        case .followerSync, .following: leaveLeader()
        }
        failReads()
        role = .looking
        epoch = 0
        leaderIndex = nil
        nextRole()
        prevote = PrevoteRound(startAt: now.advanced(byNanoseconds: delay), failures: prevote.failures)
        if !wasLooking { out.append(.becameLooking(cause)) }
    }

    mutating func nextRole() {
        roleNumber += 1
        out.append(.roleChanged(roleNumber))
    }
}

/// A small generator whose seed is an input, for jitter and nonces.
struct SplitMix: Sendable {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }

    /// Evenly in 0...limit, as far as jitter cares.
    mutating func upTo(_ limit: UInt64) -> UInt64 { limit == .max ? next() : next() % (limit + 1) }
}
