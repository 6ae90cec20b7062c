// The messages between members, as values. How they become bytes is PeerProtocol's business.
// Fields that only Node understands (credit, touched sessions, bundles, snapshot bytes) are carried and never read here.

package import Batch

/// M0: who speaks, and which ensemble and quorums it believes in. First on each connection, judged by `Zab.judge`.
package struct Hello: Hashable, Sendable {
    package var wireVersion: UInt16
    package var clusterID: ClusterID
    package var member: MemberID
    package var incarnation: Incarnation
    /// Zxid of the record that brought the configuration in force; zero = the files.
    package var configurationZxid: Zxid
    package var configurationDigest: UInt64
    package var configurationText: String
    package var frameLimit: UInt32
    /// Random for each start of the process: two processes that speak for one member are told apart by it. Zero: not said.
    package var run: UInt64

    package static let wireVersion: UInt16 = 3
    /// 64 MiB and a head: a constant of the wire version, so no member can refuse what another accepted.
    package static let frameLimit: UInt32 = (64 << 20) + 4096

    package init(
        clusterID: ClusterID, member: MemberID, incarnation: Incarnation, configurationZxid: Zxid, configurationDigest: UInt64,
        configurationText: String, wireVersion: UInt16 = Hello.wireVersion, frameLimit: UInt32 = Hello.frameLimit,
        run: UInt64 = 0
    ) {
        self.wireVersion = wireVersion
        self.clusterID = clusterID
        self.member = member
        self.incarnation = incarnation
        self.configurationZxid = configurationZxid
        self.configurationDigest = configurationDigest
        self.configurationText = configurationText
        self.frameLimit = frameLimit
        self.run = run
    }
}

/// M1: "would you promise this epoch to me?" Without any durable effect.
package struct Prevote: Hashable, Sendable {
    package var epoch: UInt32
    package var history: History
    package var configurationZxid: Zxid
    package var nonce: UInt64

    package init(epoch: UInt32, history: History, configurationZxid: Zxid, nonce: UInt64) {
        self.epoch = epoch
        self.history = history
        self.configurationZxid = configurationZxid
        self.nonce = nonce
    }
}

package enum PrevoteReason: UInt8, Sendable, CaseIterable {
    case granted
    case hearsLeader
    case historyBehind
    case configurationBehind
    case promisedLately
    case cannotVote
}

/// M2
package struct PrevoteReply: Hashable, Sendable {
    package var nonce: UInt64
    package var reason: PrevoteReason
    package var acceptedEpoch: UInt32
    /// Member that the voter follows; 0 = none.
    package var leaderHint: MemberID

    package init(nonce: UInt64, reason: PrevoteReason, acceptedEpoch: UInt32, leaderHint: MemberID) {
        self.nonce = nonce
        self.reason = reason
        self.acceptedEpoch = acceptedEpoch
        self.leaderHint = leaderHint
    }

    package var granted: Bool { reason == .granted }
}

/// M3: "promise epoch e to me."
package struct NewEpoch: Hashable, Sendable {
    package var epoch: UInt32
    package var history: History
    package var configurationZxid: Zxid

    package init(epoch: UInt32, history: History, configurationZxid: Zxid) {
        self.epoch = epoch
        self.history = history
        self.configurationZxid = configurationZxid
    }
}

/// M4: acceptedEpoch = e is durable here; `counted` if the promise goes to a history that is not behind `bound`.
package struct AckEpoch: Hashable, Sendable {
    package var epoch: UInt32
    package var counted: Bool
    /// The highest history that this voter may have acknowledged (rule V2).
    package var bound: History
    package var last: Zxid
    package var acceptedEpoch: UInt32

    package init(epoch: UInt32, counted: Bool, bound: History, last: Zxid, acceptedEpoch: UInt32) {
        self.epoch = epoch
        self.counted = counted
        self.bound = bound
        self.last = last
        self.acceptedEpoch = acceptedEpoch
    }
}

/// M5: a learner tells the leader what its log holds.
package struct Join: Hashable, Sendable {
    package static let maxEnds = 32
    package var epoch: UInt32
    package var acceptedEpoch: UInt32
    package var history: History
    package var ends: [EpochEnd]
    package var isStateBad: Bool
    package var needsRepair: Bool
    /// Newest version of apply that the learner knows (rule A4).
    package var applyVersion: UInt16

    package init(
        epoch: UInt32, acceptedEpoch: UInt32, history: History, ends: [EpochEnd], isStateBad: Bool, needsRepair: Bool,
        applyVersion: UInt16
    ) {
        self.epoch = epoch
        self.acceptedEpoch = acceptedEpoch
        self.history = history
        self.ends = ends
        self.isStateBad = isStateBad
        self.needsRepair = needsRepair
        self.applyVersion = applyVersion
    }
}

package enum SyncMode: UInt8, Sendable, CaseIterable {
    case diff
    case truncateDiff
    case snapshot
}

/// M6: how the learner comes level. Batches behind `from` follow, NEWLEADER when everything up to `zSync` went out.
package struct Sync: Hashable, Sendable {
    package var epoch: UInt32
    package var mode: SyncMode
    /// Where the learner's log is to end before anything is appended; equal to its own last zxid if nothing goes.
    package var truncateTo: Zxid
    package var from: Zxid
    package var zSync: Zxid
    /// Present with `.snapshot`. If `from` differs from its zxid, the learner keeps its log up to `from`.
    package var start: Start?

    package init(epoch: UInt32, mode: SyncMode, truncateTo: Zxid, from: Zxid, zSync: Zxid, start: Start?) {
        self.epoch = epoch
        self.mode = mode
        self.truncateTo = truncateTo
        self.from = from
        self.zSync = zSync
        self.start = start
    }
}

/// M7: a piece of a snapshot file. Node's alone; `body` is where its bytes lie in the frame.
package struct SnapshotChunk: Hashable, Sendable {
    package var epoch: UInt32
    package var offset: UInt64
    package var isLast: Bool
    package var body: Range<Int>

    package init(epoch: UInt32, offset: UInt64, isLast: Bool, body: Range<Int>) {
        self.epoch = epoch
        self.offset = offset
        self.isLast = isLast
        self.body = body
    }
}

/// M17: right before a JOIN, what the learner has of a snapshot whose transfer broke off. Node's alone.
package struct SnapshotHeld: Hashable, Sendable {
    package var zxid: Zxid
    package var digest: UInt64
    /// Bytes from the start of the file.
    package var offset: UInt64

    package init(zxid: Zxid, digest: UInt64, offset: UInt64) {
        self.zxid = zxid
        self.digest = digest
        self.offset = offset
    }
}

/// Cumulative requests and bytes that a follower may have forwarded since its JOIN. Node's alone.
package struct Credit: Hashable, Sendable {
    package var requests: UInt64
    package var bytes: UInt64

    package init(requests: UInt64 = 0, bytes: UInt64 = 0) {
        self.requests = requests
        self.bytes = bytes
    }
}

/// M8: whole batches, in synchronization and live alike, with the watermark riding on them.
package struct Proposal: Sendable {
    package var epoch: UInt32
    package var commit: Zxid
    package var round: UInt64
    package var credit: Credit
    package var batches: [SealedBatch]

    package init(epoch: UInt32, commit: Zxid, round: UInt64, credit: Credit = Credit(), batches: [SealedBatch]) {
        self.epoch = epoch
        self.commit = commit
        self.round = round
        self.credit = credit
        self.batches = batches
    }
}

/// M9: everything up to `zSync` has gone out before this on the same connection.
package struct NewLeader: Hashable, Sendable {
    package var epoch: UInt32
    package var zSync: Zxid
    package var commit: Zxid
    package var configurationZxid: Zxid

    package init(epoch: UInt32, zSync: Zxid, commit: Zxid, configurationZxid: Zxid) {
        self.epoch = epoch
        self.zSync = zSync
        self.commit = commit
        self.configurationZxid = configurationZxid
    }
}

/// M10: currentEpoch = e is durable here, and so is the log up to `last`. Cumulative.
package struct Ack: Hashable, Sendable {
    package var epoch: UInt32
    package var last: Zxid
    package var round: UInt64
    package var applied: Zxid
    package var digests: [DigestPair]
    package var touched: [Int64]

    package init(
        epoch: UInt32, last: Zxid, round: UInt64, applied: Zxid, digests: [DigestPair] = [], touched: [Int64] = []
    ) {
        self.epoch = epoch
        self.last = last
        self.round = round
        self.applied = applied
        self.digests = digests
        self.touched = touched
    }
}

/// M11: the leader lives, this is committed, echo this round.
package struct Heartbeat: Hashable, Sendable {
    package var epoch: UInt32
    package var commit: Zxid
    package var round: UInt64
    package var sendTime: Instant
    package var credit: Credit
    package var digest: DigestPair

    package init(
        epoch: UInt32, commit: Zxid, round: UInt64, sendTime: Instant, credit: Credit = Credit(), digest: DigestPair = .none
    ) {
        self.epoch = epoch
        self.commit = commit
        self.round = round
        self.sendTime = sendTime
        self.credit = credit
        self.digest = digest
    }
}

/// M12: a bundle of gathered requests, Node's alone; `body` is where it lies in the frame.
package struct Forward: Hashable, Sendable {
    package var epoch: UInt32
    package var count: UInt32
    package var body: Range<Int>

    package init(epoch: UInt32, count: UInt32, body: Range<Int>) {
        self.epoch = epoch
        self.count = count
        self.body = body
    }
}

package enum ReadKind: UInt8, Sendable, CaseIterable {
    /// What is committed when the leader takes the request.
    case read
    /// What is proposed when the leader takes the request.
    case sync
}

/// M13
package struct ReadIndex: Hashable, Sendable {
    package var epoch: UInt32
    package var nonce: UInt64
    package var kind: ReadKind

    package init(epoch: UInt32, nonce: UInt64, kind: ReadKind) {
        self.epoch = epoch
        self.nonce = nonce
        self.kind = kind
    }
}

package struct ReadIndexReply: Hashable, Sendable {
    package var epoch: UInt32
    package var nonce: UInt64
    /// Nil: the sender can't vouch for any.
    package var index: Zxid?

    package init(epoch: UInt32, nonce: UInt64, index: Zxid?) {
        self.epoch = epoch
        self.nonce = nonce
        self.index = index
    }
}

package enum RejectReason: UInt8, Sendable, CaseIterable {
    /// The receiver's epoch is behind `epoch`.
    case epoch
    case notLeading
    case configuration
    case incarnation
    /// The receiver's state differs at `zxid` from the `digest` that most voters agree on (rule A3).
    case digest
    case protocolError
    /// The receiver follows, but its data connection has ended here.
    case notLearner
}

/// M14
package struct Reject: Hashable, Sendable {
    package var reason: RejectReason
    /// The sender's acceptedEpoch.
    package var epoch: UInt32
    package var zxid: Zxid
    package var digest: UInt64
    package var text: String

    package init(reason: RejectReason, epoch: UInt32, zxid: Zxid = .zero, digest: UInt64 = 0, text: String = "") {
        self.reason = reason
        self.epoch = epoch
        self.zxid = zxid
        self.digest = digest
        self.text = text
    }
}

/// M15: answers a heartbeat; sent only while acceptedEpoch = e (rules E7, R4).
package struct Echo: Hashable, Sendable {
    package var epoch: UInt32
    package var round: UInt64
    package var sendTime: Instant
    package var applied: Zxid
    package var touched: [Int64]

    package init(epoch: UInt32, round: UInt64, sendTime: Instant, applied: Zxid, touched: [Int64] = []) {
        self.epoch = epoch
        self.round = round
        self.sendTime = sendTime
        self.applied = applied
        self.touched = touched
    }
}

package enum HandoverStep: UInt8, Sendable, CaseIterable {
    /// Leader to followers: forward nothing more in this epoch. Node's, as its answer `held`, which comes behind all that was
    /// forwarded, and `goOn`, which takes it back.
    case hold
    case held
    case goOn
    /// Leader to its successor: everything through `last` is committed, and there is no more. Stand as candidate at once.
    case takeOver
    /// The answer of one that can't.
    case declined
}

/// M16: on the data connection, behind all proposals and everything forwarded.
package struct HandoverNotice: Hashable, Sendable {
    package var epoch: UInt32
    package var step: HandoverStep
    package var last: Zxid

    package init(epoch: UInt32, step: HandoverStep, last: Zxid = .zero) {
        self.epoch = epoch
        self.step = step
        self.last = last
    }
}

package enum Message: Sendable {
    indirect case hello(Hello)
    case prevote(Prevote)
    case prevoteReply(PrevoteReply)
    case newEpoch(NewEpoch)
    case ackEpoch(AckEpoch)
    indirect case join(Join)
    indirect case sync(Sync)
    case snapshotChunk(SnapshotChunk)
    case snapshotHeld(SnapshotHeld)
    case proposal(Proposal)
    case newLeader(NewLeader)
    case ack(Ack)
    case heartbeat(Heartbeat)
    case forward(Forward)
    /// The receiver of a FORWARD does not lead: nothing of that link was or will be proposed.
    case forwardRefused(epoch: UInt32)
    case readIndex(ReadIndex)
    case readIndexReply(ReadIndexReply)
    indirect case reject(Reject)
    case echo(Echo)
    case handover(HandoverNotice)
}
